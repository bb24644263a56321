/* SPDX-License-Identifier: Apache-2.0 */
/* Mean over neighbouring axes. */
#include "tin/nn/mean.h"
#include "tin/nn/requantize.h"

void tin_mean_run_s8(const tin_mean_s8 *params, const int8_t *input, int8_t *output) {
    for (int32_t o = 0; o < params->outer; o++) {
        for (int32_t i = 0; i < params->inner; i++) {
            const int8_t *x = input + i;
            int32_t sum = params->input_offset;
            for (int32_t k = 0; k < params->count; k++) {
                sum += *x;
                x += params->inner;
            }
            int32_t value = tin_requantize(sum, params->multiplier, params->shift);
            value = tin_clamp_s32(value + params->zero_point, INT8_MIN, INT8_MAX);
            *output++ = (int8_t)value;
        }
        input += params->count * params->inner;
    }
}

void tin_mean_run_f32(const tin_mean_f32 *params, const float *input, float *output) {
    for (int32_t o = 0; o < params->outer; o++) {
        for (int32_t i = 0; i < params->inner; i++) {
            const float *x = input + i;
            float sum = 0.0f;
            for (int32_t k = 0; k < params->count; k++) {
                sum += *x;
                x += params->inner;
            }
            *output++ = sum / (float)params->count;
        }
        input += params->count * params->inner;
    }
}
