/* SPDX-License-Identifier: Apache-2.0 */
/* Softmax of int8 values. */
#include "tin/nn/x86_avx2/softmax.h"

#define TIN_KERNEL "tin_softmax_s8_kernel.h"
#include "tin_levels.h"

void tin_x86_softmax_run_s8(const tin_softmax_s8 *params, const int8_t *input, int8_t *output) {
    TIN_X86_RUN(tin_softmax_s8, (params, input, output))
}
