/* SPDX-License-Identifier: Apache-2.0 */
/* int8 depthwise convolution at one level: taps in groups of four, interleaved channel by channel.
 */
#include "tin_image_s8_kernel.h"

/* Four taps of 64 channels as four times 16 channels, in the order that V(pack) undoes. */
TIN_INLINE void V(interleave_taps)(const uint8_t *x, const int32_t *taps, V(quads) out[4]) {
    V(bytes) x0 = V(load_bytes)(x + taps[0]), x1 = V(load_bytes)(x + taps[1]);
    V(bytes) x2 = V(load_bytes)(x + taps[2]), x3 = V(load_bytes)(x + taps[3]);
    V(bytes) low01 = V(low8)(x0, x1), high01 = V(high8)(x0, x1);
    V(bytes) low23 = V(low8)(x2, x3), high23 = V(high8)(x2, x3);
    out[0] = V(quads_of)(V(low16)(low01, low23));
    out[1] = V(quads_of)(V(high16)(low01, low23));
    out[2] = V(quads_of)(V(low16)(high01, high23));
    out[3] = V(quads_of)(V(high16)(high01, high23));
}

/* 64 neighbouring outputs, of which `count` exist. */
TIN_INLINE void V(lanes_s8)(const tin_x86_depthwise_s8 *params,
                            const uint8_t *x,
                            int32_t phase,
                            int32_t count,
                            int8_t *output) {
    const tin_x86_lanes *lanes = &params->lanes;
    const int8_t *w = params->weights + phase * lanes->num_taps * 64;
    const int32_t *records = params->records + phase * 4 * TIN_RECORD;
    tin_x86_limits limits = {params->minimum, params->maximum};
    V(i32) acc[4];
    TIN_UNROLLED
    for (int32_t q = 0; q < 4; q++) {
        acc[q] = V(load_i32)(records + q * TIN_RECORD);
    }
    for (int32_t tap = 0; tap < lanes->num_taps; tap += 4) {
        V(quads) quads[4];
        V(interleave_taps)(x, lanes->taps + tap, quads);
        TIN_UNROLLED
        for (int32_t q = 0; q < 4; q++) {
            acc[q] = V(dot)(acc[q], quads[q], V(load_weights)(w + 64 * q));
        }
        w += 256;
    }
    V(factors) factors[4];
    TIN_UNROLLED
    for (int32_t q = 0; q < 4; q++) {
        factors[q] = V(load_factors)(records + q * TIN_RECORD);
    }
    V(requantize_4)(factors, 1, params->rounding, params->zero_point, acc);
    V(store_bytes)(output, V(pack)(acc, &limits), count);
}

static TIN_TARGET void V(depthwise_s8)(const tin_x86_depthwise_s8 *params,
                                       const int8_t *input,
                                       int8_t *output,
                                       int8_t *scratch) {
    const tin_x86_lanes *lanes = &params->lanes;
    const uint8_t *image = V(image_s8)(&params->image, input, scratch);
    for (int32_t y = 0; y < lanes->out_height; y++) {
        const uint8_t *x = image;
        for (int32_t segment = 0; segment < lanes->segments; segment++) {
            int32_t phase = 0;
            for (int32_t lane = 0; lane < lanes->lanes; lane += 64) {
                V(lanes_s8)(params, x + lane, phase, lanes->lanes - lane, output + lane);
                phase = phase + 1 == lanes->period ? 0 : phase + 1;
            }
            x += lanes->segment_step;
            output += lanes->lanes;
        }
        image += lanes->row_step;
    }
}
