/* SPDX-License-Identifier: Apache-2.0 */
/* Convolution: gathers the windows of four pixels, then multiplies them with all outputs. */
#include "tin/nn/armv7em_dsp/dsp_conv2d.h"
#include "tin/nn/armv7em_dsp/dsp_simd.h"
#include "tin/nn/bytes.h"
#include "tin/nn/requantize.h"
#include "tin/nn/tuning.h"

/* What stays the same during a call. Either `rows` or `image` is there. */
typedef struct {
    const tin_dsp_conv2d_s8 *params;
    const int8_t *image;
    const int8_t *const *rows;
    uint32_t *panel;
    int8_t *staging; /* [4][run]: windows that reach over the border, one kernel row of them */
    int8_t *fill;    /* [run]: a kernel row of padding */
    int32_t run;     /* bytes of one kernel row */
} job;

/* Four output pixels. */
typedef struct {
    int32_t y[4];      /* row of the image that the next kernel row is on; may be negative */
    int32_t offset[4]; /* bytes from the image to that row */
    int32_t left[4];   /* first byte of the window in a row; may be negative */
    int32_t inside[4];
} group;

static void clamp(const tin_dsp_conv2d_s8 *params, int8_t *output, int32_t count) {
    for (int32_t i = 0; i < count; i++) {
        output[i] = (int8_t)tin_clamp_s32(output[i], params->minimum, params->maximum);
    }
}

static void
multiply(const tin_dsp_conv2d_s8 *params, const uint32_t *panel, int8_t *output, int32_t pixels) {
    tin_dsp_gemm_run(&params->gemm, panel, output, pixels);
    if (params->is_clamped) {
        clamp(params, output, pixels * params->gemm.num_outputs);
    }
}

static void run_pointwise(const tin_dsp_conv2d_s8 *params,
                          const int8_t *input,
                          int32_t count,
                          int8_t *output,
                          uint32_t *panel) {
    int32_t channels = params->window.in_channels;
    while (count > 0) {
        int32_t pixels = count < 4 ? count : 4;
        const int8_t *at[4];
        for (int32_t i = 0; i < 4; i++) {
            at[i] = input + (i < pixels ? i : 0) * channels;
        }
        tin_dsp_widen4(panel, at, channels, 1, 0);
        multiply(params, panel, output, pixels);
        input += pixels * channels;
        output += pixels * params->gemm.num_outputs;
        count -= pixels;
    }
}

static const int8_t *row_at(const job *j, int32_t top, int32_t ky) {
    const tin_window2d *window = &j->params->window;
    if (j->rows != 0) {
        return j->rows[ky];
    }
    int32_t y = top + ky * window->dilation_height;
    if (y < 0 || y >= window->in_height) {
        return 0;
    }
    return j->image + y * window->in_width * window->in_channels;
}

/* Runs are short: the compiler is kept from unrolling, which would cost more than it saves. */
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

/* One kernel row of a window that reaches over the border, or whose taps lie apart. */
static TIN_NOINLINE const int8_t *stage(const job *j, const int8_t *row, int32_t left, int8_t *to) {
    const tin_window2d *window = &j->params->window;
    int32_t channels = window->in_channels;
    int32_t width = window->in_width * channels;
    if (window->dilation_width == 1) {
        int32_t run = j->run;
        int32_t before = left < 0 ? (-left < run ? -left : run) : 0;
        int32_t end = width - left < run ? width - left : run;
        end = end < before ? before : end;
        copy(to, j->fill, before);
        copy(to + before, row + left + before, end - before);
        copy(to + end, j->fill, run - end);
        return to;
    }
    int32_t step = window->dilation_width * channels;
    int8_t *at = to;
    for (int32_t kx = 0; kx < window->kernel_width; kx++, left += step, at += channels) {
        const int8_t *from = left >= 0 && left < width ? row + left : j->fill;
        copy(at, from, channels);
    }
    return to;
}

/* Four windows side by side that do not reach over the left or right border. */
static void gather_inside(const job *j, int32_t top, int32_t left) {
    const tin_window2d *window = &j->params->window;
    int32_t step = window->stride_width * window->in_channels;
    int32_t pitch = window->dilation_height * window->in_width * window->in_channels;
    int32_t bottom = top + (window->kernel_height - 1) * window->dilation_height;
    /* Rows of an image lie evenly apart, those of padding and those given one by one do not. */
    int32_t is_even = j->rows == 0 && top >= 0 && bottom < window->in_height;
    int32_t together = is_even ? window->kernel_height : 1;
    uint32_t *panel = j->panel;
    for (int32_t ky = 0; ky < window->kernel_height; ky += together) {
        const int8_t *at[4] = {j->fill, j->fill, j->fill, j->fill};
        const int8_t *row = row_at(j, top, ky);
        if (row != 0) {
            at[0] = row + left;
            at[1] = at[0] + step;
            at[2] = at[1] + step;
            at[3] = at[2] + step;
        }
        panel = tin_dsp_widen4(panel, at, j->run, together, pitch);
    }
}

/* Any four windows, row by row. */
static void gather(const job *j, group *g) {
    const tin_window2d *window = &j->params->window;
    int32_t pitch = window->dilation_height * window->in_width * window->in_channels;
    uint32_t *panel = j->panel;
    for (int32_t ky = 0; ky < window->kernel_height; ky++) {
        const int8_t *at[4];
        for (int32_t i = 0; i < 4; i++) {
            TIN_KEEP(i);
            const int8_t *row = j->rows != 0 ? j->rows[ky] : 0;
            if (j->rows == 0 && g->y[i] >= 0 && g->y[i] < window->in_height) {
                row = j->image + g->offset[i];
            }
            g->y[i] += window->dilation_height;
            g->offset[i] += pitch;
            if (row == 0) {
                at[i] = j->fill;
            } else if (g->inside[i]) {
                at[i] = row + g->left[i];
            } else {
                at[i] = stage(j, row, g->left[i], j->staging + i * j->run);
            }
        }
        panel = tin_dsp_widen4(panel, at, j->run, 1, 0);
    }
}

static int is_inside(const tin_window2d *window, int32_t x) {
    return window->dilation_width == 1 && x >= 0 && x + window->kernel_width <= window->in_width;
}

/* Where the next window is. */
typedef struct {
    int32_t y;
    int32_t x;
    int32_t end; /* of x */
} cursor;

static void advance(const tin_window2d *window, cursor *at) {
    at->x += window->stride_width;
    if (at->x >= at->end) {
        at->x = -window->pad_left;
        at->y += window->stride_height;
    }
}

/* Gathers up to four windows; those that are missing repeat the last one, they are not stored. */
static void gather_any(const job *j, cursor *at, int32_t pixels) {
    const tin_window2d *window = &j->params->window;
    group g;
    for (int32_t i = 0; i < 4; i++) {
        g.y[i] = at->y;
        g.offset[i] = at->y * window->in_width * window->in_channels;
        g.left[i] = at->x * window->in_channels;
        g.inside[i] = is_inside(window, at->x);
        if (i + 1 < pixels) {
            advance(window, at);
        }
    }
    advance(window, at);
    gather(j, &g);
}

/* `count` output pixels from the first one of an output row on. */
static void run_pixels(const job *j, int32_t count, int8_t *output) {
    const tin_window2d *window = &j->params->window;
    cursor at = {-window->pad_top, -window->pad_left, 0};
    at.end = at.x + window->out_width * window->stride_width;
    while (count > 0) {
        int32_t pixels = count < 4 ? count : 4;
        int32_t last = at.x + 3 * window->stride_width;
        if (pixels == 4 && last < at.end && is_inside(window, at.x) && is_inside(window, last)) {
            gather_inside(j, at.y, at.x * window->in_channels);
            at.x = last;
            advance(window, &at);
        } else {
            gather_any(j, &at, pixels);
        }
        multiply(j->params, j->panel, output, pixels);
        output += pixels * j->params->gemm.num_outputs;
        count -= pixels;
    }
}

static void run_job(job *j, int32_t count, int8_t *output, int8_t *scratch) {
    const tin_dsp_conv2d_s8 *params = j->params;
    j->panel = (uint32_t *)(void *)scratch;
    j->run = params->window.kernel_width * params->window.in_channels;
    j->staging = scratch + 16 * params->gemm.pairs;
    j->fill = j->staging + 4 * j->run;
    tin_fill_s8(j->fill, (int8_t)params->window.fill, j->run);
    run_pixels(j, count, output);
}

void tin_dsp_conv2d_run_s8(const tin_dsp_conv2d_s8 *params,
                           const int8_t *input,
                           int8_t *output,
                           int8_t *scratch) {
    int32_t count = params->window.out_height * params->window.out_width;
    if (params->is_pointwise) {
        run_pointwise(params, input, count, output, (uint32_t *)(void *)scratch);
        return;
    }
    job j = {params, input, 0, 0, 0, 0, 0};
    run_job(&j, count, output, scratch);
}

void tin_dsp_conv2d_row_s8(const tin_dsp_conv2d_s8 *params,
                           const int8_t *const *rows,
                           int8_t *output,
                           int8_t *scratch) {
    job j = {params, 0, rows, 0, 0, 0, 0};
    run_job(&j, params->window.out_width, output, scratch);
}
