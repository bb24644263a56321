/* SPDX-License-Identifier: Apache-2.0 */
/* Multi-level wavelet transform; each component is described as soon as it is there. */
#include "tin/wavelet.h"

#include "tin/math.h"
#include "tin/moments.h"

#define BINS 100

int32_t tin_wavelet_next_count(const tin_wavelet *wavelet, int32_t count) {
    return (count + wavelet->num_taps - 1) / 2;
}

/* The series continued by half-sample symmetry on both sides. */
static float mirrored(const float *x, int32_t count, int32_t index) {
    if (index < 0) {
        index = -1 - index;
    }
    return index < count ? x[index] : x[2 * count - 1 - index];
}

/* out[k] = sum over j of taps[j] * x[2 k + 1 - j]. Odd taps are added from the other end, so that
   an antisymmetric filter gives exactly 0 where the series is continued by its mirror image. */
static void
filter_half(const float *taps, int32_t num_taps, const float *x, int32_t count, float *out) {
    const int32_t kept = (count + num_taps - 1) / 2;
    for (int32_t k = 0; k < kept; k++) {
        const int32_t last = 2 * k + 1;
        const int32_t first = last - num_taps + 1;
        float even = 0.0f;
        float odd = 0.0f;
        if (first >= 0 && last < count) {
            for (int32_t j = 0; j < num_taps; j += 2) {
                even += taps[j] * x[last - j];
                odd += taps[num_taps - 1 - j] * x[first + j];
            }
        } else {
            for (int32_t j = 0; j < num_taps; j += 2) {
                even += taps[j] * mirrored(x, count, last - j);
                odd += taps[num_taps - 1 - j] * mirrored(x, count, first + j);
            }
        }
        out[k] = even + odd;
    }
}

/* Share of neighbours between which "above level" changes, per value. */
static float crossings(const float *x, int32_t count, float level) {
    int32_t changes = 0;
    for (int32_t i = 1; i < count; i++) {
        changes += (x[i] > level) != (x[i - 1] > level);
    }
    return (float)changes / (float)count;
}

/* Ascending, in place: shell sort with the gaps of Ciura, extended by 9/4. */
static void sort(float *x, int32_t count) {
    static const int32_t gaps[] = {
        1, 4, 10, 23, 57, 132, 301, 701, 1577, 3548, 7983, 17961, 40412, 90927, 204585};
    for (int32_t g = (int32_t)(sizeof gaps / sizeof gaps[0]) - 1; g >= 0; g--) {
        const int32_t gap = gaps[g];
        for (int32_t i = gap; i < count; i++) {
            const float value = x[i];
            int32_t j = i;
            for (; j >= gap && x[j - gap] > value; j -= gap) {
                x[j] = x[j - gap];
            }
            x[j] = value;
        }
    }
}

/* Value `percent` of the way through the sorted series, the nearest one. */
static float percentile(const float *sorted, int32_t count, int32_t percent) {
    return sorted[((count - 1) * percent + 50) / 100];
}

/* Shannon entropy in nats of a histogram with equal bins from the smallest to the largest value:
   ln n - sum of c ln c / n over the counts c. Sorted values fill one bin after the other. */
static float entropy(const float *sorted, int32_t count) {
    const float low = sorted[0];
    const float width = (sorted[count - 1] - low) / (float)BINS;
    if (!(width > 0.0f)) {
        return 0.0f;
    }
    float sum = 0.0f;
    int32_t start = 0;
    for (int32_t bin = 1; bin <= BINS && start < count; bin++) {
        const float edge = low + (float)bin * width;
        int32_t end = bin == BINS ? count : start;
        while (end < count && sorted[end] < edge) {
            end++;
        }
        const float c = (float)(end - start);
        if (end - start > 1) {
            sum += c * tin_logf(c);
        }
        start = end;
    }
    return tin_logf((float)count) - sum / (float)count;
}

/* Writes the features of one component and sorts it. */
static void describe(float *x, int32_t count, float *features) {
    tin_moments moments;
    tin_moments_of(x, count, &moments);
    const float rms = tin_root_sum_square(moments.mean, moments.deviation);
    const float variance = moments.deviation * moments.deviation;
    features[1] = crossings(x, count, 0.0f);
    features[2] = crossings(x, count, moments.mean);
    sort(x, count);
    features[0] = entropy(x, count);
    features[3] = percentile(x, count, 5);
    features[4] = percentile(x, count, 25);
    features[5] = percentile(x, count, 75);
    features[6] = percentile(x, count, 95);
    features[7] = percentile(x, count, 50);
    features[8] = moments.mean;
    features[9] = moments.deviation;
    features[10] = variance * ((float)count / (float)(count - 1));
    features[11] = rms;
    features[12] = moments.skewness;
    features[13] = moments.deviation > 0.0f ? moments.kurtosis : 0.0f;
}

void tin_wavelet_features(
    const tin_wavelet *wavelet, float *x, int32_t count, float *features, float *scratch) {
    for (int32_t level = wavelet->levels; level >= 1; level--) {
        float *detail = features + level * TIN_WAVELET_FEATURES;
        const int32_t kept = tin_wavelet_next_count(wavelet, count);
        filter_half(wavelet->high, wavelet->num_taps, x, count, scratch);
        describe(scratch, kept, detail);
        filter_half(wavelet->low, wavelet->num_taps, x, count, scratch);
        float *swapped = x;
        x = scratch;
        scratch = swapped;
        count = kept;
    }
    describe(x, count, features);
}
