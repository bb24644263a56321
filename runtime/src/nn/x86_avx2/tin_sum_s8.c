/* SPDX-License-Identifier: Apache-2.0 */
/* Sums and differences of int8 values. */
#include "tin/nn/x86_avx2/sum.h"

#define TIN_KERNEL "tin_sum_s8_kernel.h"
#include "tin_levels.h"

void tin_x86_sum_run_s8(const tin_x86_sum_s8 *params,
                        const int8_t *input1,
                        const int8_t *input2,
                        int8_t *output) {
    TIN_X86_RUN(tin_sum_s8, (params, input1, input2, output))
}
