/* SPDX-License-Identifier: Apache-2.0 */
/* Power spectrum of real values through a complex FFT of half the length. */
#include "tin/fft.h"

#include "tin_fft_lanes.h"

#define TIN_REAL tin_scalar
#define TIN_REAL_NAME(name) tin_scalar_##name
#include "tin_fft_kernel.h"
#undef TIN_REAL
#undef TIN_REAL_NAME

void tin_fft_power(const tin_fft *fft, float *data, float *power) {
    tin_scalar_power_spectrum(fft, data, power);
}

#if TIN_LANES > 1
#define TIN_REAL tin_vector
#define TIN_REAL_NAME(name) tin_vector_##name
#include "tin_fft_kernel.h"
#undef TIN_REAL
#undef TIN_REAL_NAME

void tin_fft_power_lanes(const tin_fft *fft, tin_lanes *data, tin_lanes *power) {
    tin_vector_power_spectrum(fft, data, power);
}
#endif
