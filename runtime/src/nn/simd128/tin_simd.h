/* SPDX-License-Identifier: Apache-2.0 */
/* 128-bit vectors, by the same names for every instruction set:

   tin_simd_s8      16 int8 values
   tin_simd_s32     4 int32 values
   tin_simd_f32     4 float32 values
   tin_simd_quads   the same 4 input values four times
   tin_simd_weights 4 weights of each of 4 outputs
   tin_simd_sums    4 sums of products of these two, maybe in parts
   tin_simd_limits  zero point and limits of int8 outputs

   TIN_SIMD_PIXELS, TIN_SIMD_PIXELS_F32: windows whose sums with 8 outputs fit the registers. */
#ifndef TIN_NN_SIMD128_SIMD_H
#define TIN_NN_SIMD128_SIMD_H

#include "tin/nn/requantize.h"
#include "tin/nn/simd128/outputs.h"

#if defined(__GNUC__) || defined(__clang__)
#define TIN_SIMD_INLINE static inline __attribute__((always_inline))
#else
#define TIN_SIMD_INLINE static inline
#endif

#if defined(__clang__)
#define TIN_SIMD_UNROLLED _Pragma("clang loop unroll(full)")
#elif defined(__GNUC__)
#define TIN_SIMD_UNROLLED _Pragma("GCC unroll 16")
#else
#define TIN_SIMD_UNROLLED
#endif

#if defined(__ARM_NEON) && defined(__aarch64__)
#include "tin_simd_neon.h"
#elif defined(__wasm_simd128__)
#include "tin_simd_wasm.h"
#else
#include "tin_simd_plain.h"
#endif

/* 16 sums, of the outputs whose records these are, as int8. */
TIN_SIMD_INLINE tin_simd_s8 tin_simd_finish(const tin_simd_outputs *outputs,
                                            const tin_simd_limits *limits,
                                            const int32_t *const records[4],
                                            const tin_simd_s32 sums[4]) {
    tin_simd_s32 q[4];
    if (outputs->is_narrow) {
        TIN_SIMD_UNROLLED
        for (int32_t i = 0; i < 4; i++) {
            q[i] = tin_simd_requantize_narrow(sums[i], records[i]);
        }
    } else {
        TIN_SIMD_UNROLLED
        for (int32_t i = 0; i < 4; i++) {
            q[i] = tin_simd_requantize(sums[i], records[i]);
        }
    }
    return tin_simd_pack(q, limits);
}

/* `count` of the values, if there are less than 16. */
TIN_SIMD_INLINE void tin_simd_store_some(int8_t *to, tin_simd_s8 values, int32_t count) {
    int8_t bytes[16];
    tin_simd_store(bytes, values);
    for (int32_t i = 0; i < count; i++) {
        to[i] = bytes[i];
    }
}

/* 4 values, or the `count` that exist. */
TIN_SIMD_INLINE void tin_simd_store_floats(float *to, tin_simd_f32 values, int32_t count) {
    if (count >= 4) {
        tin_simd_store_f32(to, values);
        return;
    }
    float four[4];
    tin_simd_store_f32(four, values);
    for (int32_t i = 0; i < count; i++) {
        to[i] = four[i];
    }
}

#endif
