/* SPDX-License-Identifier: Apache-2.0 */
/* Conversion between float32 and integers, and from one integer scale to another. */
#include "tin/nn/quantize.h"

#include "tin/nn/requantize.h"

/* Far outside int16, and safe to convert to int32_t. */
#define LIMIT 131072.0f

void tin_quantize_run_f32_s8(const tin_model_tensor *params, const float *input, int8_t *output) {
    for (int32_t i = 0; i < params->count; i++) {
        output[i] = tin_model_quantize(params, input[i]);
    }
}

void tin_dequantize_run_s8_f32(const tin_model_tensor *params, const int8_t *input, float *output) {
    for (int32_t i = 0; i < params->count; i++) {
        output[i] = tin_model_dequantize(params, input[i]);
    }
}

static int16_t quantize_s16(const tin_model_tensor *tensor, float value) {
    float steps = value / tensor->scale;
    steps = steps == steps ? tin_clamp_f32(steps, -LIMIT, LIMIT) : 0.0f;
    int32_t whole = (int32_t)steps;
    float rest = steps - (float)whole; /* exact, so that halves are seen as halves */
    whole += rest >= 0.5f ? 1 : 0;
    whole -= rest <= -0.5f ? 1 : 0;
    return (int16_t)tin_clamp_s32(whole + tensor->zero_point, INT16_MIN, INT16_MAX);
}

void tin_quantize_run_f32_s16(const tin_model_tensor *params, const float *input, int16_t *output) {
    for (int32_t i = 0; i < params->count; i++) {
        output[i] = quantize_s16(params, input[i]);
    }
}

void tin_dequantize_run_s16_f32(const tin_model_tensor *params,
                                const int16_t *input,
                                float *output) {
    for (int32_t i = 0; i < params->count; i++) {
        output[i] = params->scale * (float)(input[i] - params->zero_point);
    }
}

static inline int32_t rescale(const tin_rescale *params, int32_t value) {
    /* An int32 less its zero point wraps, as it does in the arithmetic that defines it. */
    value = (int32_t)((uint32_t)value + (uint32_t)params->offset);
    int64_t sum = tin_requantize(value, params->multiplier, params->shift);
    sum += params->zero_point;
    sum = sum < params->minimum ? params->minimum : sum;
    return (int32_t)(sum > params->maximum ? params->maximum : sum);
}

#define RESCALE(NAME, INPUT, OUTPUT)                                                               \
    void NAME(const tin_rescale *params, const INPUT *input, OUTPUT *output) {                     \
        const tin_rescale local = *params;                                                         \
        for (int32_t i = 0; i < local.count; i++) {                                                \
            output[i] = (OUTPUT)rescale(&local, input[i]);                                         \
        }                                                                                          \
    }

RESCALE(tin_rescale_run_s8_s16, int8_t, int16_t)
RESCALE(tin_rescale_run_s8_s32, int8_t, int32_t)
RESCALE(tin_rescale_run_s16_s8, int16_t, int8_t)
RESCALE(tin_rescale_run_s16_s16, int16_t, int16_t)
RESCALE(tin_rescale_run_s16_s32, int16_t, int32_t)
RESCALE(tin_rescale_run_s32_s8, int32_t, int8_t)
RESCALE(tin_rescale_run_s32_s16, int32_t, int16_t)
