/* SPDX-License-Identifier: Apache-2.0 */
/* Depthwise convolution: four bytes that lie below each other (or side by side, in a line) become
   one word for each channel and column; four such words are a window. */
#include "tin/nn/armv81m_mve/mve_depthwise_conv2d.h"
#include "tin_mve_outputs.h"
#include "tin_mve_rows.h"

#define SLOTS 4                         /* bytes of a word: rows, or neighbours in a line */
#define BLOCK 16                        /* channels that are transposed together */
#define COLUMN_BYTES (BLOCK * SLOTS)    /* of scratch */
#define WEIGHTS (TIN_MVE_GROUP * BLOCK) /* of a group of channels */

#if TIN_HAS_MVE

/* Where the four bytes of a word come from: image rows, each with its own columns. */
typedef struct {
    const int8_t *row[SLOTS]; /* column 0 of the window's row; NULL: padding */
    int32_t first;            /* columns from first to last (exclusive) lie inside every row */
    int32_t last;
} sources;

static sources sources_of(const tin_mve_depthwise_conv2d_s8 *params, const int8_t *const *rows) {
    const tin_window2d *window = &params->window;
    sources from = {{NULL, NULL, NULL, NULL}, 0, window->in_width};
    for (int32_t slot = 0; slot < SLOTS; slot++) {
        if (params->is_line) {
            from.row[slot] = rows[0] + slot * window->in_channels;
        } else if (slot < window->kernel_height) {
            from.row[slot] = rows[slot];
        }
    }
    from.last -= params->is_line ? SLOTS - 1 : 0;
    return from;
}

/* One column of 16 channels with padding: every byte is looked at by itself. */
static void edge_column(const tin_mve_depthwise_conv2d_s8 *params,
                        const sources *from,
                        int32_t x,
                        int32_t channel,
                        int8_t *out) {
    const tin_window2d *window = &params->window;
    mve_pred16_t some = vctp8q((uint32_t)(window->in_channels - channel));
    int8x16x4_t word;
    for (int32_t slot = 0; slot < SLOTS; slot++) {
        int32_t column = x + (params->is_line ? slot : 0);
        word.val[slot] = vdupq_n_s8((int8_t)window->fill);
        if (from->row[slot] && column >= 0 && column < window->in_width) {
            const int8_t *pixel = from->row[slot] + x * window->in_channels + channel;
            word.val[slot] = vldrbq_z_s8(pixel, some);
        }
    }
    vst4q_s8(out, word);
}

/* Columns that lie inside; missing rows are read from `padding`, again and again. */
static int8_t *inner_columns(const tin_mve_depthwise_conv2d_s8 *params,
                             const sources *from,
                             tin_range columns,
                             int32_t channel,
                             int8_t *out) {
    const int32_t channels = params->window.in_channels;
    const int8_t value = (int8_t)params->window.fill;
    int8_t padding[BLOCK];
    vstrbq_s8(padding, vdupq_n_s8(value));
    const int8_t *p[SLOTS];
    int32_t step[SLOTS];
    for (int32_t slot = 0; slot < SLOTS; slot++) {
        const int8_t *row = from->row[slot];
        p[slot] = row ? row + columns.first * channels + channel : padding;
        step[slot] = row ? channels : 0;
    }
    const int8_t *p0 = p[0], *p1 = p[1], *p2 = p[2], *p3 = p[3];
    const int32_t step0 = step[0], step1 = step[1], step2 = step[2], step3 = step[3];
    const mve_pred16_t some = vctp8q((uint32_t)(channels - channel));
    for (int32_t count = columns.last - columns.first; count > 0; count--) {
        int8x16x4_t word;
        word.val[0] = vldrbq_z_s8(p0, some);
        word.val[1] = vldrbq_z_s8(p1, some);
        word.val[2] = vldrbq_z_s8(p2, some);
        word.val[3] = vldrbq_z_s8(p3, some);
        vst4q_s8(out, word);
        p0 += step0;
        p1 += step1;
        p2 += step2;
        p3 += step3;
        out += COLUMN_BYTES;
    }
    return out;
}

/* All columns of 16 channels, as words, into scratch. */
static void transpose(const tin_mve_depthwise_conv2d_s8 *params,
                      const sources *from,
                      int32_t channel,
                      int8_t *scratch) {
    int32_t x = -params->window.pad_left;
    const int32_t end = x + params->columns;
    for (; x < end && x < from->first; x++, scratch += COLUMN_BYTES) {
        edge_column(params, from, x, channel, scratch);
    }
    tin_range inside = {x, from->last < end ? from->last : end};
    if (inside.first < inside.last) {
        scratch = inner_columns(params, from, inside, channel, scratch);
        x = inside.last;
    }
    for (; x < end; x++, scratch += COLUMN_BYTES) {
        edge_column(params, from, x, channel, scratch);
    }
}

/* One output row of four channels whose words start at `words`. */
TIN_MVE_INLINE void four_channels(const tin_mve_depthwise_conv2d_s8 *params,
                                  const int8_t *words,
                                  const tin_mve_walk *walk,
                                  const int8_t *w,
                                  int8_t *out,
                                  int is_plain) {
    const tin_window2d *window = &params->window;
    const uint32_t step =
        COLUMN_BYTES * (params->is_line ? SLOTS : (uint32_t)window->dilation_width);
    const uint32_t to_next = COLUMN_BYTES * (uint32_t)window->stride_width;
    const int32_t channels = window->in_channels;
    int8x16_t w0 = vldrbq_s8(w), w1 = vldrbq_s8(w + BLOCK);
    int8x16_t w2 = vldrbq_s8(w + 2 * BLOCK), w3 = vldrbq_s8(w + 3 * BLOCK);
    uint32x4_t at = vmulq_n_u32(vidupq_n_u32(0, 1), step);
    at = vaddq_n_u32(at, (uint32_t)(uintptr_t)words);
    for (int32_t count = window->out_width; count > 0; count--) {
        int32_t s0 = vmladavq_s8(vreinterpretq_s8_s32(vldrwq_gather_base_s32(at, 0)), w0);
        int32_t s1 = vmladavq_s8(vreinterpretq_s8_s32(vldrwq_gather_base_s32(at, 4)), w1);
        int32_t s2 = vmladavq_s8(vreinterpretq_s8_s32(vldrwq_gather_base_s32(at, 8)), w2);
        int32_t s3 = vmladavq_s8(vreinterpretq_s8_s32(vldrwq_gather_base_s32(at, 12)), w3);
        tin_mve_store(walk, tin_mve_join(s0, s1, s2, s3), out, is_plain);
        at = vaddq_n_u32(at, to_next);
        out += channels;
    }
}

TIN_MVE_INLINE void row(const tin_mve_depthwise_conv2d_s8 *params,
                        const int8_t *const *rows,
                        int8_t *output,
                        int8_t *scratch,
                        int is_plain) {
    const int32_t channels = params->window.in_channels;
    const sources from = sources_of(params, rows);
    const int8_t *w = params->weights;
    tin_mve_walk walk = tin_mve_start(&params->requantize, channels);
    for (int32_t channel = 0; channel < channels; channel += TIN_MVE_GROUP) {
        const int32_t within = channel % BLOCK;
        if (within == 0) {
            transpose(params, &from, channel, scratch);
        }
        four_channels(params, scratch + within * SLOTS, &walk, w, output + channel, is_plain);
        tin_mve_advance(&walk);
        w += WEIGHTS;
    }
}

void tin_mve_depthwise_conv2d_row_s8(const tin_mve_depthwise_conv2d_s8 *params,
                                     const int8_t *const *rows,
                                     int8_t *output,
                                     int8_t *scratch) {
    if (tin_mve_is_plain(&params->requantize, params->window.in_channels)) {
        row(params, rows, output, scratch, 1);
    } else {
        row(params, rows, output, scratch, 0);
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
            sum += value * w[params->is_line ? kx : kx * SLOTS + ky];
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
