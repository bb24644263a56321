/* SPDX-License-Identifier: Apache-2.0 */
/* Dense layers. */
#include "tin/nn/armv81m_mve/mve_fully_connected.h"

void tin_mve_fully_connected_run_s8(const tin_mve_fully_connected_s8 *params,
                                    const int8_t *input,
                                    int8_t *output) {
    const tin_mve_matmul_s8 *matmul = &params->matmul;
    tin_mve_matmul_run_s8(matmul, input, params->num_rows, matmul->depth, output);
}
