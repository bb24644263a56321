/* SPDX-License-Identifier: Apache-2.0 */
/* Depthwise convolution: lines of four channels are widened and sorted by channel once. */
#include "tin/nn/armv7em_dsp/dsp_depthwise.h"
#include "tin/nn/armv7em_dsp/dsp_simd.h"
#include "tin/nn/bytes.h"
#include "tin/nn/requantize.h"

#define LANES 4 /* channels at a time */

/* Four channels, or the last few. */
typedef struct {
    const tin_dsp_depthwise_s8 *params;
    uint32_t *lines;    /* [LANES][plane] */
    uint32_t *weights;  /* [LANES][weight_words] */
    int32_t plane;      /* words of all lines of a channel */
    int32_t slot_step;  /* words from slot to slot; 1 in the 3 x 3 kernel's order */
    int32_t word_step;  /* words from one pair of neighbours to the next */
    int32_t pair_words; /* weight words of a kernel row; twice, the second one starts with a 0 */
    int32_t channel;
    int32_t lanes;
} strip;

static strip start(const tin_dsp_depthwise_s8 *params, int8_t *scratch) {
    int32_t height = params->window.kernel_height;
    strip s;
    s.params = params;
    s.plane = height * params->line_words;
    s.slot_step = params->is_3x3 ? 1 : params->line_words;
    s.word_step = params->is_3x3 ? 3 : 1;
    s.pair_words = params->window.kernel_width / 2 + 1;
    s.lines = (uint32_t *)(void *)scratch;
    s.weights = s.lines + LANES * s.plane;
    s.channel = 0;
    s.lanes = 0;
    return s;
}

static int32_t tap(const int8_t *row, int32_t width, int32_t kx) {
    return kx >= 0 && kx < width ? row[kx] : 0;
}

/* Widened weights of one channel. Kernel rows come almost twice, so that those of all slots are
   neighbours whichever slot is first. */
static void widen_weights(const strip *s, int32_t lane) {
    const tin_window2d *window = &s->params->window;
    int32_t height = window->kernel_height;
    int32_t width = window->kernel_width;
    const int8_t *from = s->params->weights + (s->channel + lane) * height * width;
    uint32_t *to = s->weights + lane * (2 * height - 1) * 2 * s->pair_words;
    for (int32_t i = 0; i < 2 * height - 1; i++) {
        const int8_t *row = from + (i < height ? i : i - height) * width;
        if (s->params->is_3x3) {
            *to++ = tin_dsp_pair(row[0], row[1]);
            *to++ = tin_dsp_pair(row[1], row[2]);
            continue;
        }
        for (int32_t offset = 0; offset < 2; offset++) {
            for (int32_t k = 0; k < s->pair_words; k++) {
                int32_t kx = 2 * k - offset;
                *to++ = tin_dsp_pair(tap(row, width, kx), tap(row, width, kx + 1));
            }
        }
    }
}

/* Words [first, last) of a line in a slot, pixel by pixel; padding where there is no pixel. */
static TIN_NOINLINE void
widen_slowly(const strip *s, int32_t slot, const int8_t *from, int32_t first, int32_t last) {
    const tin_window2d *window = &s->params->window;
    for (int32_t word = first; word < last; word++) {
        uint32_t *to = s->lines + slot * s->slot_step + word * s->word_step;
        for (int32_t lane = 0; lane < s->lanes; lane++) {
            int32_t x[2];
            for (int32_t i = 0; i < 2; i++) {
                int32_t at = 2 * word + i - window->pad_left;
                int32_t is_there = from != 0 && at >= 0 && at < window->in_width;
                x[i] = is_there ? from[at * s->params->in_pixel + lane] : window->fill;
            }
            to[lane * s->plane] = tin_dsp_pair(x[0], x[1]);
        }
    }
}

/* Words [first, last) of a line whose pixels are all there, four channels. */
static void
widen_quickly(const strip *s, int32_t slot, const int8_t *from, int32_t first, int32_t last) {
    int32_t step = s->params->in_pixel;
    int32_t word_step = s->word_step;
    int32_t plane = s->plane;
    uint32_t *to = s->lines + slot * s->slot_step + first * word_step;
    uint32_t *to3 = to + 3 * plane;
    from += (2 * first - s->params->window.pad_left) * step;
    for (int32_t word = first; word < last; word++) {
        uint32_t x = tin_dsp_load(from);
        uint32_t y = tin_dsp_load(from + step);
        uint32_t even = tin_dsp_widen_even(x);
        uint32_t odd = tin_dsp_widen_odd(x);
        uint32_t even_y = tin_dsp_widen_even(y);
        uint32_t odd_y = tin_dsp_widen_odd(y);
        to[0] = (even & 0xffffU) | even_y << 16;
        to[plane] = (odd & 0xffffU) | odd_y << 16;
        to[2 * plane] = (even_y & 0xffff0000U) | even >> 16;
        *to3 = (odd_y & 0xffff0000U) | odd >> 16;
        to += word_step;
        to3 += word_step;
        from += 2 * step;
    }
}

/* A line, from its first pixel in the image on (NULL: padding), to a slot. */
static TIN_NOINLINE void widen_line(const strip *s, int32_t slot, const int8_t *from) {
    const tin_window2d *window = &s->params->window;
    int32_t words = s->params->line_words;
    int32_t first = (window->pad_left + 1) >> 1;
    int32_t last = (window->pad_left + window->in_width) >> 1;
    last = last < words ? last : words;
    if (from == 0 || s->lanes < LANES || last <= first) {
        widen_slowly(s, slot, from, 0, words);
        return;
    }
    widen_slowly(s, slot, from, 0, first);
    widen_quickly(s, slot, from, first, last);
    widen_slowly(s, slot, from, last, words);
}

static int32_t dot(const uint32_t *x, const uint32_t *w, int32_t count, int32_t sum) {
    for (; count > 1; count -= 2) {
        sum = tin_dsp_smlad(x[0], w[0], sum);
        sum = tin_dsp_smlad(x[1], w[1], sum);
        x += 2;
        w += 2;
    }
    return count > 0 ? tin_dsp_smlad(*x, *w, sum) : sum;
}

/* A line of windows of any size of one channel. */
static void run_windows(const strip *s,
                        const uint32_t *weights,
                        const uint32_t *lines,
                        int8_t *output,
                        const tin_dsp_depthwise_line *line) {
    int32_t height = s->params->window.kernel_height;
    for (int32_t i = 0; i < line->count; i++) {
        int32_t x = i * line->stride;
        const uint32_t *at = lines + (x >> 1);
        const uint32_t *w = weights + ((x & 1) ? s->pair_words : 0);
        int32_t sum = line->bias;
        for (int32_t slot = 0; slot < height; slot++) {
            sum = dot(at, w, s->pair_words, sum);
            at += s->slot_step;
            w += 2 * s->pair_words;
        }
        *output = (int8_t)tin_dsp_requantize(sum, line->factor, line->shift, line->zero_point);
        output += line->step;
    }
}

static void clamp_line(const tin_dsp_depthwise_s8 *params, int8_t *output) {
    for (int32_t i = 0; i < params->window.out_width; i++) {
        *output = (int8_t)tin_clamp_s32(*output, params->minimum, params->maximum);
        output += params->out_pixel;
    }
}

/* One line of outputs of all channels of the strip; `first_slot` holds the windows' first line. */
static TIN_NOINLINE void run_line(const strip *s, int32_t first_slot, int8_t *output) {
    const tin_dsp_depthwise_s8 *params = s->params;
    int32_t height = params->window.kernel_height;
    int32_t first_row = first_slot == 0 ? 0 : height - first_slot; /* of the kernel, in slot 0 */
    for (int32_t lane = 0; lane < s->lanes; lane++) {
        int32_t channel = s->channel + lane;
        int32_t index = params->per_channel ? channel : 0;
        tin_dsp_depthwise_line line = {params->bias[channel],
                                       params->factor[index],
                                       params->shift[index],
                                       params->zero_point,
                                       params->from_zero,
                                       params->out_pixel,
                                       params->window.out_width,
                                       params->window.stride_width};
        int32_t lane_words = (2 * height - 1) * 2 * s->pair_words;
        const uint32_t *weights = s->weights + lane * lane_words;
        const uint32_t *lines = s->lines + lane * s->plane;
        int8_t *at = output + channel;
        if (params->is_3x3) {
            tin_dsp_depthwise3_run(weights + first_row * 2, lines, at, &line);
        } else {
            run_windows(s, weights + first_row * 2 * s->pair_words, lines, at, &line);
        }
        if (params->is_clamped) {
            clamp_line(params, at);
        }
    }
}

/* Goes to the next four channels; false when there are none. */
static TIN_NOINLINE int next_strip(strip *s) {
    s->channel += s->lanes;
    int32_t rest = s->params->window.in_channels - s->channel;
    s->lanes = rest < LANES ? rest : LANES;
    for (int32_t lane = 0; lane < s->lanes; lane++) {
        widen_weights(s, lane);
    }
    return rest > 0;
}

static void run_strip(const strip *s, const int8_t *input, int8_t *output) {
    const tin_window2d *window = &s->params->window;
    int32_t height = window->kernel_height;
    int32_t ready = -window->pad_top; /* first line that is not widened yet */
    int32_t slot = 0;                 /* where it goes */
    int32_t top = -window->pad_top;
    int32_t top_slot = 0;
    for (int32_t out = 0; out < window->out_height; out++) {
        for (; ready < top + height; ready++) {
            int32_t is_there = ready >= 0 && ready < window->in_height;
            const int8_t *from = input + ready * s->params->in_line + s->channel;
            widen_line(s, slot, is_there ? from : 0);
            slot = slot + 1 < height ? slot + 1 : 0;
        }
        run_line(s, top_slot, output + out * s->params->out_line);
        top += window->stride_height;
        top_slot += window->stride_height;
        while (top_slot >= height) {
            top_slot -= height;
        }
    }
}

/* Every strip overwrites only its own channels when input and output begin at the same place. */
static const int8_t *moved(const tin_window2d *window, const int8_t *input, int8_t *output) {
    uintptr_t apart = (uintptr_t)input - (uintptr_t)output;
    int32_t out_bytes = window->out_height * window->out_width * window->in_channels;
    if (apart == 0 || apart >= (uintptr_t)out_bytes) {
        return input;
    }
    tin_copy_s8(output, input, window->in_height * window->in_width * window->in_channels);
    return output;
}

void tin_dsp_depthwise_run_s8(const tin_dsp_depthwise_s8 *params,
                              const int8_t *input,
                              int8_t *output,
                              int8_t *scratch) {
    strip s = start(params, scratch);
    input = moved(&params->window, input, output);
    while (next_strip(&s)) {
        run_strip(&s, input, output);
    }
}

void tin_dsp_depthwise_row_s8(const tin_dsp_depthwise_s8 *params,
                              const int8_t *const *rows,
                              int8_t *output,
                              int8_t *scratch) {
    strip s = start(params, scratch);
    while (next_strip(&s)) {
        for (int32_t slot = 0; slot < params->window.kernel_height; slot++) {
            widen_line(&s, slot, rows[slot] != 0 ? rows[slot] + s.channel : 0);
        }
        run_line(&s, 0, output);
    }
}
