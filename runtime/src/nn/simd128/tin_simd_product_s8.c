/* SPDX-License-Identifier: Apache-2.0 */
/* Convolutions and dense layers of int8 values: a tile of windows times 8 outputs in registers. */
#include "tin/nn/simd128/product.h"
#include "tin_simd.h"
#include "tin_simd_image.h"

#define OUTPUTS 8 /* of a group */

/* sums[p] += window x[p] times 8 outputs. */
TIN_SIMD_INLINE void multiply(const tin_simd_windows *windows,
                              const int8_t *const *x,
                              int32_t pixels,
                              const int8_t *w,
                              tin_simd_sums (*sums)[2]) {
    for (int32_t run = 0; run < windows->num_runs; run++) {
        ptrdiff_t at = windows->runs[run];
        ptrdiff_t end = at + windows->run_length;
#if defined(TIN_SIMD_HAS_CHUNKS)
        for (; end - at >= 16; at += 16, w += 128) {
            tin_simd_s8 chunks[TIN_SIMD_PIXELS];
            TIN_SIMD_UNROLLED
            for (int32_t p = 0; p < pixels; p++) {
                chunks[p] = tin_simd_load(x[p] + at);
            }
            tin_simd_dot_chunk(sums, chunks, pixels, w);
        }
#endif
        for (; at != end; at += 4, w += 32) {
            tin_simd_weights w0 = tin_simd_load_weights(w), w1 = tin_simd_load_weights(w + 16);
            TIN_SIMD_UNROLLED
            for (int32_t p = 0; p < pixels; p++) {
                tin_simd_quads quads = tin_simd_load_quads(x[p] + at);
                sums[p][0] = tin_simd_dot(sums[p][0], quads, w0);
                sums[p][1] = tin_simd_dot(sums[p][1], quads, w1);
            }
        }
    }
}

/* Sums of windows p and q as int8; those of q are stored where `second` is not NULL. */
TIN_SIMD_INLINE void finish(const tin_simd_product_s8 *params,
                            const tin_simd_limits *limits,
                            const int32_t *record,
                            const tin_simd_sums *p,
                            const tin_simd_sums *q,
                            int32_t count,
                            int8_t *first,
                            int8_t *second) {
    const int32_t *const records[4] = {
        record, record + TIN_SIMD_RECORD, record, record + TIN_SIMD_RECORD};
    const tin_simd_s32 sums[4] = {
        tin_simd_total(p[0]), tin_simd_total(p[1]), tin_simd_total(q[0]), tin_simd_total(q[1])};
    tin_simd_s8 values = tin_simd_finish(&params->outputs, limits, records, sums);
    if (count >= OUTPUTS) {
        tin_simd_store_low(first, values);
        if (second) {
            tin_simd_store_high(second, values);
        }
        return;
    }
    int8_t bytes[2 * OUTPUTS];
    tin_simd_store(bytes, values);
    for (int32_t i = 0; i < count; i++) {
        first[i] = bytes[i];
        if (second) {
            second[i] = bytes[OUTPUTS + i];
        }
    }
}

/* The next `pixels` windows (1 or an even number) times all outputs. */
TIN_SIMD_INLINE void tile(const tin_simd_product_s8 *params,
                          const int8_t *image,
                          tin_simd_cursor *place,
                          int32_t pixels,
                          int8_t *output) {
    const tin_simd_windows *windows = &params->windows;
    const int32_t group_bytes = windows->num_runs * windows->run_length * OUTPUTS;
    const tin_simd_limits limits = tin_simd_limits_of(&params->outputs);
    const int32_t exist = place->left;
    const int32_t *record = params->outputs.records;
    const int8_t *w = params->weights;
    const int8_t *x[TIN_SIMD_PIXELS];
    TIN_SIMD_UNROLLED
    for (int32_t p = 0; p < pixels; p++) {
        x[p] = image + tin_simd_next(windows, place);
    }
    for (int32_t left = params->num_outputs; left > 0; left -= OUTPUTS) {
        tin_simd_sums sums[TIN_SIMD_PIXELS][2];
        TIN_SIMD_UNROLLED
        for (int32_t p = 0; p < pixels; p++) {
            sums[p][0] = tin_simd_start(tin_simd_load_s32(record));
            sums[p][1] = tin_simd_start(tin_simd_load_s32(record + TIN_SIMD_RECORD));
        }
        multiply(windows, x, pixels, w, sums);
        int8_t *out = output;
        TIN_SIMD_UNROLLED
        for (int32_t p = 0; p < pixels; p += 2) {
            const int32_t q = p + 1 < pixels ? p + 1 : p;
            int8_t *second = p + 1 < exist ? out + params->num_outputs : NULL;
            if (p < exist) {
                finish(params, &limits, record, sums[p], sums[q], left, out, second);
            }
            out += 2 * params->num_outputs;
        }
        w += group_bytes;
        record += 2 * TIN_SIMD_RECORD;
        output += OUTPUTS;
    }
}

void tin_simd_product_run_s8(const tin_simd_product_s8 *params,
                             const int8_t *input,
                             int8_t *output,
                             int8_t *scratch) {
    const int8_t *image = tin_simd_image_of(&params->image, input, 1, scratch);
    int32_t left = params->windows.num_pixels;
    tin_simd_cursor place = {0, 0, left};
    while (left > 1) {
        int32_t pixels = left > 2 ? TIN_SIMD_PIXELS : 2;
        if (pixels == TIN_SIMD_PIXELS) {
            tile(params, image, &place, TIN_SIMD_PIXELS, output);
        } else {
            tile(params, image, &place, 2, output);
        }
        left -= pixels;
        output += pixels * params->num_outputs;
    }
    if (left == 1) {
        tile(params, image, &place, 1, output);
    }
}
