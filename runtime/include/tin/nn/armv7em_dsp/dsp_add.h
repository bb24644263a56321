/* SPDX-License-Identifier: Apache-2.0 */
/* Sums of two tensors of one shape on Cortex-M with DSP. */
#ifndef TIN_NN_ARMV7EM_DSP_DSP_ADD_H
#define TIN_NN_ARMV7EM_DSP_DSP_ADD_H

#include "tin/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* In units of twice the larger scale / 2^20, the input of that scale, "coarse", is a multiple of
   2^19, which is exact; the "fine" one is round(round(x * 2^20 * m / 2^31) / 2^shift). Factors are
   kept as in tin_dsp_gemm. The order of the fields is known to the assembly. */
typedef struct {
    int32_t coarse_offset; /* -zero point */
    int32_t fine_offset;
    int32_t fine_factor;
    int32_t fine_shift; /* 0..31 */
    int32_t factor;     /* of the sum */
    int32_t shift;      /* 1..31 */
    int32_t zero_point; /* of the output */
    int32_t count;
    int32_t is_swapped; /* 1: input 2 is the coarse one */
    int32_t is_clamped; /* 1: outputs are cut to minimum..maximum */
    int32_t minimum;    /* fused activation, in output steps */
    int32_t maximum;
} tin_dsp_add_s8;

/* The output may begin at or before an input that nothing else needs. */
void tin_dsp_add_run_s8(const tin_dsp_add_s8 *params,
                        const int8_t *input1,
                        const int8_t *input2,
                        int8_t *output);

#ifdef __cplusplus
}
#endif

#endif
