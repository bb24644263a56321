/* SPDX-License-Identifier: Apache-2.0 */
/* Matrix products on cores with vector instructions (MVE): 16 products an instruction. */
#ifndef TIN_NN_ARMV81M_MVE_MVE_MATMUL_H
#define TIN_NN_ARMV81M_MVE_MVE_MATMUL_H

#include "tin/nn/requantize.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Outputs come in groups of four, depth in chunks of 16; both are filled up with zeros. */
typedef struct {
    const int8_t *weights; /* [groups][chunks][4][16] */
    int32_t depth;         /* values of one input row */
    int32_t num_outputs;
    tin_requantize_s8 requantize; /* per_channel is 1, arrays are filled up to whole groups */
} tin_mve_matmul_s8;

/* Outputs [num_rows][num_outputs] of the rows at input, input + row_step, ... Only values of these
   rows are read. Two rows at a time are read while their outputs are written. */
void tin_mve_matmul_run_s8(const tin_mve_matmul_s8 *params,
                           const int8_t *input,
                           int32_t num_rows,
                           int32_t row_step,
                           int8_t *output);

#ifdef __cplusplus
}
#endif

#endif
