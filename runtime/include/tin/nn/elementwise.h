/* SPDX-License-Identifier: Apache-2.0 */
/* Other functions of two tensors: minimum, maximum, quotient, squared difference, PRELU. */
#ifndef TIN_NN_ELEMENTWISE_H
#define TIN_NN_ELEMENTWISE_H

#include "tin/nn/arithmetic.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Where there is nothing to scale. Tensors of an integer minimum or maximum have one scale. */
typedef struct {
    tin_broadcast broadcast;
} tin_pair;

typedef struct {
    tin_broadcast broadcast;
    int32_t offset1; /* -zero point of input 1 */
    int32_t offset2;
    int32_t multiplier; /* of the quotient; see tin_requantize */
    int32_t shift;
    int32_t zero_point; /* of the output */
    int32_t minimum;    /* fused activation, in output steps */
    int32_t maximum;
} tin_div_s8;

/* Both inputs come to one finer scale, as in tin_add_s8; all shifts as in tin_requantize. */
typedef struct {
    tin_broadcast broadcast;
    int32_t offset1;
    int32_t multiplier1;
    int32_t shift1;
    int32_t offset2;
    int32_t multiplier2;
    int32_t shift2;
    int32_t headroom; /* bits by which inputs are raised first */
    int32_t multiplier;
    int32_t shift;
    int32_t zero_point;
    int32_t minimum; /* of the type, or of the fused activation */
    int32_t maximum;
} tin_squared_difference_s8;

typedef tin_squared_difference_s8 tin_squared_difference_s16;

/* Input 2 is the slope below 0. */
typedef struct {
    tin_broadcast broadcast;
    int32_t offset1;
    int32_t offset2;
    int32_t multiplier; /* of inputs not below 0; see tin_requantize */
    int32_t shift;
    int32_t slope_multiplier; /* of the product with the slope */
    int32_t slope_shift;
    int32_t zero_point;
} tin_prelu_s8;

/* The output may be an input that has the output's shape. If either value is NaN, so is float32's
   minimum or maximum. */
void tin_minimum_run_s8(const tin_pair *params, const int8_t *a, const int8_t *b, int8_t *output);
void tin_minimum_run_s16(const tin_pair *params,
                         const int16_t *a,
                         const int16_t *b,
                         int16_t *output);
void tin_minimum_run_s32(const tin_pair *params,
                         const int32_t *a,
                         const int32_t *b,
                         int32_t *output);
void tin_minimum_run_f32(const tin_pair *params, const float *a, const float *b, float *output);
void tin_maximum_run_s8(const tin_pair *params, const int8_t *a, const int8_t *b, int8_t *output);
void tin_maximum_run_s16(const tin_pair *params,
                         const int16_t *a,
                         const int16_t *b,
                         int16_t *output);
void tin_maximum_run_s32(const tin_pair *params,
                         const int32_t *a,
                         const int32_t *b,
                         int32_t *output);
void tin_maximum_run_f32(const tin_pair *params, const float *a, const float *b, float *output);

/* a / b. int8: a quotient by 0 is the end of the output's range on the side of a; 0 / 0 is 0. */
void tin_div_run_s8(const tin_div_s8 *params, const int8_t *a, const int8_t *b, int8_t *output);
void tin_div_run_f32(const tin_arithmetic_f32 *params,
                     const float *a,
                     const float *b,
                     float *output);

/* (a - b)^2 */
void tin_squared_difference_run_s8(const tin_squared_difference_s8 *params,
                                   const int8_t *a,
                                   const int8_t *b,
                                   int8_t *output);
void tin_squared_difference_run_s16(const tin_squared_difference_s16 *params,
                                    const int16_t *a,
                                    const int16_t *b,
                                    int16_t *output);
void tin_squared_difference_run_f32(const tin_pair *params,
                                    const float *a,
                                    const float *b,
                                    float *output);

/* a, or a * b below 0. */
void tin_prelu_run_s8(const tin_prelu_s8 *params, const int8_t *a, const int8_t *b, int8_t *output);
void tin_prelu_run_f32(const tin_pair *params, const float *a, const float *b, float *output);

#ifdef __cplusplus
}
#endif

#endif
