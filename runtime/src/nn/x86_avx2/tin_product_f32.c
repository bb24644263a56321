/* SPDX-License-Identifier: Apache-2.0 */
/* Convolutions and dense layers of floats. */
#include "tin/nn/x86_avx2/level.h"
#include "tin/nn/x86_avx2/product.h"

#if TIN_X86_HAS(TIN_X86_AVX512)
#define TIN_LEVEL 3
#include "tin_product_f32_kernel.h"
#undef TIN_LEVEL
#endif

#if TIN_X86_HAS(TIN_X86_AVXVNNI)
#define TIN_LEVEL 2
#include "tin_product_f32_kernel.h"
#undef TIN_LEVEL
#endif

#if TIN_X86_HAS(TIN_X86_AVX2)
#define TIN_LEVEL 1
#include "tin_product_f32_kernel.h"
#undef TIN_LEVEL
#endif

#if TIN_X86_HAS(TIN_X86_PLAIN)
#define TIN_LEVEL 0
#include "tin_product_f32_kernel.h"
#undef TIN_LEVEL
#endif

void tin_x86_product_run_f32(const tin_x86_product_f32 *params, const float *input, float *output) {
    switch (tin_x86_level()) {
#if TIN_X86_HAS(TIN_X86_AVX512)
    case TIN_X86_AVX512:
        tin_product_f32_avx512(params, input, output);
        return;
#endif
#if TIN_X86_HAS(TIN_X86_AVXVNNI)
    case TIN_X86_AVXVNNI:
        tin_product_f32_avxvnni(params, input, output);
        return;
#endif
#if TIN_X86_HAS(TIN_X86_AVX2)
    case TIN_X86_AVX2:
        tin_product_f32_avx2(params, input, output);
        return;
#endif
#if TIN_X86_HAS(TIN_X86_PLAIN)
    default:
        tin_product_f32_plain(params, input, output);
        return;
#endif
    }
}
