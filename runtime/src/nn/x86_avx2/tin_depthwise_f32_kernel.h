/* SPDX-License-Identifier: Apache-2.0 */
/* float32 depthwise convolution at one level. */
#include "tin_depthwise3_f32_kernel.h"

/* 16 * groups neighbouring outputs, of which `count` exist; `at` is their place in the period. */
TIN_INLINE void V(lanes_f32)(const tin_x86_depthwise_f32 *params,
                             const float *x,
                             int32_t at,
                             int32_t groups,
                             int32_t count,
                             float *output) {
    const tin_x86_lanes *lanes = &params->lanes;
    const V(f32) minimum = V(splat_f32)(params->minimum), maximum = V(splat_f32)(params->maximum);
    const float *w = params->weights + at / 64 * 64 * lanes->num_taps + at % 64;
    V(f32) acc[4];
    TIN_UNROLLED
    for (int32_t n = 0; n < groups; n++) {
        acc[n] = V(splat_f32)(0.0f);
    }
    for (int32_t tap = 0; tap < lanes->num_taps; tap++) {
        const float *values = x + lanes->taps[tap];
        TIN_UNROLLED
        for (int32_t n = 0; n < groups; n++) {
            V(f32) product = V(mul_f32)(V(load_f32)(values + 16 * n), V(load_f32)(w + 16 * n));
            acc[n] = V(add_f32)(acc[n], product);
        }
        w += 64;
    }
    TIN_UNROLLED
    for (int32_t n = 0; n < groups; n++) {
        V(f32) value = V(add_f32)(acc[n], V(load_f32)(params->bias + at + 16 * n));
        V(store_f32)(output + 16 * n, V(clamp_f32)(value, minimum, maximum), count - 16 * n);
    }
}

/* One row, or one pixel. */
TIN_INLINE void V(segment_f32)(const tin_x86_depthwise_f32 *params, const float *x, float *output) {
    const int32_t count = params->lanes.lanes, period = params->lanes.period * 64;
    int32_t lane = 0, at = 0;
    for (; lane + 64 <= count; lane += 64) {
        V(lanes_f32)(params, x + lane, at, 4, 64, output + lane);
        at = at + 64 == period ? 0 : at + 64;
    }
    for (; lane < count; lane += 16) {
        V(lanes_f32)(params, x + lane, at, 1, count - lane, output + lane);
        at += 16;
    }
}

static TIN_TARGET void V(depthwise_f32)(const tin_x86_depthwise_f32 *params,
                                        const float *input,
                                        float *output,
                                        float *scratch) {
    const tin_x86_lanes *lanes = &params->lanes;
    const float *image = V(image_f32)(&params->image, input, scratch);
    for (int32_t y = 0; y < lanes->out_height; y++) {
        const float *x = image;
        for (int32_t segment = 0; segment < lanes->segments; segment++) {
            V(segment_f32)(params, x, output);
            x += lanes->segment_step;
            output += lanes->lanes;
        }
        image += lanes->row_step;
    }
}

/* Taps inside the image and what lies between them, in values. */
typedef struct {
    const float *x; /* first tap */
    const float *w;
    int32_t down, across;
    int32_t x_row, x_column; /* from tap to tap */
    int32_t w_row;
    int32_t x_next, out_next; /* from output row to output row */
} V(taps_f32);

/* One tap: acc[r][n] += w[n] x[r][n]. */
TIN_INLINE void V(tap_f32)(const float *x,
                           const float *w,
                           int32_t x_next,
                           int32_t rows,
                           int32_t groups,
                           V(f32) acc[4][4]) {
    TIN_UNROLLED
    for (int32_t n = 0; n < groups; n++) {
        V(f32) weights = V(load_f32)(w + 16 * n);
        TIN_UNROLLED
        for (int32_t r = 0; r < rows; r++) {
            V(f32) value = V(load_f32)(x + r * x_next + 16 * n);
            acc[r][n] = V(add_f32)(acc[r][n], V(mul_f32)(weights, value));
        }
    }
}

/* 16 * groups channels of `rows` pixels below each other, that all have these taps. */
TIN_INLINE void V(pixels_f32)(const tin_x86_depthwise_direct_f32 *params,
                              const V(taps_f32) * taps,
                              const float *bias,
                              int32_t rows,
                              int32_t groups,
                              float *output) {
    V(f32) acc[4][4];
    const V(f32) minimum = V(splat_f32)(params->minimum), maximum = V(splat_f32)(params->maximum);
    TIN_UNROLLED
    for (int32_t i = 0; i < rows * groups; i++) {
        acc[i / groups][i % groups] = V(splat_f32)(0.0f);
    }
    for (int32_t ky = 0; ky < taps->down; ky++) {
        const float *x = taps->x + ky * taps->x_row, *w = taps->w + ky * taps->w_row;
        for (int32_t kx = 0; kx < taps->across; kx++) {
            V(tap_f32)(x + kx * taps->x_column, w + 64 * kx, taps->x_next, rows, groups, acc);
        }
    }
    TIN_UNROLLED
    for (int32_t i = 0; i < rows * groups; i++) {
        int32_t r = i / groups, n = i % groups;
        V(f32) value = V(add_f32)(acc[r][n], V(load_f32)(bias + 16 * n));
        V(store_f32)(
            output + r * taps->out_next + 16 * n, V(clamp_f32)(value, minimum, maximum), 16);
    }
}

/* All channels of `rows` pixels below each other. */
TIN_INLINE void V(column_f32)(const tin_x86_depthwise_direct_f32 *params,
                              V(taps_f32) taps,
                              int32_t rows,
                              float *output) {
    const tin_window2d *window = &params->window;
    const int32_t block = window->kernel_height * window->kernel_width * 64;
    const int32_t groups = TIN_LEVEL == 3 ? 4 : 2;
    int32_t channel = 0;
    const float *first = taps.w;
    for (; channel + 16 * groups <= window->in_channels; channel += 16 * groups) {
        taps.w = first + channel / 64 * block + channel % 64;
        V(pixels_f32)(params, &taps, params->bias + channel, rows, groups, output + channel);
        taps.x += 16 * groups;
    }
    for (; channel < window->in_channels; channel += 16) {
        taps.w = first + channel / 64 * block + channel % 64;
        V(pixels_f32)(params, &taps, params->bias + channel, rows, 1, output + channel);
        taps.x += 16;
    }
}

/* One or several rows of the output, from row oy on; `down`: the taps that all of them have. */
TIN_INLINE void V(rows_f32)(const tin_x86_depthwise_direct_f32 *params,
                            const float *input,
                            int32_t oy,
                            tin_range down,
                            int32_t rows,
                            float *output) {
    const tin_window2d *window = &params->window;
    const int32_t channels = window->in_channels, in_row = window->in_width * channels;
    const int32_t y = oy * window->stride_height - window->pad_top;
    V(taps_f32) taps = {0};
    taps.down = down.last - down.first;
    taps.x_row = window->dilation_height * in_row;
    taps.x_column = window->dilation_width * channels;
    taps.w_row = window->kernel_width * 64;
    taps.x_next = window->stride_height * in_row;
    taps.out_next = window->out_width * channels;
    for (int32_t ox = 0; ox < window->out_width; ox++) {
        int32_t x = ox * window->stride_width - window->pad_left;
        tin_range across =
            tin_window2d_taps(x, window->dilation_width, window->kernel_width, window->in_width);
        taps.across = across.last - across.first;
        taps.x = input + (y + down.first * window->dilation_height) * in_row +
                 (x + across.first * window->dilation_width) * channels;
        taps.w = params->weights + (down.first * window->kernel_width + across.first) * 64;
        V(column_f32)(params, taps, rows, output + ox * channels);
    }
}

static TIN_TARGET void V(depthwise_direct_f32)(const tin_x86_depthwise_direct_f32 *params,
                                               const float *input,
                                               float *output) {
    const tin_window2d *window = &params->window;
    if (V(is_3x3)(window)) {
        V(depthwise3_f32)(params, input, output);
        return;
    }
    const int32_t together = TIN_LEVEL == 3 ? 4 : 2, kernel = window->kernel_height;
    for (int32_t oy = 0; oy < window->out_height;) {
        int32_t y = oy * window->stride_height - window->pad_top;
        int32_t last = y + (together - 1) * window->stride_height;
        int32_t reach = (kernel - 1) * window->dilation_height;
        tin_range down = tin_window2d_taps(y, window->dilation_height, kernel, window->in_height);
        float *out = output + oy * window->out_width * window->in_channels;
        if (y >= 0 && oy + together <= window->out_height && last + reach < window->in_height) {
            V(rows_f32)(params, input, oy, down, together, out);
            oy += together;
        } else {
            V(rows_f32)(params, input, oy, down, 1, out);
            oy++;
        }
    }
}
