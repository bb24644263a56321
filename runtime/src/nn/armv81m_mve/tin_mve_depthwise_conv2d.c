/* SPDX-License-Identifier: Apache-2.0 */
/* Depthwise convolution: four bytes that lie below each other (or side by side, in a line) become
   one word for each channel and column; four such words are a window. */
#include "tin/nn/armv81m_mve/mve_depthwise_conv2d.h"
#include "tin_mve_outputs.h"
#include "tin_mve_rows.h"

#define SLOTS 4                         /* bytes of a word */
#define BLOCK 16                        /* channels that are transposed together */
#define COLUMN_BYTES (BLOCK * SLOTS)    /* of scratch */
#define WEIGHTS (TIN_MVE_GROUP * BLOCK) /* of a group of channels */

#if TIN_HAS_MVE

/* Columns of padding. */
static int8_t *fill_words(const tin_mve_depthwise_conv2d_s8 *params, int32_t count, int8_t *out) {
    const int8x16_t values = vdupq_n_s8((int8_t)params->window.fill);
    for (count *= SLOTS; count > 0; count--) {
        vstrbq_s8(out, values);
        out += BLOCK;
    }
    return out;
}

/* Turns 16 channels of `count` columns of four rows into words; a row of padding is read from one
   place again and again. */
static int8_t *transpose(const tin_mve_depthwise_conv2d_s8 *params,
                         const int8_t *const *rows,
                         int32_t count,
                         int32_t channel,
                         int8_t *out) {
    const int32_t channels = params->window.in_channels;
    int8_t padding[BLOCK];
    vstrbq_s8(padding, vdupq_n_s8((int8_t)params->window.fill));
    const int8_t *p[SLOTS];
    int32_t step[SLOTS];
    for (int32_t slot = 0; slot < SLOTS; slot++) {
        const int8_t *row = slot < params->window.kernel_height ? rows[slot] : NULL;
        p[slot] = row ? row + channel : padding;
        step[slot] = row ? channels : 0;
    }
    const int8_t *p0 = p[0], *p1 = p[1], *p2 = p[2], *p3 = p[3];
    const int32_t step0 = step[0], step1 = step[1], step2 = step[2], step3 = step[3];
    const mve_pred16_t some = vctp8q((uint32_t)(channels - channel));
    for (; count > 0; count--) {
        int8x16x4_t words;
        words.val[0] = vldrbq_z_s8(p0, some);
        words.val[1] = vldrbq_z_s8(p1, some);
        words.val[2] = vldrbq_z_s8(p2, some);
        words.val[3] = vldrbq_z_s8(p3, some);
        vst4q_s8(out, words);
        p0 += step0;
        p1 += step1;
        p2 += step2;
        p3 += step3;
        out += COLUMN_BYTES;
    }
    return out;
}

/* All words of windows of up to four rows. */
static TIN_NOINLINE void image_words(const tin_mve_depthwise_conv2d_s8 *params,
                                     const int8_t *const *rows,
                                     int32_t channel,
                                     int8_t *out) {
    const tin_window2d *window = &params->window;
    const int32_t left = window->pad_left < params->columns ? window->pad_left : params->columns;
    const int32_t rest = params->columns - left;
    const int32_t inside = rest < window->in_width ? rest : window->in_width;
    out = fill_words(params, left, out);
    out = transpose(params, rows, inside, channel, out);
    fill_words(params, rest - inside, out);
}

/* All words of a window of one column, four rows after the other. */
static TIN_NOINLINE void column_words(const tin_mve_depthwise_conv2d_s8 *params,
                                      const int8_t *const *rows,
                                      int32_t channel,
                                      int8_t *out) {
    const tin_window2d *window = &params->window;
    const mve_pred16_t some = vctp8q((uint32_t)(window->in_channels - channel));
    const int8x16_t padding = vdupq_n_s8((int8_t)window->fill);
    for (int32_t left = window->kernel_height; left > 0; left -= SLOTS) {
        const int8_t *row0 = rows[0], *row1 = left > 1 ? rows[1] : NULL;
        const int8_t *row2 = left > 2 ? rows[2] : NULL, *row3 = left > 3 ? rows[3] : NULL;
        int8x16x4_t words;
        words.val[0] = row0 ? vldrbq_z_s8(row0 + channel, some) : padding;
        words.val[1] = row1 ? vldrbq_z_s8(row1 + channel, some) : padding;
        words.val[2] = row2 ? vldrbq_z_s8(row2 + channel, some) : padding;
        words.val[3] = row3 ? vldrbq_z_s8(row3 + channel, some) : padding;
        vst4q_s8(out, words);
        rows += SLOTS;
        out += COLUMN_BYTES;
    }
}

/* One output row of four channels. `at`: addresses of the four words of the first window. */
TIN_MVE_INLINE void four_channels(const tin_window2d *window,
                                  uint32x4_t at,
                                  const tin_mve_walk *walk,
                                  const int8_t *w,
                                  int8_t *out,
                                  int32_t count,
                                  tin_mve_kind kind) {
    const uint32_t to_next = COLUMN_BYTES * (uint32_t)window->stride_width;
    const int32_t channels = window->in_channels;
    int8x16_t w0 = vldrbq_s8(w), w1 = vldrbq_s8(w + BLOCK);
    int8x16_t w2 = vldrbq_s8(w + 2 * BLOCK), w3 = vldrbq_s8(w + 3 * BLOCK);
    do {
        int32_t s0 = vmladavq_s8(vreinterpretq_s8_s32(vldrwq_gather_base_s32(at, 0)), w0);
        int32_t s1 = vmladavq_s8(vreinterpretq_s8_s32(vldrwq_gather_base_s32(at, 4)), w1);
        int32_t s2 = vmladavq_s8(vreinterpretq_s8_s32(vldrwq_gather_base_s32(at, 8)), w2);
        int32_t s3 = vmladavq_s8(vreinterpretq_s8_s32(vldrwq_gather_base_s32(at, 12)), w3);
        const tin_mve_factors factors = tin_mve_load(walk);
        tin_mve_store(walk, &factors, tin_mve_join(s0, s1, s2, s3), out, kind);
        at = vaddq_n_u32(at, to_next);
        out += channels;
    } while (--count > 0);
}

/* One output row; is_column is params->is_column, as a constant. */
TIN_MVE_INLINE void row(const tin_mve_depthwise_conv2d_s8 *params,
                        const int8_t *const *rows,
                        int8_t *output,
                        int8_t *scratch,
                        int is_column,
                        tin_mve_kind kind) {
    const tin_window2d *window = &params->window;
    const uint32_t step = COLUMN_BYTES * (uint32_t)window->dilation_width;
    const int8_t *w = params->weights;
    uint32x4_t words = vmulq_n_u32(vidupq_n_u32(0, 1), step);
    words = vaddq_n_u32(words, (uint32_t)(uintptr_t)scratch);
    tin_mve_walk walk = tin_mve_start(&params->requantize, window->in_channels);
    for (int32_t channel = 0; walk.left > 0; channel += BLOCK) {
        if (is_column) {
            column_words(params, rows, channel, scratch);
        } else {
            image_words(params, rows, channel, scratch);
        }
        uint32x4_t at = words;
        const int8_t *end = w + TIN_MVE_GROUP * WEIGHTS;
        do {
            const int32_t count = is_column ? 1 : window->out_width;
            four_channels(window, at, &walk, w, output, count, kind);
            tin_mve_advance(&walk);
            at = vaddq_n_u32(at, SLOTS * TIN_MVE_GROUP);
            w += WEIGHTS;
            output += TIN_MVE_GROUP;
        } while (w != end && walk.left > 0);
    }
}

/* Apart, so that each has the registers to itself. */
static TIN_NOINLINE void any_row(const tin_mve_depthwise_conv2d_s8 *params,
                                 const int8_t *const *rows,
                                 int8_t *output,
                                 int8_t *scratch) {
    row(params, rows, output, scratch, params->is_column, TIN_MVE_ANY);
}

static TIN_NOINLINE void image_row(const tin_mve_depthwise_conv2d_s8 *params,
                                   const int8_t *const *rows,
                                   int8_t *output,
                                   int8_t *scratch) {
    row(params, rows, output, scratch, 0, TIN_MVE_PLAIN);
}

static TIN_NOINLINE void image_row_from_zero(const tin_mve_depthwise_conv2d_s8 *params,
                                             const int8_t *const *rows,
                                             int8_t *output,
                                             int8_t *scratch) {
    row(params, rows, output, scratch, 0, TIN_MVE_FROM_ZERO);
}

static TIN_NOINLINE void column_row(const tin_mve_depthwise_conv2d_s8 *params,
                                    const int8_t *const *rows,
                                    int8_t *output,
                                    int8_t *scratch) {
    row(params, rows, output, scratch, 1, TIN_MVE_PLAIN);
}

void tin_mve_depthwise_conv2d_row_s8(const tin_mve_depthwise_conv2d_s8 *params,
                                     const int8_t *const *rows,
                                     int8_t *output,
                                     int8_t *scratch) {
    tin_mve_kind kind = tin_mve_kind_of(&params->requantize, params->window.in_channels);
    if (kind == TIN_MVE_ANY) {
        any_row(params, rows, output, scratch);
    } else if (params->is_column) {
        column_row(params, rows, output, scratch);
    } else if (kind == TIN_MVE_PLAIN) {
        image_row(params, rows, output, scratch);
    } else {
        image_row_from_zero(params, rows, output, scratch);
    }
}

#else

/* Sum of one channel at output column ox, in the order of the packed weights. */
static int32_t sum_at(const tin_mve_depthwise_conv2d_s8 *params,
                      const int8_t *const *rows,
                      int32_t ox,
                      int32_t channel) {
    const tin_window2d *window = &params->window;
    const int8_t *w = params->weights + channel * BLOCK;
    int32_t sum = 0;
    for (int32_t ky = 0; ky < window->kernel_height; ky++) {
        int32_t x = ox * window->stride_width - window->pad_left;
        for (int32_t kx = 0; kx < window->kernel_width; kx++, x += window->dilation_width) {
            int is_inside = rows[ky] && x >= 0 && x < window->in_width;
            int32_t value = is_inside ? rows[ky][x * window->in_channels + channel] : window->fill;
            sum += value * w[kx * SLOTS + ky];
        }
    }
    return sum;
}

void tin_mve_depthwise_conv2d_row_s8(const tin_mve_depthwise_conv2d_s8 *params,
                                     const int8_t *const *rows,
                                     int8_t *output,
                                     int8_t *scratch) {
    const tin_window2d *window = &params->window;
    (void)scratch;
    for (int32_t channel = 0; channel < window->in_channels; channel++) {
        for (int32_t ox = 0; ox < window->out_width; ox++) {
            int32_t sum = sum_at(params, rows, ox, channel);
            int8_t *out = output + ox * window->in_channels + channel;
            tin_requantize_run_s8(&params->requantize, &sum, channel, 1, out);
        }
    }
}

#endif

void tin_mve_depthwise_conv2d_run_s8(const tin_mve_depthwise_conv2d_s8 *params,
                                     const int8_t *input,
                                     int8_t *output,
                                     int8_t *scratch) {
    const tin_window2d *window = &params->window;
    const int8_t *rows[TIN_MVE_ROWS];
    for (int32_t oy = 0; oy < window->out_height; oy++) {
        tin_mve_rows(window, input, oy, rows);
        tin_mve_depthwise_conv2d_row_s8(params, rows, output, scratch);
        output += window->out_width * window->in_channels;
    }
}
