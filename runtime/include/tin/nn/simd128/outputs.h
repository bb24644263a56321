/* SPDX-License-Identifier: Apache-2.0 */
/* How kernels for 128-bit vectors turn sums into int8 outputs. */
#ifndef TIN_NN_SIMD128_OUTPUTS_H
#define TIN_NN_SIMD128_OUTPUTS_H

#include "tin/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TIN_SIMD_RECORD 16 /* int32 values of a record */

typedef struct {
    const int32_t *records; /* [outputs / 4][4][4]: what sums start from, multiplier, shift (see
                               tin_requantize), 2^(31 + shift) where is_narrow */
    int32_t is_narrow;      /* as in tin_requantize_s8 */
    int32_t zero_point;
    int32_t minimum; /* fused activation */
    int32_t maximum;
} tin_simd_outputs;

#ifdef __cplusplus
}
#endif

#endif
