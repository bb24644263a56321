/* SPDX-License-Identifier: Apache-2.0 */
/* Dense layers. */
#include "tin/nn/fully_connected.h"

void tin_fully_connected_run_s8(const tin_fully_connected_s8 *params,
                                const int8_t *input,
                                int8_t *output) {
    tin_matmul_run_s8(&params->matmul, input, params->num_rows, params->matmul.depth, output);
}

void tin_fully_connected_run_f32(const tin_fully_connected_f32 *params,
                                 const float *input,
                                 float *output) {
    tin_matmul_run_f32(&params->matmul, input, params->num_rows, params->matmul.depth, output);
}
