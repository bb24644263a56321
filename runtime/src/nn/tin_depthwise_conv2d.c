/* SPDX-License-Identifier: Apache-2.0 */
/* Depthwise convolution, a few channels at a time; windows that touch padding are gathered first.
 */
#include "tin/nn/depthwise_conv2d.h"
#include "tin/nn/requantize.h"
#include "tin/nn/tuning.h"

/* Channels that are summed before they are requantised together. */
#define BLOCK 32

/* Where the taps of one window lie: values from tap to tap and from kernel row to kernel row. */
typedef struct {
    int32_t column_step;
    int32_t row_step;
} steps;

/* Sums of output channels index .. index + TIN_LANES of one pixel; one kernel per input channel. */
static TIN_NOINLINE void sum_lanes_s8(const tin_depthwise_conv2d_s8 *params,
                                      const int8_t *x,
                                      steps to,
                                      int32_t index,
                                      int32_t *sums) {
    int32_t sum[TIN_LANES] = {0};
    const int8_t *w = params->weights + index;
    const int32_t num_outputs = params->num_outputs;
    const int32_t to_next_row = to.row_step - params->window.kernel_width * to.column_step;
    x += index;
    int32_t rows = params->window.kernel_height;
    do {
        int32_t columns = params->window.kernel_width;
        do {
            for (int32_t j = 0; j < TIN_LANES; j++) {
                sum[j] += x[j] * w[j];
            }
            x += to.column_step;
            w += num_outputs;
            columns--;
            TIN_KEEP(columns); /* no unrolling: kernels are a few columns wide */
        } while (columns);
        x += to_next_row;
        rows--;
    } while (rows);
    for (int32_t j = 0; j < TIN_LANES; j++) {
        sums[j] = sum[j];
    }
}

/* Sum of one output channel, whatever the depth multiplier. */
static int32_t
sum_s8(const tin_depthwise_conv2d_s8 *params, const int8_t *x, steps to, int32_t index) {
    int32_t sum = 0;
    const int8_t *w = params->weights + index;
    x += index / params->depth_multiplier;
    for (int32_t ky = 0; ky < params->window.kernel_height; ky++) {
        const int8_t *tap = x + ky * to.row_step;
        for (int32_t kx = 0; kx < params->window.kernel_width; kx++) {
            sum += *tap * *w;
            tap += to.column_step;
            w += params->num_outputs;
        }
    }
    return sum;
}

/* Sums of one pixel's output channels in a range. */
static void sum_block_s8(const tin_depthwise_conv2d_s8 *params,
                         const int8_t *x,
                         steps to,
                         tin_range channels,
                         int32_t *sums) {
    int32_t index = channels.first;
    if (params->depth_multiplier == 1) {
        for (; index + TIN_LANES <= channels.last; index += TIN_LANES) {
            sum_lanes_s8(params, x, to, index, sums);
            sums += TIN_LANES;
        }
    }
    for (; index < channels.last; index++) {
        *sums++ = sum_s8(params, x, to, index);
    }
}

static void
pixel_s8(const tin_depthwise_conv2d_s8 *params, const int8_t *x, steps to, int8_t *out) {
    int32_t sums[BLOCK];
    for (int32_t first = 0; first < params->num_outputs; first += BLOCK) {
        int32_t rest = params->num_outputs - first;
        int32_t count = rest < BLOCK ? rest : BLOCK;
        tin_range channels = {first, first + count};
        sum_block_s8(params, x, to, channels, sums);
        tin_requantize_run_s8(&params->requantize, sums, first, count, out + first);
    }
}

void tin_depthwise_conv2d_run_s8(const tin_depthwise_conv2d_s8 *params,
                                 const int8_t *input,
                                 int8_t *output,
                                 int8_t *scratch) {
    const tin_window2d *window = &params->window;
    int32_t channels = window->in_channels;
    steps in_place = {window->dilation_width * channels,
                      window->dilation_height * window->in_width * channels};
    steps gathered = {channels, window->kernel_width * channels};
    for (int32_t oy = 0; oy < window->out_height; oy++) {
        int32_t y = oy * window->stride_height - window->pad_top;
        for (int32_t ox = 0; ox < window->out_width; ox++) {
            int32_t x = ox * window->stride_width - window->pad_left;
            if (tin_window2d_inside(window, y, x)) {
                const int8_t *first = input + (y * window->in_width + x) * channels;
                pixel_s8(params, first, in_place, output);
            } else {
                tin_window2d_gather_s8(window, input, y, x, scratch);
                pixel_s8(params, scratch, gathered, output);
            }
            output += params->num_outputs;
        }
    }
}

static void lanes_f32(
    const tin_depthwise_conv2d_f32 *params, const float *x, steps to, int32_t index, float *out) {
    float sum[TIN_LANES] = {0.0f};
    const float *w = params->weights + index;
    x += index;
    for (int32_t ky = 0; ky < params->window.kernel_height; ky++) {
        const float *tap = x + ky * to.row_step;
        for (int32_t kx = 0; kx < params->window.kernel_width; kx++) {
            for (int32_t j = 0; j < TIN_LANES; j++) {
                sum[j] += tap[j] * w[j];
            }
            tap += to.column_step;
            w += params->num_outputs;
        }
    }
    for (int32_t j = 0; j < TIN_LANES; j++) {
        float value = sum[j] + params->bias[index + j];
        out[index + j] = tin_clamp_f32(value, params->minimum, params->maximum);
    }
}

static float
channel_f32(const tin_depthwise_conv2d_f32 *params, const float *x, steps to, int32_t index) {
    float sum = 0.0f;
    const float *w = params->weights + index;
    x += index / params->depth_multiplier;
    for (int32_t ky = 0; ky < params->window.kernel_height; ky++) {
        const float *tap = x + ky * to.row_step;
        for (int32_t kx = 0; kx < params->window.kernel_width; kx++) {
            sum += *tap * *w;
            tap += to.column_step;
            w += params->num_outputs;
        }
    }
    return tin_clamp_f32(sum + params->bias[index], params->minimum, params->maximum);
}

static void
pixel_f32(const tin_depthwise_conv2d_f32 *params, const float *x, steps to, float *out) {
    int32_t index = 0;
    if (params->depth_multiplier == 1) {
        for (; index + TIN_LANES <= params->num_outputs; index += TIN_LANES) {
            lanes_f32(params, x, to, index, out);
        }
    }
    for (; index < params->num_outputs; index++) {
        out[index] = channel_f32(params, x, to, index);
    }
}

void tin_depthwise_conv2d_run_f32(const tin_depthwise_conv2d_f32 *params,
                                  const float *input,
                                  float *output,
                                  float *scratch) {
    const tin_window2d *window = &params->window;
    int32_t channels = window->in_channels;
    steps in_place = {window->dilation_width * channels,
                      window->dilation_height * window->in_width * channels};
    steps gathered = {channels, window->kernel_width * channels};
    for (int32_t oy = 0; oy < window->out_height; oy++) {
        int32_t y = oy * window->stride_height - window->pad_top;
        for (int32_t ox = 0; ox < window->out_width; ox++) {
            int32_t x = ox * window->stride_width - window->pad_left;
            if (tin_window2d_inside(window, y, x)) {
                const float *first = input + (y * window->in_width + x) * channels;
                pixel_f32(params, first, in_place, output);
            } else {
                tin_window2d_gather_f32(window, input, y, x, scratch);
                pixel_f32(params, scratch, gathered, output);
            }
            output += params->num_outputs;
        }
    }
}

void tin_depthwise_conv2d_row_s8(const tin_depthwise_conv2d_s8 *params,
                                 const int8_t *const *rows,
                                 int8_t *output,
                                 int8_t *scratch) {
    const tin_window2d *window = &params->window;
    steps gathered = {window->in_channels, window->kernel_width * window->in_channels};
    for (int32_t ox = 0; ox < window->out_width; ox++) {
        int32_t x = ox * window->stride_width - window->pad_left;
        tin_window2d_gather_rows_s8(window, rows, x, scratch);
        pixel_s8(params, scratch, gathered, output);
        output += params->num_outputs;
    }
}

void tin_depthwise_conv2d_row_f32(const tin_depthwise_conv2d_f32 *params,
                                  const int8_t *const *rows,
                                  float *output,
                                  float *scratch) {
    const tin_window2d *window = &params->window;
    steps gathered = {window->in_channels, window->kernel_width * window->in_channels};
    for (int32_t ox = 0; ox < window->out_width; ox++) {
        int32_t x = ox * window->stride_width - window->pad_left;
        tin_window2d_gather_rows_f32(window, rows, x, scratch);
        pixel_f32(params, scratch, gathered, output);
        output += params->num_outputs;
    }
}
