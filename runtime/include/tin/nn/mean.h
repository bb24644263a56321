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

#ifdef __cplusplus
}
#endif

#endif
