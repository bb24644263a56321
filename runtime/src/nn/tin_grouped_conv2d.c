/* SPDX-License-Identifier: Apache-2.0 */
/* Grouped convolution: windows are gathered, and each output takes its group's channels of them. */
#include "tin/nn/grouped_conv2d.h"

/* Outputs that are summed before they are requantised together. */
#define BLOCK 8

static int32_t sum_s8(const tin_grouped_conv2d_s8 *params, const int8_t *row, int32_t index) {
    int32_t taps = params->window.kernel_height * params->window.kernel_width;
    int32_t count = params->group_channels;
    const int8_t *w = params->weights + index * taps * count;
    int32_t sum = 0;
    row += index / params->group_outputs * count;
    for (int32_t tap = 0; tap < taps; tap++) {
        for (int32_t i = 0; i < count; i++) {
            sum += row[i] * w[i];
        }
        row += params->window.in_channels;
        w += count;
    }
    return sum;
}

void tin_grouped_conv2d_run_s8(const tin_grouped_conv2d_s8 *params,
                               const int8_t *input,
                               int8_t *output,
                               int8_t *scratch) {
    const tin_window2d *window = &params->window;
    for (int32_t oy = 0; oy < window->out_height; oy++) {
        int32_t y = oy * window->stride_height - window->pad_top;
        for (int32_t ox = 0; ox < window->out_width; ox++) {
            int32_t x = ox * window->stride_width - window->pad_left;
            tin_window2d_gather_s8(window, input, y, x, scratch);
            for (int32_t i = 0; i < params->num_outputs; i += BLOCK) {
                int32_t sums[BLOCK];
                int32_t rest = params->num_outputs - i;
                int32_t count = rest < BLOCK ? rest : BLOCK;
                for (int32_t j = 0; j < count; j++) {
                    sums[j] = sum_s8(params, scratch, i + j);
                }
                tin_requantize_run_s8(&params->requantize, sums, i, count, output + i);
            }
            output += params->num_outputs;
        }
    }
}

static float sum_f32(const tin_grouped_conv2d_f32 *params, const float *row, int32_t index) {
    int32_t taps = params->window.kernel_height * params->window.kernel_width;
    int32_t count = params->group_channels;
    const float *w = params->weights + index * taps * count;
    float sum = 0.0f;
    row += index / params->group_outputs * count;
    for (int32_t tap = 0; tap < taps; tap++) {
        for (int32_t i = 0; i < count; i++) {
            sum += row[i] * w[i];
        }
        row += params->window.in_channels;
        w += count;
    }
    return sum;
}

void tin_grouped_conv2d_run_f32(const tin_grouped_conv2d_f32 *params,
                                const float *input,
                                float *output,
                                float *scratch) {
    const tin_window2d *window = &params->window;
    for (int32_t oy = 0; oy < window->out_height; oy++) {
        int32_t y = oy * window->stride_height - window->pad_top;
        for (int32_t ox = 0; ox < window->out_width; ox++) {
            int32_t x = ox * window->stride_width - window->pad_left;
            tin_window2d_gather_f32(window, input, y, x, scratch);
            for (int32_t i = 0; i < params->num_outputs; i++) {
                float value = sum_f32(params, scratch, i) + params->bias[i];
                *output++ = tin_clamp_f32(value, params->minimum, params->maximum);
            }
        }
    }
}
