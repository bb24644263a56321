/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of an image that a window covers. */
#ifndef TIN_MVE_ROWS_H
#define TIN_MVE_ROWS_H

#include "tin/nn/window2d.h"

/* Highest window. */
#define TIN_MVE_ROWS 32

/* Rows of the windows of output row oy, from top to bottom; NULL: padding. */
static inline void
tin_mve_rows(const tin_window2d *window, const int8_t *input, int32_t oy, const int8_t **rows) {
    int32_t y = oy * window->stride_height - window->pad_top;
    for (int32_t ky = 0; ky < window->kernel_height; ky++, y += window->dilation_height) {
        int is_inside = y >= 0 && y < window->in_height;
        rows[ky] = is_inside ? input + y * window->in_width * window->in_channels : NULL;
    }
}

#endif
