/* SPDX-License-Identifier: Apache-2.0 */
/* Raw data: copies the selected axes and scales them. */
#include "tin/raw.h"

#include "tin/canonical.h"

static int takes_whole_frames(const tin_raw_config *config) {
    for (int32_t i = 0; i < config->num_selected; i++) {
        if (config->axes[i] != i) {
            return 0;
        }
    }
    return config->num_selected == config->num_axes;
}

tin_status tin_raw_init(const void *config) {
    const tin_raw_config *raw = config;
    if (!raw || raw->num_frames < 1) {
        return TIN_STATUS_ARG;
    }
    return tin_signal_check_axes(raw->axes, raw->num_selected, raw->num_axes);
}

int32_t tin_raw_buffer_size(const void *config) {
    const tin_raw_config *raw = config;
    return takes_whole_frames(raw) ? 0 : raw->num_frames;
}

int32_t tin_raw_config_size(void) { return (int32_t)sizeof(tin_raw_config); }

static tin_status
read_axes(const tin_raw_config *raw, const tin_signal *signal, float *features, float *scratch) {
    for (int32_t i = 0; i < raw->num_selected; i++) {
        const tin_status status =
            tin_signal_read_axis(signal, raw->axes[i], raw->num_axes, 0, raw->num_frames, scratch);
        if (status != TIN_OK) {
            return status;
        }
        for (int32_t frame = 0; frame < raw->num_frames; frame++) {
            features[frame * raw->num_selected + i] = scratch[frame];
        }
    }
    return TIN_OK;
}

TIN_NOINLINE tin_status tin_raw_run(const void *config,
                                    const tin_signal *signal,
                                    float *features,
                                    float *scratch) {
    const tin_raw_config *raw = config;
    const int32_t count = raw->num_frames * raw->num_selected;
    const tin_status status = takes_whole_frames(raw)
                                  ? tin_signal_read(signal, 0, (size_t)count, features)
                                  : read_axes(raw, signal, features, scratch);
    if (status != TIN_OK) {
        return status;
    }
    for (int32_t i = 0; i < count; i++) {
        features[i] = tin_canonical(features[i] * raw->scale);
    }
    return TIN_OK;
}
