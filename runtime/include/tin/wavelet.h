/* SPDX-License-Identifier: Apache-2.0 */
/* Statistics of the components of a discrete wavelet transform. */
#ifndef TIN_WAVELET_H
#define TIN_WAVELET_H

#include "tin/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Features of each component, in this order: entropy, zero crossings, mean crossings, percentiles
   5, 25, 75, 95 and 50, mean, deviation, variance, RMS, skewness, kurtosis. */
#define TIN_WAVELET_FEATURES 14
#define TIN_WAVELET_MAX_TAPS 20

typedef struct {
    const float *low;  /* [num_taps] analysis low-pass filter */
    const float *high; /* [num_taps] analysis high-pass filter */
    int32_t num_taps;  /* even, 2..20 */
    int32_t levels;    /* 1..7 */
} tin_wavelet;

/* Values of a component one level down: (count + num_taps - 1) / 2. */
int32_t tin_wavelet_next_count(const tin_wavelet *wavelet, int32_t count);

/* Features of the approximation at the last level, then of the details from coarse to fine:
   TIN_WAVELET_FEATURES * (levels + 1) values. The series is continued by half-sample symmetry.
   Destroys x [count]; `scratch` has room for tin_wavelet_next_count(count) floats.
   count >= 32 * 2^levels. */
void tin_wavelet_features(
    const tin_wavelet *wavelet, float *x, int32_t count, float *features, float *scratch);

#ifdef __cplusplus
}
#endif

#endif
