/* SPDX-License-Identifier: Apache-2.0 */
/* Averages of windows of floats. */
#include "tin/nn/x86_avx2/average.h"

#define TIN_KERNEL "tin_average_f32_kernel.h"
#include "tin_levels.h"

void tin_x86_average_run_f32(const tin_pool2d_f32 *params, const float *input, float *output) {
    TIN_X86_RUN(tin_average_f32, (params, input, output))
}
