/* SPDX-License-Identifier: Apache-2.0 */
/* float32 products at one level: a tile of windows times 16, 32, 48 or 64 outputs in registers. */
#include "tin_vectors.h"

#ifndef TIN_NN_X86_AVX2_PRODUCT_F32_KERNEL_H
#define TIN_NN_X86_AVX2_PRODUCT_F32_KERNEL_H

#include "tin/nn/x86_avx2/product.h"

/* Rows and columns of windows that have the same taps inside the image, times up to 64 outputs.
   Distances are in values. */
typedef struct {
    const float *x; /* the first window's first tap */
    float *output;
    int32_t columns, windows;
    ptrdiff_t x_column, x_line; /* from window to window, from the end of a row to the next */
    ptrdiff_t out_column, out_line;
    int32_t tap_rows, pieces, length; /* taps: rows of contiguous pieces */
    ptrdiff_t x_row, x_piece;         /* from row to row and from piece to piece */
    const float *weights;             /* of the first tap */
    ptrdiff_t w_row, w_piece, w_step; /* w_step: from one value of depth to the next */
    const float *bias;
    int32_t num_outputs;
} tin_x86_rectangle;

/* Position of the next window. */
typedef struct {
    const float *x;
    float *output;
    int32_t column;
} tin_x86_place;

/* `count` windows further, not past the end of the row. */
static inline tin_x86_place
tin_x86_further(const tin_x86_rectangle *all, tin_x86_place at, int32_t count) {
    at.x += count * all->x_column;
    at.output += count * all->out_column;
    at.column += count;
    if (at.column == all->columns) {
        at.column = 0;
        at.x += all->x_line;
        at.output += all->out_line;
    }
    return at;
}

/* The windows along one axis that miss no tap. */
static inline tin_range
tin_x86_whole(int32_t count, int32_t stride, int32_t pad, int32_t reach, int32_t size) {
    int32_t room = size + pad - reach - 1;
    tin_range whole = {pad, room < 0 ? 0 : room + 1};
    if (stride > 1) { /* divisions are slow */
        whole.first = (pad + stride - 1) / stride;
        whole.last = room < 0 ? 0 : room / stride + 1;
    }
    whole.last = whole.last < count ? whole.last : count;
    return whole;
}

/* Where the windows end that have the same taps as window i. */
static inline int32_t tin_x86_alike(tin_range whole, int32_t i) {
    return i >= whole.first && i < whole.last ? whole.last : i + 1;
}

#endif

/* acc[p][n] += windows x[p] times 16 outputs n, from the second value of depth on. */
TIN_INLINE void V(sum_tile_f32)(const tin_x86_rectangle *all,
                                const float *const *x,
                                int32_t pixels,
                                int32_t groups,
                                V(f32) acc[11][4]) {
    ptrdiff_t done = 1;
    for (int32_t row = 0; row < all->tap_rows; row++) {
        for (int32_t piece = 0; piece < all->pieces; piece++) {
            ptrdiff_t from = row * all->x_row + piece * all->x_piece, end = from + all->length;
            const float *w = all->weights + (row * all->w_row + piece * all->w_piece);
            w += done * all->w_step;
            for (from += done; from < end; from++) {
                V(f32) rows[4];
                TIN_UNROLLED
                for (int32_t n = 0; n < groups; n++) {
                    rows[n] = V(load_f32)(w + 16 * n);
                }
                TIN_UNROLLED
                for (int32_t p = 0; p < pixels; p++) {
                    TIN_UNROLLED
                    for (int32_t n = 0; n < groups; n++) {
                        acc[p][n] = V(multiply_add_f32)(acc[p][n], x[p] + from, rows[n]);
                    }
                }
                w += all->w_step;
            }
            done = 0;
        }
    }
}

/* The next `pixels` windows times 16 * groups outputs. */
TIN_INLINE tin_x86_place V(tile_f32)(const tin_x86_product_f32 *params,
                                     const tin_x86_rectangle *all,
                                     tin_x86_place at,
                                     int32_t pixels,
                                     int32_t groups) {
    const float *x[11];
    float *output[11];
    V(f32) acc[11][4];
    if (at.column + pixels <= all->columns) {
        TIN_UNROLLED
        for (int32_t p = 0; p < pixels; p++) {
            x[p] = at.x + p * all->x_column;
            output[p] = at.output + p * all->out_column;
        }
        at = tin_x86_further(all, at, pixels);
    } else {
        TIN_UNROLLED
        for (int32_t p = 0; p < pixels; p++) {
            x[p] = at.x;
            output[p] = at.output;
            at = tin_x86_further(all, at, 1);
        }
    }
    TIN_UNROLLED
    for (int32_t p = 0; p < pixels; p++) {
        TIN_UNROLLED
        for (int32_t n = 0; n < groups; n++) {
            /* Not added to 0: that only matters to a sum of -0, and the bias is no -0. */
            acc[p][n] = V(multiply_f32)(x[p], V(load_f32)(all->weights + 16 * n));
        }
    }
    V(sum_tile_f32)(all, x, pixels, groups, acc);
    const V(f32) minimum = V(splat_f32)(params->minimum), maximum = V(splat_f32)(params->maximum);
    TIN_UNROLLED
    for (int32_t n = 0; n < groups; n++) {
        V(f32) bias = V(add_f32)(V(load_f32)(all->bias + 16 * n), V(splat_f32)(0.0f));
        TIN_UNROLLED
        for (int32_t p = 0; p < pixels; p++) {
            V(f32) value = V(clamp_f32)(V(add_f32)(acc[p][n], bias), minimum, maximum);
            V(store_f32)(output[p] + 16 * n, value, all->num_outputs - 16 * n);
        }
    }
    return at;
}

/* Tiles of equal height as far as that is possible, of `most` windows at most (11 or fewer). */
TIN_INLINE void V(tiles_f32)(const tin_x86_product_f32 *params,
                             const tin_x86_rectangle *all,
                             int32_t most,
                             int32_t groups) {
    tin_x86_place at = {all->x, all->output, 0};
    int32_t left = all->windows;
    while (left > 0) {
        int32_t tiles = (left + most - 1) / most;
        int32_t pixels = tiles == 1 ? left : (left + tiles - 1) / tiles;
        switch (pixels) {
#define TIN_TILE(number)                                                                           \
    case number:                                                                                   \
        if (number <= most) {                                                                      \
            at = V(tile_f32)(params, all, at, number, groups);                                     \
        }                                                                                          \
        break
            TIN_TILE(1);
            TIN_TILE(2);
            TIN_TILE(3);
            TIN_TILE(4);
            TIN_TILE(5);
            TIN_TILE(6);
            TIN_TILE(7);
            TIN_TILE(8);
            TIN_TILE(9);
            TIN_TILE(10);
            TIN_TILE(11);
#undef TIN_TILE
        }
        left -= pixels;
    }
}

/* Windows without taps: all of them padding. */
TIN_INLINE void V(bias_f32)(const tin_x86_product_f32 *params, const tin_x86_rectangle *all) {
    tin_x86_place at = {all->x, all->output, 0};
    for (int32_t i = 0; i < all->windows; i++) {
        for (int32_t n = 0; n < all->num_outputs && n < 64; n++) {
            at.output[n] = tin_clamp_f32(0.0f + all->bias[n], params->minimum, params->maximum);
        }
        at = tin_x86_further(all, at, 1);
    }
}

#if TIN_LEVEL == 3
/* The tiles of one number of groups; each a function, as one of all takes long to compile. */
#define TIN_TILES(groups, most)                                                                    \
    TIN_APART void V(tiles_f32_##groups)(const tin_x86_product_f32 *params,                        \
                                         const tin_x86_rectangle *all) {                           \
        V(tiles_f32)(params, all, most, groups);                                                   \
    }
TIN_TILES(1, 11)
TIN_TILES(2, 8)
TIN_TILES(3, 6)
TIN_TILES(4, 6)
#undef TIN_TILES
#endif

/* One rectangle times 16 * groups outputs. */
TIN_INLINE void
V(rectangle_f32)(const tin_x86_product_f32 *params, const tin_x86_rectangle *all, int32_t groups) {
    if (all->tap_rows == 0 || all->length == 0 || all->pieces == 0) {
        V(bias_f32)(params, all);
        return;
    }
#if TIN_LEVEL == 3
    switch (groups) {
    case 1:
        V(tiles_f32_1)(params, all);
        break;
    case 2:
        V(tiles_f32_2)(params, all);
        break;
    case 3:
        V(tiles_f32_3)(params, all);
        break;
    default:
        V(tiles_f32_4)(params, all);
        break;
    }
#else
    tin_x86_rectangle part = *all;
    for (int32_t n = 0; n < groups; n++) {
        V(tiles_f32)(params, &part, 4, 1);
        part.weights += 16;
        part.bias += 16;
        part.output += 16;
        part.num_outputs -= 16;
    }
#endif
}

/* All windows times the outputs of `all`, whose weights are those of a whole window. */
TIN_INLINE void V(block_f32)(const tin_x86_product_f32 *params,
                             const float *input,
                             float *output,
                             tin_x86_rectangle *all,
                             tin_range rows,
                             tin_range columns,
                             int32_t groups) {
    const tin_window2d *window = &params->window;
    const int32_t channels = window->in_channels, in_row = window->in_width * channels;
    const float *weights = all->weights;
    for (int32_t oy = 0, next_row; oy < window->out_height; oy = next_row) {
        next_row = tin_x86_alike(rows, oy);
        int32_t y = oy * window->stride_height - window->pad_top;
        tin_range down =
            tin_window2d_taps(y, window->dilation_height, window->kernel_height, window->in_height);
        all->tap_rows = down.last - down.first;
        for (int32_t ox = 0, next_column; ox < window->out_width; ox = next_column) {
            next_column = tin_x86_alike(columns, ox);
            int32_t x = ox * window->stride_width - window->pad_left;
            tin_range across = tin_window2d_taps(
                x, window->dilation_width, window->kernel_width, window->in_width);
            int32_t taps = across.last - across.first;
            int is_one = window->dilation_width == 1;
            all->pieces = is_one ? 1 : taps;
            all->length = is_one ? taps * channels : channels;
            all->columns = next_column - ox;
            all->windows = all->columns * (next_row - oy);
            all->x = input + (y + down.first * window->dilation_height) * in_row +
                     (x + across.first * window->dilation_width) * channels;
            all->x_line = window->stride_height * in_row - all->columns * all->x_column;
            all->out_line = (window->out_width - all->columns) * all->out_column;
            all->output = output + (oy * window->out_width + ox) * params->num_outputs;
            all->weights = weights + down.first * all->w_row + across.first * all->w_piece;
            V(rectangle_f32)(params, all, groups);
        }
    }
}

/* A vector times all weights: a dense layer, which the care for borders would slow down. */
static TIN_TARGET void
V(vector_f32)(const tin_x86_product_f32 *params, const float *input, float *output) {
    const int32_t depth = params->window.in_channels;
    tin_x86_rectangle all = {0};
    all.columns = 2; /* the place after the only window does not matter */
    all.tap_rows = all.pieces = 1;
    all.length = depth;
    all.weights = params->weights;
    for (int32_t first = 0; first < params->num_outputs; first += 64) {
        int32_t groups = (params->num_outputs - first + 15) / 16;
        groups = groups < 4 ? groups : 4;
        const float *next = all.weights + depth * 16 * groups;
        tin_x86_place at = {input, output + first, 0};
        all.w_step = 16 * groups;
        all.bias = params->bias + first;
        all.num_outputs = params->num_outputs - first;
        if (groups == 4 && TIN_LEVEL == 3) {
            V(tile_f32)(params, &all, at, 1, 4);
            groups = 0;
        }
        for (int32_t n = 0; n < groups; n++) {
            V(tile_f32)(params, &all, at, 1, 1);
            all.weights += 16;
            all.bias += 16;
            all.num_outputs -= 16;
            at.output += 16;
        }
        all.weights = next;
    }
}

/* Whether the input is one pixel and the only window. */
static inline int V(is_vector)(const tin_window2d *window) {
    return window->in_height == 1 && window->in_width == 1 && window->out_height == 1 &&
           window->out_width == 1 && window->kernel_height == 1 && window->kernel_width == 1 &&
           window->pad_top == 0 && window->pad_left == 0;
}

static TIN_TARGET void
V(product_f32)(const tin_x86_product_f32 *params, const float *input, float *output) {
    const tin_window2d *window = &params->window;
    if (V(is_vector)(window)) {
        V(vector_f32)(params, input, output);
        return;
    }
    const int32_t channels = window->in_channels, kernel_width = window->kernel_width;
    const int32_t depth = window->kernel_height * kernel_width * channels;
    const tin_range rows = tin_x86_whole(window->out_height,
                                         window->stride_height,
                                         window->pad_top,
                                         (window->kernel_height - 1) * window->dilation_height,
                                         window->in_height);
    const tin_range columns = tin_x86_whole(window->out_width,
                                            window->stride_width,
                                            window->pad_left,
                                            (window->kernel_width - 1) * window->dilation_width,
                                            window->in_width);
    tin_x86_rectangle all = {0};
    all.x_column = window->stride_width * channels;
    all.out_column = params->num_outputs;
    all.x_row = window->dilation_height * window->in_width * channels;
    all.x_piece = window->dilation_width * channels;
    const float *weights = params->weights;
    for (int32_t first = 0; first < params->num_outputs; first += 64) {
        int32_t groups = (params->num_outputs - first + 15) / 16;
        groups = groups < 4 ? groups : 4;
        all.num_outputs = params->num_outputs - first;
        all.weights = weights;
        all.w_step = 16 * groups;
        all.w_piece = channels * all.w_step;
        all.w_row = kernel_width * all.w_piece;
        all.bias = params->bias + first;
        V(block_f32)(params, input, output + first, &all, rows, columns, groups);
        weights += depth * all.w_step;
    }
}
