/* SPDX-License-Identifier: Apache-2.0 */
/* Which vector instructions the x86-64 kernels use: fixed when the compiler knows the processor,
   found at run time otherwise. Results never depend on it. */
#ifndef TIN_NN_X86_AVX2_LEVEL_H
#define TIN_NN_X86_AVX2_LEVEL_H

#include "tin/status.h"

#define TIN_X86_PLAIN 0   /* portable C */
#define TIN_X86_AVX2 1    /* pairs of int16 products */
#define TIN_X86_AVXVNNI 2 /* four int8 products a lane, 256 bits */
#define TIN_X86_AVX512 3  /* the same, 512 bits */

/* -DTIN_X86_LEVEL=... forces one. */
#if defined(TIN_X86_LEVEL)
#define TIN_X86_FIXED TIN_X86_LEVEL
#elif !defined(__x86_64__) || !(defined(__GNUC__) || defined(__clang__))
#define TIN_X86_FIXED TIN_X86_PLAIN
#elif defined(__AVX512VNNI__) && defined(__AVX512BW__) && defined(__AVX512VL__)
#define TIN_X86_FIXED TIN_X86_AVX512
#elif defined(__AVXVNNI__) && defined(__AVX2__)
#define TIN_X86_FIXED TIN_X86_AVXVNNI
#elif defined(__AVX2__)
#define TIN_X86_FIXED TIN_X86_AVX2
#endif

#ifdef __cplusplus
extern "C" {
#endif

#if defined(TIN_X86_FIXED)
#define TIN_X86_HAS(level) ((level) == TIN_X86_FIXED)
static inline int32_t tin_x86_level(void) { return TIN_X86_FIXED; }
#else
#define TIN_X86_HAS(level) 1
/* The best level that processor and operating system offer. */
int32_t tin_x86_level(void);
#endif

#ifdef __cplusplus
}
#endif

#endif
