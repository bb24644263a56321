/* SPDX-License-Identifier: Apache-2.0 */
/* Convolution on Cortex-M with DSP: windows of four pixels are widened once for all outputs. */
#ifndef TIN_NN_ARMV7EM_DSP_DSP_CONV2D_H
#define TIN_NN_ARMV7EM_DSP_DSP_CONV2D_H

#include "tin/nn/armv7em_dsp/dsp_gemm.h"
#include "tin/nn/window2d.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    tin_window2d window;
    tin_dsp_gemm gemm;    /* taps in the order of tin_dsp_widen4, one kernel row after another */
    int32_t is_pointwise; /* 1: one tap, stride 1, no padding */
    int32_t is_clamped;   /* 1: outputs are cut to minimum..maximum */
    int32_t minimum;      /* fused activation, in output steps */
    int32_t maximum;
} tin_dsp_conv2d_s8;

/* scratch, 4-byte aligned: 16 bytes for each pair of taps; unless is_pointwise, 5 kernel rows
   (kernel_width * in_channels bytes) more. Every pixel is written after all windows of its group
   of four are read. */
void tin_dsp_conv2d_run_s8(const tin_dsp_conv2d_s8 *params,
                           const int8_t *input,
                           int8_t *output,
                           int8_t *scratch);

/* One output row from the input rows of its windows, top to bottom; NULL: a row of padding. */
void tin_dsp_conv2d_row_s8(const tin_dsp_conv2d_s8 *params,
                           const int8_t *const *rows,
                           int8_t *output,
                           int8_t *scratch);

#ifdef __cplusplus
}
#endif

#endif
