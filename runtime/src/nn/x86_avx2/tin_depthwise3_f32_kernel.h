/* SPDX-License-Identifier: Apache-2.0 */
/* float32 depthwise convolution with a kernel of 3 x 3 at one level: weights stay in registers. */
#include "tin_image_f32_kernel.h"

#ifndef TIN_NN_X86_AVX2_DEPTHWISE3_F32_KERNEL_H
#define TIN_NN_X86_AVX2_DEPTHWISE3_F32_KERNEL_H

/* Rows of outputs that are computed at once. Their results are also stored at once: a load that
   shares the lower 12 bits of its address with an unfinished store waits for it. */
#define TIN_STACK 4

#endif

/* Of 16 channels. */
typedef struct {
    V(f32) weights[9];
    V(f32) bias;
    V(f32) minimum;
    V(f32) maximum;
} V(filter_f32);

/* Where rows lie, in values. */
typedef struct {
    ptrdiff_t x_row, x_column; /* from tap to tap */
    ptrdiff_t step;            /* from window to window along a row */
    ptrdiff_t channels, out_row;
    int32_t left, inner, right; /* windows that miss the first column, none, the last one */
} V(row_f32);

/* Outputs of `rows` windows below each other, the first at `at`, that all have taps down x across.
   Several are a stride of 1 apart and share what they load. */
TIN_INLINE void V(windows3_f32)(const V(filter_f32) * filter,
                                const V(row_f32) * row,
                                const float *input,
                                ptrdiff_t at,
                                int32_t rows,
                                tin_range down,
                                tin_range across,
                                float *output) {
    const float *first = input + (at + down.first * row->x_row + across.first * row->x_column);
    V(f32) sums[TIN_STACK];
    TIN_UNROLLED
    for (int32_t y = down.first; y < rows - 1 + down.last; y++) {
        const float *x = first + (y - down.first) * row->x_row;
        TIN_UNROLLED
        for (int32_t kx = across.first; kx < across.last; kx++) {
            V(f32) value = V(load_f32)(x + (kx - across.first) * row->x_column);
            TIN_UNROLLED
            for (int32_t r = 0; r < rows; r++) {
                int32_t ky = y - r;
                if (ky < down.first || ky >= down.last) {
                    continue;
                }
                V(f32) product = V(mul_f32)(value, filter->weights[3 * ky + kx]);
                /* Not added to 0: that only matters to a sum of -0, and the bias is no -0. */
                int is_first = ky == down.first && kx == across.first;
                sums[r] = is_first ? product : V(add_f32)(sums[r], product);
            }
        }
    }
    TIN_UNROLLED
    for (int32_t r = 0; r < rows; r++) {
        V(f32) sum = V(add_f32)(sums[r], filter->bias);
        sum = V(clamp_f32)(sum, filter->minimum, filter->maximum);
        V(store_f32)(output + r * row->out_row, sum, 16);
    }
}

/* `rows` rows of outputs that all have the taps `down`. */
TIN_INLINE void V(rows3_f32)(const V(filter_f32) * filter,
                             const V(row_f32) * row,
                             const float *input,
                             ptrdiff_t at,
                             int32_t rows,
                             tin_range down,
                             float *output) {
    const tin_range all = {0, 3}, without_first = {1, 3}, without_last = {0, 2};
    if (row->left) {
        V(windows3_f32)(filter, row, input, at, rows, down, without_first, output);
        at += row->step;
        output += row->channels;
    }
    for (int32_t i = 0; i < row->inner; i++) {
        V(windows3_f32)(filter, row, input, at, rows, down, all, output);
        at += row->step;
        output += row->channels;
    }
    if (row->right) {
        V(windows3_f32)(filter, row, input, at, rows, down, without_last, output);
    }
}

/* All windows of 16 channels. */
TIN_INLINE void V(channels3_f32)(const tin_window2d *window,
                                 const V(filter_f32) * filter,
                                 const V(row_f32) * row,
                                 const float *input,
                                 float *output) {
    const tin_range all = {0, 3}, without_first = {1, 3}, without_last = {0, 2};
    for (int32_t oy = 0, rows; oy < window->out_height; oy += rows) {
        int32_t y = oy * window->stride_height - window->pad_top;
        ptrdiff_t at = y * row->x_row - window->pad_left * row->channels;
        rows = 1;
        if (y < 0) {
            V(rows3_f32)(filter, row, input, at, 1, without_first, output);
        } else if (y + 3 > window->in_height) {
            V(rows3_f32)(filter, row, input, at, 1, without_last, output);
        } else if (window->stride_height == 1 && y + TIN_STACK + 2 <= window->in_height &&
                   oy + TIN_STACK <= window->out_height) {
            rows = TIN_STACK;
            V(rows3_f32)(filter, row, input, at, TIN_STACK, all, output);
        } else {
            V(rows3_f32)(filter, row, input, at, 1, all, output);
        }
        output += rows * row->out_row;
    }
}

/* Whether windows are 3 x 3 neighbours and miss one row and column at most. */
static inline int V(is_3x3)(const tin_window2d *window) {
    return window->kernel_height == 3 && window->kernel_width == 3 &&
           window->dilation_height == 1 && window->dilation_width == 1 && window->pad_top <= 1 &&
           window->pad_left <= 1 && window->in_height >= 2 && window->in_width >= 2 &&
           (window->out_height - 1) * window->stride_height - window->pad_top + 2 <=
               window->in_height &&
           (window->out_width - 1) * window->stride_width - window->pad_left + 2 <=
               window->in_width;
}

static TIN_TARGET void
V(depthwise3_f32)(const tin_x86_depthwise_direct_f32 *params, const float *input, float *output) {
    const tin_window2d *window = &params->window;
    V(row_f32) row;
    V(filter_f32) filter;
    row.channels = row.x_column = window->in_channels;
    row.x_row = window->in_width * window->in_channels;
    row.out_row = window->out_width * window->in_channels;
    row.step = window->stride_width * window->in_channels;
    row.left = window->pad_left;
    row.right =
        (window->out_width - 1) * window->stride_width - window->pad_left + 3 > window->in_width;
    row.inner = window->out_width - row.left - row.right;
    filter.minimum = V(splat_f32)(params->minimum);
    filter.maximum = V(splat_f32)(params->maximum);
    for (int32_t channel = 0; channel < window->in_channels; channel += 16) {
        const float *weights = params->weights + channel / 64 * 9 * 64 + channel % 64;
        TIN_UNROLLED
        for (int32_t tap = 0; tap < 9; tap++) {
            filter.weights[tap] = V(load_f32)(weights + 64 * tap);
        }
        /* A bias of -0 to 0. */
        filter.bias = V(add_f32)(V(load_f32)(params->bias + channel), V(splat_f32)(0.0f));
        V(channels3_f32)(window, &filter, &row, input + channel, output + channel);
    }
}
