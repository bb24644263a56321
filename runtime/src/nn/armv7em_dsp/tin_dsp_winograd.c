/* SPDX-License-Identifier: Apache-2.0 */
/* Winograd convolution, tile by tile: what lies over borders goes through a copy. */
#include "tin/nn/armv7em_dsp/dsp_simd.h"
#include "tin/nn/armv7em_dsp/dsp_winograd.h"
#include "tin/nn/requantize.h"
#include "tin/nn/tuning.h"

enum { TILES = 4 };

/* Four tiles at a time; those that are missing at the end are computed from what v holds, and what
   they make is left in `staging`. */
typedef struct {
    const tin_dsp_winograd_s8 *params;
    const int8_t *input;
    int8_t *output;
    uint32_t *v;
    int8_t *staging; /* a tile of inputs, later four tiles of outputs */
    int32_t x[TILES];
    int32_t y[TILES];
} job;

static void copy(int8_t *to, const int8_t *from, int32_t count) {
    for (; count >= 4; count -= 4) {
        TIN_KEEP(count);
        tin_dsp_store(to, tin_dsp_load(from));
        to += 4;
        from += 4;
    }
    for (; count > 0; count--) {
        TIN_KEEP(count);
        *to++ = *from++;
    }
}

static void fill(int8_t *to, int32_t value, int32_t count) {
    uint32_t word = (uint32_t)(uint8_t)value * 0x01010101U;
    for (int32_t i = 0; i < count; i += 4) {
        TIN_KEEP(i);
        tin_dsp_store(to + i, word);
    }
}

/* A tile that reaches over the border, with its padding. */
static TIN_NOINLINE void stage(const job *j, int32_t y, int32_t x) {
    const tin_window2d *window = &j->params->window;
    int32_t channels = window->in_channels;
    int8_t *to = j->staging;
    fill(to, window->fill, 16 * channels);
    int32_t first = x < 0 ? -x : 0;
    int32_t last = window->in_width - x < 4 ? window->in_width - x : 4;
    for (int32_t i = 0; i < 4 && first < last; i++) {
        if (y + i >= 0 && y + i < window->in_height) {
            const int8_t *row = j->input + ((y + i) * window->in_width + x + first) * channels;
            copy(to + (4 * i + first) * channels, row, (last - first) * channels);
        }
    }
}

static void read_tile(const job *j, int32_t tile) {
    const tin_window2d *window = &j->params->window;
    int32_t y = j->y[tile] - window->pad_top;
    int32_t x = j->x[tile] - window->pad_left;
    int32_t channels = window->in_channels;
    const int8_t *at = j->staging;
    int32_t pitch = 4 * channels;
    if (y >= 0 && x >= 0 && y + 4 <= window->in_height && x + 4 <= window->in_width) {
        pitch = window->in_width * channels;
        at = j->input + y * pitch + x * channels;
    } else {
        stage(j, y, x);
    }
    const int8_t *rows[4] = {at, at + pitch, at + 2 * pitch, at + 3 * pitch};
    tin_dsp_winograd_input(j->v + tile, rows, channels);
}

static int is_whole(const tin_window2d *window, int32_t y, int32_t x) {
    return y + 2 <= window->out_height && x + 2 <= window->out_width;
}

static void clamp(const tin_dsp_winograd_s8 *params, int8_t *at, int32_t count) {
    for (int32_t i = 0; i < count; i++) {
        at[i] = (int8_t)tin_clamp_s32(at[i], params->minimum, params->maximum);
    }
}

/* What is left to do once a tile's outputs are there. */
static void finish_tile(const job *j, int32_t tile, const tin_dsp_winograd_place *place) {
    const tin_dsp_winograd_s8 *params = j->params;
    const tin_window2d *window = &params->window;
    int32_t count = params->num_outputs;
    int32_t y = j->y[tile];
    int32_t x = j->x[tile];
    int32_t across = window->out_width - x < 2 ? count : 2 * count;
    int8_t *at = j->output + (y * window->out_width + x) * count;
    if (!is_whole(window, y, x)) {
        copy(at, place->top, across);
        if (y + 2 <= window->out_height) {
            copy(at + window->out_width * count, place->bottom, across);
        }
    }
    if (params->is_clamped) {
        clamp(params, at, across);
        if (y + 2 <= window->out_height) {
            clamp(params, at + window->out_width * count, across);
        }
    }
}

static void run_tiles(const job *j, int32_t tiles) {
    const tin_dsp_winograd_s8 *params = j->params;
    const tin_window2d *window = &params->window;
    int32_t count = params->num_outputs;
    tin_dsp_winograd_place places[TILES];
    for (int32_t i = 0; i < TILES; i++) {
        TIN_KEEP(i);
        places[i].top = j->staging + 4 * i * count;
        places[i].bottom = places[i].top + 2 * count;
        if (i < tiles) {
            read_tile(j, i);
            if (is_whole(window, j->y[i], j->x[i])) {
                places[i].top = j->output + (j->y[i] * window->out_width + j->x[i]) * count;
                places[i].bottom = places[i].top + window->out_width * count;
            }
        }
    }
    tin_dsp_winograd_products(params, j->v, places);
    for (int32_t i = 0; i < tiles; i++) {
        TIN_KEEP(i);
        if (params->is_clamped || !is_whole(window, j->y[i], j->x[i])) {
            finish_tile(j, i, &places[i]);
        }
    }
}

void tin_dsp_winograd_run_s8(const tin_dsp_winograd_s8 *params,
                             const int8_t *input,
                             int8_t *output,
                             int8_t *scratch) {
    const tin_window2d *window = &params->window;
    int32_t words = 32 * window->in_channels;
    job j = {params, input, output, (uint32_t *)(void *)scratch, 0, {0}, {0}};
    j.staging = scratch + 4 * (words + 128);
    int32_t y = 0;
    int32_t x = 0;
    while (y < window->out_height) {
        int32_t tiles = 0;
        for (; tiles < TILES && y < window->out_height; tiles++) {
            j.y[tiles] = y;
            j.x[tiles] = x;
            x += 2;
            if (x >= window->out_width) {
                x = 0;
                y += 2;
            }
        }
        run_tiles(&j, tiles);
    }
}
