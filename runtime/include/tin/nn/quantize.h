/* SPDX-License-Identifier: Apache-2.0 */
/* Conversion between float32 and integers, and from one integer scale to another. */
#ifndef TIN_NN_QUANTIZE_H
#define TIN_NN_QUANTIZE_H

#include "tin/model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The int8 side of the conversion; its offset is not used. */
void tin_quantize_run_f32_s8(const tin_model_tensor *params, const float *input, int8_t *output);
void tin_dequantize_run_s8_f32(const tin_model_tensor *params, const int8_t *input, float *output);

/* The same for int16. */
void tin_quantize_run_f32_s16(const tin_model_tensor *params, const float *input, int16_t *output);
void tin_dequantize_run_s16_f32(const tin_model_tensor *params,
                                const int16_t *input,
                                float *output);

/* q = clamp(requantize(input + offset) + zero_point) */
typedef struct {
    int32_t count;
    int32_t offset;     /* -zero point of the input */
    int32_t multiplier; /* see tin_requantize */
    int32_t shift;
    int32_t zero_point; /* of the output */
    int32_t minimum;    /* of the output's type, or of an activation */
    int32_t maximum;
} tin_rescale;

void tin_rescale_run_s8_s16(const tin_rescale *params, const int8_t *input, int16_t *output);
void tin_rescale_run_s8_s32(const tin_rescale *params, const int8_t *input, int32_t *output);
void tin_rescale_run_s16_s8(const tin_rescale *params, const int16_t *input, int8_t *output);
void tin_rescale_run_s16_s16(const tin_rescale *params, const int16_t *input, int16_t *output);
void tin_rescale_run_s16_s32(const tin_rescale *params, const int16_t *input, int32_t *output);
void tin_rescale_run_s32_s8(const tin_rescale *params, const int32_t *input, int8_t *output);
void tin_rescale_run_s32_s16(const tin_rescale *params, const int32_t *input, int16_t *output);

#ifdef __cplusplus
}
#endif

#endif
