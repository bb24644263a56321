/* SPDX-License-Identifier: Apache-2.0 */
/* Maximum of the power spectra of frames. */
#include "tin_welch_lanes.h"

#include "tin_fft_lanes.h"

int32_t tin_welch_scratch(const tin_welch *welch) {
    return welch->fft.length + welch->fft.length / 2 + 1;
}

void tin_welch_max_hold(const tin_welch *welch,
                        const tin_lanes *x,
                        int32_t count,
                        tin_lanes *power,
                        tin_lanes *scratch) {
    const int32_t length = welch->fft.length;
    const int32_t bins = length / 2 + 1;
    const float scale = 1.0f / (float)length;
    tin_lanes *spectrum = scratch + length;
    for (int32_t k = 0; k < bins; k++) {
        power[k] = tin_lanes_splat(0.0f);
    }
    for (int32_t start = 0; start < count; start += welch->step) {
        const int32_t copied = count - start < length ? count - start : length;
        for (int32_t i = 0; i < copied; i++) {
            scratch[i] = x[start + i];
        }
        for (int32_t i = copied; i < length; i++) {
            scratch[i] = tin_lanes_splat(0.0f);
        }
        tin_fft_power_lanes(&welch->fft, scratch, spectrum);
        for (int32_t k = 0; k < bins; k++) {
            power[k] = tin_lanes_if_greater(spectrum[k], power[k], spectrum[k], power[k]);
        }
    }
    for (int32_t k = 0; k < bins; k++) {
        power[k] *= scale;
    }
}
