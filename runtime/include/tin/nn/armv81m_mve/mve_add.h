/* SPDX-License-Identifier: Apache-2.0 */
/* Sum of two tensors of one shape on cores with vector instructions (MVE). */
#ifndef TIN_NN_ARMV81M_MVE_MVE_ADD_H
#define TIN_NN_ARMV81M_MVE_MVE_ADD_H

#include "tin/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Both inputs are brought to one finer scale (twice the larger of theirs, / 2^20), added, and
   brought to the output's scale. */
typedef struct {
    int32_t count;
    int32_t coarse_offset;   /* -zero point of the input of the larger scale, which is halved */
    int32_t fine_offset;     /* of the other input */
    int32_t fine_multiplier; /* see tin_requantize */
    int32_t fine_shift;      /* 0 or negative */
    int32_t multiplier;      /* of the sum */
    int32_t shift;           /* negative */
    int32_t zero_point;      /* of the output */
    int32_t minimum;         /* fused activation, in output steps */
    int32_t maximum;
} tin_mve_add_s8;

/* The output may start where an input starts, or before. */
void tin_mve_add_run_s8(const tin_mve_add_s8 *params,
                        const int8_t *coarse,
                        const int8_t *fine,
                        int8_t *output);

#ifdef __cplusplus
}
#endif

#endif
