/* SPDX-License-Identifier: Apache-2.0 */
/* Pooling row by row, for networks that run in line buffers; same bits as on whole images. */
#ifndef TIN_NN_POOL2D_ROW_H
#define TIN_NN_POOL2D_ROW_H

#include "tin/nn/pool2d.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One row of the output from the kernel_height rows of the input that its windows cover, from top
   to bottom; NULL: a row of padding, which does not count. */
void tin_max_pool2d_row_s8(const tin_pool2d_s8 *params, const int8_t *const *rows, int8_t *output);
void tin_max_pool2d_row_f32(const tin_pool2d_f32 *params, const int8_t *const *rows, float *output);
void tin_average_pool2d_row_s8(const tin_pool2d_s8 *params,
                               const int8_t *const *rows,
                               int8_t *output);
void tin_average_pool2d_row_f32(const tin_pool2d_f32 *params,
                                const int8_t *const *rows,
                                float *output);

/* The average of a whole image, which is the window: called for one input row after the other.
   sums: in_channels + 1 values, 0 before the first row; the output is written with the last. */
void tin_average_pool2d_add_s8(const tin_pool2d_s8 *params,
                               const int8_t *const *rows,
                               int8_t *output,
                               int32_t *sums);
void tin_average_pool2d_add_f32(const tin_pool2d_f32 *params,
                                const int8_t *const *rows,
                                float *output,
                                float *sums);

#ifdef __cplusplus
}
#endif

#endif
