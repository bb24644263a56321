/* SPDX-License-Identifier: Apache-2.0 */
/* Softmax over the last axis. */
#ifndef TIN_NN_SOFTMAX_H
#define TIN_NN_SOFTMAX_H

#include "tin/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Output: scale 1/256, zero point -128. */
typedef struct {
    int32_t rows;
    int32_t depth; /* values of a row, below 4096 */
    const int32_t
        *exponents; /* [num_exponents]: exp(-beta * scale * i) * 2^31, i steps below the maximum */
    int32_t num_exponents; /* values further below the maximum count as 0 */
} tin_softmax_s8;

typedef struct {
    int32_t rows;
    int32_t depth;
    float beta;
} tin_softmax_f32;

/* Output: scale 1/32768, zero point 0. Tables are read by straight lines between 513 entries. */
typedef struct {
    int32_t rows;
    int32_t depth;      /* below 65536 */
    int32_t multiplier; /* distances below the maximum to steps of 10 / 65535; see tin_requantize */
    int32_t shift;
    const int16_t *exponential; /* [513], exp of -10..0, in 2^-15 */
    const int16_t *reciprocal;  /* [513], 1 / (1 + x) of 0..1, in 2^-15 */
} tin_softmax_s16;

/* Output may be the input. */
void tin_softmax_run_s8(const tin_softmax_s8 *params, const int8_t *input, int8_t *output);
void tin_softmax_run_s16(const tin_softmax_s16 *params, const int16_t *input, int16_t *output);
void tin_softmax_run_f32(const tin_softmax_f32 *params, const float *input, float *output);

#ifdef __cplusplus
}
#endif

#endif
