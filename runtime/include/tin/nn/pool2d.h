/* SPDX-License-Identifier: Apache-2.0 */
/* Maximum and average over windows, channel by channel; padding does not count. */
#ifndef TIN_NN_POOL2D_H
#define TIN_NN_POOL2D_H

#include "tin/nn/window2d.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    tin_window2d window; /* dilation 1 */
    int32_t minimum;     /* fused activation, in output steps */
    int32_t maximum;
} tin_pool2d_s8;

typedef struct {
    tin_window2d window; /* dilation 1 */
    float minimum;       /* fused activation */
    float maximum;
} tin_pool2d_f32;

void tin_max_pool2d_run_s8(const tin_pool2d_s8 *params, const int8_t *input, int8_t *output);
void tin_max_pool2d_run_f32(const tin_pool2d_f32 *params, const float *input, float *output);

/* Rounds half away from zero. */
void tin_average_pool2d_run_s8(const tin_pool2d_s8 *params, const int8_t *input, int8_t *output);

/* Sums row by row, then divides. */
void tin_average_pool2d_run_f32(const tin_pool2d_f32 *params, const float *input, float *output);

#ifdef __cplusplus
}
#endif

#endif
