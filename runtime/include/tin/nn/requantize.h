/* SPDX-License-Identifier: Apache-2.0 */
/* Integer arithmetic of quantised kernels: scaling of accumulators by multiplier * 2^shift. */
#ifndef TIN_NN_REQUANTIZE_H
#define TIN_NN_REQUANTIZE_H

#include "tin/status.h"

/* Channels that kernels keep in registers at once: few general registers on Thumb, vectors
   elsewhere. Integer results do not depend on it; float kernels use it only across independent
   channels. */
#if defined(__thumb__) || defined(__riscv)
#define TIN_LANES 4
#else
#define TIN_LANES 16
#endif

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

static inline int32_t tin_clamp_s32(int32_t value, int32_t minimum, int32_t maximum) {
    value = value < minimum ? minimum : value;
    return value > maximum ? maximum : value;
}

/* NaN passes through. */
static inline float tin_clamp_f32(float value, float minimum, float maximum) {
    value = value < minimum ? minimum : value;
    return value > maximum ? maximum : value;
}

#endif
