/* SPDX-License-Identifier: Apache-2.0 */
/* Transposed convolution: every input pixel adds its kernel to the output. */
#ifndef TIN_NN_TRANSPOSE_CONV_H
#define TIN_NN_TRANSPOSE_CONV_H

#include "tin/nn/requantize.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Output row y gets input row iy through kernel row ky where y = iy * stride + ky - pad_top. */
typedef struct {
    int32_t in_height;
    int32_t in_width;
    int32_t in_channels;
    int32_t out_height;
    int32_t out_width;
    int32_t num_outputs;
    int32_t kernel_height;
    int32_t kernel_width;
    int32_t stride_height;
    int32_t stride_width;
    int32_t pad_top; /* rows cut off above the result */
    int32_t pad_left;
} tin_transpose_window;

typedef struct {
    tin_transpose_window window;
    const int8_t *weights;        /* [num_outputs][kernel_height][kernel_width][in_channels] */
    int32_t input_offset;         /* -zero point of the input */
    tin_requantize_s8 requantize; /* its bias is that of the layer alone */
} tin_transpose_conv_s8;

typedef struct {
    tin_transpose_window window;
    const float *weights;
    const float *bias; /* [num_outputs] */
    float minimum;     /* fused activation */
    float maximum;
} tin_transpose_conv_f32;

void tin_transpose_conv_run_s8(const tin_transpose_conv_s8 *params,
                               const int8_t *input,
                               int8_t *output);

/* Each sum runs over kernel rows, kernel columns and channels in order, from 0. */
void tin_transpose_conv_run_f32(const tin_transpose_conv_f32 *params,
                                const float *input,
                                float *output);

#ifdef __cplusplus
}
#endif

#endif
