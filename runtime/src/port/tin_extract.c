/* SPDX-License-Identifier: Apache-2.0 */
/* Many windows through one block: what a host library offers to its language binding. */
#include "tin_extract.h"

#include "tin_lanes.h"

/* Whether no value has all bits of its exponent set, which marks infinities and NaNs. */
static int is_finite(const float *values, int32_t count) {
    uint32_t largest = 0;
    for (int32_t i = 0; i < count; i++) {
        union {
            float value;
            uint32_t bits;
        } both = {values[i]};
        const uint32_t magnitude = both.bits & 0x7fffffffu;
        largest = magnitude > largest ? magnitude : largest;
    }
    return largest < 0x7f800000u;
}

/* Windows from the first on that hold no NaN or infinity. */
static int32_t count_finite(const tin_extraction *extraction, const float *windows, int32_t count) {
    const int32_t length = extraction->window_length;
    const int32_t fresh = extraction->step < length ? extraction->step : length;
    int32_t seen = 0; /* values of the window that the one before it has too */
    for (int32_t done = 0; done < count; done++) {
        if (!is_finite(windows + seen, length - seen)) {
            return done;
        }
        seen = length - fresh;
        windows += extraction->step;
    }
    return count;
}

/* Runs at most TIN_LANES windows; returns those done. */
static int32_t run_windows(const tin_extraction *extraction,
                           const float *windows,
                           int32_t count,
                           float *features,
                           float *scratch) {
    const void *config = extraction->config;
    if (extraction->run_batch) {
        const tin_status status =
            extraction->run_batch(config, windows, extraction->step, count, features, scratch);
        return status == TIN_OK ? count : 0;
    }
    tin_signal signal = {windows, NULL, NULL, (size_t)extraction->window_length};
    for (int32_t done = 0; done < count; done++) {
        if (extraction->run(config, &signal, features, scratch) != TIN_OK) {
            return done;
        }
        signal.data += extraction->step;
        features += extraction->num_features;
    }
    return count;
}

int32_t tin_extract(const tin_extraction *extraction,
                    const float *windows,
                    int32_t count,
                    float *features,
                    float *scratch) {
    for (int32_t start = 0; start < count; start += TIN_LANES) {
        const int32_t wanted = count - start < TIN_LANES ? count - start : TIN_LANES;
        const int32_t finite = count_finite(extraction, windows, wanted);
        const int32_t done = run_windows(extraction, windows, finite, features, scratch);
        if (done < wanted) {
            return start + done;
        }
        windows += (size_t)wanted * (size_t)extraction->step;
        features += (size_t)wanted * (size_t)extraction->num_features;
    }
    return count;
}
