/* SPDX-License-Identifier: Apache-2.0 */
/* Averages of floats at one level. */
#include "tin_vectors.h"

/* 16 channels of one window of height x width values. */
TIN_INLINE V(f32) V(window_sum_f32)(
    const float *x, int32_t height, int32_t width, int32_t row_step, int32_t column_step) {
    V(f32) sum = V(splat_f32)(0.0f);
    for (int32_t y = 0; y < height; y++, x += row_step) {
        for (int32_t column = 0; column < width; column++) {
            sum = V(add_f32)(sum, V(load_f32)(x + column * column_step));
        }
    }
    return sum;
}

static TIN_TARGET void
V(average_f32)(const tin_pool2d_f32 *params, const float *input, float *output) {
    const tin_window2d *window = &params->window;
    const int32_t channels = window->in_channels, in_row = window->in_width * channels;
    const V(f32) minimum = V(splat_f32)(params->minimum), maximum = V(splat_f32)(params->maximum);
    for (int32_t i = 0; i < window->out_height * window->out_width; i++) {
        int32_t y = i / window->out_width * window->stride_height - window->pad_top;
        int32_t x = i % window->out_width * window->stride_width - window->pad_left;
        tin_range down = tin_window2d_taps(y, 1, window->kernel_height, window->in_height);
        tin_range across = tin_window2d_taps(x, 1, window->kernel_width, window->in_width);
        int32_t height = down.last - down.first, width = across.last - across.first;
        const float *first = input + (y + down.first) * in_row + (x + across.first) * channels;
        const V(f32) taps = V(splat_f32)((float)(height * width));
        for (int32_t channel = 0; channel < channels; channel += 16) {
            V(f32) sum = V(window_sum_f32)(first + channel, height, width, in_row, channels);
            V(f32) value = V(clamp_f32)(V(div_f32)(sum, taps), minimum, maximum);
            V(store_f32)(output + channel, value, 16);
        }
        output += channels;
    }
}
