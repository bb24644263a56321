/* SPDX-License-Identifier: Apache-2.0 */
/* A kernel at every level that the processor may turn out to have. Define TIN_KERNEL, the header to
   compile at each, before including this; and TIN_DOTS if it calls V(dot): without it the levels
   AVX2 and AVX-VNNI are the same instructions, and compiled once.

   TIN_X86_RUN(tin_softmax_s8, (params, input, output)) is a function's body: it calls the one of
   this processor's level. */
#include "tin/nn/x86_avx2/level.h"

#if TIN_X86_HAS(TIN_X86_AVX512)
#define TIN_LEVEL 3
#include TIN_KERNEL
#undef TIN_LEVEL
#define TIN_CASE_AVX512(name, arguments)                                                           \
    case TIN_X86_AVX512:                                                                           \
        name##_avx512 arguments;                                                                   \
        return;
#else
#define TIN_CASE_AVX512(name, arguments)
#endif

#if TIN_X86_HAS(TIN_X86_AVXVNNI) && defined(TIN_DOTS)
#define TIN_LEVEL 2
#include TIN_KERNEL
#undef TIN_LEVEL
#define TIN_CASE_AVXVNNI(name, arguments)                                                          \
    case TIN_X86_AVXVNNI:                                                                          \
        name##_avxvnni arguments;                                                                  \
        return;
#elif TIN_X86_HAS(TIN_X86_AVXVNNI)
#define TIN_CASE_AVXVNNI(name, arguments)                                                          \
    case TIN_X86_AVXVNNI:                                                                          \
        name##_avx2 arguments;                                                                     \
        return;
#else
#define TIN_CASE_AVXVNNI(name, arguments)
#endif

#if TIN_X86_HAS(TIN_X86_AVX2) || (TIN_X86_HAS(TIN_X86_AVXVNNI) && !defined(TIN_DOTS))
#define TIN_LEVEL 1
#include TIN_KERNEL
#undef TIN_LEVEL
#endif

#if TIN_X86_HAS(TIN_X86_AVX2)
#define TIN_CASE_AVX2(name, arguments)                                                             \
    case TIN_X86_AVX2:                                                                             \
        name##_avx2 arguments;                                                                     \
        return;
#else
#define TIN_CASE_AVX2(name, arguments)
#endif

#if TIN_X86_HAS(TIN_X86_PLAIN)
#define TIN_LEVEL 0
#include TIN_KERNEL
#undef TIN_LEVEL
#define TIN_CASE_PLAIN(name, arguments)                                                            \
    default:                                                                                       \
        name##_plain arguments;                                                                    \
        return;
#else
#define TIN_CASE_PLAIN(name, arguments)
#endif

#define TIN_X86_RUN(name, arguments)                                                               \
    switch (tin_x86_level()) {                                                                     \
        TIN_CASE_AVX512(name, arguments)                                                           \
        TIN_CASE_AVXVNNI(name, arguments)                                                          \
        TIN_CASE_AVX2(name, arguments)                                                             \
        TIN_CASE_PLAIN(name, arguments)                                                            \
    }
