/* SPDX-License-Identifier: Apache-2.0 */
/* Depthwise convolution of float32 values: 16 lanes of a row. */
#include "tin/nn/simd128/depthwise.h"
#include "tin_simd.h"
#include "tin_simd_image.h"

#define LANES 16
#define VECTORS 4

/* 16 neighbouring outputs, of which `count` exist. */
TIN_SIMD_INLINE void outputs_of(const tin_simd_depthwise_f32 *params,
                                const float *x,
                                int32_t phase,
                                int32_t count,
                                float *output) {
    const tin_simd_f32 minimum = tin_simd_splat_f32(params->minimum);
    const tin_simd_f32 maximum = tin_simd_splat_f32(params->maximum);
    const int32_t num_taps = params->lanes.num_taps;
    const float *w = params->weights + phase * num_taps * LANES;
    const float *bias = params->bias + phase * LANES;
    tin_simd_f32 acc[VECTORS];
    TIN_SIMD_UNROLLED
    for (int32_t n = 0; n < VECTORS; n++) {
        acc[n] = tin_simd_splat_f32(0.0f);
    }
    for (int32_t tap = 0; tap < num_taps; tap++, w += LANES) {
        const float *values = x + params->lanes.taps[tap];
        TIN_SIMD_UNROLLED
        for (int32_t n = 0; n < VECTORS; n++) {
            tin_simd_f32 value = tin_simd_load_f32(values + 4 * n);
            acc[n] =
                tin_simd_add_f32(acc[n], tin_simd_mul_f32(value, tin_simd_load_f32(w + 4 * n)));
        }
    }
    TIN_SIMD_UNROLLED
    for (int32_t n = 0; n < VECTORS; n++) {
        tin_simd_f32 value = tin_simd_add_f32(acc[n], tin_simd_load_f32(bias + 4 * n));
        value = tin_simd_clamp_f32(value, minimum, maximum);
        tin_simd_store_floats(output + 4 * n, value, count - 4 * n);
    }
}

void tin_simd_depthwise_run_f32(const tin_simd_depthwise_f32 *params,
                                const float *input,
                                float *output,
                                float *scratch) {
    const tin_simd_lanes *lanes = &params->lanes;
    const int8_t *copy =
        tin_simd_image_of(&params->image, (const int8_t *)input, 4, (int8_t *)scratch);
    const float *image = (const float *)(const void *)copy;
    for (int32_t y = 0; y < lanes->out_height; y++) {
        const float *x = image;
        for (int32_t segment = 0; segment < lanes->segments; segment++) {
            int32_t phase = 0;
            for (int32_t lane = 0; lane < lanes->lanes; lane += LANES) {
                outputs_of(params, x + lane, phase, lanes->lanes - lane, output + lane);
                phase = phase + 1 == lanes->period ? 0 : phase + 1;
            }
            x += lanes->lanes;
            output += lanes->lanes;
        }
        image += lanes->row_step;
    }
}
