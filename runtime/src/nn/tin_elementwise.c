/* SPDX-License-Identifier: Apache-2.0 */
/* Minimum, maximum, quotient, squared difference and PRELU of two tensors. */
#include "tin/canonical.h"
#include "tin/nn/elementwise.h"
#include "tin/nn/fixedpoint.h"

/* The function NAME over all pairs, from FUNCTION(&params, a, b) of one pair. */
#define PAIRWISE(NAME, PARAMS, TYPE, FUNCTION)                                                     \
    TIN_ROW_FUNCTION(NAME##_row, PARAMS, TYPE, TYPE, FUNCTION)                                     \
    void NAME(const PARAMS *params, const TYPE *a, const TYPE *b, TYPE *output) {                  \
        static const tin_pairwise rows = {NAME##_row, sizeof(TYPE), sizeof(TYPE)};                 \
        tin_broadcast_run(&params->broadcast, &rows, params, a, b, output);                        \
    }

#define CHOICE(STEM, TYPE, CONDITION)                                                              \
    static inline TYPE STEM##_pair(const tin_pair *params, TYPE a, TYPE b) {                       \
        (void)params;                                                                              \
        return (CONDITION) ? a : b;                                                                \
    }                                                                                              \
    PAIRWISE(STEM, tin_pair, TYPE, STEM##_pair)

CHOICE(tin_minimum_run_s8, int8_t, a < b)
CHOICE(tin_minimum_run_s16, int16_t, a < b)
CHOICE(tin_minimum_run_s32, int32_t, a < b)
CHOICE(tin_minimum_run_f32, float, a < b || a != a)
CHOICE(tin_maximum_run_s8, int8_t, a > b)
CHOICE(tin_maximum_run_s16, int16_t, a > b)
CHOICE(tin_maximum_run_s32, int32_t, a > b)
CHOICE(tin_maximum_run_f32, float, a > b || a != a)

/* The quotient is a times the reciprocal of b, each with as many bits as fit. */
static inline int8_t divide_s8(const tin_div_s8 *params, int8_t x, int8_t y) {
    int32_t a = x + params->offset1;
    int32_t b = y + params->offset2;
    if (b == 0) {
        int32_t end = a > 0 ? params->maximum : params->minimum;
        return (int8_t)(a == 0 ? tin_clamp_s32(params->zero_point, params->minimum, params->maximum)
                               : end);
    }
    if (b < 0) {
        a = -a;
        b = -b;
    }
    int32_t zeros = tin_leading_zeros((uint32_t)b);
    int32_t inverse = tin_reciprocal((int32_t)(((uint32_t)b << zeros) - 0x80000000U));
    int32_t headroom = tin_leading_zeros((uint32_t)(a < 0 ? ~a : a)) - 1;
    int32_t quotient = tin_multiply_high((int32_t)((uint32_t)a << headroom), inverse);
    int32_t shift = params->shift - (31 - zeros) - headroom;
    int32_t value = tin_multiply_high(quotient, params->multiplier);
    value = shift < -31 ? 0 : tin_divide_by_power(value, -shift);
    return (int8_t)tin_clamp_s32(value + params->zero_point, params->minimum, params->maximum);
}

PAIRWISE(tin_div_run_s8, tin_div_s8, int8_t, divide_s8)

static inline float divide_f32(const tin_arithmetic_f32 *params, float a, float b) {
    return tin_canonical(tin_clamp_f32(a / b, params->minimum, params->maximum));
}

PAIRWISE(tin_div_run_f32, tin_arithmetic_f32, float, divide_f32)

static inline int32_t
squared_difference(const tin_squared_difference_s8 *params, int32_t a, int32_t b) {
    a = (a + params->offset1) * (1 << params->headroom);
    b = (b + params->offset2) * (1 << params->headroom);
    int32_t difference = tin_requantize(a, params->multiplier1, params->shift1) -
                         tin_requantize(b, params->multiplier2, params->shift2);
    int32_t square = (int32_t)((uint32_t)difference * (uint32_t)difference);
    int32_t value = tin_requantize(square, params->multiplier, params->shift) + params->zero_point;
    return tin_clamp_s32(value, params->minimum, params->maximum);
}

static inline int8_t
squared_difference_s8(const tin_squared_difference_s8 *params, int8_t a, int8_t b) {
    return (int8_t)squared_difference(params, a, b);
}

static inline int16_t
squared_difference_s16(const tin_squared_difference_s16 *params, int16_t a, int16_t b) {
    return (int16_t)squared_difference(params, a, b);
}

static inline float squared_difference_f32(const tin_pair *params, float a, float b) {
    (void)params;
    return (a - b) * (a - b);
}

PAIRWISE(tin_squared_difference_run_s8, tin_squared_difference_s8, int8_t, squared_difference_s8)
PAIRWISE(tin_squared_difference_run_s16,
         tin_squared_difference_s16,
         int16_t,
         squared_difference_s16)
PAIRWISE(tin_squared_difference_run_f32, tin_pair, float, squared_difference_f32)

static inline int8_t prelu_s8(const tin_prelu_s8 *params, int8_t x, int8_t slope) {
    int32_t a = x + params->offset1;
    int32_t value;
    if (a >= 0) {
        value = tin_requantize(a, params->multiplier, params->shift);
    } else {
        int32_t product = a * (slope + params->offset2);
        value = tin_requantize(product, params->slope_multiplier, params->slope_shift);
    }
    return (int8_t)tin_clamp_s32(value + params->zero_point, INT8_MIN, INT8_MAX);
}

static inline float prelu_f32(const tin_pair *params, float a, float slope) {
    (void)params;
    return a >= 0.0f ? a : a * slope;
}

PAIRWISE(tin_prelu_run_s8, tin_prelu_s8, int8_t, prelu_s8)
PAIRWISE(tin_prelu_run_f32, tin_pair, float, prelu_f32)
