/* SPDX-License-Identifier: Apache-2.0 */
/* int8 products at one level: a tile of windows times 16, 32, 48 or 64 outputs in registers. */
#include "tin_image_s8_kernel.h"
#include "tin_windows_kernel.h"

#ifndef TIN_NN_X86_AVX2_PRODUCT_S8_KERNEL_H
#define TIN_NN_X86_AVX2_PRODUCT_S8_KERNEL_H

/* How a tile's outputs lie. */
#define TIN_PARTS 0    /* anywhere, and some may not exist */
#define TIN_WHOLE 1    /* as V(finish_whole_s8) stores them */
#define TIN_POSITIVE 2 /* so too, and the usual activation follows */

#endif

/* Up to 64 outputs. */
typedef struct {
    const int8_t *weights;
    int32_t weights_step; /* from 4 values of depth to the next 4 */
    const int32_t *records;
    int32_t first; /* output */
} V(block_s8);

/* acc[p][n] += windows x[p] times 16 outputs n. */
TIN_INLINE void V(sum_tile_s8)(const tin_x86_windows *windows,
                               const V(block_s8) * block,
                               const uint8_t *const *x,
                               int32_t pixels,
                               int32_t groups,
                               V(i32) acc[8][4]) {
    const int8_t *w = block->weights;
    for (int32_t run = 0; run < windows->num_runs; run++) {
        ptrdiff_t from = windows->runs[run];
        for (ptrdiff_t end = from + windows->run_length; from != end; from += 4) {
            V(weights) rows[4];
            TIN_UNROLLED
            for (int32_t n = 0; n < groups; n++) {
                rows[n] = V(load_weights)(w + 64 * n);
            }
            TIN_UNROLLED
            for (int32_t p = 0; p < pixels; p++) {
                V(quads) quads = V(broadcast)(x[p] + from);
                TIN_UNROLLED
                for (int32_t n = 0; n < groups; n++) {
                    acc[p][n] = V(dot)(acc[p][n], quads, rows[n]);
                }
            }
            w += block->weights_step;
        }
    }
}

static inline tin_x86_ending V(ending_of)(const tin_x86_product_s8 *params) {
    tin_x86_ending ending = {
        params->rounding, params->zero_point, {params->minimum, params->maximum}};
    return ending;
}

/* Four windows' 16 sums to outputs; `count` of the outputs and `pixels` of the windows exist. */
TIN_APART void V(finish_s8)(const tin_x86_product_s8 *params,
                            const int32_t *record,
                            V(i32) * sums,
                            int32_t pixels,
                            int32_t count,
                            int8_t *output) {
    tin_x86_limits limits = {params->minimum, params->maximum};
    V(factors) factors = V(load_factors)(record);
    V(requantize_4)(&factors, 0, params->rounding, params->zero_point, sums);
    V(bytes) bytes = V(transpose)(V(pack)(sums, &limits));
    V(store_quarters)(output, params->num_outputs, bytes, pixels, count);
}

/* Four times 16 sums to 64 outputs that lie side by side. */
TIN_APART void V(finish_64_s8)(const int32_t *const *records,
                               const tin_x86_ending *ending,
                               V(i32) * sums,
                               int8_t *output) {
    V(factors) factors[4];
    TIN_UNROLLED
    for (int32_t i = 0; i < 4; i++) {
        factors[i] = V(load_factors)(records[i]);
    }
    V(requantize_4)(factors, 1, ending->rounding, ending->zero_point, sums);
    V(store_bytes)(output, V(transpose)(V(pack)(sums, &ending->limits)), 64);
}

/* Outputs of a tile that lie side by side, one window after the other: 16 * groups outputs are all
   there are, or 64. The few instructions of the usual activation are worth an instance each. */
TIN_INLINE void V(finish_whole_s8)(const tin_x86_product_s8 *params,
                                   const V(block_s8) * block,
                                   V(i32) acc[8][4],
                                   int32_t pixels,
                                   int32_t groups,
                                   int32_t is_positive,
                                   int8_t *output) {
    const tin_x86_ending ending = V(ending_of)(params);
    const tin_x86_limits every = TIN_X86_EVERY;
    const int32_t step = groups == 4 ? params->num_outputs : 64;
    V(factors) factors[4];
    TIN_UNROLLED
    for (int32_t n = 0; n < groups && is_positive; n++) {
        factors[n] = V(load_factors)(block->records + TIN_RECORD * n);
    }
    TIN_UNROLLED
    for (int32_t i = 0; i < pixels * groups; i += 4) {
        V(i32) sums[4];
        V(factors) own[4];
        const int32_t *records[4];
        TIN_UNROLLED
        for (int32_t j = 0; j < 4; j++) {
            const int32_t n = (i + j) % groups;
            sums[j] = acc[(i + j) / groups][n];
            records[j] = block->records + TIN_RECORD * n;
            if (is_positive) {
                own[j] = factors[n];
            }
        }
        if (is_positive) {
            V(requantize_4)(own, 1, TIN_X86_SCALED | TIN_X86_POSITIVE, 0, sums);
            V(store_bytes)(output, V(transpose)(V(pack)(sums, &every)), 64);
        } else {
            V(finish_64_s8)(records, &ending, sums, output);
        }
        output += step;
    }
}

/* The same wherever outputs lie; `exist` of the windows count. */
TIN_INLINE void V(finish_parts_s8)(const tin_x86_product_s8 *params,
                                   const V(block_s8) * block,
                                   V(i32) acc[8][4],
                                   int32_t pixels,
                                   int32_t groups,
                                   int32_t exist,
                                   int8_t *output) {
    TIN_UNROLLED
    for (int32_t n = 0; n < groups; n++) {
        const int32_t *record = block->records + TIN_RECORD * n;
        int32_t rest = params->num_outputs - block->first - 16 * n;
        int32_t count = rest < 16 ? rest : 16;
        TIN_UNROLLED
        for (int32_t p = 0; p < pixels; p += 4) {
            V(i32) sums[4];
            TIN_UNROLLED
            for (int32_t i = 0; i < 4; i++) {
                sums[i] = acc[p + i < pixels ? p + i : p][n];
            }
            int8_t *out = output + p * params->num_outputs + 16 * n;
            V(finish_s8)(params, record, sums, exist - p, count, out);
        }
    }
}

/* The next `pixels` windows (1, 4 or 8) times 16 * groups outputs. */
TIN_INLINE void V(tile_s8)(const tin_x86_product_s8 *params,
                           const V(block_s8) * block,
                           const uint8_t *image,
                           tin_x86_cursor *at,
                           int32_t pixels,
                           int32_t groups,
                           int32_t lie,
                           int8_t *output) {
    const uint8_t *x[8];
    V(i32) acc[8][4];
    ptrdiff_t offsets[8];
    int32_t exist = at->left < pixels ? at->left : pixels;
    tin_x86_next_few(&params->windows, at, pixels, offsets);
    TIN_UNROLLED
    for (int32_t p = 0; p < pixels; p++) {
        x[p] = image + offsets[p];
        TIN_UNROLLED
        for (int32_t n = 0; n < groups; n++) {
            acc[p][n] = V(load_i32)(block->records + TIN_RECORD * n);
        }
    }
    V(sum_tile_s8)(&params->windows, block, x, pixels, groups, acc);
    if (lie != TIN_PARTS) {
        V(finish_whole_s8)(params, block, acc, pixels, groups, lie == TIN_POSITIVE, output);
    } else {
        V(finish_parts_s8)(params, block, acc, pixels, groups, exist, output);
    }
}

/* `count` windows, whole tiles, times 16 * groups outputs that lie as V(finish_whole_s8) stores
   them; one instance for the usual activation. */
TIN_INLINE void V(whole_tiles_s8)(const tin_x86_product_s8 *params,
                                  const V(block_s8) * block,
                                  const uint8_t *image,
                                  tin_x86_cursor *at,
                                  int32_t tile,
                                  int32_t groups,
                                  int32_t count,
                                  int8_t *output) {
    const tin_x86_ending ending = V(ending_of)(params);
    const int32_t is_positive = tin_x86_ends_so(&ending, TIN_X86_SCALED | TIN_X86_POSITIVE);
    for (int32_t done = 0; is_positive && done < count; done += tile) {
        V(tile_s8)(params, block, image, at, tile, groups, TIN_POSITIVE, output);
        output += tile * params->num_outputs;
    }
    for (int32_t done = 0; !is_positive && done < count; done += tile) {
        V(tile_s8)(params, block, image, at, tile, groups, TIN_WHOLE, output);
        output += tile * params->num_outputs;
    }
}

/* All windows times 16 * groups outputs. */
TIN_INLINE void V(groups_s8)(const tin_x86_product_s8 *params,
                             const V(block_s8) * block,
                             const uint8_t *image,
                             int32_t groups,
                             int8_t *output) {
    const int32_t tile = groups > 2 || TIN_LEVEL < 3 ? 4 : 8;
    const int32_t fills_vectors = groups == 4 && params->num_outputs - block->first >= 64;
    int32_t left = params->windows.num_pixels;
    tin_x86_cursor at = {0, 0, left};
    output += block->first;
    if (left >= tile && (fills_vectors || params->num_outputs == 16 * groups)) {
        const int32_t whole = left - left % tile;
        V(whole_tiles_s8)(params, block, image, &at, tile, groups, whole, output);
        left -= whole;
        output += whole * params->num_outputs;
    }
    while (left > 1) {
        V(tile_s8)(params, block, image, &at, tile, groups, TIN_PARTS, output);
        left -= tile;
        output += tile * params->num_outputs;
    }
    if (left == 1 && fills_vectors) {
        V(tile_s8)(params, block, image, &at, 1, groups, TIN_WHOLE, output);
    } else if (left == 1) {
        V(tile_s8)(params, block, image, &at, 1, groups, TIN_PARTS, output);
    }
}

#if TIN_LEVEL == 3
/* 8 windows times 8 outputs, whose weights are there twice: two windows share a vector. */
TIN_INLINE void V(twins_s8)(const tin_x86_product_s8 *params,
                            const uint8_t *image,
                            tin_x86_cursor *at,
                            const tin_x86_ending *ending,
                            int8_t *output) {
    const tin_x86_windows *windows = &params->windows;
    const int8_t *w = params->weights;
    const uint8_t *x[8];
    V(i32) acc[4];
    ptrdiff_t offsets[8];
    int32_t exist = at->left < 8 ? at->left : 8;
    tin_x86_next_few(windows, at, 8, offsets);
    TIN_UNROLLED
    for (int32_t p = 0; p < 8; p++) {
        x[p] = image + offsets[p];
        acc[p / 2] = V(load_i32)(params->records);
    }
    for (int32_t run = 0; run < windows->num_runs; run++) {
        ptrdiff_t from = windows->runs[run];
        for (ptrdiff_t end = from + windows->run_length; from != end; from += 4, w += 64) {
            TIN_UNROLLED
            for (int32_t i = 0; i < 4; i++) {
                V(quads) quads = V(broadcast_two)(x[2 * i] + from, x[2 * i + 1] + from);
                acc[i] = V(dot)(acc[i], quads, V(load_weights)(w));
            }
        }
    }
    V(factors) factors = V(load_factors)(params->records);
    V(requantize_4)(&factors, 0, ending->rounding, ending->zero_point, acc);
    V(store_bytes)(output, V(transpose)(V(pack)(acc, &ending->limits)), 8 * exist);
}

/* Whether there are 8 outputs, and then all windows times them. */
TIN_INLINE int32_t V(all_twins_s8)(const tin_x86_product_s8 *params,
                                   const uint8_t *image,
                                   int8_t *output) {
    if (params->num_outputs != 8) {
        return 0;
    }
    tin_x86_cursor at = {0, 0, params->windows.num_pixels};
    const tin_x86_ending ending = V(ending_of)(params);
    const tin_x86_ending positive = {TIN_X86_SCALED | TIN_X86_POSITIVE, 0, TIN_X86_EVERY};
    const tin_x86_ending scaled = {TIN_X86_SCALED, 0, TIN_X86_EVERY};
    int32_t left = at.left;
    if (tin_x86_ends_so(&ending, positive.rounding)) {
        for (; left > 0; left -= 8, output += 64) {
            V(twins_s8)(params, image, &at, &positive, output);
        }
    } else if (tin_x86_ends_so(&ending, scaled.rounding)) {
        for (; left > 0; left -= 8, output += 64) {
            V(twins_s8)(params, image, &at, &scaled, output);
        }
    } else {
        for (; left > 0; left -= 8, output += 64) {
            V(twins_s8)(params, image, &at, &ending, output);
        }
    }
    return 1;
}
#endif

static TIN_TARGET void V(product_s8)(const tin_x86_product_s8 *params,
                                     const int8_t *input,
                                     int8_t *output,
                                     int8_t *scratch) {
    const uint8_t *image = V(image_s8)(&params->image, input, scratch);
#if TIN_LEVEL == 3
    if (V(all_twins_s8)(params, image, output)) {
        return;
    }
#endif
    const int32_t steps = params->windows.num_runs * params->windows.run_length / 4;
    V(block_s8) block = {params->weights, 0, params->records, 0};
    while (block.first < params->num_outputs) {
        int32_t groups = (params->num_outputs - block.first + 15) / 16;
        groups = groups < 4 ? groups : 4;
        block.weights_step = 64 * groups;
#if TIN_LEVEL == 3
        switch (groups) {
        case 1:
            V(groups_s8)(params, &block, image, 1, output);
            break;
        case 2:
            V(groups_s8)(params, &block, image, 2, output);
            break;
        case 3:
            V(groups_s8)(params, &block, image, 3, output);
            break;
        default:
            V(groups_s8)(params, &block, image, 4, output);
            break;
        }
#else
        V(block_s8) part = block;
        for (int32_t n = 0; n < groups; n++) {
            V(groups_s8)(params, &part, image, 1, output);
            part.weights += 64;
            part.records += TIN_RECORD;
            part.first += 16;
        }
#endif
        block.weights += steps * block.weights_step;
        block.records += groups * TIN_RECORD;
        block.first += 16 * groups;
    }
}
