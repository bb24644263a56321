/* SPDX-License-Identifier: Apache-2.0 */
/* Depthwise convolution of int16 images; taps on padding are left out, as they add 0. */
#include "tin/nn/depthwise_conv2d_s16.h"

/* The taps of one window that lie inside the image, and where its first tap is. */
typedef struct {
    tin_range down;
    tin_range across;
    int32_t y;
    int32_t x;
} place;

static int64_t sum_of(const tin_depthwise_conv2d_s16 *params,
                      const int16_t *input,
                      const place *at,
                      int32_t index) {
    const tin_window2d *window = &params->window;
    int32_t column_step = window->dilation_width * window->in_channels;
    int64_t total = 0;
    input += index / params->depth_multiplier;
    for (int32_t ky = at->down.first; ky < at->down.last; ky++) {
        int32_t iy = at->y + ky * window->dilation_height;
        int32_t ix = at->x + at->across.first * window->dilation_width;
        int32_t tap = ky * window->kernel_width + at->across.first;
        const int16_t *pixel = input + (iy * window->in_width + ix) * window->in_channels;
        const int8_t *weight = params->weights + tap * params->num_outputs + index;
        for (int32_t kx = at->across.first; kx < at->across.last; kx++) {
            total += *pixel * *weight;
            pixel += column_step;
            weight += params->num_outputs;
        }
    }
    return total;
}

void tin_depthwise_conv2d_run_s16(const tin_depthwise_conv2d_s16 *params,
                                  const int16_t *input,
                                  int16_t *output) {
    const tin_window2d *window = &params->window;
    place at;
    for (int32_t oy = 0; oy < window->out_height; oy++) {
        at.y = oy * window->stride_height - window->pad_top;
        at.down = tin_window2d_taps(
            at.y, window->dilation_height, window->kernel_height, window->in_height);
        for (int32_t ox = 0; ox < window->out_width; ox++) {
            at.x = ox * window->stride_width - window->pad_left;
            at.across = tin_window2d_taps(
                at.x, window->dilation_width, window->kernel_width, window->in_width);
            for (int32_t index = 0; index < params->num_outputs; index++) {
                int64_t sum = sum_of(params, input, &at, index);
                *output++ = tin_requantize_one_s16(&params->requantize, sum, index);
            }
        }
    }
}
