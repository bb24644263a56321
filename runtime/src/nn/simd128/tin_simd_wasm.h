/* SPDX-License-Identifier: Apache-2.0 */
/* Vectors of tin_simd.h for WebAssembly. */
#ifndef TIN_NN_SIMD128_WASM_H
#define TIN_NN_SIMD128_WASM_H

#include <wasm_simd128.h>

/* Most processors behind WebAssembly have 16 registers: 8 hold sums, 4 weights. */
#define TIN_SIMD_PIXELS 2

typedef v128_t tin_simd_s8;
typedef v128_t tin_simd_s32;
typedef v128_t tin_simd_quads; /* as int16, twice */
typedef struct {
    v128_t low; /* of outputs 0 and 1, as int16 */
    v128_t high;
} tin_simd_weights;
typedef struct {
    v128_t low; /* of outputs 0 and 1, each in two halves */
    v128_t high;
} tin_simd_sums;
typedef struct {
    v128_t zero_point;
    v128_t minimum;
    v128_t maximum;
} tin_simd_limits;

TIN_SIMD_INLINE tin_simd_s8 tin_simd_load(const int8_t *from) { return wasm_v128_load(from); }
TIN_SIMD_INLINE void tin_simd_store(int8_t *to, tin_simd_s8 x) { wasm_v128_store(to, x); }
TIN_SIMD_INLINE void tin_simd_store_low(int8_t *to, tin_simd_s8 x) {
    wasm_v128_store64_lane(to, x, 0);
}
TIN_SIMD_INLINE void tin_simd_store_high(int8_t *to, tin_simd_s8 x) {
    wasm_v128_store64_lane(to, x, 1);
}
TIN_SIMD_INLINE tin_simd_s8 tin_simd_splat(int32_t value) {
    return wasm_i8x16_splat((int8_t)value);
}
TIN_SIMD_INLINE tin_simd_s32 tin_simd_load_s32(const int32_t *from) { return wasm_v128_load(from); }

TIN_SIMD_INLINE tin_simd_weights tin_simd_load_weights(const int8_t *from) {
    tin_simd_weights weights = {wasm_i16x8_load8x8(from), wasm_i16x8_load8x8(from + 8)};
    return weights;
}

TIN_SIMD_INLINE tin_simd_quads tin_simd_load_quads(const int8_t *from) {
    return wasm_i16x8_extend_low_i8x16(wasm_v128_load32_splat(from));
}

TIN_SIMD_INLINE tin_simd_sums tin_simd_start(tin_simd_s32 from) {
    const v128_t zero = wasm_i32x4_const_splat(0);
    tin_simd_sums sums = {wasm_i32x4_shuffle(from, zero, 0, 4, 1, 5),
                          wasm_i32x4_shuffle(from, zero, 2, 6, 3, 7)};
    return sums;
}

TIN_SIMD_INLINE tin_simd_s32 tin_simd_total(tin_simd_sums sums) {
    return wasm_i32x4_add(wasm_i32x4_shuffle(sums.low, sums.high, 0, 2, 4, 6),
                          wasm_i32x4_shuffle(sums.low, sums.high, 1, 3, 5, 7));
}

TIN_SIMD_INLINE tin_simd_sums tin_simd_dot(tin_simd_sums sums,
                                           tin_simd_quads x,
                                           tin_simd_weights w) {
    sums.low = wasm_i32x4_add(sums.low, wasm_i32x4_dot_i16x8(x, w.low));
    sums.high = wasm_i32x4_add(sums.high, wasm_i32x4_dot_i16x8(x, w.high));
    return sums;
}

/* acc[i] += x0 * w0 + x1 * w1 of values 4i to 4i + 3; not both weights are -128. */
TIN_SIMD_INLINE void tin_simd_add_products(
    tin_simd_s32 acc[4], tin_simd_s8 x0, tin_simd_s8 w0, tin_simd_s8 x1, tin_simd_s8 w1) {
    v128_t low =
        wasm_i16x8_add(wasm_i16x8_extmul_low_i8x16(x0, w0), wasm_i16x8_extmul_low_i8x16(x1, w1));
    v128_t high =
        wasm_i16x8_add(wasm_i16x8_extmul_high_i8x16(x0, w0), wasm_i16x8_extmul_high_i8x16(x1, w1));
    acc[0] = wasm_i32x4_add(acc[0], wasm_i32x4_extend_low_i16x8(low));
    acc[1] = wasm_i32x4_add(acc[1], wasm_i32x4_extend_high_i16x8(low));
    acc[2] = wasm_i32x4_add(acc[2], wasm_i32x4_extend_low_i16x8(high));
    acc[3] = wasm_i32x4_add(acc[3], wasm_i32x4_extend_high_i16x8(high));
}

/* (2ab + 2^31) >> 32 */
TIN_SIMD_INLINE v128_t tin_simd_multiply_high(v128_t a, v128_t b) {
    const v128_t half = wasm_i64x2_const_splat(INT64_C(1) << 31);
    a = wasm_i32x4_add(a, a);
    v128_t low = wasm_i64x2_add(wasm_i64x2_extmul_low_i32x4(a, b), half);
    v128_t high = wasm_i64x2_add(wasm_i64x2_extmul_high_i32x4(a, b), half);
    return wasm_i32x4_shuffle(low, high, 1, 3, 5, 7);
}

/* tin_requantize_narrow. There is no shift by lanes: x / 2^s is the upper half of 2x * 2^(31 - s).
 */
TIN_SIMD_INLINE tin_simd_s32 tin_simd_requantize_narrow(tin_simd_s32 sums, const int32_t *record) {
    v128_t high = tin_simd_multiply_high(sums, wasm_v128_load(record + 4));
    high = wasm_i32x4_add(high, wasm_i32x4_shr(high, 31));
    return tin_simd_multiply_high(high, wasm_v128_load(record + 12));
}

/* Rare: one by one. */
TIN_SIMD_INLINE tin_simd_s32 tin_simd_requantize(tin_simd_s32 sums, const int32_t *record) {
    int32_t values[4];
    wasm_v128_store(values, sums);
    for (int32_t i = 0; i < 4; i++) {
        values[i] = tin_requantize(values[i], record[4 + i], record[8 + i]);
    }
    return wasm_v128_load(values);
}

TIN_SIMD_INLINE tin_simd_limits tin_simd_limits_of(const tin_simd_outputs *outputs) {
    tin_simd_limits limits = {wasm_i16x8_splat((int16_t)outputs->zero_point),
                              wasm_i8x16_splat((int8_t)outputs->minimum),
                              wasm_i8x16_splat((int8_t)outputs->maximum)};
    return limits;
}

TIN_SIMD_INLINE tin_simd_s8 tin_simd_pack(const tin_simd_s32 q[4], const tin_simd_limits *limits) {
    v128_t low = wasm_i16x8_narrow_i32x4(q[0], q[1]), high = wasm_i16x8_narrow_i32x4(q[2], q[3]);
    low = wasm_i16x8_add_sat(low, limits->zero_point);
    high = wasm_i16x8_add_sat(high, limits->zero_point);
    v128_t values = wasm_i8x16_narrow_i16x8(low, high);
    return wasm_i8x16_min(wasm_i8x16_max(values, limits->minimum), limits->maximum);
}

TIN_SIMD_INLINE tin_simd_s32 tin_simd_splat_s32(int32_t value) { return wasm_i32x4_splat(value); }
TIN_SIMD_INLINE tin_simd_s32 tin_simd_add_s32(tin_simd_s32 a, tin_simd_s32 b) {
    return wasm_i32x4_add(a, b);
}
TIN_SIMD_INLINE tin_simd_s32 tin_simd_shift_left(tin_simd_s32 x, int32_t bits) {
    return wasm_i32x4_shl(x, (uint32_t)bits);
}

TIN_SIMD_INLINE void tin_simd_widen(tin_simd_s8 x, tin_simd_s32 out[4]) {
    v128_t low = wasm_i16x8_extend_low_i8x16(x), high = wasm_i16x8_extend_high_i8x16(x);
    out[0] = wasm_i32x4_extend_low_i16x8(low);
    out[1] = wasm_i32x4_extend_high_i16x8(low);
    out[2] = wasm_i32x4_extend_low_i16x8(high);
    out[3] = wasm_i32x4_extend_high_i16x8(high);
}

#define TIN_SIMD_PIXELS_F32 4

typedef v128_t tin_simd_f32;

TIN_SIMD_INLINE tin_simd_f32 tin_simd_load_f32(const float *from) { return wasm_v128_load(from); }
TIN_SIMD_INLINE void tin_simd_store_f32(float *to, tin_simd_f32 x) { wasm_v128_store(to, x); }
TIN_SIMD_INLINE tin_simd_f32 tin_simd_splat_f32(float value) { return wasm_f32x4_splat(value); }
TIN_SIMD_INLINE tin_simd_f32 tin_simd_add_f32(tin_simd_f32 a, tin_simd_f32 b) {
    return wasm_f32x4_add(a, b);
}
TIN_SIMD_INLINE tin_simd_f32 tin_simd_mul_f32(tin_simd_f32 a, tin_simd_f32 b) {
    return wasm_f32x4_mul(a, b);
}

/* tin_clamp_f32: these are the minimum and maximum that compare and select. */
TIN_SIMD_INLINE tin_simd_f32 tin_simd_clamp_f32(tin_simd_f32 value,
                                                tin_simd_f32 minimum,
                                                tin_simd_f32 maximum) {
    return wasm_f32x4_pmin(wasm_f32x4_pmax(value, minimum), maximum);
}

#endif
