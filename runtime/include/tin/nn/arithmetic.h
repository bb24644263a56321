/* SPDX-License-Identifier: Apache-2.0 */
/* Sums, differences and products of two tensors, one of them repeated along axes it lacks. */
#ifndef TIN_NN_ARITHMETIC_H
#define TIN_NN_ARITHMETIC_H

#include "tin/nn/broadcast.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Both inputs are brought to one finer scale (twice the larger of theirs, / 2^20; / 2^15 for
   int16), added, and brought to the output's scale. The larger scale's input has multiplier 2^30,
   shift 0. */
typedef struct {
    tin_broadcast broadcast;
    int32_t offset1; /* -zero point of input 1 */
    int32_t multiplier1;
    int32_t shift1; /* right shift; see tin_divide_by_power */
    int32_t offset2;
    int32_t multiplier2;
    int32_t shift2;
    int32_t output_multiplier;
    int32_t output_shift; /* right shift, above 0 */
    int32_t zero_point;   /* of the output */
    int32_t minimum;      /* fused activation, in output steps */
    int32_t maximum;
} tin_add_s8;

typedef tin_add_s8 tin_add_s16;

typedef struct {
    tin_broadcast broadcast;
    int32_t offset1;
    int32_t offset2;
    int32_t multiplier; /* of the product; see tin_requantize */
    int32_t shift;
    int32_t zero_point;
    int32_t minimum;
    int32_t maximum;
} tin_mul_s8;

typedef tin_mul_s8 tin_mul_s16;

typedef struct {
    tin_broadcast broadcast;
    float minimum; /* fused activation */
    float maximum;
} tin_arithmetic_f32;

/* The output may be an input that has the output's shape. */
void tin_add_run_s8(const tin_add_s8 *params,
                    const int8_t *input1,
                    const int8_t *input2,
                    int8_t *output);
void tin_add_run_s16(const tin_add_s16 *params,
                     const int16_t *input1,
                     const int16_t *input2,
                     int16_t *output);
void tin_add_run_f32(const tin_arithmetic_f32 *params,
                     const float *input1,
                     const float *input2,
                     float *output);

/* input1 - input2 */
void tin_sub_run_s8(const tin_add_s8 *params,
                    const int8_t *input1,
                    const int8_t *input2,
                    int8_t *output);
void tin_sub_run_s16(const tin_add_s16 *params,
                     const int16_t *input1,
                     const int16_t *input2,
                     int16_t *output);
void tin_sub_run_f32(const tin_arithmetic_f32 *params,
                     const float *input1,
                     const float *input2,
                     float *output);

void tin_mul_run_s8(const tin_mul_s8 *params,
                    const int8_t *input1,
                    const int8_t *input2,
                    int8_t *output);
void tin_mul_run_s16(const tin_mul_s16 *params,
                     const int16_t *input1,
                     const int16_t *input2,
                     int16_t *output);
void tin_mul_run_f32(const tin_arithmetic_f32 *params,
                     const float *input1,
                     const float *input2,
                     float *output);

#ifdef __cplusplus
}
#endif

#endif
