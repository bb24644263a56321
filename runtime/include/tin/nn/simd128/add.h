/* SPDX-License-Identifier: Apache-2.0 */
/* Sums of two int8 tensors of one shape. */
#ifndef TIN_NN_SIMD128_ADD_H
#define TIN_NN_SIMD128_ADD_H

#include "tin/nn/simd128/outputs.h"

#ifdef __cplusplus
extern "C" {
#endif

/* As tin_add_s8; the first input is the one with the larger scale. */
typedef struct {
    int32_t coarse_offset; /* -zero point of the first input, times 2^19 */
    int32_t fine_offset;   /* of the second, times 2^20 */
    int32_t count;
    const int32_t *fine;      /* record of what the second input is multiplied by */
    tin_simd_outputs outputs; /* one record; is_narrow */
} tin_simd_add_s8;

/* The output may be an input. */
void tin_simd_add_run_s8(const tin_simd_add_s8 *params,
                         const int8_t *coarse,
                         const int8_t *fine,
                         int8_t *output);

#ifdef __cplusplus
}
#endif

#endif
