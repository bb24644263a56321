/* SPDX-License-Identifier: Apache-2.0 */
/* Element-wise functions of one tensor. */
#include "tin/nn/functions.h"

#include "tin/canonical.h"
#include "tin/math.h"
#include "tin/nn/requantize.h"

/* Floats from here on have no fraction. */
#define WHOLE 8388608.0f

/* pi/2 in three parts; the first two have few bits, so that n times them is exact up to n = 2^13.
 */
#define HALF_PI_1 0x1.92p+0f
#define HALF_PI_2 0x1.fb4p-12f
#define HALF_PI_3 0x1.4442d2p-24f
#define TWO_OVER_PI 0x1.45f306p-1f

static int has_fraction(float x) { return x > -WHOLE && x < WHOLE; }

static float absolute(float x) { return x < 0.0f ? -x : x; }

static float floor_of(float x) { return has_fraction(x) ? (float)tin_floor_to_s32(x) : x; }

static float round_of(float x) { return has_fraction(x) ? (float)tin_round_to_s32(x) : x; }

/* sin(x + quadrant * pi/2): a series on |r| <= pi/4 whose first omitted term is below 2e-9. */
static float sine(float x, int32_t quadrant) {
    if (!(x >= -0x1p20f && x <= 0x1p20f)) {
        x = x == x ? 0.0f : x;
    }
    const int32_t n = tin_round_to_s32(x * TWO_OVER_PI);
    const float whole = (float)n;
    const float r = ((x - whole * HALF_PI_1) - whole * HALF_PI_2) - whole * HALF_PI_3;
    const float z = r * r;
    float y;
    if ((n + quadrant) & 1) {
        float p = z * -0x1.27e4fap-22f + 0x1.a01a02p-16f;
        p = p * z + -0x1.6c16c2p-10f;
        p = p * z + 0x1.555556p-5f;
        y = (1.0f - z * 0.5f) + (z * z) * p;
    } else {
        float p = z * 0x1.71de3ap-19f + -0x1.a01a02p-13f;
        p = p * z + 0x1.111112p-7f;
        p = p * z + -0x1.555556p-3f;
        y = r + r * (z * p);
    }
    return tin_canonical((n + quadrant) & 2 ? -y : y);
}

/* e^x - 1 for x < 0; near 0 the series, which loses nothing. */
static float exp_less_one(float x) {
    if (x < -0.25f) {
        return tin_expf(x) - 1.0f;
    }
    float p = x * 0x1.6c16c2p-10f + 0x1.111112p-7f;
    p = p * x + 0x1.555556p-5f;
    p = p * x + 0x1.555556p-3f;
    p = p * x + 0.5f;
    return x + (x * x) * p;
}

static float hard_swish(float x) { return x * tin_clamp_f32(x + 3.0f, 0.0f, 6.0f) / 6.0f; }

#define FUNCTION(STEM, VALUE)                                                                      \
    void tin_##STEM##_run_f32(const tin_function_f32 *params, const float *input, float *output) { \
        for (int32_t i = 0; i < params->count; i++) {                                              \
            const float x = input[i];                                                              \
            output[i] = (VALUE);                                                                   \
        }                                                                                          \
    }

FUNCTION(abs, absolute(x))
FUNCTION(neg, -x)
FUNCTION(square, x *x)
FUNCTION(sqrt, tin_sqrtf(x))
FUNCTION(rsqrt, tin_canonical(1.0f / tin_sqrtf(x)))
FUNCTION(exp, tin_expf(x))
FUNCTION(log, tin_logf(x))
FUNCTION(sin, sine(x, 0))
FUNCTION(cos, sine(x, 1))
FUNCTION(floor, floor_of(x))
FUNCTION(ceil, -floor_of(-x))
FUNCTION(round, round_of(x))
FUNCTION(elu, x < 0.0f ? exp_less_one(x) : x)
FUNCTION(hard_swish, hard_swish(x))

void tin_leaky_relu_run_f32(const tin_leaky_relu_f32 *params, const float *input, float *output) {
    for (int32_t i = 0; i < params->count; i++) {
        output[i] = input[i] < 0.0f ? input[i] * params->alpha : input[i];
    }
}

void tin_leaky_relu_run_s16(const tin_leaky_relu_s16 *params,
                            const int16_t *input,
                            int16_t *output) {
    const tin_leaky_relu_s16 local = *params;
    for (int32_t i = 0; i < local.count; i++) {
        int32_t value = input[i];
        if (value >= 0) {
            value = tin_requantize(value, local.multiplier, local.shift);
        } else {
            value = tin_requantize(value, local.slope_multiplier, local.slope_shift);
        }
        output[i] = (int16_t)tin_clamp_s32(value, INT16_MIN, INT16_MAX);
    }
}
