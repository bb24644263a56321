/* SPDX-License-Identifier: Apache-2.0 */
/* Matrix products with constant weights: the inside of convolutions and dense layers. */
#ifndef TIN_NN_MATMUL_H
#define TIN_NN_MATMUL_H

#include "tin/nn/requantize.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    const int8_t *weights; /* [num_outputs][depth] */
    int32_t depth;         /* values of one input row */
    int32_t num_outputs;
    tin_requantize_s8 requantize;
} tin_matmul_s8;

typedef struct {
    const float
        *weights;      /* blocks of 8 outputs [num_outputs / 8][depth][8], the rest [depth][rest] */
    const float *bias; /* [num_outputs] */
    int32_t depth;
    int32_t num_outputs;
    float minimum; /* fused activation */
    float maximum;
} tin_matmul_f32;

/* Outputs [num_rows][num_outputs] of the rows at input, input + row_step, ... */
void tin_matmul_run_s8(const tin_matmul_s8 *params,
                       const int8_t *input,
                       int32_t num_rows,
                       int32_t row_step,
                       int8_t *output);

/* Each sum runs over depth in order, from 0; the bias is added last. */
void tin_matmul_run_f32(const tin_matmul_f32 *params,
                        const float *input,
                        int32_t num_rows,
                        int32_t row_step,
                        float *output);

#ifdef __cplusplus
}
#endif

#endif
