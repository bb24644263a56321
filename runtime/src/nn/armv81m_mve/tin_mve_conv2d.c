/* SPDX-License-Identifier: Apache-2.0 */
/* Convolution as products of gathered windows with the weight matrix. */
#include "tin/nn/armv81m_mve/mve_conv2d.h"
#include "tin/nn/bytes.h"
#include "tin_mve_outputs.h"
#include "tin_mve_rows.h"

/* Windows that are gathered before they are multiplied. */
#define TOGETHER 2

#if TIN_HAS_MVE

static inline void copy_row(int8_t *out, const int8_t *in, int32_t count) {
    for (; count > 0; count -= 16) {
        mve_pred16_t some = vctp8q((uint32_t)count);
        vstrbq_p_s8(out, vldrbq_z_s8(in, some), some);
        out += 16;
        in += 16;
    }
}

static inline void fill_row(int8_t *out, int8_t value, int32_t count) {
    int8x16_t values = vdupq_n_s8(value);
    for (; count > 0; count -= 16) {
        vstrbq_p_s8(out, values, vctp8q((uint32_t)count));
        out += 16;
    }
}

#else

static inline void copy_row(int8_t *out, const int8_t *in, int32_t count) {
    tin_copy_s8(out, in, count);
}

static inline void fill_row(int8_t *out, int8_t value, int32_t count) {
    tin_fill_s8(out, value, count);
}

#endif

/* Copies the window whose first tap is at column x into `out` [kernel_height][kernel_width]
   [in_channels], padding filled in. */
static void gather(const tin_window2d *window, const int8_t *const *rows, int32_t x, int8_t *out) {
    const int32_t channels = window->in_channels;
    const int32_t width = window->kernel_width * channels;
    const int32_t step = window->dilation_width * channels;
    const int8_t value = (int8_t)window->fill;
    tin_range taps =
        tin_window2d_taps(x, window->dilation_width, window->kernel_width, window->in_width);
    const int32_t first = taps.first * channels, last = taps.last * channels;
    for (int32_t ky = 0; ky < window->kernel_height; ky++, out += width) {
        const int8_t *row = rows[ky];
        if (!row || first == last) {
            fill_row(out, value, width);
            continue;
        }
        if (last - first < width) {
            fill_row(out, value, first);
            fill_row(out + last, value, width - last);
        }
        const int8_t *pixel = row + x * channels + taps.first * step;
        if (step == channels) {
            copy_row(out + first, pixel, last - first);
            continue;
        }
        for (int32_t at = first; at < last; at += channels, pixel += step) {
            copy_row(out + at, pixel, channels);
        }
    }
}

/* The outputs of columns first..last (exclusive). */
static void gathered(const tin_mve_conv2d_s8 *params,
                     const int8_t *const *rows,
                     tin_range columns,
                     int8_t *output,
                     int8_t *scratch) {
    const tin_window2d *window = &params->window;
    int32_t depth = params->matmul.depth;
    for (int32_t ox = columns.first; ox < columns.last; ox += TOGETHER) {
        int32_t count = columns.last - ox < TOGETHER ? columns.last - ox : TOGETHER;
        for (int32_t i = 0; i < count; i++) {
            int32_t x = (ox + i) * window->stride_width - window->pad_left;
            gather(window, rows, x, scratch + i * depth);
        }
        int8_t *out = output + ox * params->matmul.num_outputs;
        tin_mve_matmul_run_s8(&params->matmul, scratch, count, depth, out);
    }
}

void tin_mve_conv2d_row_s8(const tin_mve_conv2d_s8 *params,
                           const int8_t *const *rows,
                           int8_t *output,
                           int8_t *scratch) {
    const tin_window2d *window = &params->window;
    tin_range before = {0, params->direct_first};
    tin_range after = {params->direct_last, window->out_width};
    int32_t num_direct = params->direct_last - params->direct_first;
    gathered(params, rows, before, output, scratch);
    if (num_direct > 0) {
        int32_t x = params->direct_first * window->stride_width - window->pad_left;
        int32_t step = window->stride_width * window->in_channels;
        int8_t *out = output + params->direct_first * params->matmul.num_outputs;
        const int8_t *first = rows[0] + x * window->in_channels;
        tin_mve_matmul_run_s8(&params->matmul, first, num_direct, step, out);
    }
    gathered(params, rows, after, output, scratch);
}

void tin_mve_conv2d_run_s8(const tin_mve_conv2d_s8 *params,
                           const int8_t *input,
                           int8_t *output,
                           int8_t *scratch) {
    const tin_window2d *window = &params->window;
    const int8_t *rows[TIN_MVE_ROWS];
    for (int32_t oy = 0; oy < window->out_height; oy++) {
        tin_mve_rows(window, input, oy, rows);
        tin_mve_conv2d_row_s8(params, rows, output, scratch);
        output += window->out_width * params->matmul.num_outputs;
    }
}
