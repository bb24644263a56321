/* SPDX-License-Identifier: Apache-2.0 */
/* Many windows through one block: what a host library offers to its language binding. */
#include "tin_extract.h"

/* Whether no exponent has all its bits set, which marks infinities and NaNs. */
static int is_finite(const float *values, int32_t count) {
    uint32_t special = 0;
    for (int32_t i = 0; i < count; i++) {
        union {
            float value;
            uint32_t bits;
        } both = {values[i]};
        special |= (both.bits & 0x7f800000u) == 0x7f800000u;
    }
    return special == 0;
}

int32_t tin_extract(const tin_extraction *extraction,
                    const float *windows,
                    int32_t count,
                    float *features,
                    float *scratch) {
    tin_signal signal = {windows, 0, 0, (size_t)extraction->window_length};
    for (int32_t done = 0; done < count; done++) {
        if (!is_finite(signal.data, extraction->window_length)) {
            return done;
        }
        if (extraction->run(extraction->config, &signal, features, scratch) != TIN_OK) {
            return done;
        }
        signal.data += extraction->window_length;
        features += extraction->num_features;
    }
    return count;
}
