/* SPDX-License-Identifier: Apache-2.0 */
/* Dense layer on Cortex-M with DSP: four outputs at a time, no scratch. */
#ifndef TIN_NN_ARMV7EM_DSP_DSP_DENSE_H
#define TIN_NN_ARMV7EM_DSP_DSP_DENSE_H

#include "tin/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The arithmetic of tin_dsp_gemm. Taps come four at a time in the order (0, 2), (1, 3); those that
   are left over come first, filled up with weights of 0. */
typedef struct {
    const uint32_t *weights; /* [outputs / 4 rounded up][pairs of taps][2] */
    const int32_t *bias;     /* as in tin_dsp_gemm, for a multiple of four outputs */
    const int32_t *scales;
    int32_t scale_step;
    int32_t depth;
    int32_t num_outputs;
    int32_t zero_point;
    int32_t num_rows;
    int32_t is_clamped; /* 1: outputs are cut to minimum..maximum */
    int32_t minimum;    /* fused activation, in output steps */
    int32_t maximum;
} tin_dsp_dense_s8;

/* Input [num_rows][depth], output [num_rows][num_outputs]. */
void tin_dsp_dense_run_s8(const tin_dsp_dense_s8 *params, const int8_t *input, int8_t *output);

#ifdef __cplusplus
}
#endif

#endif
