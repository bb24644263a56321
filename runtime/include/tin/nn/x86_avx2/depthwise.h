/* SPDX-License-Identifier: Apache-2.0 */
/* Depthwise convolution, 64 values of a row side by side. */
#ifndef TIN_NN_X86_AVX2_DEPTHWISE_H
#define TIN_NN_X86_AVX2_DEPTHWISE_H

#include "tin/nn/window2d.h"
#include "tin/nn/x86_avx2/image.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A row of the output is `segments` times `lanes` values: a whole row, or a pixel at a time.
   Weights repeat every `period` vectors of 64 values. */
typedef struct {
    const int32_t *taps; /* [num_taps], from the first value of a row to each tap's */
    int32_t num_taps;    /* int8: a multiple of 4, the rest meets zero weights */
    int32_t period;
    int32_t out_height;
    int32_t segments;
    int32_t lanes;
    int32_t segment_step; /* in the image */
    int32_t row_step;     /* in the image, from output row to output row */
    int32_t stack;        /* not 0: the stride of a kernel of 3 rows, four taps each, that lie
                             image_row apart; output rows may share what they read */
    int32_t image_row;
} tin_x86_lanes;

typedef struct {
    tin_x86_image image;
    tin_x86_lanes lanes;
    const int8_t *weights;  /* [period][num_taps / 4][4][4][4 channels][4 taps]: quarter of the
                               channels of each lane, lane */
    const int32_t *records; /* [period][4 quarters]; see tin/nn/x86_avx2/product.h */
    int32_t rounding;       /* TIN_X86_... */
    int32_t zero_point;
    int32_t minimum; /* fused activation */
    int32_t maximum;
} tin_x86_depthwise_s8;

typedef struct {
    tin_x86_image image;
    tin_x86_lanes lanes;
    const float *weights; /* [period][num_taps][64] */
    const float *bias;    /* [period][64] */
    float minimum;        /* fused activation */
    float maximum;
} tin_x86_depthwise_f32;

/* Channels in multiples of 16: no copy of the input is needed. */
typedef struct {
    tin_window2d window;
    const float *weights; /* [in_channels / 64, rounded up][taps][64] */
    const float *bias;    /* [in_channels / 64, rounded up][64] */
    float minimum;        /* fused activation */
    float maximum;
} tin_x86_depthwise_direct_f32;

/* scratch: image.size + 128 values. The output may lie anywhere but there. */
void tin_x86_depthwise_run_s8(const tin_x86_depthwise_s8 *params,
                              const int8_t *input,
                              int8_t *output,
                              int8_t *scratch);

/* Each sum runs over the taps in order, from 0; the bias is added last. */
void tin_x86_depthwise_run_f32(const tin_x86_depthwise_f32 *params,
                               const float *input,
                               float *output,
                               float *scratch);

/* The output must not overlap the input. Padding is left out: its products are zeros. */
void tin_x86_depthwise_direct_run_f32(const tin_x86_depthwise_direct_f32 *params,
                                      const float *input,
                                      float *output);

#ifdef __cplusplus
}
#endif

#endif
