/* SPDX-License-Identifier: Apache-2.0 */
/* Transposed convolution, gathered: for each output pixel the taps that reach an input pixel. */
#include "tin/nn/transpose_conv.h"

/* Outputs that are summed before they are requantised together. */
#define BLOCK 8

/* Along one axis: kernel taps first, first + step, ... below last, which meet input pixels pixel,
   pixel - 1, ... */
typedef struct {
    int32_t first;
    int32_t last;
    int32_t pixel;
} reach;

static reach taps_of(int32_t position, int32_t stride, int32_t kernel, int32_t size) {
    reach taps = {position % stride, kernel, position / stride};
    if (taps.pixel >= size) { /* taps that would meet pixels behind the image */
        taps.first += (taps.pixel - size + 1) * stride;
        taps.pixel = size - 1;
    }
    int32_t end = position + 1; /* taps from here on would meet pixels before it */
    taps.last = end < kernel ? end : kernel;
    return taps;
}

static int32_t sum_s8(const tin_transpose_conv_s8 *params,
                      const int8_t *input,
                      reach down,
                      reach across,
                      const int8_t *weights) {
    const tin_transpose_window *window = &params->window;
    int32_t channels = window->in_channels;
    int32_t offset = params->input_offset;
    int32_t sum = 0;
    for (int32_t ky = down.first; ky < down.last; ky += window->stride_height, down.pixel--) {
        const int8_t *row = input + down.pixel * window->in_width * channels;
        int32_t ix = across.pixel;
        for (int32_t kx = across.first; kx < across.last; kx += window->stride_width, ix--) {
            const int8_t *x = row + ix * channels;
            const int8_t *w = weights + (ky * window->kernel_width + kx) * channels;
            for (int32_t i = 0; i < channels; i++) {
                sum += (x[i] + offset) * w[i];
            }
        }
    }
    return sum;
}

void tin_transpose_conv_run_s8(const tin_transpose_conv_s8 *params,
                               const int8_t *input,
                               int8_t *output) {
    const tin_transpose_window *window = &params->window;
    int32_t size = window->kernel_height * window->kernel_width * window->in_channels;
    for (int32_t y = 0; y < window->out_height; y++) {
        reach down = taps_of(
            y + window->pad_top, window->stride_height, window->kernel_height, window->in_height);
        for (int32_t x = 0; x < window->out_width; x++) {
            reach across = taps_of(
                x + window->pad_left, window->stride_width, window->kernel_width, window->in_width);
            for (int32_t i = 0; i < window->num_outputs; i += BLOCK) {
                int32_t sums[BLOCK];
                int32_t rest = window->num_outputs - i;
                int32_t count = rest < BLOCK ? rest : BLOCK;
                for (int32_t j = 0; j < count; j++) {
                    const int8_t *weights = params->weights + (i + j) * size;
                    sums[j] = sum_s8(params, input, down, across, weights);
                }
                tin_requantize_run_s8(&params->requantize, sums, i, count, output + i);
            }
            output += window->num_outputs;
        }
    }
}

static float sum_f32(const tin_transpose_conv_f32 *params,
                     const float *input,
                     reach down,
                     reach across,
                     const float *weights) {
    const tin_transpose_window *window = &params->window;
    int32_t channels = window->in_channels;
    float sum = 0.0f;
    for (int32_t ky = down.first; ky < down.last; ky += window->stride_height, down.pixel--) {
        const float *row = input + down.pixel * window->in_width * channels;
        int32_t ix = across.pixel;
        for (int32_t kx = across.first; kx < across.last; kx += window->stride_width, ix--) {
            const float *x = row + ix * channels;
            const float *w = weights + (ky * window->kernel_width + kx) * channels;
            for (int32_t i = 0; i < channels; i++) {
                sum += x[i] * w[i];
            }
        }
    }
    return sum;
}

void tin_transpose_conv_run_f32(const tin_transpose_conv_f32 *params,
                                const float *input,
                                float *output) {
    const tin_transpose_window *window = &params->window;
    int32_t size = window->kernel_height * window->kernel_width * window->in_channels;
    for (int32_t y = 0; y < window->out_height; y++) {
        reach down = taps_of(
            y + window->pad_top, window->stride_height, window->kernel_height, window->in_height);
        for (int32_t x = 0; x < window->out_width; x++) {
            reach across = taps_of(
                x + window->pad_left, window->stride_width, window->kernel_width, window->in_width);
            for (int32_t i = 0; i < window->num_outputs; i++) {
                const float *weights = params->weights + i * size;
                float value = sum_f32(params, input, down, across, weights) + params->bias[i];
                *output++ = tin_clamp_f32(value, params->minimum, params->maximum);
            }
        }
    }
}
