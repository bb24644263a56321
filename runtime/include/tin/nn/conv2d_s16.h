/* SPDX-License-Identifier: Apache-2.0 */
/* Two-dimensional convolution of int16 images with int8 weights. */
#ifndef TIN_NN_CONV2D_S16_H
#define TIN_NN_CONV2D_S16_H

#include "tin/nn/matmul_s16.h"
#include "tin/nn/window2d.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Output columns from direct_first to direct_last (exclusive) read their windows in place; the
   others are gathered into scratch. */
typedef struct {
    tin_window2d window; /* in_channels counts bytes: two for each channel */
    int32_t direct_first;
    int32_t direct_last;
    tin_matmul_s16 matmul; /* depth is kernel_height * kernel_width * channels; num_rows unused */
} tin_conv2d_s16;

/* scratch: depth values, unused (may be NULL) when every column is direct. */
void tin_conv2d_run_s16(const tin_conv2d_s16 *params,
                        const int16_t *input,
                        int16_t *output,
                        int16_t *scratch);

#ifdef __cplusplus
}
#endif

#endif
