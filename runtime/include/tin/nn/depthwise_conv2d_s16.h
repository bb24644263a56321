/* SPDX-License-Identifier: Apache-2.0 */
/* Depthwise convolution of int16 images with int8 weights. */
#ifndef TIN_NN_DEPTHWISE_CONV2D_S16_H
#define TIN_NN_DEPTHWISE_CONV2D_S16_H

#include "tin/nn/matmul_s16.h"
#include "tin/nn/window2d.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    tin_window2d window;      /* in_channels counts values */
    const int8_t *weights;    /* [kernel_height][kernel_width][num_outputs] */
    int32_t depth_multiplier; /* outputs of one input channel */
    int32_t num_outputs;
    tin_requantize_s16 requantize;
} tin_depthwise_conv2d_s16;

void tin_depthwise_conv2d_run_s16(const tin_depthwise_conv2d_s16 *params,
                                  const int16_t *input,
                                  int16_t *output);

#ifdef __cplusplus
}
#endif

#endif
