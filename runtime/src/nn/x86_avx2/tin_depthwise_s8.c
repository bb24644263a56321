/* SPDX-License-Identifier: Apache-2.0 */
/* Depthwise convolution of int8 values. */
#include "tin/nn/x86_avx2/depthwise.h"

#define TIN_KERNEL "tin_depthwise_s8_kernel.h"
#define TIN_DOTS
#include "tin_levels.h"

void tin_x86_depthwise_run_s8(const tin_x86_depthwise_s8 *params,
                              const int8_t *input,
                              int8_t *output,
                              int8_t *scratch) {
    TIN_X86_RUN(tin_depthwise_s8, (params, input, output, scratch))
}
