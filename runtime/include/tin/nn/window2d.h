/* SPDX-License-Identifier: Apache-2.0 */
/* Geometry of kernels that slide over an image, and the gathering of one window into a row. */
#ifndef TIN_NN_WINDOW2D_H
#define TIN_NN_WINDOW2D_H

#include "tin/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Images are [height][width][channels]; a batch of 1. */
typedef struct {
    int32_t in_height;
    int32_t in_width;
    int32_t in_channels;
    int32_t out_height;
    int32_t out_width;
    int32_t kernel_height;
    int32_t kernel_width;
    int32_t stride_height;
    int32_t stride_width;
    int32_t dilation_height;
    int32_t dilation_width;
    int32_t pad_top;  /* rows of padding above the image */
    int32_t pad_left; /* columns of padding left of it */
    int32_t fill;     /* byte that padding consists of: the zero point, or 0 for floats */
} tin_window2d;

/* Indices from first to last (exclusive). */
typedef struct {
    int32_t first;
    int32_t last;
} tin_range;

/* The taps of a window that lie inside the image, along one axis. */
static inline tin_range
tin_window2d_taps(int32_t origin, int32_t dilation, int32_t kernel, int32_t size) {
    tin_range taps = {0, kernel};
    if (origin < 0) {
        int32_t outside = (-origin + dilation - 1) / dilation;
        taps.first = outside < kernel ? outside : kernel;
    }
    if (origin + (kernel - 1) * dilation >= size) {
        int32_t inside = size > origin ? (size - origin + dilation - 1) / dilation : 0;
        taps.last = inside > taps.first ? inside : taps.first;
    }
    return taps;
}

/* True when no tap of the window at this origin is padding. */
static inline int tin_window2d_inside(const tin_window2d *window, int32_t y, int32_t x) {
    return y >= 0 && x >= 0 &&
           y + (window->kernel_height - 1) * window->dilation_height < window->in_height &&
           x + (window->kernel_width - 1) * window->dilation_width < window->in_width;
}

/* Copies the window whose first tap is at row y, column x of the image (either may be negative)
   into `row` [kernel_height][kernel_width][in_channels], padding filled in. Elements of 1 or 4
   bytes. */
void tin_window2d_gather_s8(
    const tin_window2d *window, const int8_t *input, int32_t y, int32_t x, int8_t *row);
void tin_window2d_gather_f32(
    const tin_window2d *window, const float *input, int32_t y, int32_t x, float *row);

/* The same from pointers to the rows of the image that the window covers; NULL: padding. */
void tin_window2d_gather_rows_s8(const tin_window2d *window,
                                 const int8_t *const *rows,
                                 int32_t x,
                                 int8_t *row);
void tin_window2d_gather_rows_f32(const tin_window2d *window,
                                  const int8_t *const *rows,
                                  int32_t x,
                                  float *row);

#ifdef __cplusplus
}
#endif

#endif
