/* SPDX-License-Identifier: Apache-2.0 */
/* tin_fft_power over lanes. */
#ifndef TIN_FFT_LANES_H
#define TIN_FFT_LANES_H

#include "tin/fft.h"
#include "tin_lanes.h"

#if TIN_LANES > 1
/* As tin_fft_power, for TIN_LANES transforms at once: data[i] holds value i of each. */
void tin_fft_power_lanes(const tin_fft *fft, tin_lanes *data, tin_lanes *power);
#else
static inline void tin_fft_power_lanes(const tin_fft *fft, float *data, float *power) {
    tin_fft_power(fft, data, power);
}
#endif

#endif
