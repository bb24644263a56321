/* SPDX-License-Identifier: Apache-2.0 */
/* Softmax of int8 values. */
#include "tin/nn/x86_avx2/level.h"
#include "tin/nn/x86_avx2/softmax.h"

#if TIN_X86_HAS(TIN_X86_AVX512)
#define TIN_LEVEL 3
#include "tin_softmax_s8_kernel.h"
#undef TIN_LEVEL
#endif

#if TIN_X86_HAS(TIN_X86_AVXVNNI)
#define TIN_LEVEL 2
#include "tin_softmax_s8_kernel.h"
#undef TIN_LEVEL
#endif

#if TIN_X86_HAS(TIN_X86_AVX2)
#define TIN_LEVEL 1
#include "tin_softmax_s8_kernel.h"
#undef TIN_LEVEL
#endif

#if TIN_X86_HAS(TIN_X86_PLAIN)
#define TIN_LEVEL 0
#include "tin_softmax_s8_kernel.h"
#undef TIN_LEVEL
#endif

void tin_x86_softmax_run_s8(const tin_softmax_s8 *params, const int8_t *input, int8_t *output) {
    switch (tin_x86_level()) {
#if TIN_X86_HAS(TIN_X86_AVX512)
    case TIN_X86_AVX512:
        tin_softmax_s8_avx512(params, input, output);
        return;
#endif
#if TIN_X86_HAS(TIN_X86_AVXVNNI)
    case TIN_X86_AVXVNNI:
        tin_softmax_s8_avxvnni(params, input, output);
        return;
#endif
#if TIN_X86_HAS(TIN_X86_AVX2)
    case TIN_X86_AVX2:
        tin_softmax_s8_avx2(params, input, output);
        return;
#endif
#if TIN_X86_HAS(TIN_X86_PLAIN)
    default:
        tin_softmax_s8_plain(params, input, output);
        return;
#endif
    }
}
