/* SPDX-License-Identifier: Apache-2.0 */
/* Real FFT of power-of-two length with constant twiddles and one defined order of operations. */
#ifndef TIN_FFT_H
#define TIN_FFT_H

#include "tin/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    int32_t length;        /* N, a power of two from 4 to 4096 (real input values) */
    const float *twiddles; /* made by tin_fft_tables; constant data, may lie in flash */
} tin_fft;

/* Number of floats tin_fft_tables writes for a length. */
int32_t tin_fft_tables_size(int32_t length);

/* Fills the twiddle table; host side, at design time. */
void tin_fft_tables(int32_t length, float *twiddles);

/* Power spectrum |X[k]|^2 for k = 0..N/2 of the N values in `data`.
   Destroys `data` [N]; `power` [N/2 + 1] may not overlap it. No scaling. */
void tin_fft_power(const tin_fft *fft, float *data, float *power);

#ifdef __cplusplus
}
#endif

#endif
