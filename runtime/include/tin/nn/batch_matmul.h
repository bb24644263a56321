/* SPDX-License-Identifier: Apache-2.0 */
/* Products of matrices that are both known at run time only, batch by batch. */
#ifndef TIN_NN_BATCH_MATMUL_H
#define TIN_NN_BATCH_MATMUL_H

#include "tin/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* output[batch][row][column] = sum over k of left[row][k] * right[k][column]. */
typedef struct {
    const int32_t *left;  /* [batches], index of the first value of each batch's left matrix */
    const int32_t *right; /* [batches] */
    int32_t batches;
    int32_t rows;
    int32_t columns;
    int32_t depth;
    int32_t left_row; /* values from row to row */
    int32_t left_k;   /* values from k to k */
    int32_t right_k;
    int32_t right_column;
} tin_matrices;

typedef struct {
    tin_matrices matrices;
    int32_t left_offset; /* -zero point */
    int32_t right_offset;
    int32_t multiplier; /* see tin_requantize */
    int32_t shift;
    int32_t zero_point;
} tin_batch_matmul_s8;

typedef struct {
    tin_matrices matrices;
} tin_batch_matmul_f32;

void tin_batch_matmul_run_s8(const tin_batch_matmul_s8 *params,
                             const int8_t *left,
                             const int8_t *right,
                             int8_t *output);

/* Each sum runs over k in order, from 0. */
void tin_batch_matmul_run_f32(const tin_batch_matmul_f32 *params,
                              const float *left,
                              const float *right,
                              float *output);

#ifdef __cplusplus
}
#endif

#endif
