/* SPDX-License-Identifier: Apache-2.0 */
/* LOGISTIC, TANH and clamping. */
#include "tin/math.h"
#include "tin/nn/activation.h"
#include "tin/nn/requantize.h"

/* exp of a value that is not positive cannot overflow, whatever the sign of x. */
static float logistic(float x) {
    float e = tin_expf(x < 0.0f ? x : -x);
    return (x < 0.0f ? e : 1.0f) / (1.0f + e);
}

/* Below 1 the continued fraction of Lambert, cut where its error is below 1e-7; above,
 * exponentials. */
static float hyperbolic_tangent(float x) {
    float size = x < 0.0f ? -x : x;
    if (size < 1.0f) {
        float s = x * x;
        float top = x * (135135.0f + s * (17325.0f + s * (378.0f + s)));
        return top / (135135.0f + s * (62370.0f + s * (3150.0f + s * 28.0f)));
    }
    float e = tin_expf(-2.0f * size);
    float value = (1.0f - e) / (1.0f + e);
    return x < 0.0f ? -value : value;
}

void tin_logistic_run_f32(const tin_activation_f32 *params, const float *input, float *output) {
    for (int32_t i = 0; i < params->count; i++) {
        output[i] = logistic(input[i]);
    }
}

void tin_tanh_run_f32(const tin_activation_f32 *params, const float *input, float *output) {
    for (int32_t i = 0; i < params->count; i++) {
        output[i] = hyperbolic_tangent(input[i]);
    }
}

void tin_clamp_run_f32(const tin_clamp_params_f32 *params, const float *input, float *output) {
    for (int32_t i = 0; i < params->count; i++) {
        output[i] = tin_clamp_f32(input[i], params->minimum, params->maximum);
    }
}

/* logistic(|x|) * 2^(16 + bits), on a straight line between entries of the table, which are 2^bits
   steps apart; past the last one, `most`. */
static int32_t interpolate(const uint16_t *table, uint32_t size, int32_t bits, int32_t most) {
    uint32_t index = size >> bits;
    if (index >= 255) {
        return most;
    }
    uint32_t low = table[index];
    uint32_t rest = size & ((1U << bits) - 1U);
    return (int32_t)((low << bits) + rest * (table[index + 1] - low));
}

/* Input in steps of 1 / 12288. */
static int32_t sigmoid_argument(const tin_sigmoid_s16 *params, int32_t x) {
    int32_t round = params->shift > 0 ? 1 << (params->shift - 1) : 0;
    return (x * params->multiplier + round) >> params->shift;
}

void tin_logistic_run_s16(const tin_sigmoid_s16 *params, const int16_t *input, int16_t *output) {
    for (int32_t i = 0; i < params->count; i++) {
        int32_t x = sigmoid_argument(params, input[i]);
        uint32_t size = (uint32_t)(x < 0 ? -x : x);
        int32_t value = interpolate(params->table, size, 9, 0x7fff << 10);
        value = x >= 0 ? value : (1 << 25) - 1 - value;
        output[i] = (int16_t)((value + (1 << 9)) >> 10);
    }
}

/* tanh(x) = 2 logistic(2x) - 1: entries are half as far apart. */
void tin_tanh_run_s16(const tin_sigmoid_s16 *params, const int16_t *input, int16_t *output) {
    for (int32_t i = 0; i < params->count; i++) {
        int32_t x = sigmoid_argument(params, input[i]);
        uint32_t size = (uint32_t)(x < 0 ? -x : x);
        int32_t value = interpolate(params->table, size, 8, 0xffff << 8) - (1 << 23);
        value = x >= 0 ? value : -1 - value;
        output[i] = (int16_t)((value + (1 << 7)) >> 8);
    }
}
