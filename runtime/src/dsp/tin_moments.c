/* SPDX-License-Identifier: Apache-2.0 */
/* Moments of a series: shifted by its first value, then scaled by its largest deviation. */
#include <float.h>

#include "tin/math.h"
#include "tin/moments.h"

/* Partial sums; part of the definition of every result. */
#define SUMS 4
/* Running maxima; the result does not depend on how many, so as many as a wide vector holds. */
#define MAXIMA 16

/* The mean is base + offset; both are kept because their sum is rounded. */
typedef struct {
    float base;
    float offset;
} centre;

static float join(const float s[SUMS]) { return (s[0] + s[1]) + (s[2] + s[3]); }

static centre centre_of(const float *x, int32_t count) {
    const float base = x[0];
    float s[SUMS] = {0.0f, 0.0f, 0.0f, 0.0f};
    int32_t i = 0;
    for (; i + SUMS <= count; i += SUMS) {
        for (int32_t j = 0; j < SUMS; j++) {
            s[j] += x[i + j] - base;
        }
    }
    for (int32_t j = 0; i + j < count; j++) {
        s[j] += x[i + j] - base;
    }
    centre result = {base, join(s) / (float)count};
    return result;
}

static float largest_deviation(const float *x, int32_t count, centre c) {
    float top[MAXIMA] = {0.0f};
    int32_t i = 0;
    for (; i + MAXIMA <= count; i += MAXIMA) {
        for (int32_t j = 0; j < MAXIMA; j++) {
            float d = (x[i + j] - c.base) - c.offset;
            d = d < 0.0f ? -d : d;
            top[j] = d > top[j] ? d : top[j];
        }
    }
    for (int32_t j = 0; i + j < count; j++) {
        float d = (x[i + j] - c.base) - c.offset;
        d = d < 0.0f ? -d : d;
        top[j] = d > top[j] ? d : top[j];
    }
    float largest = 0.0f;
    for (int32_t j = 0; j < MAXIMA; j++) {
        largest = top[j] > largest ? top[j] : largest;
    }
    return largest;
}

/* Mean square, cube and fourth power of (x - centre) * scale. */
static void powers(const float *x, int32_t count, centre c, float scale, float mean[3]) {
    float s2[SUMS] = {0.0f, 0.0f, 0.0f, 0.0f};
    float s3[SUMS] = {0.0f, 0.0f, 0.0f, 0.0f};
    float s4[SUMS] = {0.0f, 0.0f, 0.0f, 0.0f};
    int32_t i = 0;
    for (; i + SUMS <= count; i += SUMS) {
        for (int32_t j = 0; j < SUMS; j++) {
            float z = ((x[i + j] - c.base) - c.offset) * scale;
            float square = z * z;
            s2[j] += square;
            s3[j] += square * z;
            s4[j] += square * square;
        }
    }
    for (int32_t j = 0; i + j < count; j++) {
        float z = ((x[i + j] - c.base) - c.offset) * scale;
        float square = z * z;
        s2[j] += square;
        s3[j] += square * z;
        s4[j] += square * square;
    }
    mean[0] = join(s2) / (float)count;
    mean[1] = join(s3) / (float)count;
    mean[2] = join(s4) / (float)count;
}

static void moments_about(const float *x, int32_t count, centre c, tin_moments *out) {
    const float largest = largest_deviation(x, count, c);
    out->mean = c.base + c.offset;
    out->deviation = 0.0f;
    out->skewness = 0.0f;
    out->kurtosis = -3.0f;
    if (largest < FLT_MIN) {
        return; /* also when a NaN is in the series: its mean, and so every difference, is NaN */
    }
    float m[3];
    powers(x, count, c, 1.0f / largest, m);
    const float root = tin_sqrtf(m[0]);
    out->deviation = largest * root;
    out->skewness = m[1] / (m[0] * root);
    out->kurtosis = m[2] / (m[0] * m[0]) - 3.0f;
}

void tin_moments_of(const float *x, int32_t count, tin_moments *out) {
    moments_about(x, count, centre_of(x, count), out);
}

void tin_moments_about_zero(const float *x, int32_t count, tin_moments *out) {
    const centre zero = {0.0f, 0.0f};
    moments_about(x, count, zero, out);
}

void tin_moments_remove_mean(float *x, int32_t count) {
    const centre c = centre_of(x, count);
    for (int32_t i = 0; i < count; i++) {
        x[i] = (x[i] - c.base) - c.offset;
    }
}

float tin_root_sum_square(float a, float b) {
    a = a < 0.0f ? -a : a;
    b = b < 0.0f ? -b : b;
    const float large = a > b ? a : b;
    const float small = a > b ? b : a;
    if (large < FLT_MIN) {
        return large;
    }
    const float ratio = small / large;
    return large * tin_sqrtf(1.0f + ratio * ratio);
}
