/* SPDX-License-Identifier: Apache-2.0 */
/* Dense layer over time whose weight matrix for each unit is a sum of `rank` products of a filter
   over features and a filter over time. */
#ifndef TIN_NN_SVDF_H
#define TIN_NN_SVDF_H

#include "tin/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* State is [batches][num_units * rank][memory], oldest value first. */
typedef struct {
    int32_t batches;
    int32_t input_size;
    int32_t num_units;
    int32_t rank;
    int32_t memory; /* time steps that are remembered */
} tin_svdf_shape;

typedef struct {
    tin_svdf_shape shape;
    const int8_t *feature_weights; /* [num_units * rank][input_size] */
    const int16_t *time_weights;   /* [num_units * rank][memory] */
    const int32_t *bias;           /* [num_units] */
    int32_t input_offset;          /* -zero point */
    int32_t feature_multiplier;    /* to steps of the state; see tin_requantize */
    int32_t feature_shift;
    int32_t multiplier; /* to steps of the output */
    int32_t shift;
    int32_t state_zero_point;
    int32_t zero_point;
} tin_svdf_s8;

typedef struct {
    tin_svdf_shape shape;
    const float *feature_weights;
    const float *time_weights;
    const float *bias;
    float minimum; /* fused activation */
    float maximum;
} tin_svdf_f32;

/* The state moves on by one step. */
void tin_svdf_run_s8(const tin_svdf_s8 *params, const int8_t *input, int8_t *state, int8_t *output);
void tin_svdf_run_s8_s16(const tin_svdf_s8 *params,
                         const int8_t *input,
                         int16_t *state,
                         int8_t *output);
void tin_svdf_run_f32(const tin_svdf_f32 *params, const float *input, float *state, float *output);

#ifdef __cplusplus
}
#endif

#endif
