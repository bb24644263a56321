/* SPDX-License-Identifier: Apache-2.0 */
/* Vectors of 16 lanes at one level of instructions: include after setting TIN_LEVEL, as often as
   there are levels. Every level offers the same names V(...):

   i32     16 sums                          quads    16 groups of 4 unsigned input bytes
   f32     16 floats                        weights  16 groups of 4 signed weights
   bytes   64 bytes, four 128-bit lanes     factors  how 16 sums become int8 outputs

   A record is what factors are loaded from, see tin/nn/x86_avx2/product.h. */
#undef V
#undef TIN_INLINE
#undef TIN_APART
#undef TIN_TARGET

#if TIN_LEVEL == 3
#define V(name) tin_##name##_avx512
#define TIN_TARGET __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,avx512vnni")))
#elif TIN_LEVEL == 2
#define V(name) tin_##name##_avxvnni
#define TIN_TARGET __attribute__((target("avx2,avxvnni")))
#elif TIN_LEVEL == 1
#define V(name) tin_##name##_avx2
#define TIN_TARGET __attribute__((target("avx2")))
#else
#define V(name) tin_##name##_plain
#define TIN_TARGET
#endif

#if defined(__GNUC__) || defined(__clang__)
#define TIN_INLINE static inline __attribute__((always_inline)) TIN_TARGET
#define TIN_APART static __attribute__((noinline)) TIN_TARGET
#else
#define TIN_INLINE static inline
#define TIN_APART static
#endif

#ifndef TIN_NN_X86_AVX2_VECTORS_H
#define TIN_NN_X86_AVX2_VECTORS_H

#include "tin/nn/bytes.h"
#include "tin/nn/requantize.h"
#include "tin/nn/x86_avx2/image.h"

#define TIN_RECORD 112 /* int32 values of a record */
#define TIN_CACHE_LINE 64
#define TIN_FLIP 0x80 /* int8 to unsigned: x + 128 */

#if defined(__clang__)
#define TIN_UNROLLED _Pragma("clang loop unroll(full)")
#elif defined(__GNUC__)
#define TIN_UNROLLED _Pragma("GCC unroll 16")
#else
#define TIN_UNROLLED
#endif

/* Of int8 outputs. */
typedef struct {
    int32_t minimum;
    int32_t maximum;
} tin_x86_limits;

#define TIN_X86_EVERY {INT8_MIN, INT8_MAX}

/* How sums become outputs. Where it is a constant, compilers drop what it rules out. */
typedef struct {
    int32_t rounding;
    int32_t zero_point;
    tin_x86_limits limits;
} tin_x86_ending;

/* Whether outputs round in all of these ways, and no limits are needed: vectors saturate. */
static inline int32_t tin_x86_ends_so(const tin_x86_ending *ending, int32_t rounding) {
    return (ending->rounding & rounding) == rounding && ending->limits.minimum == INT8_MIN &&
           ending->limits.maximum == INT8_MAX;
}

#endif

#if TIN_LEVEL == 3
#include "tin_vectors_avx512.h"
#elif TIN_LEVEL != 0
#include "tin_vectors_avx2.h"
#else
#include "tin_vectors_plain.h"
#endif

/* Four times 16 sums to outputs, not yet packed; `factors` are of all (step 0) or of each (1). */
TIN_INLINE void V(requantize_4)(
    const V(factors) * factors, int32_t step, int32_t rounding, int32_t zero_point, V(i32) * q) {
#if TIN_LEVEL == 3
    if ((rounding & TIN_X86_SCALED) && (rounding & TIN_X86_POSITIVE)) {
        TIN_UNROLLED
        for (int32_t i = 0; i < 4; i++) {
            q[i] = V(scale)(q[i], factors[i * step].factor, factors[i * step].offset);
        }
        return;
    }
    if (rounding & TIN_X86_SCALED) {
        TIN_UNROLLED
        for (int32_t i = 0; i < 4; i++) {
            q[i] = V(scale_signed)(q[i], factors + i * step);
        }
        return;
    }
#endif
    if (rounding & TIN_X86_POSITIVE) {
        TIN_UNROLLED
        for (int32_t i = 0; i < 4; i++) {
            q[i] = V(requantize_positive)(q[i], factors + i * step);
        }
    } else if (rounding & TIN_X86_NARROW) {
        TIN_UNROLLED
        for (int32_t i = 0; i < 4; i++) {
            q[i] = V(requantize_narrow)(q[i], factors + i * step);
        }
    } else {
        TIN_UNROLLED
        for (int32_t i = 0; i < 4; i++) {
            q[i] = V(requantize_wide)(q[i], factors + i * step, zero_point);
        }
    }
}
