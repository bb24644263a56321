/* SPDX-License-Identifier: Apache-2.0 */
/* Dense layers over time; each call pushes one value into the memory of every filter. */
#include "tin/nn/requantize.h"
#include "tin/nn/svdf.h"

/* One filter's view of the input, in steps of the state. */
static int32_t feature_s8(const tin_svdf_s8 *params, const int8_t *input, int32_t filter) {
    int32_t size = params->shape.input_size;
    const int8_t *weights = params->feature_weights + filter * size;
    int32_t sum = 0;
    for (int32_t i = 0; i < size; i++) {
        sum += (input[i] + params->input_offset) * weights[i];
    }
    return tin_requantize(sum, params->feature_multiplier, params->feature_shift);
}

static int8_t output_s8(const tin_svdf_s8 *params, uint32_t sum) {
    int32_t value = tin_requantize((int32_t)sum, params->multiplier, params->shift);
    return (int8_t)tin_clamp_s32(value + params->zero_point, INT8_MIN, INT8_MAX);
}

void tin_svdf_run_s8(const tin_svdf_s8 *params,
                     const int8_t *input,
                     int8_t *state,
                     int8_t *output) {
    const tin_svdf_shape *shape = &params->shape;
    int32_t last = shape->memory - 1;
    for (int32_t batch = 0; batch < shape->batches; batch++, input += shape->input_size) {
        const int16_t *weights = params->time_weights;
        for (int32_t unit = 0; unit < shape->num_units; unit++) {
            uint32_t sum = (uint32_t)params->bias[unit];
            for (int32_t r = 0; r < shape->rank; r++) {
                int32_t newest = feature_s8(params, input, unit * shape->rank + r);
                for (int32_t i = 0; i < last; i++) {
                    state[i] = state[i + 1];
                }
                /* The format's reference clamps first, so that far values wrap around. */
                newest = tin_clamp_s32(newest, INT8_MIN, INT8_MAX) + params->state_zero_point;
                state[last] = (int8_t)(uint8_t)newest;
                for (int32_t i = 0; i <= last; i++) {
                    sum += (uint32_t)((state[i] - params->state_zero_point) * weights[i]);
                }
                state += shape->memory;
                weights += shape->memory;
            }
            *output++ = output_s8(params, sum);
        }
    }
}

void tin_svdf_run_s8_s16(const tin_svdf_s8 *params,
                         const int8_t *input,
                         int16_t *state,
                         int8_t *output) {
    const tin_svdf_shape *shape = &params->shape;
    int32_t last = shape->memory - 1;
    for (int32_t batch = 0; batch < shape->batches; batch++, input += shape->input_size) {
        const int16_t *weights = params->time_weights;
        for (int32_t unit = 0; unit < shape->num_units; unit++) {
            uint32_t sum = (uint32_t)params->bias[unit];
            for (int32_t r = 0; r < shape->rank; r++) {
                int32_t newest = feature_s8(params, input, unit * shape->rank + r);
                for (int32_t i = 0; i < last; i++) {
                    state[i] = state[i + 1];
                }
                state[last] = (int16_t)tin_clamp_s32(newest, INT16_MIN, INT16_MAX);
                for (int32_t i = 0; i <= last; i++) {
                    sum += (uint32_t)(state[i] * weights[i]);
                }
                state += shape->memory;
                weights += shape->memory;
            }
            *output++ = output_s8(params, sum);
        }
    }
}

void tin_svdf_run_f32(const tin_svdf_f32 *params, const float *input, float *state, float *output) {
    const tin_svdf_shape *shape = &params->shape;
    int32_t last = shape->memory - 1;
    for (int32_t batch = 0; batch < shape->batches; batch++, input += shape->input_size) {
        const float *features = params->feature_weights;
        const float *weights = params->time_weights;
        for (int32_t unit = 0; unit < shape->num_units; unit++) {
            float sum = params->bias[unit];
            for (int32_t r = 0; r < shape->rank; r++) {
                float newest = 0.0f, product = 0.0f;
                for (int32_t i = 0; i < shape->input_size; i++) {
                    newest += input[i] * features[i];
                }
                for (int32_t i = 0; i < last; i++) {
                    state[i] = state[i + 1];
                    product += state[i] * weights[i];
                }
                state[last] = newest;
                sum += product + newest * weights[last];
                features += shape->input_size;
                state += shape->memory;
                weights += shape->memory;
            }
            *output++ = tin_clamp_f32(sum, params->minimum, params->maximum);
        }
    }
}
