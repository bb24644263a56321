/* SPDX-License-Identifier: Apache-2.0 */
/* Convolution of int16 images as products of windows with the weight matrix. */
#include "tin/nn/conv2d_s16.h"

void tin_conv2d_run_s16(const tin_conv2d_s16 *params,
                        const int16_t *input,
                        int16_t *output,
                        int16_t *scratch) {
    const tin_window2d *window = &params->window;
    int32_t channels = window->in_channels / 2;
    for (int32_t oy = 0; oy < window->out_height; oy++) {
        int32_t y = oy * window->stride_height - window->pad_top;
        for (int32_t ox = 0; ox < window->out_width; ox++) {
            int32_t x = ox * window->stride_width - window->pad_left;
            const int16_t *row = scratch;
            if (ox >= params->direct_first && ox < params->direct_last) {
                row = input + (y * window->in_width + x) * channels;
            } else {
                tin_window2d_gather_s8(window, (const int8_t *)input, y, x, (int8_t *)scratch);
            }
            tin_matmul_row_s16(&params->matmul, row, output);
            output += params->matmul.num_outputs;
        }
    }
}
