/* SPDX-License-Identifier: Apache-2.0 */
/* Sums and differences of two int8 tensors of one shape. */
#ifndef TIN_NN_X86_AVX2_SUM_H
#define TIN_NN_X86_AVX2_SUM_H

#include "tin/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* output = clamp((factor1 * x1 + factor2 * x2 + offset) >> shift). The factors were tried on all
   pairs of inputs: the results are those of tin_add_run_s8 or tin_sub_run_s8. */
typedef struct {
    int32_t count;
    int32_t factor1;
    int32_t factor2;
    int32_t offset;
    int32_t shift;
    int32_t minimum; /* fused activation, in output steps */
    int32_t maximum;
} tin_x86_sum_s8;

/* The output may be an input. */
void tin_x86_sum_run_s8(const tin_x86_sum_s8 *params,
                        const int8_t *input1,
                        const int8_t *input2,
                        int8_t *output);

#ifdef __cplusplus
}
#endif

#endif
