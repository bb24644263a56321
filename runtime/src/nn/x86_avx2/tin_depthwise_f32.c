/* SPDX-License-Identifier: Apache-2.0 */
/* Depthwise convolution of floats. */
#include "tin/nn/x86_avx2/depthwise.h"

#define TIN_KERNEL "tin_depthwise_f32_kernel.h"
#include "tin_levels.h"

void tin_x86_depthwise_run_f32(const tin_x86_depthwise_f32 *params,
                               const float *input,
                               float *output,
                               float *scratch) {
    TIN_X86_RUN(tin_depthwise_f32, (params, input, output, scratch))
}

void tin_x86_depthwise_direct_run_f32(const tin_x86_depthwise_direct_f32 *params,
                                      const float *input,
                                      float *output) {
    TIN_X86_RUN(tin_depthwise_direct_f32, (params, input, output))
}
