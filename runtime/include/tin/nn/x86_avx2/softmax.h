/* SPDX-License-Identifier: Apache-2.0 */
/* Softmax of many short rows. */
#ifndef TIN_NN_X86_AVX2_SOFTMAX_H
#define TIN_NN_X86_AVX2_SOFTMAX_H

#include "tin/nn/softmax.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TIN_X86_SOFTMAX_DEPTH 64 /* values of a row, at most */

/* There are 256 exponents, zeros at the end. The output may be the input. */
void tin_x86_softmax_run_s8(const tin_softmax_s8 *params, const int8_t *input, int8_t *output);

#ifdef __cplusplus
}
#endif

#endif
