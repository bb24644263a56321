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
    uint32_t *lines;                 /* [LANES][plane] */
    uint32_t *weights;               /* [LANES][2 * kernel_height - 1][row_words] */
    tin_dsp_depthwise_scale *scales; /* [LANES] */
    int32_t plane;                   /* words of all lines of a channel */
    int32_t slot_step;               /* words from slot to slot */
    int32_t word_step;               /* words from one pair of neighbours to the next */
    int32_t row_words;               /* weights of a kernel row */
    int32_t lane_words;              /* weights of a channel */
    int32_t channel;
    int32_t lanes;
    uint32_t fill; /* a pixel of padding */
    tin_dsp_depthwise_line line;
    tin_dsp_sort_steps in_image; /* what lies where: in the image, */
    tin_dsp_sort_steps in_words; /* two pixels side by side, */
    tin_dsp_sort_steps in_fill;  /* one pixel again and again */
} strip;

static TIN_NOINLINE strip start(const tin_dsp_depthwise_s8 *params, int8_t *scratch) {
    int32_t height = params->window.kernel_height;
    strip s;
    s.params = params;
    s.plane = height * params->line_words;
    s.slot_step = params->is_3x3 ? 1 : params->line_words;
    s.word_step = params->is_3x3 ? 3 : 1;
    s.row_words = (params->window.kernel_width + 1) / 2;
    s.lane_words = (2 * height - 1) * s.row_words;
    s.lines = (uint32_t *)(void *)scratch;
    s.weights = s.lines + LANES * s.plane;
    s.scales = (tin_dsp_depthwise_scale *)(void *)(s.weights + LANES * s.lane_words);
    s.channel = 0;
    s.lanes = 0;
    s.fill = (uint32_t)(uint8_t)params->window.fill * 0x01010101U;
    s.in_image.pixel = params->in_pixel;
    s.in_image.plane = 4 * s.plane;
    s.in_image.word = 4 * s.word_step;
    s.in_words = s.in_image;
    s.in_words.pixel = 4;
    s.in_fill = s.in_image;
    s.in_fill.pixel = 0;
    s.line.lines = s.lines;
    s.line.scales = s.scales;
    s.line.weights_step = 4 * s.lane_words;
    s.line.lines_step = 4 * s.plane;
    s.line.output_step = params->out_pixel;
    s.line.count = params->window.out_width;
    s.line.stride = params->window.stride_width;
    s.line.zero_point = params->zero_point;
    s.line.from_zero = params->from_zero;
    s.line.row_step = 4 * s.row_words;
    s.line.slot_step = 4 * s.slot_step;
    s.line.slots = height;
    return s;
}

/* Widened weights of one channel. Kernel rows come almost twice, so that those of all slots are
   neighbours whichever slot is first. */
static void widen_weights(const strip *s, int32_t lane) {
    int32_t height = s->params->window.kernel_height;
    int32_t width = s->params->window.kernel_width;
    const int8_t *from = s->params->weights + (s->channel + lane) * height * width;
    uint32_t *to = s->weights + lane * s->lane_words;
    for (int32_t i = 0; i < 2 * height - 1; i++) {
        const int8_t *row = from + (i < height ? i : i - height) * width;
        int32_t kx = 0;
        for (; kx + 1 < width; kx += 2) {
            *to++ = tin_dsp_pair(row[kx], row[kx + 1]);
        }
        if (s->params->is_3x3) {
            *to++ = tin_dsp_pair(row[1], row[2]);
        } else if (kx < width) {
            *to++ = tin_dsp_pair(row[kx], 0);
        }
    }
}

/* Four channels of a pixel of a line; padding outside of it. */
static TIN_NOINLINE uint32_t pixel(const strip *s, const int8_t *line, int32_t x) {
    if (x < 0 || x >= s->params->window.in_width) {
        return s->fill;
    }
    line += x * s->params->in_pixel;
    if (s->lanes == LANES) {
        return tin_dsp_load(line);
    }
    uint32_t word = 0;
    for (int32_t lane = 0; lane < s->lanes; lane++) {
        word |= (uint32_t)(uint8_t)line[lane] << (8 * lane);
    }
    return word;
}

/* Words [first, last) of a line in a slot, pixel by pixel. */
static void
widen_slowly(const strip *s, int32_t slot, const int8_t *line, int32_t first, int32_t last) {
    for (int32_t word = first; word < last; word++) {
        int32_t x = 2 * word - s->params->window.pad_left;
        uint32_t pixels[2];
        pixels[0] = pixel(s, line, x);
        pixels[1] = pixel(s, line, x + 1);
        uint32_t *to = s->lines + slot * s->slot_step + word * s->word_step;
        tin_dsp_sort_pixels(to, (const int8_t *)pixels, 1, &s->in_words);
    }
}

/* A line, from its first pixel in the image on (NULL: padding), to a slot. */
static TIN_NOINLINE void widen_line(const strip *s, int32_t slot, const int8_t *line) {
    const tin_window2d *window = &s->params->window;
    int32_t words = s->params->line_words;
    uint32_t *to = s->lines + slot * s->slot_step;
    if (line == 0) {
        tin_dsp_sort_pixels(to, (const int8_t *)&s->fill, words, &s->in_fill);
        return;
    }
    int32_t first = (window->pad_left + 1) >> 1;
    int32_t last = (window->pad_left + window->in_width) >> 1;
    last = last < words ? last : words;
    if (s->lanes < LANES || last <= first) {
        widen_slowly(s, slot, line, 0, words);
        return;
    }
    widen_slowly(s, slot, line, 0, first);
    const int8_t *inside = line + (2 * first - window->pad_left) * s->params->in_pixel;
    tin_dsp_sort_pixels(to + first * s->word_step, inside, last - first, &s->in_image);
    widen_slowly(s, slot, line, last, words);
}

static void clamp_line(const tin_dsp_depthwise_s8 *params, const tin_dsp_depthwise_line *line) {
    for (int32_t i = 0; i < line->count; i++) {
        int8_t *at = line->output + i * line->output_step;
        for (int32_t lane = 0; lane < line->lanes; lane++) {
            at[lane] = (int8_t)tin_clamp_s32(at[lane], params->minimum, params->maximum);
        }
    }
}

/* One line of outputs of all channels of the strip; `first_slot` holds the windows' first line. */
static void run_line(strip *s, int32_t first_slot, int8_t *output) {
    const tin_dsp_depthwise_s8 *params = s->params;
    /* Of the kernel, in slot 0. */
    int32_t first_row = first_slot == 0 ? 0 : s->line.slots - first_slot;
    s->line.weights = s->weights + first_row * s->row_words;
    s->line.output = output + s->channel;
    if (params->is_3x3) {
        tin_dsp_depthwise3_run(&s->line);
    } else {
        tin_dsp_depthwise_any_run(&s->line);
    }
    if (params->is_clamped) {
        clamp_line(params, &s->line);
    }
}

/* Goes to the next four channels; false when there are none. */
static TIN_NOINLINE int next_strip(strip *s) {
    const tin_dsp_depthwise_s8 *params = s->params;
    s->channel += s->lanes;
    int32_t rest = params->window.in_channels - s->channel;
    s->lanes = rest < LANES ? rest : LANES;
    s->line.lanes = s->lanes;
    for (int32_t lane = 0; lane < s->lanes; lane++) {
        int32_t channel = s->channel + lane;
        int32_t index = params->per_channel ? channel : 0;
        s->scales[lane].factor = params->factor[index];
        s->scales[lane].shift = params->shift[index];
        s->scales[lane].bias = params->bias[channel];
        widen_weights(s, lane);
    }
    return rest > 0;
}

static void run_strip(strip *s, const int8_t *input, int8_t *output) {
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
