/* SPDX-License-Identifier: Apache-2.0 */
/* Sums and differences of int8 values. */
#include "tin/nn/x86_avx2/level.h"
#include "tin/nn/x86_avx2/sum.h"

#if TIN_X86_HAS(TIN_X86_AVX512)
#define TIN_LEVEL 3
#include "tin_sum_s8_kernel.h"
#undef TIN_LEVEL
#endif

#if TIN_X86_HAS(TIN_X86_AVXVNNI)
#define TIN_LEVEL 2
#include "tin_sum_s8_kernel.h"
#undef TIN_LEVEL
#endif

#if TIN_X86_HAS(TIN_X86_AVX2)
#define TIN_LEVEL 1
#include "tin_sum_s8_kernel.h"
#undef TIN_LEVEL
#endif

#if TIN_X86_HAS(TIN_X86_PLAIN)
#define TIN_LEVEL 0
#include "tin_sum_s8_kernel.h"
#undef TIN_LEVEL
#endif

void tin_x86_sum_run_s8(const tin_x86_sum_s8 *params,
                        const int8_t *input1,
                        const int8_t *input2,
                        int8_t *output) {
    switch (tin_x86_level()) {
#if TIN_X86_HAS(TIN_X86_AVX512)
    case TIN_X86_AVX512:
        tin_sum_s8_avx512(params, input1, input2, output);
        return;
#endif
#if TIN_X86_HAS(TIN_X86_AVXVNNI)
    case TIN_X86_AVXVNNI:
        tin_sum_s8_avxvnni(params, input1, input2, output);
        return;
#endif
#if TIN_X86_HAS(TIN_X86_AVX2)
    case TIN_X86_AVX2:
        tin_sum_s8_avx2(params, input1, input2, output);
        return;
#endif
#if TIN_X86_HAS(TIN_X86_PLAIN)
    default:
        tin_sum_s8_plain(params, input1, input2, output);
        return;
#endif
    }
}
