/* SPDX-License-Identifier: Apache-2.0 */
/* Standardisation of a block's features with the mean and scale found at training. */
#ifndef TIN_SCALER_H
#define TIN_SCALER_H

#include "tin/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    const float *mean;  /* [count] */
    const float *scale; /* [count], 1 / standard deviation */
    int32_t count;
    float limit; /* results are clipped to [-limit, limit]; 0: no clipping */
} tin_scaler;

/* (value - mean) * scale of feature `index`, clipped; a NaN gives the canonical NaN. */
float tin_scaler_apply(const tin_scaler *scaler, int32_t index, float value);

#ifdef __cplusplus
}
#endif

#endif
