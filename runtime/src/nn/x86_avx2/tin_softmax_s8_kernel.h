/* SPDX-License-Identifier: Apache-2.0 */
/* int8 softmax at one level: the reciprocals of 16 rows at once, which compilers turn into vectors.
   Rounds as tin_softmax_run_s8 does; as no exponential is negative, halves always go up. */
#include "tin/nn/fixedpoint.h"
#include "tin_vectors.h"

#ifndef TIN_NN_X86_AVX2_SOFTMAX_S8_KERNEL_H
#define TIN_NN_X86_AVX2_SOFTMAX_S8_KERNEL_H

#define TIN_ROWS 16
#define TIN_ONE_BITS 19  /* of the sum, below the binary point */
#define TIN_MOST_BITS 25 /* of a row's sum of exponentials, of which one is 1 */

/* Of each row. */
typedef struct {
    int32_t maximum[TIN_ROWS];
    int32_t sum[TIN_ROWS]; /* of exponentials */
    int32_t scale[TIN_ROWS];
    int32_t shift[TIN_ROWS]; /* right; exponential * scale comes out in steps of the output */
} tin_x86_softmax_rows;

#endif

TIN_INLINE void V(softmax_sums)(const tin_softmax_s8 *params,
                                const int8_t *input,
                                int32_t count,
                                tin_x86_softmax_rows *rows) {
    const int32_t drop = 31 - TIN_ONE_BITS;
    for (int32_t r = 0; r < TIN_ROWS; r++) {
        rows->sum[r] = INT32_C(1) << TIN_ONE_BITS;
    }
    for (int32_t r = 0; r < count; r++, input += params->depth) {
        int32_t maximum = input[0], sum = 0;
        for (int32_t i = 1; i < params->depth; i++) {
            maximum = input[i] > maximum ? input[i] : maximum;
        }
        for (int32_t i = 0; i < params->depth; i++) {
            uint32_t exponent = (uint32_t)params->exponents[maximum - input[i]];
            sum += (int32_t)((exponent + (UINT32_C(1) << (drop - 1))) >> drop);
        }
        rows->maximum[r] = maximum;
        rows->sum[r] = sum;
    }
}

TIN_INLINE void V(softmax_scales)(tin_x86_softmax_rows *rows) {
    for (int32_t r = 0; r < TIN_ROWS; r++) {
        int32_t bits = TIN_ONE_BITS; /* of the sum, below its highest one bit */
        TIN_UNROLLED
        for (int32_t more = TIN_ONE_BITS + 1; more <= TIN_MOST_BITS; more++) {
            bits += rows->sum[r] >> more ? 1 : 0;
        }
        uint32_t raised = (uint32_t)rows->sum[r] << (31 - bits);
        rows->scale[r] = tin_reciprocal((int32_t)(raised - 0x80000000U));
        rows->shift[r] = bits + 4;
    }
}

TIN_INLINE void V(softmax_shares)(const tin_softmax_s8 *params,
                                  const tin_x86_softmax_rows *rows,
                                  const int8_t *input,
                                  int32_t count,
                                  int8_t *output) {
    for (int32_t r = 0; r < count; r++) {
        const int32_t scale = rows->scale[r], shift = rows->shift[r];
        for (int32_t i = 0; i < params->depth; i++) {
            int32_t exponent = params->exponents[rows->maximum[r] - *input++];
            int32_t share = tin_multiply_high(scale, exponent);
            int32_t value = (int32_t)(((uint32_t)share + (UINT32_C(1) << (shift - 1))) >> shift);
            *output++ = (int8_t)((value < UINT8_MAX ? value : UINT8_MAX) + INT8_MIN);
        }
    }
}

static TIN_TARGET void
V(softmax_s8)(const tin_softmax_s8 *params, const int8_t *input, int8_t *output) {
    tin_x86_softmax_rows rows;
    for (int32_t left = params->rows; left > 0; left -= TIN_ROWS) {
        int32_t count = left < TIN_ROWS ? left : TIN_ROWS;
        V(softmax_sums)(params, input, count, &rows);
        V(softmax_scales)(&rows);
        V(softmax_shares)(params, &rows, input, count, output);
        input += count * params->depth;
        output += count * params->depth;
    }
}
