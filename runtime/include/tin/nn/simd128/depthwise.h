/* SPDX-License-Identifier: Apache-2.0 */
/* Depthwise convolution, 16 values of a row side by side. */
#ifndef TIN_NN_SIMD128_DEPTHWISE_H
#define TIN_NN_SIMD128_DEPTHWISE_H

#include "tin/nn/simd128/image.h"
#include "tin/nn/simd128/outputs.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A row of the output is `segments` times `lanes` values: a whole row, or a pixel at a time.
   Weights repeat every `period` groups of 16 values. */
typedef struct {
    const int32_t *taps; /* [num_taps], from the first value of a row to each tap's */
    int32_t num_taps;    /* int8: even */
    int32_t period;
    int32_t out_height;
    int32_t segments;
    int32_t lanes;
    int32_t row_step; /* in the image, from output row to output row */
} tin_simd_lanes;

typedef struct {
    tin_simd_image image;
    tin_simd_lanes lanes;
    const int8_t *weights;    /* [period][num_taps][16]; no two taps 2i, 2i + 1 are both -128 */
    tin_simd_outputs outputs; /* records of [period][16] outputs */
} tin_simd_depthwise_s8;

typedef struct {
    tin_simd_image image;
    tin_simd_lanes lanes;
    const float *weights; /* [period][num_taps][16] */
    const float *bias;    /* [period][16] */
    float minimum;        /* fused activation */
    float maximum;
} tin_simd_depthwise_f32;

/* scratch: image.size + 16 values. The output may lie anywhere but there. */
void tin_simd_depthwise_run_s8(const tin_simd_depthwise_s8 *params,
                               const int8_t *input,
                               int8_t *output,
                               int8_t *scratch);

/* Each sum runs over the taps in order, from 0; the bias is added last. */
void tin_simd_depthwise_run_f32(const tin_simd_depthwise_f32 *params,
                                const float *input,
                                float *output,
                                float *scratch);

#ifdef __cplusplus
}
#endif

#endif
