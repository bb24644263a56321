/* SPDX-License-Identifier: Apache-2.0 */
/* Sums, means and extremes over any axes; where the largest or smallest value lies. */
#ifndef TIN_NN_REDUCE_H
#define TIN_NN_REDUCE_H

#include "tin/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The input as runs of axes that stay and runs that are reduced, each with its number of indices
   and the values from one index to the next. The output is [kept...]. */
typedef struct {
    const int32_t *kept;          /* [3] */
    const int32_t *kept_steps;    /* [3] */
    const int32_t *reduced;       /* [3] */
    const int32_t *reduced_steps; /* [3] */
} tin_reduction;

/* Of float32 operators and of extremes. */
typedef struct {
    tin_reduction reduction;
    int32_t count; /* values behind one output */
} tin_reduce;

/* Of integer sums and means. */
typedef struct {
    tin_reduction reduction;
    int32_t input_offset; /* -count * input zero point */
    int32_t multiplier;   /* of the sum, 1 / count included in a mean; see tin_requantize */
    int32_t shift;
    int32_t zero_point; /* of the output */
} tin_sum_s8;

typedef tin_sum_s8 tin_sum_s16;

/* Input [outer][count][inner], output [outer][inner]. */
typedef struct {
    int32_t outer;
    int32_t count;
    int32_t inner;
} tin_arg;

/* Floats are added in the order of the input. Integer means are sums with another multiplier. */
void tin_sum_run_s8(const tin_sum_s8 *params, const int8_t *input, int8_t *output);
void tin_sum_run_s16(const tin_sum_s16 *params, const int16_t *input, int16_t *output);
void tin_sum_run_f32(const tin_reduce *params, const float *input, float *output);

void tin_reduce_mean_run_f32(const tin_reduce *params, const float *input, float *output);

void tin_reduce_max_run_s8(const tin_reduce *params, const int8_t *input, int8_t *output);
void tin_reduce_max_run_s16(const tin_reduce *params, const int16_t *input, int16_t *output);
void tin_reduce_max_run_f32(const tin_reduce *params, const float *input, float *output);
void tin_reduce_min_run_s8(const tin_reduce *params, const int8_t *input, int8_t *output);
void tin_reduce_min_run_s16(const tin_reduce *params, const int16_t *input, int16_t *output);
void tin_reduce_min_run_f32(const tin_reduce *params, const float *input, float *output);

/* Index of the first largest or smallest value. */
void tin_arg_max_run_s8(const tin_arg *params, const int8_t *input, int32_t *output);
void tin_arg_max_run_f32(const tin_arg *params, const float *input, int32_t *output);
void tin_arg_min_run_s8(const tin_arg *params, const int8_t *input, int32_t *output);
void tin_arg_min_run_f32(const tin_arg *params, const float *input, int32_t *output);

#ifdef __cplusplus
}
#endif

#endif
