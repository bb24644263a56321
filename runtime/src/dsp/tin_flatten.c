/* SPDX-License-Identifier: Apache-2.0 */
/* Statistics of each axis over the whole window. */
#include "tin/flatten.h"

#include "tin/canonical.h"
#include "tin/moments.h"

#define STATISTICS 7

tin_status tin_flatten_init(const void *config) {
    const tin_flatten_config *flatten = config;
    if (!flatten || flatten->num_frames < 1) {
        return TIN_STATUS_ARG;
    }
    if (flatten->statistics < 1 || flatten->statistics >= 1 << STATISTICS) {
        return TIN_STATUS_ARG;
    }
    return tin_signal_check_axes(flatten->axes, flatten->num_selected, flatten->num_axes);
}

int32_t tin_flatten_buffer_size(const void *config) {
    const tin_flatten_config *flatten = config;
    return flatten->num_frames;
}

int32_t tin_flatten_config_size(void) { return (int32_t)sizeof(tin_flatten_config); }

/* All statistics of one axis, in the order of the TIN_FLATTEN_ bits. */
static void describe(const float *x, int32_t count, float statistics[STATISTICS]) {
    float smallest = x[0];
    float largest = x[0];
    for (int32_t i = 1; i < count; i++) {
        smallest = x[i] < smallest ? x[i] : smallest;
        largest = x[i] > largest ? x[i] : largest;
    }
    tin_moments moments;
    tin_moments_of(x, count, &moments);
    statistics[0] = moments.mean;
    statistics[1] = smallest;
    statistics[2] = largest;
    statistics[3] = tin_root_sum_square(moments.mean, moments.deviation);
    statistics[4] = moments.deviation;
    statistics[5] = moments.skewness;
    statistics[6] = moments.kurtosis;
}

TIN_NOINLINE tin_status tin_flatten_run(const void *config,
                                        const tin_signal *signal,
                                        float *features,
                                        float *scratch) {
    const tin_flatten_config *flatten = config;
    const int32_t count = flatten->num_frames;
    for (int32_t i = 0; i < flatten->num_selected; i++) {
        const tin_status status =
            tin_signal_read_axis(signal, flatten->axes[i], flatten->num_axes, 0, count, scratch);
        if (status != TIN_OK) {
            return status;
        }
        for (int32_t n = 0; n < count; n++) {
            scratch[n] *= flatten->scale;
        }
        float statistics[STATISTICS];
        describe(scratch, count, statistics);
        for (int32_t bit = 0; bit < STATISTICS; bit++) {
            if (flatten->statistics & (1 << bit)) {
                *features++ = tin_canonical(statistics[bit]);
            }
        }
    }
    return TIN_OK;
}
