/* SPDX-License-Identifier: Apache-2.0 */
/* Conversion between float32 and int8 inside a network. */
#ifndef TIN_NN_QUANTIZE_H
#define TIN_NN_QUANTIZE_H

#include "tin/model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The int8 side of the conversion; its offset is not used. */
void tin_quantize_run_f32_s8(const tin_model_tensor *params, const float *input, int8_t *output);
void tin_dequantize_run_s8_f32(const tin_model_tensor *params, const int8_t *input, float *output);

#ifdef __cplusplus
}
#endif

#endif
