/* SPDX-License-Identifier: Apache-2.0 */
/* Convolution as products of windows with the weight matrix; windows share the columns they are
   gathered from. */
#include "tin/nn/armv81m_mve/mve_conv2d.h"
#include "tin/nn/bytes.h"
#include "tin_mve_outputs.h"
#include "tin_mve_rows.h"

#if TIN_HAS_MVE

/* Most channels of which several pixels are copied at a time, and bytes that `places` can reach. */
#define FEW_CHANNELS 8
#define REACH 255

static void fill_band(int8_t *out, int8_t value, int32_t count) {
    int8x16_t values = vdupq_n_s8(value);
    for (; count > 0; count -= TIN_MVE_CHUNK) {
        vstrbq_p_s8(out, values, vctp8q((uint32_t)count));
        out += TIN_MVE_CHUNK;
    }
}

/* Pixels of few channels, as many at a time as 16 bytes hold. */
static void copy_small(const uint8_t *places,
                       int32_t channels,
                       const int8_t *row,
                       int32_t step,
                       int32_t count,
                       int8_t *out) {
    const int32_t pixels = TIN_MVE_CHUNK / channels;
    const uint8x16_t to = vldrbq_u8(places);
    const int32_t bytes = pixels * channels;
    for (int32_t left = count * channels; left > 0; left -= bytes) {
        mve_pred16_t some = vctp8q((uint32_t)(left < bytes ? left : bytes));
        vstrbq_scatter_offset_p_s8(out, to, vldrbq_z_s8(row, some), some);
        row += bytes;
        out += pixels * step;
    }
}

/* Copies `count` pixels of a row to places `step` bytes apart. */
static void copy_pixels(
    const tin_mve_conv2d_s8 *params, const int8_t *row, int32_t step, int32_t count, int8_t *out) {
    const int32_t channels = params->window.in_channels;
    if (channels <= FEW_CHANNELS && (TIN_MVE_CHUNK / channels - 1) * step + channels <= REACH) {
        copy_small(params->places, channels, row, step, count, out);
        return;
    }
    for (int32_t first = 0; first < channels; first += TIN_MVE_CHUNK) {
        mve_pred16_t some = vctp8q((uint32_t)(channels - first));
        const int8_t *in = row + first;
        int8_t *to = out + first;
        for (int32_t i = count; i > 0; i--) {
            vstrbq_p_s8(to, vldrbq_z_s8(in, some), some);
            in += channels;
            to += step;
        }
    }
}

#else

static void fill_band(int8_t *out, int8_t value, int32_t count) { tin_fill_s8(out, value, count); }

static void copy_pixels(
    const tin_mve_conv2d_s8 *params, const int8_t *row, int32_t step, int32_t count, int8_t *out) {
    const int32_t channels = params->window.in_channels;
    for (int32_t i = 0; i < count; i++) {
        tin_copy_s8(out + i * step, row + i * channels, channels);
    }
}

#endif

/* Gathers image columns x .. x + count into a band. */
static void gather(const tin_mve_conv2d_s8 *params,
                   const int8_t *const *rows,
                   int32_t x,
                   int32_t count,
                   int8_t *band) {
    const tin_window2d *window = &params->window;
    const int32_t channels = window->in_channels;
    const int32_t step = window->kernel_height * channels;
    const int32_t end = x + count;
    const int32_t first = x > 0 ? x : 0;
    const int32_t last = end < window->in_width ? end : window->in_width;
    int is_padded = last - first < count;
    for (int32_t ky = 0; ky < window->kernel_height; ky++) {
        is_padded |= !rows[ky];
    }
    if (is_padded) {
        fill_band(band, (int8_t)window->fill, count * step);
    }
    for (int32_t ky = 0; ky < window->kernel_height && first < last; ky++) {
        if (rows[ky]) {
            int8_t *out = band + (first - x) * step + ky * channels;
            copy_pixels(params, rows[ky] + first * channels, step, last - first, out);
        }
    }
}

void tin_mve_conv2d_row_s8(const tin_mve_conv2d_s8 *params,
                           const int8_t *const *rows,
                           int8_t *output,
                           int8_t *scratch) {
    const tin_window2d *window = &params->window;
    const tin_mve_matmul_s8 *matmul = &params->matmul;
    int32_t x = -window->pad_left;
    if (params->tile == 0) {
        int32_t step = window->stride_width * window->in_channels;
        const int8_t *first = rows[0] + x * window->in_channels;
        tin_mve_matmul_run_s8(matmul, first, window->out_width, step, output);
        return;
    }
    const int32_t step = window->stride_width * window->kernel_height * window->in_channels;
    for (int32_t left = window->out_width; left > 0; left -= params->tile) {
        int32_t count = left < params->tile ? left : params->tile;
        int32_t columns = (count - 1) * window->stride_width + window->kernel_width;
        gather(params, rows, x, columns, scratch);
        tin_mve_matmul_run_s8(matmul, scratch, count, step, output);
        x += count * window->stride_width;
        output += count * matmul->num_outputs;
    }
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
