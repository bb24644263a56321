/* SPDX-License-Identifier: Apache-2.0 */
/* Convolutions and dense layers: products of windows with packed weights. */
#ifndef TIN_NN_SIMD128_PRODUCT_H
#define TIN_NN_SIMD128_PRODUCT_H

#include "tin/nn/simd128/image.h"
#include "tin/nn/simd128/outputs.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Which values of the image a window consists of. */
typedef struct {
    const int32_t *runs; /* [num_runs], from a window's first value to each contiguous piece */
    int32_t num_runs;
    int32_t run_length; /* values of a piece; int8: a multiple of 4, the rest meets zero weights */
    int32_t pixel_step; /* from window to window along a row */
    int32_t row_step;
    int32_t out_width; /* windows of a row */
    int32_t num_pixels;
} tin_simd_windows;

typedef struct {
    tin_simd_image image;
    tin_simd_windows windows;
    const int8_t *weights; /* [outputs / 8][depth / 4][8][4] */
    int32_t num_outputs;
    tin_simd_outputs outputs;
} tin_simd_product_s8;

typedef struct {
    tin_simd_image image;
    tin_simd_windows windows;
    const float *weights; /* [outputs / 8][depth][8] */
    const float *bias;    /* [outputs / 8][8] */
    int32_t num_outputs;
    float minimum; /* fused activation */
    float maximum;
} tin_simd_product_f32;

/* scratch: image.size + 16 values. The output may lie anywhere but there; where the input
   is used in place, up to 8 windows' outputs are written before the windows after them are read. */
void tin_simd_product_run_s8(const tin_simd_product_s8 *params,
                             const int8_t *input,
                             int8_t *output,
                             int8_t *scratch);

/* Each sum runs over depth in order, from 0; the bias is added last. */
void tin_simd_product_run_f32(const tin_simd_product_f32 *params,
                              const float *input,
                              float *output,
                              float *scratch);

#ifdef __cplusplus
}
#endif

#endif
