/* SPDX-License-Identifier: Apache-2.0 */
/* Convolution as products of gathered windows with the weight matrix. */
#include "tin/nn/conv2d.h"

/* One output row of columns first..last (exclusive), gathered two windows at a time. */
static void gathered_s8(const tin_conv2d_s8 *params,
                        const int8_t *input,
                        int32_t y,
                        tin_range columns,
                        int8_t *output,
                        int8_t *scratch) {
    const tin_window2d *window = &params->window;
    int32_t depth = params->matmul.depth;
    for (int32_t ox = columns.first; ox < columns.last; ox += 2) {
        int32_t count = columns.last - ox < 2 ? 1 : 2;
        for (int32_t i = 0; i < count; i++) {
            int32_t x = (ox + i) * window->stride_width - window->pad_left;
            tin_window2d_gather_s8(window, input, y, x, scratch + i * depth);
        }
        int8_t *out = output + ox * params->matmul.num_outputs;
        tin_matmul_run_s8(&params->matmul, scratch, count, depth, out);
    }
}

void tin_conv2d_run_s8(const tin_conv2d_s8 *params,
                       const int8_t *input,
                       int8_t *output,
                       int8_t *scratch) {
    const tin_window2d *window = &params->window;
    int32_t step = window->stride_width * window->in_channels;
    int32_t num_outputs = params->matmul.num_outputs;
    tin_range before = {0, params->direct_first};
    tin_range after = {params->direct_last, window->out_width};
    int32_t num_direct = params->direct_last - params->direct_first;
    for (int32_t oy = 0; oy < window->out_height; oy++) {
        int32_t y = oy * window->stride_height - window->pad_top;
        gathered_s8(params, input, y, before, output, scratch);
        if (num_direct > 0) {
            int32_t x = params->direct_first * window->stride_width - window->pad_left;
            const int8_t *first = input + (y * window->in_width + x) * window->in_channels;
            int8_t *out = output + params->direct_first * num_outputs;
            tin_matmul_run_s8(&params->matmul, first, num_direct, step, out);
        }
        gathered_s8(params, input, y, after, output, scratch);
        output += window->out_width * num_outputs;
    }
}

static void gathered_f32(const tin_conv2d_f32 *params,
                         const float *input,
                         int32_t y,
                         tin_range columns,
                         float *output,
                         float *scratch) {
    const tin_window2d *window = &params->window;
    for (int32_t ox = columns.first; ox < columns.last; ox++) {
        int32_t x = ox * window->stride_width - window->pad_left;
        tin_window2d_gather_f32(window, input, y, x, scratch);
        float *out = output + ox * params->matmul.num_outputs;
        tin_matmul_run_f32(&params->matmul, scratch, 1, 0, out);
    }
}

void tin_conv2d_run_f32(const tin_conv2d_f32 *params,
                        const float *input,
                        float *output,
                        float *scratch) {
    const tin_window2d *window = &params->window;
    int32_t step = window->stride_width * window->in_channels;
    int32_t num_outputs = params->matmul.num_outputs;
    tin_range before = {0, params->direct_first};
    tin_range after = {params->direct_last, window->out_width};
    int32_t num_direct = params->direct_last - params->direct_first;
    for (int32_t oy = 0; oy < window->out_height; oy++) {
        int32_t y = oy * window->stride_height - window->pad_top;
        gathered_f32(params, input, y, before, output, scratch);
        if (num_direct > 0) {
            int32_t x = params->direct_first * window->stride_width - window->pad_left;
            const float *first = input + (y * window->in_width + x) * window->in_channels;
            float *out = output + params->direct_first * num_outputs;
            tin_matmul_run_f32(&params->matmul, first, num_direct, step, out);
        }
        gathered_f32(params, input, y, after, output, scratch);
        output += window->out_width * num_outputs;
    }
}

void tin_conv2d_row_s8(const tin_conv2d_s8 *params,
                       const int8_t *const *rows,
                       int8_t *output,
                       int8_t *scratch) {
    const tin_window2d *window = &params->window;
    int32_t depth = params->matmul.depth;
    for (int32_t ox = 0; ox < window->out_width; ox += 2) {
        int32_t count = window->out_width - ox < 2 ? 1 : 2;
        for (int32_t i = 0; i < count; i++) {
            int32_t x = (ox + i) * window->stride_width - window->pad_left;
            tin_window2d_gather_rows_s8(window, rows, x, scratch + i * depth);
        }
        tin_matmul_run_s8(&params->matmul, scratch, count, depth, output);
        output += count * params->matmul.num_outputs;
    }
}

void tin_conv2d_row_f32(const tin_conv2d_f32 *params,
                        const int8_t *const *rows,
                        float *output,
                        float *scratch) {
    const tin_window2d *window = &params->window;
    for (int32_t ox = 0; ox < window->out_width; ox++) {
        int32_t x = ox * window->stride_width - window->pad_left;
        tin_window2d_gather_rows_f32(window, rows, x, scratch);
        tin_matmul_run_f32(&params->matmul, scratch, 1, 0, output);
        output += params->matmul.num_outputs;
    }
}
