/* SPDX-License-Identifier: Apache-2.0 */
/* Spectral features of one axis at a time: decimate, filter, remove the mean, describe. */
#include "tin/spectral.h"

#include "tin/canonical.h"
#include "tin/moments.h"
#include "tin_transpose.h"

#define LOW_BAND_RATIO 10
#define MAX_RATIOS 3
/* What stands for an exact zero under the logarithm. */
#define ZERO_POWER 1e-10f
/* RMS, skewness, kurtosis of the signal, then skewness and kurtosis of its spectrum. */
#define NUM_STATISTICS 5

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

int32_t tin_spectral_buffer_size(const void *config) {
    const tin_spectral_config *spectral = config;
    const int32_t count = decimated_count(spectral);
    if (!spectral->use_wavelet) {
        const int32_t bins = spectral->welch.fft.length / 2 + 1;
        return spectral->num_frames + bins + tin_welch_buffer_size(&spectral->welch, count);
    }
    return spectral->num_frames + tin_wavelet_next_count(&spectral->wavelet, count);
}

int32_t tin_spectral_config_size(void) { return (int32_t)sizeof(tin_spectral_config); }

/* Reads one axis and brings it to the rate and band to look at, without its mean. */
static tin_status
prepare(const tin_spectral_config *spectral, const tin_signal *signal, int32_t axis, float *x) {
    int32_t count = spectral->num_frames;
    const tin_status status = tin_signal_read_axis(signal, axis, spectral->num_axes, 0, count, x);
    if (status != TIN_OK) {
        return status;
    }
    for (int32_t i = 0; i < count; i++) {
        x[i] *= spectral->scale;
    }
    for (int32_t i = 0; i < spectral->num_ratios; i++) {
        const int32_t ratio = spectral->ratios[i];
        const tin_cascade *cascade = ratio == 3 ? &spectral->third : &spectral->tenth;
        count = tin_cascade_decimate(cascade, ratio, x, count);
    }
    tin_cascade_run(&spectral->filter, x, count, 0.0f);
    tin_moments_remove_mean(x, count);
    return TIN_OK;
}

/* Decimal logarithm of powers, in place. */
static void to_log(float *power, int32_t count) {
    for (int32_t i = 0; i < count; i++) {
        power[i] = power[i] == 0.0f ? ZERO_POWER : power[i];
    }
    for (int32_t i = 0; i < count; i += TIN_LANES) {
        const int32_t taken = count - i < TIN_LANES ? count - i : TIN_LANES;
        tin_lanes_unpack(tin_lanes_log10(tin_lanes_pack(power + i, taken)), taken, power + i);
    }
}

/* Statistics and spectrum of a series without mean. `scratch`: the spectrum, then welch's. */
static void describe(const tin_spectral_config *spectral,
                     const tin_spectral_bins *bins,
                     const float *x,
                     int32_t count,
                     float *features,
                     float *scratch) {
    const int32_t length = spectral->welch.fft.length;
    float *power = scratch;
    tin_moments moments;
    tin_moments_about_zero(x, count, &moments);
    features[0] = moments.deviation;
    features[1] = moments.skewness;
    features[2] = moments.kurtosis;
    tin_welch_max_hold(&spectral->welch, x, count, power, scratch + length / 2 + 1);
    tin_moments_of(power, length / 2 + 1, &moments);
    features[3] = moments.skewness;
    features[4] = moments.kurtosis;
    if (spectral->use_log) {
        to_log(power + bins->first, num_bins(bins));
    }
    for (int32_t k = bins->first; k <= bins->last; k++) {
        features[NUM_STATISTICS + k - bins->first] = power[k];
    }
}

static void canonicalise(float *features, int32_t count) {
    for (int32_t i = 0; i < count; i++) {
        features[i] = tin_canonical(features[i]);
    }
}

static tin_status run_fft(const tin_spectral_config *spectral,
                          const tin_signal *signal,
                          float *features,
                          float *scratch) {
    float *x = scratch;
    scratch += spectral->num_frames;
    const int32_t width = NUM_STATISTICS + num_bins(&spectral->bins);
    const int32_t low_width = NUM_STATISTICS + num_bins(&spectral->low_bins);
    float *low_features = features + width * spectral->num_selected;
    const int32_t count = decimated_count(spectral);
    for (int32_t i = 0; i < spectral->num_selected; i++) {
        const tin_status status = prepare(spectral, signal, spectral->axes[i], x);
        if (status != TIN_OK) {
            return status;
        }
        describe(spectral, &spectral->bins, x, count, features, scratch);
        canonicalise(features, width);
        features += width;
        if (spectral->use_low_bands) {
            const int32_t kept = tin_cascade_decimate(&spectral->tenth, LOW_BAND_RATIO, x, count);
            tin_moments_remove_mean(x, kept);
            describe(spectral, &spectral->low_bins, x, kept, low_features, scratch);
            canonicalise(low_features, low_width);
            low_features += low_width;
        }
    }
    return TIN_OK;
}

static tin_status run_wavelet(const tin_spectral_config *spectral,
                              const tin_signal *signal,
                              float *features,
                              float *scratch) {
    float *x = scratch;
    scratch += spectral->num_frames;
    const int32_t width = TIN_WAVELET_FEATURES * (spectral->wavelet.levels + 1);
    const int32_t count = decimated_count(spectral);
    for (int32_t i = 0; i < spectral->num_selected; i++) {
        const tin_status status = prepare(spectral, signal, spectral->axes[i], x);
        if (status != TIN_OK) {
            return status;
        }
        tin_wavelet_features(&spectral->wavelet, x, count, features, scratch);
        canonicalise(features, width);
        features += width;
    }
    return TIN_OK;
}

TIN_NOINLINE tin_status tin_spectral_run(const void *config,
                                         const tin_signal *signal,
                                         float *features,
                                         float *scratch) {
    const tin_spectral_config *spectral = config;
    return spectral->use_wavelet ? run_wavelet(spectral, signal, features, scratch)
                                 : run_fft(spectral, signal, features, scratch);
}
