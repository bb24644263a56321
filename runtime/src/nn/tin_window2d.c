/* SPDX-License-Identifier: Apache-2.0 */
/* Gathering of one window of an image into a contiguous row, for products with a weight matrix. */
#include "tin/nn/bytes.h"
#include "tin/nn/window2d.h"

/* One row of a window: `line` is the image row, NULL when it is padding. */
static void gather_line_s8(
    const tin_window2d *window, const int8_t *line, int32_t x, tin_range across, int8_t *row) {
    int32_t channels = window->in_channels;
    int32_t width = window->kernel_width * channels;
    int8_t fill = (int8_t)window->fill;
    if (!line) {
        tin_fill_s8(row, fill, width);
        return;
    }
    int32_t start = across.first * channels, end = across.last * channels;
    tin_fill_s8(row, fill, start);
    tin_fill_s8(row + end, fill, width - end);
    if (window->dilation_width == 1) {
        tin_copy_s8(row + start, line + (x * channels + start), end - start);
        return;
    }
    for (int32_t kx = across.first; kx < across.last; kx++) {
        const int8_t *pixel = line + (x + kx * window->dilation_width) * channels;
        tin_copy_s8(row + kx * channels, pixel, channels);
    }
}

static void gather_line_f32(
    const tin_window2d *window, const float *line, int32_t x, tin_range across, float *row) {
    int32_t channels = window->in_channels;
    int32_t width = window->kernel_width * channels;
    if (!line) {
        tin_fill_f32(row, 0.0f, width);
        return;
    }
    int32_t end = across.last * channels;
    tin_fill_f32(row, 0.0f, across.first * channels);
    tin_fill_f32(row + end, 0.0f, width - end);
    for (int32_t kx = across.first; kx < across.last; kx++) {
        const float *pixel = line + (x + kx * window->dilation_width) * channels;
        tin_copy_f32(row + kx * channels, pixel, channels);
    }
}

static tin_range across_of(const tin_window2d *window, int32_t x) {
    return tin_window2d_taps(x, window->dilation_width, window->kernel_width, window->in_width);
}

void tin_window2d_gather_s8(
    const tin_window2d *window, const int8_t *input, int32_t y, int32_t x, int8_t *row) {
    int32_t line = window->in_width * window->in_channels;
    tin_range across = across_of(window, x);
    for (int32_t ky = 0; ky < window->kernel_height; ky++, y += window->dilation_height) {
        int is_inside = y >= 0 && y < window->in_height;
        gather_line_s8(window, is_inside ? input + y * line : 0, x, across, row);
        row += window->kernel_width * window->in_channels;
    }
}

void tin_window2d_gather_f32(
    const tin_window2d *window, const float *input, int32_t y, int32_t x, float *row) {
    int32_t line = window->in_width * window->in_channels;
    tin_range across = across_of(window, x);
    for (int32_t ky = 0; ky < window->kernel_height; ky++, y += window->dilation_height) {
        int is_inside = y >= 0 && y < window->in_height;
        gather_line_f32(window, is_inside ? input + y * line : 0, x, across, row);
        row += window->kernel_width * window->in_channels;
    }
}

void tin_window2d_gather_rows_s8(const tin_window2d *window,
                                 const int8_t *const *rows,
                                 int32_t x,
                                 int8_t *row) {
    tin_range across = across_of(window, x);
    for (int32_t ky = 0; ky < window->kernel_height; ky++) {
        gather_line_s8(window, rows[ky], x, across, row);
        row += window->kernel_width * window->in_channels;
    }
}

void tin_window2d_gather_rows_f32(const tin_window2d *window,
                                  const int8_t *const *rows,
                                  int32_t x,
                                  float *row) {
    tin_range across = across_of(window, x);
    for (int32_t ky = 0; ky < window->kernel_height; ky++) {
        gather_line_f32(window, (const float *)(const void *)rows[ky], x, across, row);
        row += window->kernel_width * window->in_channels;
    }
}
