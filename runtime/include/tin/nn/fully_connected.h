/* SPDX-License-Identifier: Apache-2.0 */
/* Dense layer: every row of the input times the weight matrix. */
#ifndef TIN_NN_FULLY_CONNECTED_H
#define TIN_NN_FULLY_CONNECTED_H

#include "tin/nn/matmul.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    int32_t num_rows; /* 1 for an ordinary network */
    tin_matmul_s8 matmul;
} tin_fully_connected_s8;

typedef struct {
    int32_t num_rows;
    tin_matmul_f32 matmul;
} tin_fully_connected_f32;

void tin_fully_connected_run_s8(const tin_fully_connected_s8 *params,
                                const int8_t *input,
                                int8_t *output);
void tin_fully_connected_run_f32(const tin_fully_connected_f32 *params,
                                 const float *input,
                                 float *output);

#ifdef __cplusplus
}
#endif

#endif
