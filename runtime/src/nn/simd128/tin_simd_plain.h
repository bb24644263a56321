/* SPDX-License-Identifier: Apache-2.0 */
/* Vectors of tin_simd.h in portable C, for other processors. */
#ifndef TIN_NN_SIMD128_PLAIN_H
#define TIN_NN_SIMD128_PLAIN_H

#define TIN_SIMD_PIXELS 2

typedef struct {
    int8_t at[16];
} tin_simd_s8;
typedef struct {
    int32_t at[4];
} tin_simd_s32;
typedef struct {
    const int8_t *at;
} tin_simd_quads;
typedef struct {
    const int8_t *at;
} tin_simd_weights;
typedef tin_simd_s32 tin_simd_sums;
typedef tin_simd_outputs tin_simd_limits;

TIN_SIMD_INLINE tin_simd_s8 tin_simd_load(const int8_t *from) {
    tin_simd_s8 x;
    for (int32_t i = 0; i < 16; i++) {
        x.at[i] = from[i];
    }
    return x;
}

TIN_SIMD_INLINE void tin_simd_store(int8_t *to, tin_simd_s8 x) {
    for (int32_t i = 0; i < 16; i++) {
        to[i] = x.at[i];
    }
}

TIN_SIMD_INLINE void tin_simd_store_low(int8_t *to, tin_simd_s8 x) {
    for (int32_t i = 0; i < 8; i++) {
        to[i] = x.at[i];
    }
}

TIN_SIMD_INLINE void tin_simd_store_high(int8_t *to, tin_simd_s8 x) {
    for (int32_t i = 0; i < 8; i++) {
        to[i] = x.at[8 + i];
    }
}

TIN_SIMD_INLINE tin_simd_s8 tin_simd_splat(int32_t value) {
    tin_simd_s8 x;
    for (int32_t i = 0; i < 16; i++) {
        x.at[i] = (int8_t)value;
    }
    return x;
}

TIN_SIMD_INLINE tin_simd_s32 tin_simd_load_s32(const int32_t *from) {
    tin_simd_s32 x = {{from[0], from[1], from[2], from[3]}};
    return x;
}

TIN_SIMD_INLINE tin_simd_weights tin_simd_load_weights(const int8_t *from) {
    tin_simd_weights weights = {from};
    return weights;
}

TIN_SIMD_INLINE tin_simd_quads tin_simd_load_quads(const int8_t *from) {
    tin_simd_quads quads = {from};
    return quads;
}

TIN_SIMD_INLINE tin_simd_sums tin_simd_start(tin_simd_s32 from) { return from; }
TIN_SIMD_INLINE tin_simd_s32 tin_simd_total(tin_simd_sums sums) { return sums; }

/* Models with dead channels carry saturated biases: additions wrap as theirs do. */
TIN_SIMD_INLINE int32_t tin_simd_add(int32_t a, int32_t b) {
    return (int32_t)((uint32_t)a + (uint32_t)b);
}

TIN_SIMD_INLINE tin_simd_sums tin_simd_dot(tin_simd_sums sums,
                                           tin_simd_quads x,
                                           tin_simd_weights w) {
    for (int32_t i = 0; i < 16; i++) {
        sums.at[i / 4] = tin_simd_add(sums.at[i / 4], x.at[i % 4] * w.at[i]);
    }
    return sums;
}

TIN_SIMD_INLINE void tin_simd_add_products(
    tin_simd_s32 acc[4], tin_simd_s8 x0, tin_simd_s8 w0, tin_simd_s8 x1, tin_simd_s8 w1) {
    for (int32_t i = 0; i < 16; i++) {
        int32_t products = x0.at[i] * w0.at[i] + x1.at[i] * w1.at[i];
        acc[i / 4].at[i % 4] = tin_simd_add(acc[i / 4].at[i % 4], products);
    }
}

TIN_SIMD_INLINE tin_simd_s32 tin_simd_requantize(tin_simd_s32 sums, const int32_t *record) {
    for (int32_t i = 0; i < 4; i++) {
        sums.at[i] = tin_requantize(sums.at[i], record[4 + i], record[8 + i]);
    }
    return sums;
}

TIN_SIMD_INLINE tin_simd_s32 tin_simd_requantize_narrow(tin_simd_s32 sums, const int32_t *record) {
    for (int32_t i = 0; i < 4; i++) {
        sums.at[i] = tin_requantize_narrow(sums.at[i], record[4 + i], record[8 + i]);
    }
    return sums;
}

TIN_SIMD_INLINE tin_simd_limits tin_simd_limits_of(const tin_simd_outputs *outputs) {
    return *outputs;
}

TIN_SIMD_INLINE tin_simd_s8 tin_simd_pack(const tin_simd_s32 q[4], const tin_simd_limits *limits) {
    tin_simd_s8 x;
    for (int32_t i = 0; i < 16; i++) {
        int32_t value = tin_clamp_s32(q[i / 4].at[i % 4], INT16_MIN, INT16_MAX);
        value = tin_clamp_s32(value + limits->zero_point, limits->minimum, limits->maximum);
        x.at[i] = (int8_t)value;
    }
    return x;
}

TIN_SIMD_INLINE tin_simd_s32 tin_simd_splat_s32(int32_t value) {
    tin_simd_s32 x = {{value, value, value, value}};
    return x;
}

TIN_SIMD_INLINE tin_simd_s32 tin_simd_add_s32(tin_simd_s32 a, tin_simd_s32 b) {
    for (int32_t i = 0; i < 4; i++) {
        a.at[i] = tin_simd_add(a.at[i], b.at[i]);
    }
    return a;
}

TIN_SIMD_INLINE tin_simd_s32 tin_simd_shift_left(tin_simd_s32 x, int32_t bits) {
    for (int32_t i = 0; i < 4; i++) {
        x.at[i] = (int32_t)((uint32_t)x.at[i] << bits);
    }
    return x;
}

TIN_SIMD_INLINE void tin_simd_widen(tin_simd_s8 x, tin_simd_s32 out[4]) {
    for (int32_t i = 0; i < 16; i++) {
        out[i / 4].at[i % 4] = x.at[i];
    }
}

#define TIN_SIMD_PIXELS_F32 2

typedef struct {
    float at[4];
} tin_simd_f32;

TIN_SIMD_INLINE tin_simd_f32 tin_simd_load_f32(const float *from) {
    tin_simd_f32 x = {{from[0], from[1], from[2], from[3]}};
    return x;
}

TIN_SIMD_INLINE void tin_simd_store_f32(float *to, tin_simd_f32 x) {
    for (int32_t i = 0; i < 4; i++) {
        to[i] = x.at[i];
    }
}

TIN_SIMD_INLINE tin_simd_f32 tin_simd_splat_f32(float value) {
    tin_simd_f32 x = {{value, value, value, value}};
    return x;
}

TIN_SIMD_INLINE tin_simd_f32 tin_simd_add_f32(tin_simd_f32 a, tin_simd_f32 b) {
    for (int32_t i = 0; i < 4; i++) {
        a.at[i] += b.at[i];
    }
    return a;
}

TIN_SIMD_INLINE tin_simd_f32 tin_simd_mul_f32(tin_simd_f32 a, tin_simd_f32 b) {
    for (int32_t i = 0; i < 4; i++) {
        a.at[i] *= b.at[i];
    }
    return a;
}

TIN_SIMD_INLINE tin_simd_f32 tin_simd_clamp_f32(tin_simd_f32 value,
                                                tin_simd_f32 minimum,
                                                tin_simd_f32 maximum) {
    for (int32_t i = 0; i < 4; i++) {
        value.at[i] = tin_clamp_f32(value.at[i], minimum.at[i], maximum.at[i]);
    }
    return value;
}

#endif
