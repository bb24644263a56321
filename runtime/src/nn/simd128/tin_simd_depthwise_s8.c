/* SPDX-License-Identifier: Apache-2.0 */
/* Depthwise convolution of int8 values: 16 lanes of a row, taps in pairs. */
#include "tin/nn/simd128/depthwise.h"
#include "tin_simd.h"
#include "tin_simd_image.h"

#define LANES 16
#define TAPS_3X3 10 /* an even number */

/* 16 neighbouring outputs. */
TIN_SIMD_INLINE tin_simd_s8 outputs_of(const tin_simd_depthwise_s8 *params,
                                       const tin_simd_limits *limits,
                                       const int8_t *x,
                                       int32_t phase,
                                       const int32_t *taps,
                                       int32_t num_taps) {
    const int8_t *w = params->weights + phase * num_taps * LANES;
    const int32_t *record = params->outputs.records + phase * 4 * TIN_SIMD_RECORD;
    const int32_t *const records[4] = {record,
                                       record + TIN_SIMD_RECORD,
                                       record + 2 * TIN_SIMD_RECORD,
                                       record + 3 * TIN_SIMD_RECORD};
    tin_simd_s32 acc[4];
    TIN_SIMD_UNROLLED
    for (int32_t i = 0; i < 4; i++) {
        acc[i] = tin_simd_load_s32(records[i]);
    }
    for (int32_t tap = 0; tap < num_taps; tap += 2) {
        tin_simd_s8 x0 = tin_simd_load(x + taps[tap]), x1 = tin_simd_load(x + taps[tap + 1]);
        tin_simd_s8 w0 = tin_simd_load(w), w1 = tin_simd_load(w + LANES);
        tin_simd_add_products(acc, x0, w0, x1, w1);
        w += 2 * LANES;
    }
    return tin_simd_finish(&params->outputs, limits, records, acc);
}

TIN_SIMD_INLINE void run(const tin_simd_depthwise_s8 *params,
                         const int8_t *image,
                         int8_t *output,
                         const int32_t *taps,
                         int32_t num_taps) {
    const tin_simd_limits limits = tin_simd_limits_of(&params->outputs);
    for (int32_t y = 0; y < params->lanes.out_height; y++) {
        const int8_t *x = image;
        for (int32_t segment = 0; segment < params->lanes.segments; segment++) {
            int32_t phase = 0;
            for (int32_t left = params->lanes.lanes; left > 0; left -= LANES) {
                tin_simd_s8 values = outputs_of(params, &limits, x, phase, taps, num_taps);
                int32_t count = left < LANES ? left : LANES;
                if (count == LANES) {
                    tin_simd_store(output, values);
                } else {
                    tin_simd_store_some(output, values, count);
                }
                x += count;
                output += count;
                phase = phase + 1 == params->lanes.period ? 0 : phase + 1;
            }
        }
        image += params->lanes.row_step;
    }
}

void tin_simd_depthwise_run_s8(const tin_simd_depthwise_s8 *params,
                               const int8_t *input,
                               int8_t *output,
                               int8_t *scratch) {
    const int8_t *image = tin_simd_image_of(&params->image, input, 1, scratch);
    if (params->lanes.num_taps == TAPS_3X3) {
        /* A copy, because a store to an int8_t may change anything as far as the compiler knows. */
        int32_t taps[TAPS_3X3];
        for (int32_t i = 0; i < TAPS_3X3; i++) {
            taps[i] = params->lanes.taps[i];
        }
        run(params, image, output, taps, TAPS_3X3);
    } else {
        run(params, image, output, params->lanes.taps, params->lanes.num_taps);
    }
}
