/* SPDX-License-Identifier: Apache-2.0 */
/* Convolution: packs the windows of six pixels into words, then multiplies them with all outputs.
 */
#include "tin/nn/scalar32/scalar_conv2d.h"
#include "tin/nn/scalar32/scalar_words.h"

/* What stays the same during a call. Either `rows` or `image` is there. */
typedef struct {
    const tin_scalar_conv2d_s8 *params;
    const int8_t *image;
    const int8_t *const *rows;
    uint32_t *panel;
    int8_t *staging; /* [6][run]: windows that touch padding, one kernel row of them */
    int32_t run;     /* bytes of one kernel row */
} job;

/* Origin of a window. */
typedef struct {
    int32_t y;
    int32_t x;
} place;

static const int8_t *line_at(const job *j, int32_t y, int32_t ky) {
    const tin_window2d *window = &j->params->window;
    if (j->rows != 0) {
        return j->rows[ky];
    }
    y += ky * window->dilation_height;
    int is_inside = y >= 0 && y < window->in_height;
    return is_inside ? j->image + y * window->in_width * window->in_channels : 0;
}

/* One kernel row of a window, contiguous: in the image or copied to `staging`. */
static const int8_t *window_row(const job *j, place at, int32_t ky, int8_t *staging) {
    const tin_window2d *window = &j->params->window;
    const int8_t *line = line_at(j, at.y, ky);
    int is_contiguous = window->dilation_width == 1 || window->kernel_width == 1;
    int is_inside = at.x >= 0 && at.x + window->kernel_width <= window->in_width;
    if (line != 0 && is_contiguous && is_inside) {
        return line + at.x * window->in_channels;
    }
    tin_window2d one_row = *window;
    one_row.kernel_height = 1;
    tin_window2d_gather_rows_s8(&one_row, &line, at.x, staging);
    return staging;
}

static void gather(const job *j, const place *windows) {
    uint32_t *panel = j->panel;
    for (int32_t ky = 0; ky < j->params->window.kernel_height; ky++) {
        const int8_t *pixels[TIN_SCALAR_PIXELS];
        for (int32_t i = 0; i < TIN_SCALAR_PIXELS; i++) {
            pixels[i] = window_row(j, windows[i], ky, j->staging + i * j->run);
        }
        panel = tin_scalar_pack(panel, pixels, j->run);
    }
}

/* All outputs of the packed pixels. */
static void multiply(const job *j, int32_t count, int8_t *output) {
    const tin_scalar_conv2d_s8 *params = j->params;
    const int8_t *weights = params->weights;
    for (int32_t index = 0; index < params->num_outputs; index++) {
        const uint32_t *panel = j->panel;
        int32_t sums[TIN_SCALAR_PIXELS];
        tin_scalar_start(sums, params->requantize.bias[index]);
        for (int32_t rest = params->depth; rest > 0; rest -= params->segment) {
            int32_t taps = rest < params->segment ? rest : params->segment;
            tin_scalar_add_products(panel, weights, taps, sums);
            panel += 4 * taps;
            weights += taps;
        }
        tin_scalar_scale scale = tin_scalar_scale_of(&params->requantize, index, params->is_short);
        tin_scalar_store(&scale, sums, count, params->num_outputs, output + index);
    }
}

/* `count` pixels in the order of the image; missing ones of the last six repeat the last. */
static void run(job *j, int32_t count, int8_t *output, int8_t *scratch) {
    const tin_window2d *window = &j->params->window;
    const int32_t end = window->out_width * window->stride_width - window->pad_left;
    j->panel = (uint32_t *)(void *)scratch;
    j->run = window->kernel_width * window->in_channels;
    j->staging = scratch + 16 * j->params->depth;
    place next = {-window->pad_top, -window->pad_left};
    for (; count > 0; count -= TIN_SCALAR_PIXELS) {
        int32_t pixels = count < TIN_SCALAR_PIXELS ? count : TIN_SCALAR_PIXELS;
        place windows[TIN_SCALAR_PIXELS];
        for (int32_t i = 0; i < TIN_SCALAR_PIXELS; i++) {
            windows[i] = next;
            if (i + 1 < pixels || pixels == TIN_SCALAR_PIXELS) {
                next.x += window->stride_width;
                if (next.x == end) {
                    next.x = -window->pad_left;
                    next.y += window->stride_height;
                }
            }
        }
        gather(j, windows);
        multiply(j, pixels, output);
        output += pixels * j->params->num_outputs;
    }
}

void tin_scalar_conv2d_run_s8(const tin_scalar_conv2d_s8 *params,
                              const int8_t *input,
                              int8_t *output,
                              int8_t *scratch) {
    job j = {params, input, 0, 0, 0, 0};
    run(&j, params->window.out_height * params->window.out_width, output, scratch);
}

void tin_scalar_conv2d_row_s8(const tin_scalar_conv2d_s8 *params,
                              const int8_t *const *rows,
                              int8_t *output,
                              int8_t *scratch) {
    job j = {params, 0, rows, 0, 0, 0};
    run(&j, params->window.out_width, output, scratch);
}
