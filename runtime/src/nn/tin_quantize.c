/* SPDX-License-Identifier: Apache-2.0 */
/* Conversion between float32 and int8 inside a network. */
#include "tin/nn/quantize.h"

void tin_quantize_run_f32_s8(const tin_model_tensor *params, const float *input, int8_t *output) {
    for (int32_t i = 0; i < params->count; i++) {
        output[i] = tin_model_quantize(params, input[i]);
    }
}

void tin_dequantize_run_s8_f32(const tin_model_tensor *params, const int8_t *input, float *output) {
    for (int32_t i = 0; i < params->count; i++) {
        output[i] = tin_model_dequantize(params, input[i]);
    }
}
