/* SPDX-License-Identifier: Apache-2.0 */
/* Element-wise float32 functions. */
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
