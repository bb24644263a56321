/* SPDX-License-Identifier: Apache-2.0 */
/* Spectral features of one axis at a time: decimate, filter, remove the mean, describe. */
#include "tin/spectral.h"

#include "tin/canonical.h"
#include "tin_cascade_lanes.h"
#include "tin_moments_lanes.h"
#include "tin_transpose.h"
#include "tin_welch_lanes.h"

#define LOW_BAND_RATIO 10
#define MAX_RATIOS 3
/* What stands for an exact zero under the logarithm. */
#define ZERO_POWER 1e-10f
/* RMS, skewness, kurtosis of the signal, then skewness and kurtosis of its spectrum. */
#define NUM_STATISTICS 5

/* Where the features of each lane go: lane i to values + i * stride. */
typedef struct {
    float *values;
    int32_t stride;
    int32_t count; /* lanes in use */
} rows;

static int32_t divided(int32_t count, int32_t ratio) { return (count + ratio - 1) / ratio; }

static int32_t decimated_count(const tin_spectral_config *spectral) {
    int32_t count = spectral->num_frames;
    for (int32_t i = 0; i < spectral->num_ratios; i++) {
        count = divided(count, spectral->ratios[i]);
    }
    return count;
}

static int32_t num_bins(const tin_spectral_bins *bins) { return bins->last - bins->first + 1; }

static tin_status check_bins(const tin_spectral_bins *bins, int32_t length) {
    return bins->first >= 1 && bins->first <= bins->last && bins->last <= length / 2
               ? TIN_OK
               : TIN_STATUS_ARG;
}

static tin_status check_fft(const tin_spectral_config *spectral) {
    const int32_t length = spectral->welch.fft.length;
    if (length < 4 || length > 4096 || (length & (length - 1)) != 0) {
        return TIN_STATUS_ARG;
    }
    if (spectral->welch.step != length && spectral->welch.step != length / 2) {
        return TIN_STATUS_ARG;
    }
    if (!spectral->use_low_bands) {
        return check_bins(&spectral->bins, length);
    }
    if (divided(decimated_count(spectral), LOW_BAND_RATIO) < length / 2) {
        return TIN_STATUS_SIZE;
    }
    const tin_status status = check_bins(&spectral->low_bins, length);
    return status == TIN_OK ? check_bins(&spectral->bins, length) : status;
}

static tin_status check_wavelet(const tin_spectral_config *spectral) {
    const tin_wavelet *wavelet = &spectral->wavelet;
    if (wavelet->levels < 1 || wavelet->levels > 7) {
        return TIN_STATUS_ARG;
    }
    if (wavelet->num_taps < 2 || wavelet->num_taps > TIN_WAVELET_MAX_TAPS ||
        wavelet->num_taps % 2 != 0) {
        return TIN_STATUS_ARG;
    }
    return decimated_count(spectral) >= 32 << wavelet->levels ? TIN_OK : TIN_STATUS_SIZE;
}

tin_status tin_spectral_init(const void *config) {
    const tin_spectral_config *spectral = config;
    if (!spectral || spectral->num_frames < 1) {
        return TIN_STATUS_ARG;
    }
    if (spectral->num_ratios < 0 || spectral->num_ratios > MAX_RATIOS) {
        return TIN_STATUS_ARG;
    }
    if (spectral->filter.num_sections < 0 ||
        spectral->filter.num_sections > TIN_CASCADE_MAX_SECTIONS) {
        return TIN_STATUS_ARG;
    }
    for (int32_t i = 0; i < spectral->num_ratios; i++) {
        if (spectral->ratios[i] != 3 && spectral->ratios[i] != 10) {
            return TIN_STATUS_ARG;
        }
    }
    const tin_status status =
        tin_signal_check_axes(spectral->axes, spectral->num_selected, spectral->num_axes);
    if (status != TIN_OK) {
        return status;
    }
    return spectral->use_wavelet ? check_wavelet(spectral) : check_fft(spectral);
}

int32_t tin_spectral_config_size(void) { return (int32_t)sizeof(tin_spectral_config); }

static int32_t bins_width(const tin_spectral_bins *bins) { return NUM_STATISTICS + num_bins(bins); }

/* Features of one axis in the first set. */
static int32_t axis_width(const tin_spectral_config *spectral) {
    return spectral->use_wavelet ? TIN_WAVELET_FEATURES * (spectral->wavelet.levels + 1)
                                 : bins_width(&spectral->bins);
}

/* Features of one axis in the second set. */
static int32_t low_width(const tin_spectral_config *spectral) {
    return spectral->use_low_bands ? bins_width(&spectral->low_bins) : 0;
}

/* Lanes of working memory of one axis, after its values. */
static int32_t axis_scratch(const tin_spectral_config *spectral) {
    if (spectral->use_wavelet) {
        const int32_t count = decimated_count(spectral);
        const int32_t floats = tin_wavelet_next_count(&spectral->wavelet, count);
        return TIN_LANES == 1 ? floats : (floats + count) / TIN_LANES + 1;
    }
    const int32_t bins = spectral->welch.fft.length / 2 + 1;
    const int32_t results = TIN_LANES == 1 ? 0 : NUM_STATISTICS + bins;
    return bins + tin_welch_scratch(&spectral->welch) + results;
}

int32_t tin_spectral_buffer_size(const void *config) {
    const tin_spectral_config *spectral = config;
    const int32_t floats = (spectral->num_frames + axis_scratch(spectral)) * TIN_LANES;
    /* Lanes take all axes of several windows at once, or one window that is read into scratch. */
    const int32_t length = spectral->num_frames * spectral->num_axes;
    return TIN_LANES == 1 ? floats : floats + length * (TIN_LANES + 1);
}

/* Decimates and filters in place; returns how many values are left. */
static int32_t prepare(const tin_spectral_config *spectral, tin_lanes *x) {
    int32_t count = spectral->num_frames;
    for (int32_t i = 0; i < spectral->num_ratios; i++) {
        const int32_t ratio = spectral->ratios[i];
        const tin_cascade *cascade = ratio == 3 ? &spectral->third : &spectral->tenth;
        count = tin_cascade_decimate(cascade, ratio, x, count);
    }
    tin_cascade_run(&spectral->filter, x, count, tin_lanes_splat(0.0f));
    return count;
}

static void canonicalise(float *values, int32_t count) {
    for (int32_t i = 0; i < count; i++) {
        values[i] = tin_canonical(values[i]);
    }
}

/* Statistics and spectrum of a series, from which the mean is removed. */
static void describe(const tin_spectral_config *spectral,
                     const tin_spectral_bins *bins,
                     tin_lanes *x,
                     int32_t count,
                     tin_lanes *scratch,
                     const rows *out) {
    const int32_t num_powers = spectral->welch.fft.length / 2 + 1;
    tin_lanes *power = scratch;
    scratch += num_powers;
    tin_lanes *results = TIN_LANES == 1 ? (tin_lanes *)out->values : scratch;
    scratch += TIN_LANES == 1 ? 0 : NUM_STATISTICS + num_powers;
    tin_lanes_moments moments;
    tin_lanes_describe(x, count, x, &moments);
    results[0] = moments.deviation;
    results[1] = moments.skewness;
    results[2] = moments.kurtosis;
    tin_welch_max_hold(&spectral->welch, x, count, power, scratch);
    tin_lanes_describe(power, num_powers, NULL, &moments);
    results[3] = moments.skewness;
    results[4] = moments.kurtosis;
    tin_lanes *result = results + NUM_STATISTICS;
    const tin_lanes zero = tin_lanes_splat(0.0f);
    for (int32_t k = bins->first; k <= bins->last; k++) {
        const tin_lanes positive =
            tin_lanes_if_greater(power[k], zero, power[k], tin_lanes_splat(ZERO_POWER));
        *result++ = spectral->use_log ? tin_lanes_log10(positive) : power[k];
    }
    canonicalise((float *)results, bins_width(bins) * TIN_LANES);
    if (TIN_LANES > 1) {
        tin_lanes_scatter(results, bins_width(bins), out->values, (size_t)out->stride, out->count);
    }
}

/* Wavelet features of each lane on its own: sorting has no lanes. */
static void describe_wavelet(const tin_spectral_config *spectral,
                             tin_lanes *x,
                             int32_t count,
                             tin_lanes *scratch,
                             const rows *out) {
    tin_lanes_moments moments;
    tin_lanes_describe(x, count, x, &moments);
    for (int32_t row = 0; row < out->count; row++) {
        float *series = (float *)x;
        float *rest = (float *)scratch;
        if (TIN_LANES > 1) {
            series = rest;
            rest += count;
            for (int32_t i = 0; i < count; i++) {
                series[i] = ((const float *)&x[i])[row];
            }
        }
        float *values = out->values + (size_t)row * (size_t)out->stride;
        tin_wavelet_features(&spectral->wavelet, series, count, values, rest);
        canonicalise(values, axis_width(spectral));
    }
}

/* Features of the selected axis number `index`, whose values are in x; x is destroyed. */
static void run_axis(const tin_spectral_config *spectral,
                     int32_t index,
                     tin_lanes *x,
                     tin_lanes *scratch,
                     const rows *out) {
    const int32_t count = prepare(spectral, x);
    const int32_t width = axis_width(spectral);
    rows part = *out;
    part.values += index * width;
    if (spectral->use_wavelet) {
        describe_wavelet(spectral, x, count, scratch, &part);
        return;
    }
    describe(spectral, &spectral->bins, x, count, scratch, &part);
    if (spectral->use_low_bands) {
        const int32_t kept = tin_cascade_decimate(&spectral->tenth, LOW_BAND_RATIO, x, count);
        part.values = out->values + spectral->num_selected * width + index * low_width(spectral);
        describe(spectral, &spectral->low_bins, x, kept, scratch, &part);
    }
}

#if TIN_LANES == 1
TIN_NOINLINE tin_status tin_spectral_run(const void *config,
                                         const tin_signal *signal,
                                         float *features,
                                         float *scratch) {
    const tin_spectral_config *spectral = config;
    const rows out = {features, 0, 1};
    for (int32_t i = 0; i < spectral->num_selected; i++) {
        const tin_status status = tin_signal_read_axis(
            signal, spectral->axes[i], spectral->num_axes, 0, spectral->num_frames, scratch);
        if (status != TIN_OK) {
            return status;
        }
        for (int32_t frame = 0; frame < spectral->num_frames; frame++) {
            scratch[frame] *= spectral->scale;
        }
        run_axis(spectral, i, scratch, scratch + spectral->num_frames, &out);
    }
    return TIN_OK;
}

tin_status tin_spectral_run_batch(const void *config,
                                  const float *windows,
                                  int32_t step,
                                  int32_t count,
                                  float *features,
                                  float *scratch) {
    const tin_spectral_config *spectral = config;
    const size_t length = (size_t)spectral->num_frames * (size_t)spectral->num_axes;
    const tin_signal signal = {windows, NULL, NULL, length};
    (void)step;
    return count == 1 ? tin_spectral_run(config, &signal, features, scratch) : TIN_STATUS_ARG;
}
#else
tin_status tin_spectral_run_batch(const void *config,
                                  const float *windows,
                                  int32_t step,
                                  int32_t count,
                                  float *features,
                                  float *scratch) {
    const tin_spectral_config *spectral = config;
    const int32_t num_frames = spectral->num_frames;
    const int32_t num_axes = spectral->num_axes;
    const int32_t length = num_frames * num_axes;
    const float scale = spectral->scale;
    tin_lanes *window = (tin_lanes *)scratch;
    tin_lanes *x = window + length;
    const int32_t width = spectral->num_selected * (axis_width(spectral) + low_width(spectral));
    const rows out = {features, width, count};
    tin_lanes_gather(windows, (size_t)step, count, length, window);
    for (int32_t i = 0; i < spectral->num_selected; i++) {
        const int32_t axis = spectral->axes[i];
        for (int32_t frame = 0; frame < num_frames; frame++) {
            x[frame] = window[frame * num_axes + axis] * scale;
        }
        run_axis(spectral, i, x, x + num_frames, &out);
    }
    return TIN_OK;
}

tin_status
tin_spectral_run(const void *config, const tin_signal *signal, float *features, float *scratch) {
    const tin_spectral_config *spectral = config;
    const size_t length = (size_t)spectral->num_frames * (size_t)spectral->num_axes;
    float *window = scratch + tin_spectral_buffer_size(config) - length;
    const tin_status status = tin_signal_read(signal, 0, length, window);
    return status == TIN_OK ? tin_spectral_run_batch(config, window, 0, 1, features, scratch)
                            : status;
}
#endif
