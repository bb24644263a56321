/* SPDX-License-Identifier: Apache-2.0 */
/* Concatenation, one call per input. */
#include "tin/nn/bytes.h"
#include "tin/nn/concatenation.h"

void tin_concatenation_run_s8(const tin_concatenation *params,
                              const int8_t *input,
                              int8_t *output) {
    output += params->offset;
    for (int32_t row = 0; row < params->rows; row++) {
        tin_copy_s8(
            output + row * params->output_step, input + row * params->length, params->length);
    }
}

void tin_concatenation_run_f32(const tin_concatenation *params, const float *input, float *output) {
    output += params->offset;
    for (int32_t row = 0; row < params->rows; row++) {
        tin_copy_f32(
            output + row * params->output_step, input + row * params->length, params->length);
    }
}
