/* SPDX-License-Identifier: Apache-2.0 */
/* Mean over neighbouring axes. */
#include "tin/nn/mean.h"
#include "tin/nn/requantize.h"

static int8_t finish_s8(const tin_mean_s8 *params, int32_t sum) {
    int32_t value = tin_requantize(sum, params->multiplier, params->shift);
    return (int8_t)tin_clamp_s32(value + params->zero_point, INT8_MIN, INT8_MAX);
}

void tin_mean_run_s8(const tin_mean_s8 *params, const int8_t *input, int8_t *output) {
    for (int32_t o = 0; o < params->outer; o++) {
        for (int32_t i = 0; i < params->inner; i++) {
            const int8_t *x = input + i;
            int32_t sum = params->input_offset;
            for (int32_t k = 0; k < params->count; k++) {
                sum += *x;
                x += params->inner;
            }
            *output++ = finish_s8(params, sum);
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

void tin_mean_add_s8(const tin_mean_row_s8_params *params,
                     const int8_t *const *rows,
                     int8_t *output,
                     int32_t *sums) {
    const tin_mean_s8 *mean = &params->mean;
    int32_t *seen = sums + mean->inner;
    const int8_t *x = rows[0];
    for (int32_t k = 0; k < params->width; k++) {
        for (int32_t i = 0; i < mean->inner; i++) {
            sums[i] += *x++;
        }
    }
    *seen += params->width;
    if (*seen == mean->count) {
        for (int32_t i = 0; i < mean->inner; i++) {
            output[i] = finish_s8(mean, mean->input_offset + sums[i]);
        }
    }
}

void tin_mean_add_f32(const tin_mean_row_f32_params *params,
                      const int8_t *const *rows,
                      float *output,
                      float *sums) {
    const tin_mean_f32 *mean = &params->mean;
    float *rows_seen = sums + mean->inner;
    const float *x = (const float *)(const void *)rows[0];
    for (int32_t k = 0; k < params->width; k++) {
        for (int32_t i = 0; i < mean->inner; i++) {
            sums[i] += *x++;
        }
    }
    *rows_seen += 1.0f;
    if (*rows_seen * (float)params->width == (float)mean->count) {
        for (int32_t i = 0; i < mean->inner; i++) {
            output[i] = sums[i] / (float)mean->count;
        }
    }
}
