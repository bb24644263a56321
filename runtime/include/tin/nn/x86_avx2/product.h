/* SPDX-License-Identifier: Apache-2.0 */
/* Convolutions and dense layers: products of windows with packed weights. */
#ifndef TIN_NN_X86_AVX2_PRODUCT_H
#define TIN_NN_X86_AVX2_PRODUCT_H

#include "tin/nn/window2d.h"
#include "tin/nn/x86_avx2/image.h"

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
} tin_x86_windows;

/* Records hold, for 16 outputs each: where sums start (bias), multiplier, right shift, what is
   added before that shift (with the output's zero point) or, where rounding is 0, the left shift,
   and the bits of three floats: factor and offset of a sum, and its offset below 0
   (TIN_X86_SCALED). */
typedef struct {
    tin_x86_image image;
    tin_x86_windows windows;
    const int8_t *weights;  /* blocks of up to 64 outputs [depth / 4][outputs / 16][16][4]; where
                               num_outputs is 8 all of them twice */
    const int32_t *records; /* [outputs / 16][7][16]; 8 outputs: twice */
    int32_t num_outputs;
    int32_t rounding; /* TIN_X86_... */
    int32_t zero_point;
    int32_t minimum; /* fused activation */
    int32_t maximum;
} tin_x86_product_s8;

/* Weights are finite. */
typedef struct {
    tin_window2d window;
    const float *weights; /* blocks of up to 64 outputs [depth][outputs / 16][16] */
    const float *bias;    /* [outputs / 16][16] */
    int32_t num_outputs;
    float minimum; /* fused activation */
    float maximum;
} tin_x86_product_f32;

/* scratch: image.size + 128 values. The output may lie anywhere but there. */
void tin_x86_product_run_s8(const tin_x86_product_s8 *params,
                            const int8_t *input,
                            int8_t *output,
                            int8_t *scratch);

/* The output must not overlap the input. Each sum runs over depth in order, from 0; padding is left
   out: its products are zeros. The bias is added last. */
void tin_x86_product_run_f32(const tin_x86_product_f32 *params, const float *input, float *output);

#ifdef __cplusplus
}
#endif

#endif
