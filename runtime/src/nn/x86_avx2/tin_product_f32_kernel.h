/* SPDX-License-Identifier: Apache-2.0 */
/* float32 products at one level: a tile of windows times 16, 32, 48 or 64 outputs in registers. */
#include "tin_image_f32_kernel.h"
#include "tin_windows_kernel.h"

/* Up to 64 outputs. */
typedef struct {
    const float *weights;
    int32_t weights_step; /* from one value of depth to the next */
    const float *bias;
    int32_t first; /* output */
} V(block_f32);

/* acc[p][n] += windows x[p] times 16 outputs n. */
TIN_INLINE void V(sum_tile_f32)(const tin_x86_windows *windows,
                                const V(block_f32) * block,
                                const float *const *x,
                                int32_t pixels,
                                int32_t groups,
                                V(f32) acc[12][4]) {
    const float *w = block->weights;
    for (int32_t run = 0; run < windows->num_runs; run++) {
        ptrdiff_t from = windows->runs[run];
        for (ptrdiff_t end = from + windows->run_length; from != end; from++) {
            V(f32) rows[4];
            TIN_UNROLLED
            for (int32_t n = 0; n < groups; n++) {
                rows[n] = V(load_f32)(w + 16 * n);
            }
            TIN_UNROLLED
            for (int32_t p = 0; p < pixels; p++) {
                TIN_UNROLLED
                for (int32_t n = 0; n < groups; n++) {
                    acc[p][n] = V(multiply_add_f32)(acc[p][n], x[p] + from, rows[n]);
                }
            }
            w += block->weights_step;
        }
    }
}

/* The next `pixels` windows (1, 4, 8 or 12) times 16 * groups outputs. */
TIN_INLINE void V(tile_f32)(const tin_x86_product_f32 *params,
                            const V(block_f32) * block,
                            const float *image,
                            tin_x86_cursor *at,
                            int32_t pixels,
                            int32_t groups,
                            float *output) {
    const float *x[12];
    V(f32) acc[12][4];
    int32_t exist = at->left < pixels ? at->left : pixels;
    TIN_UNROLLED
    for (int32_t p = 0; p < pixels; p++) {
        x[p] = image + tin_x86_next(&params->windows, at);
        TIN_UNROLLED
        for (int32_t n = 0; n < groups; n++) {
            acc[p][n] = V(splat_f32)(0.0f);
        }
    }
    V(sum_tile_f32)(&params->windows, block, x, pixels, groups, acc);
    const V(f32) minimum = V(splat_f32)(params->minimum), maximum = V(splat_f32)(params->maximum);
    TIN_UNROLLED
    for (int32_t n = 0; n < groups; n++) {
        V(f32) bias = V(load_f32)(block->bias + 16 * n);
        int32_t rest = params->num_outputs - block->first - 16 * n;
        TIN_UNROLLED
        for (int32_t p = 0; p < pixels; p++) {
            V(f32) value = V(clamp_f32)(V(add_f32)(acc[p][n], bias), minimum, maximum);
            if (p < exist) {
                V(store_f32)(output + p * params->num_outputs + 16 * n, value, rest);
            }
        }
    }
}

/* All windows times 16 * groups outputs. */
TIN_INLINE void V(groups_f32)(const tin_x86_product_f32 *params,
                              const V(block_f32) * block,
                              const float *image,
                              int32_t groups,
                              float *output) {
    const int32_t tile = groups > 2 || TIN_LEVEL < 3 ? 4 : groups == 2 ? 8 : 12;
    int32_t left = params->windows.num_pixels;
    tin_x86_cursor at = {0, 0, left};
    output += block->first;
    while (left > 1) {
        V(tile_f32)(params, block, image, &at, tile, groups, output);
        left -= tile;
        output += tile * params->num_outputs;
    }
    if (left == 1) {
        V(tile_f32)(params, block, image, &at, 1, groups, output);
    }
}

static TIN_TARGET void V(product_f32)(const tin_x86_product_f32 *params,
                                      const float *input,
                                      float *output,
                                      float *scratch) {
    const float *image = V(image_f32)(&params->image, input, scratch);
    const int32_t steps = params->windows.num_runs * params->windows.run_length;
    V(block_f32) block = {params->weights, 0, params->bias, 0};
    while (block.first < params->num_outputs) {
        int32_t groups = (params->num_outputs - block.first + 15) / 16;
        groups = groups < 4 ? groups : 4;
        block.weights_step = 16 * groups;
#if TIN_LEVEL == 3
        switch (groups) {
        case 1:
            V(groups_f32)(params, &block, image, 1, output);
            break;
        case 2:
            V(groups_f32)(params, &block, image, 2, output);
            break;
        case 3:
            V(groups_f32)(params, &block, image, 3, output);
            break;
        default:
            V(groups_f32)(params, &block, image, 4, output);
            break;
        }
#else
        V(block_f32) part = block;
        for (int32_t n = 0; n < groups; n++) {
            V(groups_f32)(params, &part, image, 1, output);
            part.weights += 16;
            part.bias += 16;
            part.first += 16;
        }
#endif
        block.weights += steps * block.weights_step;
        block.bias += 16 * groups;
        block.first += 16 * groups;
    }
}
