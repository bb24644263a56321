/* SPDX-License-Identifier: Apache-2.0 */
/* Convolution on cores with vector instructions (MVE). */
#ifndef TIN_NN_ARMV81M_MVE_MVE_CONV2D_H
#define TIN_NN_ARMV81M_MVE_MVE_CONV2D_H

#include "tin/nn/armv81m_mve/mve_matmul.h"
#include "tin/nn/window2d.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Windows are at most 32 rows high. Output columns from direct_first to direct_last (exclusive)
   read their windows in place, because they lie contiguous in the image; the others are gathered
   into scratch. */
typedef struct {
    tin_window2d window;
    int32_t direct_first;
    int32_t direct_last;
    tin_mve_matmul_s8 matmul; /* depth is kernel_height * kernel_width * in_channels */
} tin_mve_conv2d_s8;

/* scratch: 2 * depth values, unused (may be NULL) when every column is direct. Outputs of two
   pixels are written after both windows are gathered, of direct ones as tin_mve_matmul_run_s8
   does. */
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
