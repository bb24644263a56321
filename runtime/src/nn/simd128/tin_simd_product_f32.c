/* SPDX-License-Identifier: Apache-2.0 */
/* Convolutions and dense layers of float32 values: a tile of windows times 8 outputs in registers.
   No product is fused with its sum: other targets could not. */
#include "tin/nn/simd128/product.h"
#include "tin_simd.h"
#include "tin_simd_image.h"

#define OUTPUTS 8 /* of a group */

/* sums[p] += window x[p] times 8 outputs. */
TIN_SIMD_INLINE void multiply(const tin_simd_windows *windows,
                              const float *const *x,
                              int32_t pixels,
                              const float *w,
                              tin_simd_f32 (*sums)[2]) {
    for (int32_t run = 0; run < windows->num_runs; run++) {
        ptrdiff_t at = windows->runs[run];
        ptrdiff_t end = at + windows->run_length;
#if defined(TIN_SIMD_HAS_LANES)
        for (; end - at >= 4; at += 4, w += 4 * OUTPUTS) {
            tin_simd_f32 four[TIN_SIMD_PIXELS_F32];
            TIN_SIMD_UNROLLED
            for (int32_t p = 0; p < pixels; p++) {
                four[p] = tin_simd_load_f32(x[p] + at);
            }
            tin_simd_multiply_lanes(sums, four, pixels, w);
        }
#endif
        for (; at != end; at++, w += OUTPUTS) {
            tin_simd_f32 w0 = tin_simd_load_f32(w), w1 = tin_simd_load_f32(w + 4);
            TIN_SIMD_UNROLLED
            for (int32_t p = 0; p < pixels; p++) {
                tin_simd_f32 value = tin_simd_splat_f32(x[p][at]);
                sums[p][0] = tin_simd_add_f32(sums[p][0], tin_simd_mul_f32(value, w0));
                sums[p][1] = tin_simd_add_f32(sums[p][1], tin_simd_mul_f32(value, w1));
            }
        }
    }
}

/* The next `pixels` windows times all outputs. */
TIN_SIMD_INLINE void tile(const tin_simd_product_f32 *params,
                          const float *image,
                          tin_simd_cursor *place,
                          int32_t pixels,
                          float *output) {
    const tin_simd_windows *windows = &params->windows;
    const int32_t group = windows->num_runs * windows->run_length * OUTPUTS;
    const tin_simd_f32 minimum = tin_simd_splat_f32(params->minimum);
    const tin_simd_f32 maximum = tin_simd_splat_f32(params->maximum);
    const int32_t exist = place->left < pixels ? place->left : pixels;
    const float *w = params->weights, *bias = params->bias;
    const float *x[TIN_SIMD_PIXELS_F32];
    TIN_SIMD_UNROLLED
    for (int32_t p = 0; p < pixels; p++) {
        x[p] = image + tin_simd_next(windows, place);
    }
    for (int32_t left = params->num_outputs; left > 0; left -= OUTPUTS) {
        tin_simd_f32 sums[TIN_SIMD_PIXELS_F32][2];
        TIN_SIMD_UNROLLED
        for (int32_t p = 0; p < pixels; p++) {
            sums[p][0] = sums[p][1] = tin_simd_splat_f32(0.0f);
        }
        multiply(windows, x, pixels, w, sums);
        const tin_simd_f32 bias0 = tin_simd_load_f32(bias), bias1 = tin_simd_load_f32(bias + 4);
        float *out = output;
        TIN_SIMD_UNROLLED
        for (int32_t p = 0; p < pixels; p++) {
            const tin_simd_f32 a = tin_simd_add_f32(sums[p][0], bias0);
            const tin_simd_f32 b = tin_simd_add_f32(sums[p][1], bias1);
            if (p < exist) {
                tin_simd_store_floats(out, tin_simd_clamp_f32(a, minimum, maximum), left);
                tin_simd_store_floats(out + 4, tin_simd_clamp_f32(b, minimum, maximum), left - 4);
            }
            out += params->num_outputs;
        }
        w += group;
        bias += OUTPUTS;
        output += OUTPUTS;
    }
}

void tin_simd_product_run_f32(const tin_simd_product_f32 *params,
                              const float *input,
                              float *output,
                              float *scratch) {
    const int8_t *copy =
        tin_simd_image_of(&params->image, (const int8_t *)input, 4, (int8_t *)scratch);
    const float *image = (const float *)(const void *)copy;
    int32_t left = params->windows.num_pixels;
    tin_simd_cursor place = {0, 0, left};
    while (left > 1) {
        tile(params, image, &place, TIN_SIMD_PIXELS_F32, output);
        left -= TIN_SIMD_PIXELS_F32;
        output += TIN_SIMD_PIXELS_F32 * params->num_outputs;
    }
    if (left == 1) {
        tile(params, image, &place, 1, output);
    }
}
