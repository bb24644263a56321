/* SPDX-License-Identifier: Apache-2.0 */
/* How a series is cut into frames whose spectra are compared. */
#ifndef TIN_WELCH_H
#define TIN_WELCH_H

#include "tin/fft.h"

#ifdef __cplusplus
extern "C" {
#endif

/* power[k] = max over frames of |X[k]|^2 / N, k = 0..N/2. Frames are rectangular, start at 0, step,
   2 step, ... < count, and are filled with zeros where the series has ended. */
typedef struct {
    tin_fft fft;
    int32_t step; /* values between the starts of frames: the FFT length, or half of it */
} tin_welch;

#ifdef __cplusplus
}
#endif

#endif
