/* SPDX-License-Identifier: Apache-2.0 */
/* Gathering of one window of an image into a contiguous row, for products with a weight matrix. */
#include "tin/nn/bytes.h"
#include "tin/nn/window2d.h"

void tin_window2d_gather_s8(
    const tin_window2d *window, const int8_t *input, int32_t y, int32_t x, int8_t *row) {
    int32_t channels = window->in_channels;
    int32_t width = window->kernel_width * channels;
    int8_t fill = (int8_t)window->fill;
    tin_range across =
        tin_window2d_taps(x, window->dilation_width, window->kernel_width, window->in_width);
    for (int32_t ky = 0; ky < window->kernel_height; ky++, row += width) {
        int32_t iy = y + ky * window->dilation_height;
        if (iy < 0 || iy >= window->in_height) {
            tin_fill_s8(row, fill, width);
            continue;
        }
        int32_t line = (iy * window->in_width + x) * channels; /* negative left of the image */
        tin_fill_s8(row, fill, across.first * channels);
        tin_fill_s8(row + across.last * channels, fill, width - across.last * channels);
        if (window->dilation_width == 1) {
            int32_t start = across.first * channels;
            tin_copy_s8(row + start, input + line + start, across.last * channels - start);
            continue;
        }
        for (int32_t kx = across.first; kx < across.last; kx++) {
            const int8_t *pixel = input + line + kx * window->dilation_width * channels;
            tin_copy_s8(row + kx * channels, pixel, channels);
        }
    }
}

void tin_window2d_gather_f32(
    const tin_window2d *window, const float *input, int32_t y, int32_t x, float *row) {
    int32_t channels = window->in_channels;
    int32_t width = window->kernel_width * channels;
    tin_range across =
        tin_window2d_taps(x, window->dilation_width, window->kernel_width, window->in_width);
    for (int32_t ky = 0; ky < window->kernel_height; ky++, row += width) {
        int32_t iy = y + ky * window->dilation_height;
        if (iy < 0 || iy >= window->in_height) {
            tin_fill_f32(row, 0.0f, width);
            continue;
        }
        int32_t line = (iy * window->in_width + x) * channels;
        tin_fill_f32(row, 0.0f, across.first * channels);
        tin_fill_f32(row + across.last * channels, 0.0f, width - across.last * channels);
        for (int32_t kx = across.first; kx < across.last; kx++) {
            const float *pixel = input + line + kx * window->dilation_width * channels;
            tin_copy_f32(row + kx * channels, pixel, channels);
        }
    }
}
