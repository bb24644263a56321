/* SPDX-License-Identifier: Apache-2.0 */
/* Products of int16 rows with constant int8 weights, summed in 64 bits. */
#ifndef TIN_NN_MATMUL_S16_H
#define TIN_NN_MATMUL_S16_H

#include "tin/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How the sums of a layer with int16 activations become its outputs; zero points are 0. */
typedef struct {
    const int64_t *bias;       /* [num_outputs], within 2^46 */
    const int32_t *multiplier; /* [num_outputs], or [1] when per_channel is 0 */
    const int8_t *shift;       /* as multiplier */
    int32_t per_channel;       /* 1: a multiplier per output, 0: one for all */
    int32_t is_wide; /* 1: 64-bit sums, multipliers of 15 bits, shift -31..14, rounded once;
                        0: 32-bit sums, scaled as tin_requantize does */
    int32_t minimum; /* fused activation, in output steps */
    int32_t maximum;
} tin_requantize_s16;

/* One output from its sum without bias. */
int16_t tin_requantize_one_s16(const tin_requantize_s16 *params, int64_t sum, int32_t index);

typedef struct {
    const int8_t *weights; /* [num_outputs][depth] */
    int32_t depth;         /* values of one input row */
    int32_t num_rows;
    int32_t num_outputs;
    tin_requantize_s16 requantize;
} tin_matmul_s16;

/* Outputs of one row, [num_outputs]. */
void tin_matmul_row_s16(const tin_matmul_s16 *params, const int16_t *row, int16_t *output);

/* Dense layer: outputs [num_rows][num_outputs] of rows that lie one after the other. */
void tin_matmul_run_s16(const tin_matmul_s16 *params, const int16_t *input, int16_t *output);

#ifdef __cplusplus
}
#endif

#endif
