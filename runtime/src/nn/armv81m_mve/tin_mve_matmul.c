/* SPDX-License-Identifier: Apache-2.0 */
/* Matrix products: up to 64 values of input rows stay in vector registers while weights stream by.
 */
#include "tin/nn/armv81m_mve/mve_matmul.h"
#include "tin_mve_outputs.h"

/* Rows of so many chunks stay in registers. */
#define SHORT_CHUNKS 4
#define GROUP_BYTES (TIN_MVE_GROUP * TIN_MVE_CHUNK)

static int32_t chunks_of(const tin_mve_matmul_s8 *params) {
    return (params->depth + TIN_MVE_CHUNK - 1) / TIN_MVE_CHUNK;
}

#if TIN_HAS_MVE

/* All outputs of `rows` (1 or 2) rows of up to 16 * chunks values. */
TIN_MVE_INLINE void short_rows(const tin_mve_matmul_s8 *params,
                               const int8_t *input,
                               int32_t row_step,
                               int8_t *output,
                               int rows,
                               int chunks,
                               tin_mve_kind kind) {
    const int32_t num_outputs = params->num_outputs;
    const int8_t *w = params->weights;
    int8x16_t x[2][SHORT_CHUNKS];
    for (int c = 0; c < chunks; c++) {
        mve_pred16_t some = vctp8q((uint32_t)(params->depth - c * TIN_MVE_CHUNK));
        for (int r = 0; r < rows; r++) {
            x[r][c] = vldrbq_z_s8(input + r * row_step + c * TIN_MVE_CHUNK, some);
        }
    }
    tin_mve_walk walk = tin_mve_start(&params->requantize, num_outputs);
    do {
        int32_t s[2][TIN_MVE_GROUP] = {{0}};
        for (int c = 0; c < chunks; c++) {
            for (int j = 0; j < TIN_MVE_GROUP; j++) {
                int8x16_t v = vldrbq_s8(w);
                w += TIN_MVE_CHUNK;
                for (int r = 0; r < rows; r++) {
                    s[r][j] = c == 0 ? vmladavq_s8(x[r][c], v) : vmladavaq_s8(s[r][j], x[r][c], v);
                }
            }
        }
        const tin_mve_factors factors = tin_mve_load(&walk);
        for (int r = 0; r < rows; r++) {
            int32x4_t sums = tin_mve_join(s[r][0], s[r][1], s[r][2], s[r][3]);
            tin_mve_store(&walk, &factors, sums, output + r * num_outputs, kind);
        }
        tin_mve_advance(&walk);
        output += TIN_MVE_GROUP;
    } while (walk.left > 0);
}

typedef struct {
    int32_t s0;
    int32_t s1;
    int32_t s2;
    int32_t s3;
} four_sums;

/* The loops of long rows, by hand: the compiler keeps sums on the stack. Loads and products of what
   lies behind the last value are masked by the loop itself. */
TIN_MVE_INLINE four_sums sums_1x4(const int8_t *x, const int8_t *w, int32_t depth) {
    four_sums s = {0, 0, 0, 0};
    __asm__ volatile("dlstp.8 lr, %[depth]\n"
                     "1:\n"
                     "vldrb.u8 q0, [%[x]], #16\n"
                     "vldrb.u8 q1, [%[w]], #64\n"
                     "vmlava.s8 %[s0], q0, q1\n"
                     "vldrb.u8 q2, [%[w], #-48]\n"
                     "vmlava.s8 %[s1], q0, q2\n"
                     "vldrb.u8 q1, [%[w], #-32]\n"
                     "vmlava.s8 %[s2], q0, q1\n"
                     "vldrb.u8 q2, [%[w], #-16]\n"
                     "vmlava.s8 %[s3], q0, q2\n"
                     "letp lr, 1b\n"
                     : [s0] "+Te"(s.s0),
                       [s1] "+Te"(s.s1),
                       [s2] "+Te"(s.s2),
                       [s3] "+Te"(s.s3),
                       [x] "+r"(x),
                       [w] "+r"(w)
                     : [depth] "r"(depth)
                     : "q0", "q1", "q2", "lr", "memory");
    return s;
}

/* Sums of two rows, four outputs each, over whole chunks. */
TIN_MVE_INLINE void
sums_2x4(const int8_t *x0, const int8_t *x1, const int8_t *w, int32_t chunks, int32x4_t *sums) {
    int32_t a0 = 0, a1 = 0, a2 = 0, a3 = 0, b0 = 0, b1 = 0, b2 = 0, b3 = 0;
    __asm__ volatile("1:\n"
                     "vldrb.u8 q0, [%[x0]], #16\n"
                     "vldrb.u8 q2, [%[w]], #64\n"
                     "vmlava.s8 %[a0], q0, q2\n"
                     "vldrb.u8 q1, [%[x1]], #16\n"
                     "vmlava.s8 %[b0], q1, q2\n"
                     "vldrb.u8 q3, [%[w], #-48]\n"
                     "vmlava.s8 %[a1], q0, q3\n"
                     "vldrb.u8 q2, [%[w], #-32]\n"
                     "vmlava.s8 %[b1], q1, q3\n"
                     "subs %[chunks], %[chunks], #1\n"
                     "vmlava.s8 %[a2], q0, q2\n"
                     "vldrb.u8 q3, [%[w], #-16]\n"
                     "vmlava.s8 %[b2], q1, q2\n"
                     "vmlava.s8 %[a3], q0, q3\n"
                     "vmlava.s8 %[b3], q1, q3\n"
                     "bne 1b\n"
                     : [a0] "+Te"(a0),
                       [a1] "+Te"(a1),
                       [a2] "+Te"(a2),
                       [a3] "+Te"(a3),
                       [b0] "+Te"(b0),
                       [b1] "+Te"(b1),
                       [b2] "+Te"(b2),
                       [b3] "+Te"(b3),
                       [x0] "+r"(x0),
                       [x1] "+r"(x1),
                       [w] "+r"(w),
                       [chunks] "+r"(chunks)
                     :
                     : "q0", "q1", "q2", "q3", "cc", "memory");
    sums[0] = tin_mve_join(a0, a1, a2, a3);
    sums[1] = tin_mve_join(b0, b1, b2, b3);
}

/* All outputs of one row of any length. */
TIN_MVE_INLINE void
long_row(const tin_mve_matmul_s8 *params, const int8_t *x, int8_t *output, tin_mve_kind kind) {
    const int32_t depth = params->depth, group_bytes = chunks_of(params) * GROUP_BYTES;
    const int8_t *w = params->weights;
    tin_mve_walk walk = tin_mve_start(&params->requantize, params->num_outputs);
    do {
        four_sums s = sums_1x4(x, w, depth);
        const tin_mve_factors factors = tin_mve_load(&walk);
        tin_mve_store(&walk, &factors, tin_mve_join(s.s0, s.s1, s.s2, s.s3), output, kind);
        tin_mve_advance(&walk);
        w += group_bytes;
        output += TIN_MVE_GROUP;
    } while (walk.left > 0);
}

/* The same of two rows at a time, of whole chunks. */
TIN_MVE_INLINE void long_pair(const tin_mve_matmul_s8 *params,
                              const int8_t *x,
                              int32_t row_step,
                              int8_t *output,
                              tin_mve_kind kind) {
    const int32_t chunks = chunks_of(params), group_bytes = chunks * GROUP_BYTES;
    const int32_t num_outputs = params->num_outputs;
    const int8_t *w = params->weights;
    tin_mve_walk walk = tin_mve_start(&params->requantize, num_outputs);
    do {
        int32x4_t sums[2];
        sums_2x4(x, x + row_step, w, chunks, sums);
        const tin_mve_factors factors = tin_mve_load(&walk);
        tin_mve_store(&walk, &factors, sums[0], output, kind);
        tin_mve_store(&walk, &factors, sums[1], output + num_outputs, kind);
        tin_mve_advance(&walk);
        w += group_bytes;
        output += TIN_MVE_GROUP;
    } while (walk.left > 0);
}

TIN_MVE_INLINE void long_rows(const tin_mve_matmul_s8 *params,
                              const int8_t *input,
                              int32_t num_rows,
                              int32_t row_step,
                              int8_t *output,
                              tin_mve_kind kind) {
    while (num_rows > 0) {
        int32_t together = num_rows >= 2 && params->depth % TIN_MVE_CHUNK == 0 ? 2 : 1;
        if (together == 2) {
            long_pair(params, input, row_step, output, kind);
        } else {
            long_row(params, input, output, kind);
        }
        num_rows -= together;
        input += together * row_step;
        output += together * params->num_outputs;
    }
}

static TIN_NOINLINE void long_any(const tin_mve_matmul_s8 *params,
                                  const int8_t *input,
                                  int32_t num_rows,
                                  int32_t row_step,
                                  int8_t *output) {
    long_rows(params, input, num_rows, row_step, output, TIN_MVE_ANY);
}

static TIN_NOINLINE void long_plain(const tin_mve_matmul_s8 *params,
                                    const int8_t *input,
                                    int32_t num_rows,
                                    int32_t row_step,
                                    int8_t *output) {
    long_rows(params, input, num_rows, row_step, output, TIN_MVE_PLAIN);
}

typedef void (*row_function)(const tin_mve_matmul_s8 *params,
                             const int8_t *input,
                             int32_t row_step,
                             int8_t *output);

/* Functions of their own, so that each has the registers to itself. */
#define SHORT_ROWS(NAME, ROWS, CHUNKS, KIND)                                                       \
    static TIN_NOINLINE void NAME(                                                                 \
        const tin_mve_matmul_s8 *params, const int8_t *input, int32_t row_step, int8_t *output) {  \
        short_rows(params, input, row_step, output, ROWS, CHUNKS, KIND);                           \
    }

SHORT_ROWS(plain_16, 2, 1, TIN_MVE_PLAIN)
SHORT_ROWS(plain_32, 2, 2, TIN_MVE_PLAIN)
SHORT_ROWS(plain_48, 1, 3, TIN_MVE_PLAIN)
SHORT_ROWS(plain_64, 1, 4, TIN_MVE_PLAIN)
SHORT_ROWS(from_zero_16, 2, 1, TIN_MVE_FROM_ZERO)
SHORT_ROWS(from_zero_32, 2, 2, TIN_MVE_FROM_ZERO)
SHORT_ROWS(from_zero_48, 1, 3, TIN_MVE_FROM_ZERO)
SHORT_ROWS(from_zero_64, 1, 4, TIN_MVE_FROM_ZERO)

void tin_mve_matmul_run_s8(const tin_mve_matmul_s8 *params,
                           const int8_t *input,
                           int32_t num_rows,
                           int32_t row_step,
                           int8_t *output) {
    static const row_function functions[2][SHORT_CHUNKS] = {
        {plain_16, plain_32, plain_48, plain_64},
        {from_zero_16, from_zero_32, from_zero_48, from_zero_64}};
    const tin_mve_kind kind = tin_mve_kind_of(&params->requantize, params->num_outputs);
    const int32_t chunks = chunks_of(params);
    if (kind == TIN_MVE_ANY) {
        long_any(params, input, num_rows, row_step, output);
        return;
    }
    if (chunks > SHORT_CHUNKS) {
        long_plain(params, input, num_rows, row_step, output);
        return;
    }
    const row_function run = functions[kind == TIN_MVE_FROM_ZERO][chunks - 1];
    const int32_t together = chunks <= 2 ? 2 : 1;
    for (; num_rows >= together; num_rows -= together) {
        run(params, input, row_step, output);
        input += together * row_step;
        output += together * params->num_outputs;
    }
    if (num_rows) {
        long_plain(params, input, 1, row_step, output);
    }
}

#else

static int32_t dot(const int8_t *x, const int8_t *w, int32_t depth) {
    int32_t sum = 0;
    for (int32_t k = 0; k < depth; k++) {
        sum += x[k] * w[k / TIN_MVE_CHUNK * GROUP_BYTES + k % TIN_MVE_CHUNK];
    }
    return sum;
}

void tin_mve_matmul_run_s8(const tin_mve_matmul_s8 *params,
                           const int8_t *input,
                           int32_t num_rows,
                           int32_t row_step,
                           int8_t *output) {
    int32_t group_bytes = chunks_of(params) * GROUP_BYTES;
    for (; num_rows > 0; num_rows--) {
        for (int32_t i = 0; i < params->num_outputs; i++) {
            const int8_t *w = params->weights + i / TIN_MVE_GROUP * group_bytes;
            int32_t sum = dot(input, w + i % TIN_MVE_GROUP * TIN_MVE_CHUNK, params->depth);
            tin_requantize_run_s8(&params->requantize, &sum, i, 1, output + i);
        }
        input += row_step;
        output += params->num_outputs;
    }
}

#endif
