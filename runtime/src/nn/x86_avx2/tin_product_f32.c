/* SPDX-License-Identifier: Apache-2.0 */
/* Convolutions and dense layers of floats. */
#include "tin/nn/x86_avx2/product.h"

#define TIN_KERNEL "tin_product_f32_kernel.h"
#include "tin_levels.h"

void tin_x86_product_run_f32(const tin_x86_product_f32 *params, const float *input, float *output) {
    TIN_X86_RUN(tin_product_f32, (params, input, output))
}
