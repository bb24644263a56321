/* SPDX-License-Identifier: Apache-2.0 */
#include "tin_image_f32_kernel.h"
/* float32 depthwise convolution at one level. */

/* 16 * groups neighbouring outputs, of which `count` exist; `at` is their place in the period. */
TIN_INLINE void V(lanes_f32)(const tin_x86_depthwise_f32 *params,
                             const float *x,
                             int32_t at,
                             int32_t groups,
                             int32_t count,
                             float *output) {
    const tin_x86_lanes *lanes = &params->lanes;
    const V(f32) minimum = V(splat_f32)(params->minimum), maximum = V(splat_f32)(params->maximum);
    const float *w = params->weights + at / 64 * 64 * lanes->num_taps + at % 64;
    V(f32) acc[4];
    TIN_UNROLLED
    for (int32_t n = 0; n < groups; n++) {
        acc[n] = V(splat_f32)(0.0f);
    }
    for (int32_t tap = 0; tap < lanes->num_taps; tap++) {
        const float *values = x + lanes->taps[tap];
        TIN_UNROLLED
        for (int32_t n = 0; n < groups; n++) {
            V(f32) product = V(mul_f32)(V(load_f32)(values + 16 * n), V(load_f32)(w + 16 * n));
            acc[n] = V(add_f32)(acc[n], product);
        }
        w += 64;
    }
    TIN_UNROLLED
    for (int32_t n = 0; n < groups; n++) {
        V(f32) value = V(add_f32)(acc[n], V(load_f32)(params->bias + at + 16 * n));
        V(store_f32)(output + 16 * n, V(clamp_f32)(value, minimum, maximum), count - 16 * n);
    }
}

/* One row, or one pixel. */
TIN_INLINE void V(segment_f32)(const tin_x86_depthwise_f32 *params, const float *x, float *output) {
    const int32_t count = params->lanes.lanes, period = params->lanes.period * 64;
    int32_t lane = 0, at = 0;
    for (; lane + 64 <= count; lane += 64) {
        V(lanes_f32)(params, x + lane, at, 4, 64, output + lane);
        at = at + 64 == period ? 0 : at + 64;
    }
    for (; lane < count; lane += 16) {
        V(lanes_f32)(params, x + lane, at, 1, count - lane, output + lane);
        at += 16;
    }
}

static TIN_TARGET void V(depthwise_f32)(const tin_x86_depthwise_f32 *params,
                                        const float *input,
                                        float *output,
                                        float *scratch) {
    const tin_x86_lanes *lanes = &params->lanes;
    const float *image = V(image_f32)(&params->image, input, scratch);
    for (int32_t y = 0; y < lanes->out_height; y++) {
        const float *x = image;
        for (int32_t segment = 0; segment < lanes->segments; segment++) {
            V(segment_f32)(params, x, output);
            x += lanes->lanes;
            output += lanes->lanes;
        }
        image += lanes->row_step;
    }
}
