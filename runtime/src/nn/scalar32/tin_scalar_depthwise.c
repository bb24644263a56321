/* SPDX-License-Identifier: Apache-2.0 */
/* Depthwise convolution: lines of one channel are packed once each, into a ring as high as the
   kernel. */
#include "tin/nn/bytes.h"
#include "tin/nn/scalar32/scalar_depthwise.h"
#include "tin/nn/scalar32/scalar_words.h"
#include "tin/nn/tuning.h"

typedef struct {
    const tin_scalar_depthwise_s8 *params;
    uint32_t *panel;   /* [groups][slots][kernel_width][4]; slots are kernel_height, used in turn */
    int8_t *line;      /* [line_bytes]: a line of one channel with its padding */
    int8_t *weights;   /* [2 * kernel_height - 1][kernel_width]: for the lines as they lie in slots,
                          whichever is the first */
    int32_t row_words; /* of the panel, for one slot of a group */
    int32_t group_words;
    int32_t bias; /* of the channel */
} job;

static job start(const tin_scalar_depthwise_s8 *params, int8_t *scratch) {
    const tin_window2d *window = &params->window;
    job j = {params, (uint32_t *)(void *)scratch, 0, 0, 0, 0, 0};
    j.row_words = 4 * window->kernel_width;
    j.group_words = window->kernel_height * j.row_words;
    j.line = scratch + 4 * j.group_words * params->groups;
    j.weights = j.line + params->line_bytes;
    tin_fill_s8(j.line, (int8_t)window->fill, params->line_bytes);
    return j;
}

/* The weights of a channel: rows 0 to last - 1 twice around the last. */
static void turn_weights(const job *j, int32_t channel) {
    const tin_window2d *window = &j->params->window;
    int32_t taps = window->kernel_height * window->kernel_width;
    const int8_t *from = j->params->weights + channel * taps;
    tin_copy_s8(j->weights, from, taps);
    tin_copy_s8(j->weights + taps, from, taps - window->kernel_width);
}

/* Packs a line, from its first pixel of the channel on (NULL: padding), into a slot. */
static TIN_NOINLINE void pack_line(const job *j, int32_t slot, const int8_t *from) {
    const tin_window2d *window = &j->params->window;
    const int32_t channels = window->in_channels;
    int8_t *inside = j->line + window->pad_left;
    int32_t count = j->params->line_bytes - window->pad_left;
    count = count < window->in_width ? count : window->in_width;
    if (from == 0) {
        tin_fill_s8(inside, (int8_t)window->fill, count > 0 ? count : 0);
    } else {
        TIN_ROLLED
        for (; count > 0; count--) {
            *inside++ = *from;
            from += channels;
        }
    }
    const int32_t stride = window->stride_width;
    const int8_t *x = j->line;
    uint32_t *to = j->panel + slot * j->row_words;
    for (int32_t group = j->params->groups; group > 0; group--) {
        const int8_t *y = x + 3 * stride;
        for (int32_t kx = window->kernel_width; kx > 0; kx--) {
            tin_scalar_pack3(to, x[0], x[stride], x[2 * stride]);
            tin_scalar_pack3(to + 2, y[0], y[stride], y[2 * stride]);
            to += 4;
            x++;
            y++;
        }
        x += 6 * stride - window->kernel_width;
        to += j->group_words - j->row_words;
    }
}

/* One line of outputs of a channel; `first_slot` holds the windows' first line. */
static void
run_line(const job *j, const tin_scalar_scale *scale, int32_t first_slot, int8_t *output) {
    const tin_window2d *window = &j->params->window;
    const int32_t taps = window->kernel_height * window->kernel_width;
    /* Of the kernel, in slot 0. */
    int32_t first_row = first_slot == 0 ? 0 : window->kernel_height - first_slot;
    const int8_t *weights = j->weights + first_row * window->kernel_width;
    const uint32_t *panel = j->panel;
    for (int32_t rest = window->out_width; rest > 0; rest -= TIN_SCALAR_PIXELS) {
        int32_t sums[TIN_SCALAR_PIXELS];
        tin_scalar_start(sums, j->bias);
        tin_scalar_add_products(panel, weights, taps, sums);
        int32_t count = rest < TIN_SCALAR_PIXELS ? rest : TIN_SCALAR_PIXELS;
        tin_scalar_store(scale, sums, count, window->in_channels, output);
        output += TIN_SCALAR_PIXELS * window->in_channels;
        panel += j->group_words;
    }
}

static void
run_channel(const job *j, const tin_scalar_scale *scale, const int8_t *input, int8_t *output) {
    const tin_window2d *window = &j->params->window;
    const int32_t height = window->kernel_height;
    int32_t ready = -window->pad_top; /* first line that is not packed yet */
    int32_t slot = 0;                 /* where it goes */
    int32_t top = -window->pad_top;
    int32_t top_slot = 0;
    for (int32_t out = 0; out < window->out_height; out++) {
        for (; ready < top + height; ready++) {
            int is_there = ready >= 0 && ready < window->in_height;
            const int8_t *from = input + ready * window->in_width * window->in_channels;
            pack_line(j, slot, is_there ? from : 0);
            slot = slot + 1 < height ? slot + 1 : 0;
        }
        run_line(j, scale, top_slot, output);
        output += window->out_width * window->in_channels;
        top += window->stride_height;
        top_slot += window->stride_height;
        while (top_slot >= height) {
            top_slot -= height;
        }
    }
}

/* Every channel overwrites only itself when input and output begin at the same place. */
static const int8_t *moved(const tin_window2d *window, const int8_t *input, int8_t *output) {
    uintptr_t apart = (uintptr_t)input - (uintptr_t)output;
    int32_t out_bytes = window->out_height * window->out_width * window->in_channels;
    if (apart == 0 || apart >= (uintptr_t)out_bytes) {
        return input;
    }
    tin_copy_s8(output, input, window->in_height * window->in_width * window->in_channels);
    return output;
}

void tin_scalar_depthwise_run_s8(const tin_scalar_depthwise_s8 *params,
                                 const int8_t *input,
                                 int8_t *output,
                                 int8_t *scratch) {
    job j = start(params, scratch);
    input = moved(&params->window, input, output);
    for (int32_t channel = 0; channel < params->window.in_channels; channel++) {
        tin_scalar_scale scale =
            tin_scalar_scale_of(&params->requantize, channel, params->is_short);
        j.bias = params->requantize.bias[channel];
        turn_weights(&j, channel);
        run_channel(&j, &scale, input + channel, output + channel);
    }
}

void tin_scalar_depthwise_row_s8(const tin_scalar_depthwise_s8 *params,
                                 const int8_t *const *rows,
                                 int8_t *output,
                                 int8_t *scratch) {
    job j = start(params, scratch);
    for (int32_t channel = 0; channel < params->window.in_channels; channel++) {
        tin_scalar_scale scale =
            tin_scalar_scale_of(&params->requantize, channel, params->is_short);
        j.bias = params->requantize.bias[channel];
        turn_weights(&j, channel);
        for (int32_t slot = 0; slot < params->window.kernel_height; slot++) {
            pack_line(&j, slot, rows[slot] != 0 ? rows[slot] + channel : 0);
        }
        run_line(&j, &scale, 0, output + channel);
    }
}
