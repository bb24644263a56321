/* SPDX-License-Identifier: Apache-2.0 */
/* Mean over neighbouring axes, such as the height and width of an image. */
#ifndef TIN_NN_MEAN_H
#define TIN_NN_MEAN_H

#include "tin/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Input [outer][count][inner], output [outer][inner]. */
typedef struct {
    int32_t outer;
    int32_t count; /* values averaged */
    int32_t inner;
    int32_t input_offset; /* -count * input zero point */
    int32_t multiplier;   /* of the sum, 1 / count included; see tin_requantize */
    int32_t shift;
    int32_t zero_point; /* of the output */
} tin_mean_s8;

typedef struct {
    int32_t outer;
    int32_t count;
    int32_t inner;
} tin_mean_f32;

void tin_mean_run_s8(const tin_mean_s8 *params, const int8_t *input, int8_t *output);

/* Sums in order, then divides. */
void tin_mean_run_f32(const tin_mean_f32 *params, const float *input, float *output);

/* Part of one mean (outer is 1): called with rows[0] for one input row [width][inner] after the
   other. sums: inner + 1 values, 0 before the first row; the output is written with the last. */
typedef struct {
    tin_mean_s8 mean;
    int32_t width; /* values of a row that are averaged; divides count */
} tin_mean_row_s8_params;

typedef struct {
    tin_mean_f32 mean;
    int32_t width;
} tin_mean_row_f32_params;

void tin_mean_add_s8(const tin_mean_row_s8_params *params,
                     const int8_t *const *rows,
                     int8_t *output,
                     int32_t *sums);
void tin_mean_add_f32(const tin_mean_row_f32_params *params,
                      const int8_t *const *rows,
                      float *output,
                      float *sums);

#ifdef __cplusplus
}
#endif

#endif
