/* SPDX-License-Identifier: Apache-2.0 */
/* Softmax: int8 in fixed point with a table of exponentials, float32 with tin_expf. */
#include "tin/math.h"
#include "tin/nn/fixedpoint.h"
#include "tin/nn/softmax.h"

/* Bits above the binary point of the sum of exponentials; 4095 exponentials of at most 1 fit. */
#define SUM_INTEGER_BITS 12

static void row_s8(const tin_softmax_s8 *params, const int8_t *input, int8_t *output) {
    int32_t maximum = INT8_MIN;
    for (int32_t i = 0; i < params->depth; i++) {
        maximum = input[i] > maximum ? input[i] : maximum;
    }
    int32_t sum = 0;
    for (int32_t i = 0; i < params->depth; i++) {
        int32_t below = maximum - input[i];
        if (below < params->num_exponents) {
            sum += tin_divide_by_power(params->exponents[below], SUM_INTEGER_BITS);
        }
    }
    int32_t headroom = tin_leading_zeros((uint32_t)sum);
    int32_t fraction = (int32_t)(((uint32_t)sum << headroom) - 0x80000000U);
    int32_t scale = tin_reciprocal(fraction);
    int32_t shift = SUM_INTEGER_BITS - headroom + 31 - 8;
    for (int32_t i = 0; i < params->depth; i++) {
        int32_t below = maximum - input[i];
        int32_t value = INT8_MIN;
        if (below < params->num_exponents) {
            int32_t share = tin_multiply_high(scale, params->exponents[below]);
            value = tin_divide_by_power(share, shift) + INT8_MIN;
        }
        output[i] = (int8_t)tin_clamp_s32(value, INT8_MIN, INT8_MAX);
    }
}

void tin_softmax_run_s8(const tin_softmax_s8 *params, const int8_t *input, int8_t *output) {
    for (int32_t row = 0; row < params->rows; row++) {
        row_s8(params, input, output);
        input += params->depth;
        output += params->depth;
    }
}

/* The table's function of x, whose range is that of int16: 512 straight lines. */
static int32_t interpolate(const int16_t *table, int32_t x) {
    const int16_t *at = table + 256 + (x >> 7);
    return at[0] + (((at[1] - at[0]) * (x & 127) + 64) >> 7);
}

static void row_s16(const tin_softmax_s16 *params, const int16_t *input, int16_t *output) {
    int32_t maximum = INT16_MIN;
    for (int32_t i = 0; i < params->depth; i++) {
        maximum = input[i] > maximum ? input[i] : maximum;
    }
    int32_t sum = 0;
    for (int32_t i = 0; i < params->depth; i++) {
        int32_t x = tin_requantize(input[i] - maximum, params->multiplier, params->shift);
        x = tin_clamp_s32(x + INT16_MAX, INT16_MIN, INT16_MAX);
        output[i] = (int16_t)interpolate(params->exponential, x);
        sum += output[i];
    }
    /* sum = (1 + x) 2^(30 - headroom); x in 16 bits, rounded. */
    int32_t headroom = tin_leading_zeros((uint32_t)sum) - 1;
    int32_t x = (int32_t)((((uint32_t)sum << headroom) + (1U << 13)) >> 14);
    x = tin_clamp_s32(x - (1 << 16) + INT16_MIN, INT16_MIN, INT16_MAX);
    int32_t scale = interpolate(params->reciprocal, x);
    int32_t shift = 30 - headroom;
    for (int32_t i = 0; i < params->depth; i++) {
        int32_t value = (output[i] * scale + (1 << (shift - 1))) >> shift;
        output[i] = (int16_t)tin_clamp_s32(value, 0, INT16_MAX);
    }
}

void tin_softmax_run_s16(const tin_softmax_s16 *params, const int16_t *input, int16_t *output) {
    for (int32_t row = 0; row < params->rows; row++) {
        row_s16(params, input, output);
        input += params->depth;
        output += params->depth;
    }
}

void tin_softmax_run_f32(const tin_softmax_f32 *params, const float *input, float *output) {
    for (int32_t row = 0; row < params->rows; row++) {
        float maximum = input[0];
        for (int32_t i = 1; i < params->depth; i++) {
            maximum = input[i] > maximum ? input[i] : maximum;
        }
        float sum = 0.0f;
        for (int32_t i = 0; i < params->depth; i++) {
            output[i] = tin_expf((input[i] - maximum) * params->beta);
            sum += output[i];
        }
        for (int32_t i = 0; i < params->depth; i++) {
            output[i] = output[i] / sum;
        }
        input += params->depth;
        output += params->depth;
    }
}
