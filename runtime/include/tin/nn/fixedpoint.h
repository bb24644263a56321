/* SPDX-License-Identifier: Apache-2.0 */
/* Functions of fixed-point numbers that quantised kernels are defined by. */
#ifndef TIN_NN_FIXEDPOINT_H
#define TIN_NN_FIXEDPOINT_H

#include "tin/nn/requantize.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Zero bits above the highest one bit; 32 of 0. */
static inline int32_t tin_leading_zeros(uint32_t value) {
    int32_t count = 0;
    for (; count < 32 && !(value & 0x80000000U); value <<= 1) {
        count++;
    }
    return count;
}

/* value * 2^bits, cut off at the ends of 32 bits. */
static inline int32_t tin_shift_left_saturated(int32_t value, int32_t bits) {
    int32_t limit = INT32_MAX >> bits;
    if (value > limit) {
        return INT32_MAX;
    }
    return value < -limit - 1 ? INT32_MIN : (int32_t)((uint32_t)value << bits);
}

/* 2^31 / (1 + a / 2^31) for a in [0, 2^31): Newton's iteration on half the denominator, which lies
   in [0.5, 1), from the best straight line 48/17 - 32/17 d. Iterates have 2 integer bits. */
static inline int32_t tin_reciprocal(int32_t a) {
    const int32_t one = (int32_t)1 << 29;
    int32_t half = (int32_t)(((int64_t)a + INT32_MAX + 1) / 2);
    int32_t x = 1515870810 + tin_multiply_high(half, -1010580540);
    for (int32_t i = 0; i < 3; i++) {
        int32_t error = one - tin_multiply_high(half, x);
        x += tin_shift_left_saturated(tin_multiply_high(x, error), 2);
    }
    return tin_shift_left_saturated(x, 1);
}

#ifdef __cplusplus
}
#endif

#endif
