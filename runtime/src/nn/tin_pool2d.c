/* SPDX-License-Identifier: Apache-2.0 */
/* Pooling, a few channels at a time. */
#include "tin/nn/pool2d.h"
#include "tin/nn/requantize.h"
#include "tin/nn/tuning.h"

/* The part of one window that lies inside the image. */
typedef struct {
    int32_t offset; /* of its first value in the input */
    int32_t height;
    int32_t width;
    int32_t row_step; /* values from row to row of the image */
} area;

static area area_at(const tin_window2d *window, int32_t oy, int32_t ox) {
    int32_t y = oy * window->stride_height - window->pad_top;
    int32_t x = ox * window->stride_width - window->pad_left;
    tin_range down = tin_window2d_taps(y, 1, window->kernel_height, window->in_height);
    tin_range across = tin_window2d_taps(x, 1, window->kernel_width, window->in_width);
    int32_t channels = window->in_channels;
    area a = {((y + down.first) * window->in_width + x + across.first) * channels,
              down.last - down.first,
              across.last - across.first,
              window->in_width * channels};
    return a;
}

static int32_t lanes_of(int32_t channels, int32_t index) {
    int32_t rest = channels - index;
    return rest < TIN_LANES ? rest : TIN_LANES;
}

static void max_s8(const tin_pool2d_s8 *params, const int8_t *input, area a, int8_t *out) {
    int32_t channels = params->window.in_channels;
    for (int32_t i = 0; i < channels; i += TIN_LANES) {
        int32_t count = lanes_of(channels, i);
        int8_t best[TIN_LANES];
        for (int32_t j = 0; j < TIN_LANES; j++) {
            best[j] = INT8_MIN;
        }
        for (int32_t ky = 0; ky < a.height; ky++) {
            const int8_t *x = input + a.offset + ky * a.row_step + i;
            for (int32_t kx = 0; kx < a.width; kx++, x += channels) {
                for (int32_t j = 0; j < count; j++) {
                    best[j] = x[j] > best[j] ? x[j] : best[j];
                }
            }
        }
        for (int32_t j = 0; j < count; j++) {
            out[i + j] = (int8_t)tin_clamp_s32(best[j], params->minimum, params->maximum);
        }
    }
}

static void average_s8(const tin_pool2d_s8 *params, const int8_t *input, area a, int8_t *out) {
    int32_t channels = params->window.in_channels;
    int32_t taps = a.height * a.width;
    for (int32_t i = 0; i < channels; i += TIN_LANES) {
        int32_t count = lanes_of(channels, i);
        int32_t sum[TIN_LANES] = {0};
        for (int32_t ky = 0; ky < a.height; ky++) {
            const int8_t *x = input + a.offset + ky * a.row_step + i;
            for (int32_t kx = 0; kx < a.width; kx++, x += channels) {
                for (int32_t j = 0; j < count; j++) {
                    sum[j] += x[j];
                }
            }
        }
        for (int32_t j = 0; j < count; j++) {
            int32_t half = sum[j] > 0 ? taps / 2 : -(taps / 2);
            int32_t value = (sum[j] + half) / taps;
            out[i + j] = (int8_t)tin_clamp_s32(value, params->minimum, params->maximum);
        }
    }
}

void tin_max_pool2d_run_s8(const tin_pool2d_s8 *params, const int8_t *input, int8_t *output) {
    const tin_window2d *window = &params->window;
    for (int32_t oy = 0; oy < window->out_height; oy++) {
        for (int32_t ox = 0; ox < window->out_width; ox++) {
            max_s8(params, input, area_at(window, oy, ox), output);
            output += window->in_channels;
        }
    }
}

void tin_average_pool2d_run_s8(const tin_pool2d_s8 *params, const int8_t *input, int8_t *output) {
    const tin_window2d *window = &params->window;
    for (int32_t oy = 0; oy < window->out_height; oy++) {
        for (int32_t ox = 0; ox < window->out_width; ox++) {
            average_s8(params, input, area_at(window, oy, ox), output);
            output += window->in_channels;
        }
    }
}

static float max_f32(const float *x, area a, int32_t channels) {
    float best = x[0];
    for (int32_t ky = 0; ky < a.height; ky++) {
        for (int32_t kx = 0; kx < a.width; kx++) {
            float value = x[ky * a.row_step + kx * channels];
            best = value > best ? value : best;
        }
    }
    return best;
}

static float sum_f32(const float *x, area a, int32_t channels) {
    float sum = 0.0f;
    for (int32_t ky = 0; ky < a.height; ky++) {
        for (int32_t kx = 0; kx < a.width; kx++) {
            sum += x[ky * a.row_step + kx * channels];
        }
    }
    return sum;
}

void tin_max_pool2d_run_f32(const tin_pool2d_f32 *params, const float *input, float *output) {
    const tin_window2d *window = &params->window;
    int32_t channels = window->in_channels;
    for (int32_t oy = 0; oy < window->out_height; oy++) {
        for (int32_t ox = 0; ox < window->out_width; ox++) {
            area a = area_at(window, oy, ox);
            for (int32_t i = 0; i < channels; i++) {
                float value = max_f32(input + a.offset + i, a, channels);
                *output++ = tin_clamp_f32(value, params->minimum, params->maximum);
            }
        }
    }
}

void tin_average_pool2d_run_f32(const tin_pool2d_f32 *params, const float *input, float *output) {
    const tin_window2d *window = &params->window;
    int32_t channels = window->in_channels;
    for (int32_t oy = 0; oy < window->out_height; oy++) {
        for (int32_t ox = 0; ox < window->out_width; ox++) {
            area a = area_at(window, oy, ox);
            float taps = (float)(a.height * a.width);
            for (int32_t i = 0; i < channels; i++) {
                float value = sum_f32(input + a.offset + i, a, channels) / taps;
                *output++ = tin_clamp_f32(value, params->minimum, params->maximum);
            }
        }
    }
}
