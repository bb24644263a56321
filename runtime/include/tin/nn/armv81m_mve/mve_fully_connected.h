/* SPDX-License-Identifier: Apache-2.0 */
/* Dense layers on cores with vector instructions (MVE). */
#ifndef TIN_NN_ARMV81M_MVE_MVE_FULLY_CONNECTED_H
#define TIN_NN_ARMV81M_MVE_MVE_FULLY_CONNECTED_H

#include "tin/nn/armv81m_mve/mve_matmul.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    int32_t num_rows; /* 1 for an ordinary network */
    tin_mve_matmul_s8 matmul;
} tin_mve_fully_connected_s8;

void tin_mve_fully_connected_run_s8(const tin_mve_fully_connected_s8 *params,
                                    const int8_t *input,
                                    int8_t *output);

#ifdef __cplusplus
}
#endif

#endif
