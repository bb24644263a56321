/* SPDX-License-Identifier: Apache-2.0 */
/* LOGISTIC, TANH, RELU and relatives; their int8 forms are tables (tin/nn/lookup.h). */
#ifndef TIN_NN_ACTIVATION_H
#define TIN_NN_ACTIVATION_H

#include "tin/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    int32_t count;
} tin_activation_f32;

typedef struct {
    int32_t count;
    float minimum;
    float maximum;
} tin_clamp_params_f32;

/* Of int16 LOGISTIC and TANH. x * multiplier / 2^shift is the input in steps of 1 / 12288. */
typedef struct {
    int32_t count;
    int32_t multiplier;
    int32_t shift;
    const uint16_t *table; /* [256]: logistic(i / 24) * 2^16 */
} tin_sigmoid_s16;

/* Outputs, in steps of 2^-15, may be the inputs. */
void tin_logistic_run_s16(const tin_sigmoid_s16 *params, const int16_t *input, int16_t *output);
void tin_tanh_run_s16(const tin_sigmoid_s16 *params, const int16_t *input, int16_t *output);

/* Outputs may be the inputs. Relative error below 1e-6. */
void tin_logistic_run_f32(const tin_activation_f32 *params, const float *input, float *output);
void tin_tanh_run_f32(const tin_activation_f32 *params, const float *input, float *output);

/* RELU and its relatives. */
void tin_clamp_run_f32(const tin_clamp_params_f32 *params, const float *input, float *output);

#ifdef __cplusplus
}
#endif

#endif
