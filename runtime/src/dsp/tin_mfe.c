/* SPDX-License-Identifier: Apache-2.0 */
/* MFE block: mel filterbank energies in decibels. */
#include "tin/mfe.h"
#include "tin_frames.h"
#include "tin_transpose.h"

/* Energies below this are taken as this: -300 dB, under every noise floor. */
#define LEAST_ENERGY 1e-30f

/* Adding and subtracting 1.5 * 2^23 rounds a float below 2^22 to an integer, half to even. */
#define ROUNDER 12582912.0f

int32_t tin_mfe_config_size(void) { return (int32_t)sizeof(tin_mfe_config); }

static int32_t data_size(const tin_mfe_config *mfe) {
    const int32_t samples = mfe->fft.length + 1;
    return samples > mfe->mel.num_filters ? samples : mfe->mel.num_filters;
}

int32_t tin_mfe_buffer_size(const void *config) {
    const tin_mfe_config *mfe = config;
    return TIN_LANES * (data_size(mfe) + mfe->fft.length / 2 + 1);
}

tin_status tin_mfe_init(const void *config) {
    const tin_mfe_config *mfe = config;
    if (mfe->num_selected != 1 || mfe->axes[0] < 0 || mfe->axes[0] >= mfe->num_axes) {
        return TIN_STATUS_ARG;
    }
    const tin_status status = tin_framing_check(&mfe->framing, &mfe->fft, mfe->num_frames);
    return status != TIN_OK ? status : tin_mel_check(&mfe->mel, mfe->fft.length / 2 + 1);
}

/* Energies to (dB - floor) / (12 - floor), cut to [0, 1] and rounded to 256ths, half to even.
   Cutting comes first, so that a saturated cell is 256/256 = 1. */
static void quantise(const tin_mfe_config *mfe, tin_lanes *energies) {
    for (int32_t i = 0; i < mfe->mel.num_filters; i++) {
        const tin_lanes energy = tin_lanes_at_least(energies[i], LEAST_ENERGY);
        const tin_lanes level = tin_lanes_log10_normal(energy) * mfe->gain + mfe->offset;
        const tin_lanes cut = tin_lanes_at_most(tin_lanes_at_least(level, 0.0f), 256.0f);
        energies[i] = ((cut + ROUNDER) - ROUNDER) * 0.00390625f;
    }
}

static tin_status run_windows(const tin_mfe_config *mfe,
                              const tin_signal *signal,
                              int32_t step,
                              int32_t count,
                              float *features,
                              float *scratch) {
    const tin_frames frames = {
        signal, mfe->num_frames, step, mfe->num_axes, mfe->axes[0], &mfe->framing, &mfe->fft};
    const int32_t num_filters = mfe->mel.num_filters;
    const int32_t num_rows = count * mfe->framing.count;
    tin_lanes *data = (tin_lanes *)scratch;
    tin_lanes *power = data + data_size(mfe);
    for (int32_t row = 0; row < num_rows; row += TIN_LANES) {
        const int32_t taken = num_rows - row < TIN_LANES ? num_rows - row : TIN_LANES;
        const tin_status status =
            tin_frames_power(&frames, mfe->pre_emphasis, row, taken, data, power);
        if (status != TIN_OK) {
            return status;
        }
        tin_mel_energies(&mfe->mel, power, data);
        quantise(mfe, data);
        tin_lanes_scatter(data, num_filters, features, (size_t)num_filters, taken);
        features += taken * num_filters;
    }
    return TIN_OK;
}

tin_status
tin_mfe_run(const void *config, const tin_signal *signal, float *features, float *scratch) {
    const tin_mfe_config *mfe = config;
    if (signal->length < (size_t)mfe->num_frames * (size_t)mfe->num_axes) {
        return TIN_STATUS_SIZE;
    }
    return run_windows(mfe, signal, mfe->num_frames, 1, features, scratch);
}

tin_status tin_mfe_run_batch(const void *config,
                             const float *windows,
                             int32_t step,
                             int32_t count,
                             float *features,
                             float *scratch) {
    const tin_mfe_config *mfe = config;
    tin_signal signal;
    const int32_t apart =
        tin_frames_join(windows, mfe->num_frames, mfe->num_axes, step, count, &signal);
    return apart < 0 ? TIN_STATUS_ARG : run_windows(mfe, &signal, apart, count, features, scratch);
}
