/* SPDX-License-Identifier: Apache-2.0 */
/* Convolution whose outputs come in groups, each of which sees its own part of the channels. */
#ifndef TIN_NN_GROUPED_CONV2D_H
#define TIN_NN_GROUPED_CONV2D_H

#include "tin/nn/requantize.h"
#include "tin/nn/window2d.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    tin_window2d window;
    const int8_t *weights;  /* [num_outputs][kernel_height * kernel_width][group_channels] */
    int32_t group_channels; /* input channels of a group */
    int32_t group_outputs;
    int32_t num_outputs;
    tin_requantize_s8 requantize;
} tin_grouped_conv2d_s8;

typedef struct {
    tin_window2d window;
    const float *weights;
    int32_t group_channels;
    int32_t group_outputs;
    int32_t num_outputs;
    const float *bias; /* [num_outputs] */
    float minimum;     /* fused activation */
    float maximum;
} tin_grouped_conv2d_f32;

/* scratch: one window, kernel_height * kernel_width * in_channels values. */
void tin_grouped_conv2d_run_s8(const tin_grouped_conv2d_s8 *params,
                               const int8_t *input,
                               int8_t *output,
                               int8_t *scratch);

/* Each sum runs over taps and channels in order, from 0; the bias is added last. */
void tin_grouped_conv2d_run_f32(const tin_grouped_conv2d_f32 *params,
                                const float *input,
                                float *output,
                                float *scratch);

#ifdef __cplusplus
}
#endif

#endif
