/* SPDX-License-Identifier: Apache-2.0 */
/* Two-dimensional convolution; a one-dimensional one is an image of height 1. */
#ifndef TIN_NN_CONV2D_H
#define TIN_NN_CONV2D_H

#include "tin/nn/matmul.h"
#include "tin/nn/window2d.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Output columns from direct_first to direct_last (exclusive) read their windows in place, because
   they lie contiguous in the image; the others are gathered into scratch. */
typedef struct {
    tin_window2d window;
    int32_t direct_first;
    int32_t direct_last;
    tin_matmul_s8 matmul; /* depth is kernel_height * kernel_width * in_channels */
} tin_conv2d_s8;

typedef struct {
    tin_window2d window;
    int32_t direct_first;
    int32_t direct_last;
    tin_matmul_f32 matmul;
} tin_conv2d_f32;

/* scratch: 2 * depth values, unused (may be NULL) when every column is direct. */
void tin_conv2d_run_s8(const tin_conv2d_s8 *params,
                       const int8_t *input,
                       int8_t *output,
                       int8_t *scratch);

/* scratch: depth values, unused (may be NULL) when every column is direct. */
void tin_conv2d_run_f32(const tin_conv2d_f32 *params,
                        const float *input,
                        float *output,
                        float *scratch);

/* One row of the output from the kernel_height rows of the input that its windows cover, from top
   to bottom; NULL: a row of padding. scratch: as above with no direct column. */
void tin_conv2d_row_s8(const tin_conv2d_s8 *params,
                       const int8_t *const *rows,
                       int8_t *output,
                       int8_t *scratch);
void tin_conv2d_row_f32(const tin_conv2d_f32 *params,
                        const int8_t *const *rows,
                        float *output,
                        float *scratch);

#ifdef __cplusplus
}
#endif

#endif
