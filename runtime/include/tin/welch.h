/* SPDX-License-Identifier: Apache-2.0 */
/* The largest power each frequency reaches in any frame of a series. */
#ifndef TIN_WELCH_H
#define TIN_WELCH_H

#include "tin/fft.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    tin_fft fft;
    int32_t step; /* values between the starts of frames: the FFT length, or half of it */
} tin_welch;

/* Floats of scratch a run over `count` values needs. */
int32_t tin_welch_buffer_size(const tin_welch *welch, int32_t count);

/* power[k] = max over frames of |X[k]|^2 / N, k = 0..N/2. Frames are rectangular and start at 0,
   step, 2 step, ... < count; missing values are 0. */
void tin_welch_max_hold(
    const tin_welch *welch, const float *x, int32_t count, float *power, float *scratch);

#ifdef __cplusplus
}
#endif

#endif
