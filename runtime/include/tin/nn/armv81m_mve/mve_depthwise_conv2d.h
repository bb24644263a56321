/* SPDX-License-Identifier: Apache-2.0 */
/* Depthwise convolution on cores with vector instructions (MVE): the whole window of a channel is
   one vector of 16 bytes. */
#ifndef TIN_NN_ARMV81M_MVE_MVE_DEPTHWISE_CONV2D_H
#define TIN_NN_ARMV81M_MVE_MVE_DEPTHWISE_CONV2D_H

#include "tin/nn/requantize.h"
#include "tin/nn/window2d.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Each input channel has one output. Windows are up to 4 x 4, or one column of up to 16 rows of an
   image of one column. Weights of a channel: 4 columns of 4 rows, or 16 rows; filled up with
   zeros. */
typedef struct {
    tin_window2d window;
    const int8_t *weights; /* [groups of four channels][4][16] */
    int32_t is_column;
    int32_t columns;              /* of scratch */
    tin_requantize_s8 requantize; /* per_channel is 1, arrays are filled up to whole groups */
} tin_mve_depthwise_conv2d_s8;

/* scratch, 4-byte aligned: 64 bytes for each of (out_width - 1) * stride_width + 1 +
   3 * dilation_width columns. All windows of an output row are read before its last channels are
   written. */
void tin_mve_depthwise_conv2d_run_s8(const tin_mve_depthwise_conv2d_s8 *params,
                                     const int8_t *input,
                                     int8_t *output,
                                     int8_t *scratch);

/* One output row from the input rows of its windows, top to bottom; NULL: a row of padding. */
void tin_mve_depthwise_conv2d_row_s8(const tin_mve_depthwise_conv2d_s8 *params,
                                     const int8_t *const *rows,
                                     int8_t *output,
                                     int8_t *scratch);

#ifdef __cplusplus
}
#endif

#endif
