/* SPDX-License-Identifier: Apache-2.0 */
/* Maximum of the power spectra of frames, several frames at once where there are lanes. */
#include "tin/welch.h"

#include "tin_fft_lanes.h"

#if TIN_LANES > 1
#include "tin_transpose.h"

/* The series and the zeros that the last batch of frames reaches into. */
static int32_t padded_count(const tin_welch *welch, int32_t count) {
    const int32_t batch = TIN_LANES * welch->step;
    return (count + batch - 1) / batch * batch + welch->fft.length - welch->step;
}

int32_t tin_welch_buffer_size(const tin_welch *welch, int32_t count) {
    const int32_t length = welch->fft.length;
    return (length + length / 2 + 2) * TIN_LANES + padded_count(welch, count);
}

static tin_lanes *align(float *scratch) {
    const uintptr_t bytes = sizeof(tin_lanes);
    return (tin_lanes *)(((uintptr_t)scratch + bytes - 1) / bytes * bytes);
}

/* top[k] = the largest lane of spectrum[k], or what it was. */
static void hold(const tin_lanes *spectrum, int32_t bins, float *top) {
    for (int32_t k = 0; k < bins; k++) {
        const float *value = (const float *)&spectrum[k];
        float largest = top[k];
        for (int32_t lane = 0; lane < TIN_LANES; lane++) {
            largest = value[lane] > largest ? value[lane] : largest;
        }
        top[k] = largest;
    }
}

static void
hold_frames(const tin_welch *welch, const float *x, int32_t count, float *top, float *scratch) {
    const int32_t length = welch->fft.length;
    const int32_t padded = padded_count(welch, count);
    tin_lanes *data = align(scratch);
    tin_lanes *spectrum = data + length;
    float *series = (float *)(spectrum + length / 2 + 1);
    for (int32_t i = 0; i < count; i++) {
        series[i] = x[i];
    }
    for (int32_t i = count; i < padded; i++) {
        series[i] = 0.0f;
    }
    for (int32_t start = 0; start < count; start += TIN_LANES * welch->step) {
        tin_lanes_gather(series + start, (size_t)welch->step, TIN_LANES, length, data);
        tin_fft_power_lanes(&welch->fft, data, spectrum);
        hold(spectrum, length / 2 + 1, top);
    }
}
#else
int32_t tin_welch_buffer_size(const tin_welch *welch, int32_t count) {
    (void)count;
    return welch->fft.length + welch->fft.length / 2 + 1;
}

static void
hold_frames(const tin_welch *welch, const float *x, int32_t count, float *top, float *scratch) {
    const int32_t length = welch->fft.length;
    float *spectrum = scratch + length;
    for (int32_t start = 0; start < count; start += welch->step) {
        for (int32_t i = 0; i < length; i++) {
            scratch[i] = start + i < count ? x[start + i] : 0.0f;
        }
        tin_fft_power(&welch->fft, scratch, spectrum);
        for (int32_t k = 0; k <= length / 2; k++) {
            top[k] = spectrum[k] > top[k] ? spectrum[k] : top[k];
        }
    }
}
#endif

void tin_welch_max_hold(
    const tin_welch *welch, const float *x, int32_t count, float *power, float *scratch) {
    const int32_t bins = welch->fft.length / 2 + 1;
    const float scale = 1.0f / (float)welch->fft.length;
    for (int32_t k = 0; k < bins; k++) {
        power[k] = 0.0f;
    }
    hold_frames(welch, x, count, power, scratch);
    for (int32_t k = 0; k < bins; k++) {
        power[k] *= scale;
    }
}
