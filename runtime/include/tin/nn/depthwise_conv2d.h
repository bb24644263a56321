/* SPDX-License-Identifier: Apache-2.0 */
/* Depthwise convolution: each input channel has its own depth_multiplier kernels. */
#ifndef TIN_NN_DEPTHWISE_CONV2D_H
#define TIN_NN_DEPTHWISE_CONV2D_H

#include "tin/nn/requantize.h"
#include "tin/nn/window2d.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    tin_window2d window;
    const int8_t *weights;    /* [kernel_height][kernel_width][num_outputs] */
    int32_t depth_multiplier; /* outputs per input channel */
    int32_t num_outputs;      /* in_channels * depth_multiplier */
    tin_requantize_s8 requantize;
} tin_depthwise_conv2d_s8;

typedef struct {
    tin_window2d window;
    const float *weights; /* [kernel_height][kernel_width][num_outputs] */
    const float *bias;    /* [num_outputs] */
    int32_t depth_multiplier;
    int32_t num_outputs;
    float minimum; /* fused activation */
    float maximum;
} tin_depthwise_conv2d_f32;

/* scratch: kernel_height * kernel_width * in_channels values, unused without padding. */
void tin_depthwise_conv2d_run_s8(const tin_depthwise_conv2d_s8 *params,
                                 const int8_t *input,
                                 int8_t *output,
                                 int8_t *scratch);
void tin_depthwise_conv2d_run_f32(const tin_depthwise_conv2d_f32 *params,
                                  const float *input,
                                  float *output,
                                  float *scratch);

/* One row of the output from the kernel_height rows of the input that its windows cover, from top
   to bottom; NULL: a row of padding. scratch: kernel_height * kernel_width * in_channels values. */
void tin_depthwise_conv2d_row_s8(const tin_depthwise_conv2d_s8 *params,
                                 const int8_t *const *rows,
                                 int8_t *output,
                                 int8_t *scratch);
void tin_depthwise_conv2d_row_f32(const tin_depthwise_conv2d_f32 *params,
                                  const int8_t *const *rows,
                                  float *output,
                                  float *scratch);

#ifdef __cplusplus
}
#endif

#endif
