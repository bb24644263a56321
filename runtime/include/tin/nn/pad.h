/* SPDX-License-Identifier: Apache-2.0 */
/* A border of one value around a tensor of up to four axes. */
#ifndef TIN_NN_PAD_H
#define TIN_NN_PAD_H

#include "tin/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    const int32_t *shape;  /* [4], of the input */
    const int32_t *before; /* [4], values added in front along each axis */
    const int32_t *after;  /* [4], values added behind */
    int32_t value;         /* of the border */
} tin_pad_s8;

typedef struct {
    const int32_t *shape;
    const int32_t *before;
    const int32_t *after;
    float value;
} tin_pad_f32;

void tin_pad_run_s8(const tin_pad_s8 *params, const int8_t *input, int8_t *output);
void tin_pad_run_f32(const tin_pad_f32 *params, const float *input, float *output);

#ifdef __cplusplus
}
#endif

#endif
