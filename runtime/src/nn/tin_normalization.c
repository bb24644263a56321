/* SPDX-License-Identifier: Apache-2.0 */
/* L2_NORMALIZATION and LOG_SOFTMAX. */
#include "tin/nn/normalization.h"

#include "tin/math.h"
#include "tin/nn/fixedpoint.h"

#define SUM_INTEGER_BITS 12
#define LOG_INTEGER_BITS 5

/* 1 / sqrt(value) = result * 2^(shift - 31); fixedpoint.py has the same. */
static int32_t inverse_root(int32_t value, int32_t *shift) {
    *shift = 0;
    if (value <= 1) {
        return INT32_MAX;
    }
    int32_t down = 11;
    for (; value >= 1 << 29; value /= 4) {
        down++;
    }
    int32_t pairs = (tin_leading_zeros((uint32_t)value) - 1) / 2 - 1;
    down -= pairs;
    int32_t half = tin_divide_by_power((value * (1 << (2 * pairs))) >> 1, 1);
    int32_t x = 1 << 28;
    for (int32_t i = 0; i < 5; i++) {
        int32_t cube = tin_multiply_high(tin_multiply_high(x, x), x);
        cube = tin_shift_left_saturated(cube, 6);
        x = tin_multiply_high(3 << 27, x) - tin_multiply_high(half, cube);
        x = tin_shift_left_saturated(x, 3);
    }
    x = tin_multiply_high(x, 1518500250); /* sqrt(1/2) */
    if (down < 0) {
        return x * (1 << -down);
    }
    *shift = -down;
    return x;
}

void tin_l2_normalization_run_s8(const tin_l2_normalization_s8 *params,
                                 const int8_t *input,
                                 int8_t *output) {
    for (int32_t row = 0; row < params->rows; row++) {
        int32_t sum = 0;
        for (int32_t i = 0; i < params->depth; i++) {
            int32_t value = input[i] - params->zero_point;
            sum += value * value;
        }
        int32_t shift;
        int32_t multiplier = inverse_root(sum, &shift);
        for (int32_t i = 0; i < params->depth; i++) {
            int32_t value = input[i] - params->zero_point;
            value = tin_requantize(value, multiplier, shift + 7);
            output[i] = (int8_t)tin_clamp_s32(value, INT8_MIN, INT8_MAX);
        }
        input += params->depth;
        output += params->depth;
    }
}

void tin_l2_normalization_run_f32(const tin_normalization_f32 *params,
                                  const float *input,
                                  float *output) {
    for (int32_t row = 0; row < params->rows; row++) {
        float sum = 0.0f;
        for (int32_t i = 0; i < params->depth; i++) {
            sum += input[i] * input[i];
        }
        float length = tin_sqrtf(sum);
        length = length < 1e-6f ? 1e-6f : length;
        for (int32_t i = 0; i < params->depth; i++) {
            output[i] = input[i] / length;
        }
        input += params->depth;
        output += params->depth;
    }
}

/* ln(a) with 5 integer bits of a number a >= 1 with 12.
   a = 2^n r with r near 1: r is taken from a or from a * sqrt(1/2), whichever lies in the better
   half octave, and ln r from a quotient of polynomials in r - 2^(-1/4). */
static int32_t logarithm(int32_t a) {
    const int32_t root_half = 1518500250;        /* sqrt(1/2) */
    const int32_t fourth_root_half = 1805811301; /* sqrt(sqrt(1/2)) */
    const int32_t fraction_bits = 31 - (LOG_INTEGER_BITS + 1);
    const int32_t quarter = 1 << (fraction_bits - 2);
    const int32_t zeros_a = tin_leading_zeros((uint32_t)a);
    const int32_t ra = tin_shift_left_saturated(
        tin_multiply_high(tin_shift_left_saturated(a, zeros_a - 1), root_half), 1);
    const int32_t power_a = (SUM_INTEGER_BITS - zeros_a) * (1 << fraction_bits) + quarter;
    const int32_t b = tin_multiply_high(a, root_half);
    const int32_t zeros_b = tin_leading_zeros((uint32_t)b) - 1;
    const int32_t rb = tin_shift_left_saturated(a, zeros_b);
    const int32_t power_b = (SUM_INTEGER_BITS - zeros_b) * (1 << fraction_bits) - quarter;
    const int32_t r = ra < rb ? ra : rb;
    const int32_t power = power_a > power_b ? power_a : power_b;

    int64_t sum = (int64_t)r + fourth_root_half;
    const int32_t p = (int32_t)((sum + 1) / 2);
    const int32_t q = 2 * (r - fourth_root_half);
    const int32_t square = tin_multiply_high(q, q);
    const int32_t top =
        tin_multiply_high(q, r) + tin_multiply_high(tin_multiply_high(q, square), 117049297);
    const int32_t inner = 1057819769 + q + tin_multiply_high(127690142, square);
    const int32_t bottom = tin_multiply_high(p, inner) + tin_multiply_high(638450708, q);
    const int32_t scaled = tin_divide_by_power(top, LOG_INTEGER_BITS + 1);
    const int32_t value = tin_multiply_high(power, 1488522236) + /* ln 2 */
                          tin_multiply_high(scaled, tin_reciprocal(bottom));
    return tin_shift_left_saturated(value, 1);
}

static void
log_softmax_row_s8(const tin_log_softmax_s8 *params, const int8_t *input, int8_t *output) {
    int32_t maximum = INT8_MIN;
    for (int32_t i = 0; i < params->depth; i++) {
        maximum = input[i] > maximum ? input[i] : maximum;
    }
    int32_t sum = 0;
    for (int32_t i = 0; i < params->depth; i++) {
        int32_t below = maximum - input[i];
        if (below < params->num_distances) {
            sum += tin_divide_by_power(params->exponents[below], SUM_INTEGER_BITS);
        }
    }
    const int64_t log_sum = logarithm(sum);
    for (int32_t i = 0; i < params->depth; i++) {
        int32_t below = maximum - input[i];
        int32_t value = INT8_MIN;
        if (below < params->num_distances) {
            int64_t difference = params->distances[below] - log_sum;
            difference = difference < INT32_MIN ? INT32_MIN : difference;
            value = tin_divide_by_power((int32_t)difference, 31 - LOG_INTEGER_BITS - 4) + INT8_MAX;
        }
        output[i] = (int8_t)tin_clamp_s32(value, INT8_MIN, INT8_MAX);
    }
}

void tin_log_softmax_run_s8(const tin_log_softmax_s8 *params, const int8_t *input, int8_t *output) {
    for (int32_t row = 0; row < params->rows; row++) {
        log_softmax_row_s8(params, input, output);
        input += params->depth;
        output += params->depth;
    }
}

void tin_log_softmax_run_f32(const tin_normalization_f32 *params,
                             const float *input,
                             float *output) {
    for (int32_t row = 0; row < params->rows; row++) {
        float maximum = input[0];
        for (int32_t i = 1; i < params->depth; i++) {
            maximum = input[i] > maximum ? input[i] : maximum;
        }
        float sum = 0.0f;
        for (int32_t i = 0; i < params->depth; i++) {
            sum += tin_expf(input[i] - maximum);
        }
        const float log_sum = tin_logf(sum);
        for (int32_t i = 0; i < params->depth; i++) {
            output[i] = (input[i] - maximum) - log_sum;
        }
        input += params->depth;
        output += params->depth;
    }
}
