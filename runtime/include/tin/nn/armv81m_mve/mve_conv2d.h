/* SPDX-License-Identifier: Apache-2.0 */
/* Convolution on cores with vector instructions (MVE). */
#ifndef TIN_NN_ARMV81M_MVE_MVE_CONV2D_H
#define TIN_NN_ARMV81M_MVE_MVE_CONV2D_H

#include "tin/nn/armv81m_mve/mve_matmul.h"
#include "tin/nn/window2d.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Windows are at most 32 rows high. Unless they lie contiguous in the image, the columns of some
   neighbouring windows are gathered into a band [columns][kernel_height][in_channels], in which
   every window is contiguous. */
typedef struct {
    tin_window2d window;   /* dilation_width is 1 unless kernel_width is */
    int32_t tile;          /* output columns gathered together; 0: windows are read in place */
    const uint8_t *places; /* [16], where the bytes of 16 / in_channels neighbouring pixels go
                              within a band; not used for more than 8 channels */
    tin_mve_matmul_s8
        matmul; /* depth is kernel_width * kernel_height * in_channels, in this order */
} tin_mve_conv2d_s8;

/* scratch: ((tile - 1) * stride_width + kernel_width) * kernel_height * in_channels bytes, unused
   (may be NULL) without a tile. The outputs of a tile are written after its windows are gathered,
   others as tin_mve_matmul_run_s8 does. */
void tin_mve_conv2d_run_s8(const tin_mve_conv2d_s8 *params,
                           const int8_t *input,
                           int8_t *output,
                           int8_t *scratch);

/* One output row from the input rows of its windows, top to bottom; NULL: a row of padding. */
void tin_mve_conv2d_row_s8(const tin_mve_conv2d_s8 *params,
                           const int8_t *const *rows,
                           int8_t *output,
                           int8_t *scratch);

#ifdef __cplusplus
}
#endif

#endif
