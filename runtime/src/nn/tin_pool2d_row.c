/* SPDX-License-Identifier: Apache-2.0 */
/* Pooling row by row, from pointers to the rows that the windows cover. */
#include "tin/nn/pool2d_row.h"
#include "tin/nn/requantize.h"

/* The columns of one window that lie inside the image. */
typedef struct {
    int32_t offset; /* of the first value in each row */
    int32_t width;
} span;

static span span_at(const tin_window2d *window, int32_t ox) {
    int32_t x = ox * window->stride_width - window->pad_left;
    tin_range across = tin_window2d_taps(x, 1, window->kernel_width, window->in_width);
    span s = {(x + across.first) * window->in_channels, across.last - across.first};
    return s;
}

/* Rows of the window that are no padding. */
static int32_t height_of(const tin_window2d *window, const int8_t *const *rows) {
    int32_t height = 0;
    for (int32_t ky = 0; ky < window->kernel_height; ky++) {
        height += rows[ky] ? 1 : 0;
    }
    return height;
}

static const float *row_f32(const int8_t *row) { return (const float *)(const void *)row; }

static int32_t max_s8(const tin_window2d *window, const int8_t *const *rows, span s, int32_t i) {
    int32_t best = INT8_MIN;
    for (int32_t ky = 0; ky < window->kernel_height; ky++) {
        for (int32_t kx = 0; rows[ky] && kx < s.width; kx++) {
            int32_t value = rows[ky][s.offset + kx * window->in_channels + i];
            best = value > best ? value : best;
        }
    }
    return best;
}

void tin_max_pool2d_row_s8(const tin_pool2d_s8 *params, const int8_t *const *rows, int8_t *output) {
    const tin_window2d *window = &params->window;
    for (int32_t ox = 0; ox < window->out_width; ox++) {
        span s = span_at(window, ox);
        for (int32_t i = 0; i < window->in_channels; i++) {
            int32_t best = max_s8(window, rows, s, i);
            *output++ = (int8_t)tin_clamp_s32(best, params->minimum, params->maximum);
        }
    }
}

/* sum / taps, rounded half away from zero */
static int8_t rounded(const tin_pool2d_s8 *params, int32_t sum, int32_t taps) {
    int32_t half = sum > 0 ? taps / 2 : -(taps / 2);
    return (int8_t)tin_clamp_s32((sum + half) / taps, params->minimum, params->maximum);
}

void tin_average_pool2d_row_s8(const tin_pool2d_s8 *params,
                               const int8_t *const *rows,
                               int8_t *output) {
    const tin_window2d *window = &params->window;
    int32_t height = height_of(window, rows);
    for (int32_t ox = 0; ox < window->out_width; ox++) {
        span s = span_at(window, ox);
        for (int32_t i = 0; i < window->in_channels; i++) {
            int32_t sum = 0;
            for (int32_t ky = 0; ky < window->kernel_height; ky++) {
                for (int32_t kx = 0; rows[ky] && kx < s.width; kx++) {
                    sum += rows[ky][s.offset + kx * window->in_channels + i];
                }
            }
            *output++ = rounded(params, sum, height * s.width);
        }
    }
}

static float max_f32(const tin_window2d *window, const int8_t *const *rows, span s, int32_t i) {
    int is_first = 1;
    float best = 0.0f;
    for (int32_t ky = 0; ky < window->kernel_height; ky++) {
        for (int32_t kx = 0; rows[ky] && kx < s.width; kx++) {
            float value = row_f32(rows[ky])[s.offset + kx * window->in_channels + i];
            best = is_first || value > best ? value : best;
            is_first = 0;
        }
    }
    return best;
}

void tin_max_pool2d_row_f32(const tin_pool2d_f32 *params,
                            const int8_t *const *rows,
                            float *output) {
    const tin_window2d *window = &params->window;
    for (int32_t ox = 0; ox < window->out_width; ox++) {
        span s = span_at(window, ox);
        for (int32_t i = 0; i < window->in_channels; i++) {
            float best = max_f32(window, rows, s, i);
            *output++ = tin_clamp_f32(best, params->minimum, params->maximum);
        }
    }
}

void tin_average_pool2d_row_f32(const tin_pool2d_f32 *params,
                                const int8_t *const *rows,
                                float *output) {
    const tin_window2d *window = &params->window;
    int32_t height = height_of(window, rows);
    for (int32_t ox = 0; ox < window->out_width; ox++) {
        span s = span_at(window, ox);
        float taps = (float)(height * s.width);
        for (int32_t i = 0; i < window->in_channels; i++) {
            float sum = 0.0f;
            for (int32_t ky = 0; ky < window->kernel_height; ky++) {
                for (int32_t kx = 0; rows[ky] && kx < s.width; kx++) {
                    sum += row_f32(rows[ky])[s.offset + kx * window->in_channels + i];
                }
            }
            *output++ = tin_clamp_f32(sum / taps, params->minimum, params->maximum);
        }
    }
}

void tin_average_pool2d_add_s8(const tin_pool2d_s8 *params,
                               const int8_t *const *rows,
                               int8_t *output,
                               int32_t *sums) {
    const tin_window2d *window = &params->window;
    int32_t channels = window->in_channels;
    int32_t *rows_seen = sums + channels;
    const int8_t *x = rows[0];
    for (int32_t kx = 0; kx < window->kernel_width; kx++) {
        for (int32_t i = 0; i < channels; i++) {
            sums[i] += *x++;
        }
    }
    if (++*rows_seen == window->kernel_height) {
        for (int32_t i = 0; i < channels; i++) {
            output[i] = rounded(params, sums[i], window->kernel_height * window->kernel_width);
        }
    }
}

void tin_average_pool2d_add_f32(const tin_pool2d_f32 *params,
                                const int8_t *const *rows,
                                float *output,
                                float *sums) {
    const tin_window2d *window = &params->window;
    int32_t channels = window->in_channels;
    float *rows_seen = sums + channels;
    const float *x = row_f32(rows[0]);
    for (int32_t kx = 0; kx < window->kernel_width; kx++) {
        for (int32_t i = 0; i < channels; i++) {
            sums[i] += *x++;
        }
    }
    *rows_seen += 1.0f;
    if (*rows_seen == (float)window->kernel_height) {
        float taps = (float)(window->kernel_height * window->kernel_width);
        for (int32_t i = 0; i < channels; i++) {
            output[i] = tin_clamp_f32(sums[i] / taps, params->minimum, params->maximum);
        }
    }
}
