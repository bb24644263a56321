/* SPDX-License-Identifier: Apache-2.0 */
/* One row of a 3 x 3 depthwise convolution on Cortex-M with DSP, cheap to begin: for short rows. */
#ifndef TIN_NN_ARMV7EM_DSP_DSP_DEPTHWISE_ROW3_H
#define TIN_NN_ARMV7EM_DSP_DSP_DEPTHWISE_ROW3_H

#include "tin/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    /* [channels][5]. Bytes of kernel rows y and columns x: (y0 x0, y0 x1, y1 x0, y1 x1), (y0 x2,
       y2 x0, y1 x2, y2 x1); then bias, factor and 256 times the constant of a line (see
       tin_dsp_gemm, a) + y2 x2 as a byte. */
    const uint32_t *weights;
    int32_t channels; /* a multiple of 4 */
    int32_t in_width;
    int32_t out_width;
    int32_t stride; /* 1 or 2 */
    int32_t pad_left;
    int32_t fill;       /* what padding reads as */
    int32_t is_clamped; /* 1: outputs are cut to minimum..maximum */
    int32_t minimum;    /* fused activation, in output steps */
    int32_t maximum;
} tin_dsp_depthwise_row3_s8;

/* One output row from three input rows, top to bottom; NULL: a row of padding.
   scratch, 4-byte aligned: 24 bytes for each of (out_width - 1) * stride + 3 columns. */
void tin_dsp_depthwise_row3_s8_run(const tin_dsp_depthwise_row3_s8 *params,
                                   const int8_t *const *rows,
                                   int8_t *output,
                                   int8_t *scratch);

#ifdef __cplusplus
}
#endif

#endif
