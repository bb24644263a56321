/* SPDX-License-Identifier: Apache-2.0 */
/* Element-wise float32 functions; their int8 forms are tables (tin/nn/lookup.h). */
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

/* Outputs may be the inputs. Relative error below 1e-6. */
void tin_logistic_run_f32(const tin_activation_f32 *params, const float *input, float *output);
void tin_tanh_run_f32(const tin_activation_f32 *params, const float *input, float *output);

/* RELU and its relatives. */
void tin_clamp_run_f32(const tin_clamp_params_f32 *params, const float *input, float *output);

#ifdef __cplusplus
}
#endif

#endif
