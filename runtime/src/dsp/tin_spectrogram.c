/* SPDX-License-Identifier: Apache-2.0 */
/* Spectrogram block: power spectra in decibels. */
#include "tin/spectrogram.h"
#include "tin_frames.h"
#include "tin_transpose.h"

/* Powers below this are taken as this: -300 dB, under every noise floor. */
#define LEAST_POWER 1e-30f

int32_t tin_spectrogram_config_size(void) { return (int32_t)sizeof(tin_spectrogram_config); }

int32_t tin_spectrogram_buffer_size(const void *config) {
    const tin_spectrogram_config *spectrogram = config;
    return TIN_LANES * (spectrogram->fft.length + spectrogram->fft.length / 2 + 1);
}

tin_status tin_spectrogram_init(const void *config) {
    const tin_spectrogram_config *spectrogram = config;
    if (spectrogram->num_selected != 1 || spectrogram->axes[0] < 0 ||
        spectrogram->axes[0] >= spectrogram->num_axes) {
        return TIN_STATUS_ARG;
    }
    return tin_framing_check(&spectrogram->framing, &spectrogram->fft, spectrogram->num_frames);
}

/* Powers to (dB - floor) / (12 - floor), cut at 0. */
static void level(const tin_spectrogram_config *spectrogram, int32_t num_bins, tin_lanes *power) {
    for (int32_t i = 0; i < num_bins; i++) {
        const tin_lanes scaled = power[i] * spectrogram->power_scale;
        const tin_lanes decades = tin_lanes_log10_normal(tin_lanes_at_least(scaled, LEAST_POWER));
        power[i] = tin_lanes_at_least(decades * spectrogram->gain + spectrogram->offset, 0.0f);
    }
}

static tin_status run_windows(const tin_spectrogram_config *spectrogram,
                              const tin_signal *signal,
                              int32_t step,
                              int32_t count,
                              float *features,
                              float *scratch) {
    const tin_frames frames = {signal,
                               spectrogram->num_frames,
                               step,
                               spectrogram->num_axes,
                               spectrogram->axes[0],
                               &spectrogram->framing,
                               &spectrogram->fft};
    const int32_t num_bins = spectrogram->fft.length / 2 + 1;
    const int32_t num_rows = count * spectrogram->framing.count;
    tin_lanes *data = (tin_lanes *)scratch;
    tin_lanes *power = data + spectrogram->fft.length;
    for (int32_t row = 0; row < num_rows; row += TIN_LANES) {
        const int32_t taken = num_rows - row < TIN_LANES ? num_rows - row : TIN_LANES;
        const tin_status status = tin_frames_power(&frames, 0.0f, row, taken, data, power);
        if (status != TIN_OK) {
            return status;
        }
        level(spectrogram, num_bins, power);
        tin_lanes_scatter(power, num_bins, features, (size_t)num_bins, taken);
        features += taken * num_bins;
    }
    return TIN_OK;
}

tin_status
tin_spectrogram_run(const void *config, const tin_signal *signal, float *features, float *scratch) {
    const tin_spectrogram_config *spectrogram = config;
    if (signal->length < (size_t)spectrogram->num_frames * (size_t)spectrogram->num_axes) {
        return TIN_STATUS_SIZE;
    }
    return run_windows(spectrogram, signal, spectrogram->num_frames, 1, features, scratch);
}

tin_status tin_spectrogram_run_batch(const void *config,
                                     const float *windows,
                                     int32_t step,
                                     int32_t count,
                                     float *features,
                                     float *scratch) {
    const tin_spectrogram_config *spectrogram = config;
    tin_signal signal;
    const int32_t apart = tin_frames_join(
        windows, spectrogram->num_frames, spectrogram->num_axes, step, count, &signal);
    return apart < 0 ? TIN_STATUS_ARG
                     : run_windows(spectrogram, &signal, apart, count, features, scratch);
}
