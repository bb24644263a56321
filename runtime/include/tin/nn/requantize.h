/* SPDX-License-Identifier: Apache-2.0 */
/* Integer arithmetic of quantised kernels: from 32-bit sums to int8 outputs. */
#ifndef TIN_NN_REQUANTIZE_H
#define TIN_NN_REQUANTIZE_H

#include "tin/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How the sums of a layer with weights become its outputs. */
typedef struct {
    const int32_t *bias;       /* [num_outputs], minus input zero point * sum of weights */
    const int32_t *multiplier; /* [num_outputs], or [1] when per_channel is 0 */
    const int8_t *shift;       /* as multiplier; see tin_requantize */
    int32_t per_channel;       /* 1: a multiplier per output, 0: one for all */
    int32_t is_narrow;         /* 1: all shifts are -31..-1, all biased sums lie within 2^30 */
    int32_t zero_point;        /* of the output */
    int32_t minimum;           /* fused activation, in output steps */
    int32_t maximum;
} tin_requantize_s8;

/* Outputs first, first + 1, ... from their sums; `output` is where the first one goes. */
void tin_requantize_run_s8(const tin_requantize_s8 *params,
                           const int32_t *sums,
                           int32_t first,
                           int32_t count,
                           int8_t *output);

/* Upper half of 2ab, rounded half up: the product of two numbers in [-1, 1) scaled by 2^31. */
static inline int32_t tin_multiply_high(int32_t a, int32_t b) {
    return (int32_t)(((int64_t)a * b + ((int64_t)1 << 30)) >> 31);
}

/* value / 2^exponent, rounded half away from zero; exponent 0..31. */
static inline int32_t tin_divide_by_power(int32_t value, int32_t exponent) {
    int32_t mask = (int32_t)(((uint32_t)1 << exponent) - 1U);
    int32_t threshold = (mask >> 1) + (value < 0 ? 1 : 0);
    return (value >> exponent) + ((value & mask) > threshold ? 1 : 0);
}

/* value * multiplier * 2^(shift - 31); multiplier in [2^30, 2^31) or 0, shift -31..30.
   Rounds twice, as the arithmetic that quantised models are defined by does. */
static inline int32_t tin_requantize(int32_t value, int32_t multiplier, int32_t shift) {
    if (shift > 0) {
        return tin_multiply_high((int32_t)((uint32_t)value << shift), multiplier);
    }
    return tin_divide_by_power(tin_multiply_high(value, multiplier), -shift);
}

/* The same for shift -31..-1 and a value within 2^30, where nothing overflows. */
static inline int32_t tin_requantize_narrow(int32_t value, int32_t multiplier, int32_t shift) {
    int64_t product = (int64_t)(value * 2) * multiplier + ((int64_t)1 << 31);
    int32_t high = (int32_t)(product >> 32);
    return (high + ((int32_t)1 << (-shift - 1)) + (high >> 31)) >> -shift;
}

static inline int32_t tin_clamp_s32(int32_t value, int32_t minimum, int32_t maximum) {
    value = value < minimum ? minimum : value;
    return value > maximum ? maximum : value;
}

/* NaN passes through. */
static inline float tin_clamp_f32(float value, float minimum, float maximum) {
    value = value < minimum ? minimum : value;
    return value > maximum ? maximum : value;
}

#ifdef __cplusplus
}
#endif

#endif
