/* SPDX-License-Identifier: Apache-2.0 */
/* Mean, deviation, skewness and kurtosis of a series, safe against overflow and cancellation. */
#ifndef TIN_MOMENTS_H
#define TIN_MOMENTS_H

#include "tin/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Population moments (no bias correction); kurtosis is the excess over a normal distribution's.
   A series that does not vary has deviation 0, skewness 0 and kurtosis -3. */
typedef struct {
    float mean;
    float deviation;
    float skewness;
    float kurtosis;
} tin_moments;

/* Sums are four interleaved partial sums, s0 += x[0], s1 += x[1], ..., s0 += x[4], ..., joined as
   (s0 + s1) + (s2 + s3), and are taken over x - x[0]: a large constant costs no precision. */
void tin_moments_of(const float *x, int32_t count, tin_moments *out);

/* sqrt(a^2 + b^2) without overflow. */
float tin_root_sum_square(float a, float b);

#ifdef __cplusplus
}
#endif

#endif
