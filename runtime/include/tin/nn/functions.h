/* SPDX-License-Identifier: Apache-2.0 */
/* Element-wise functions of one tensor; int8 forms are tables (tin/nn/lookup.h). */
#ifndef TIN_NN_FUNCTIONS_H
#define TIN_NN_FUNCTIONS_H

#include "tin/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    int32_t count;
} tin_function_f32;

typedef struct {
    int32_t count;
    float alpha; /* slope below 0 */
} tin_leaky_relu_f32;

typedef struct {
    int32_t count;
    int32_t multiplier; /* not below 0; see tin_requantize */
    int32_t shift;
    int32_t slope_multiplier; /* below 0 */
    int32_t slope_shift;
} tin_leaky_relu_s16;

/* Outputs may be the inputs. Every NaN that arises is the canonical one. */
void tin_abs_run_f32(const tin_function_f32 *params, const float *input, float *output);
void tin_neg_run_f32(const tin_function_f32 *params, const float *input, float *output);
void tin_square_run_f32(const tin_function_f32 *params, const float *input, float *output);
void tin_sqrt_run_f32(const tin_function_f32 *params, const float *input, float *output);
void tin_rsqrt_run_f32(const tin_function_f32 *params, const float *input, float *output);
void tin_exp_run_f32(const tin_function_f32 *params, const float *input, float *output);
void tin_log_run_f32(const tin_function_f32 *params, const float *input, float *output);

/* Absolute error below 2e-7 up to 2^13; beyond 2^20, inputs count as 0. */
void tin_sin_run_f32(const tin_function_f32 *params, const float *input, float *output);
void tin_cos_run_f32(const tin_function_f32 *params, const float *input, float *output);

/* Halves round to even. */
void tin_floor_run_f32(const tin_function_f32 *params, const float *input, float *output);
void tin_ceil_run_f32(const tin_function_f32 *params, const float *input, float *output);
void tin_round_run_f32(const tin_function_f32 *params, const float *input, float *output);

/* x, or e^x - 1 below 0. */
void tin_elu_run_f32(const tin_function_f32 *params, const float *input, float *output);

/* x * min(max(x + 3, 0), 6) / 6 */
void tin_hard_swish_run_f32(const tin_function_f32 *params, const float *input, float *output);

void tin_leaky_relu_run_f32(const tin_leaky_relu_f32 *params, const float *input, float *output);
void tin_leaky_relu_run_s16(const tin_leaky_relu_s16 *params,
                            const int16_t *input,
                            int16_t *output);

#ifdef __cplusplus
}
#endif

#endif
