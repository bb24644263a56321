/* SPDX-License-Identifier: Apache-2.0 */
/* Vectors of tin_simd.h for 64-bit Arm, with and without dot products. */
#ifndef TIN_NN_SIMD128_NEON_H
#define TIN_NN_SIMD128_NEON_H

#include <arm_neon.h>

typedef int8x16_t tin_simd_s8;
typedef int32x4_t tin_simd_s32;
typedef int8x16_t tin_simd_quads;
typedef int8x16_t tin_simd_weights;
typedef struct {
    int16x8_t zero_point;
    int8x16_t minimum;
    int8x16_t maximum;
} tin_simd_limits;

TIN_SIMD_INLINE tin_simd_s8 tin_simd_load(const int8_t *from) { return vld1q_s8(from); }
TIN_SIMD_INLINE void tin_simd_store(int8_t *to, tin_simd_s8 x) { vst1q_s8(to, x); }
TIN_SIMD_INLINE void tin_simd_store_low(int8_t *to, tin_simd_s8 x) { vst1_s8(to, vget_low_s8(x)); }
TIN_SIMD_INLINE void tin_simd_store_high(int8_t *to, tin_simd_s8 x) {
    vst1_s8(to, vget_high_s8(x));
}
TIN_SIMD_INLINE tin_simd_s8 tin_simd_splat(int32_t value) { return vdupq_n_s8((int8_t)value); }
TIN_SIMD_INLINE tin_simd_s32 tin_simd_load_s32(const int32_t *from) { return vld1q_s32(from); }
TIN_SIMD_INLINE tin_simd_weights tin_simd_load_weights(const int8_t *from) {
    return vld1q_s8(from);
}

TIN_SIMD_INLINE tin_simd_quads tin_simd_load_quads(const int8_t *from) {
    int32_t word;
    __builtin_memcpy(&word, from, sizeof word);
    return vreinterpretq_s8_s32(vdupq_n_s32(word));
}

#if defined(__ARM_FEATURE_DOTPROD)

#define TIN_SIMD_PIXELS 8

typedef int32x4_t tin_simd_sums;

TIN_SIMD_INLINE tin_simd_sums tin_simd_start(tin_simd_s32 from) { return from; }
TIN_SIMD_INLINE tin_simd_s32 tin_simd_total(tin_simd_sums sums) { return sums; }
TIN_SIMD_INLINE tin_simd_sums tin_simd_dot(tin_simd_sums sums,
                                           tin_simd_quads x,
                                           tin_simd_weights w) {
    return vdotq_s32(sums, w, x);
}

/* The products of 16 values of depth: `x` holds four groups of 4, w four times 8 outputs. */
#define TIN_SIMD_HAS_CHUNKS
TIN_SIMD_INLINE void tin_simd_dot_chunk(tin_simd_sums (*sums)[2],
                                        const tin_simd_s8 *x,
                                        int32_t pixels,
                                        const int8_t *w) {
#define QUARTER(lane)                                                                              \
    do {                                                                                           \
        int8x16_t w0 = vld1q_s8(w + 32 * lane), w1 = vld1q_s8(w + 32 * lane + 16);                 \
        TIN_SIMD_UNROLLED                                                                          \
        for (int32_t p = 0; p < pixels; p++) {                                                     \
            sums[p][0] = vdotq_laneq_s32(sums[p][0], w0, x[p], lane);                              \
            sums[p][1] = vdotq_laneq_s32(sums[p][1], w1, x[p], lane);                              \
        }                                                                                          \
    } while (0)
    QUARTER(0);
    QUARTER(1);
    QUARTER(2);
    QUARTER(3);
#undef QUARTER
}

#else

#define TIN_SIMD_PIXELS 4

/* Each sum in two halves. */
typedef struct {
    int32x4_t low;
    int32x4_t high;
} tin_simd_sums;

TIN_SIMD_INLINE tin_simd_sums tin_simd_start(tin_simd_s32 from) {
    const int32x4_t zero = vdupq_n_s32(0);
    tin_simd_sums sums = {vzip1q_s32(from, zero), vzip2q_s32(from, zero)};
    return sums;
}

TIN_SIMD_INLINE tin_simd_s32 tin_simd_total(tin_simd_sums sums) {
    return vpaddq_s32(sums.low, sums.high);
}

TIN_SIMD_INLINE tin_simd_sums tin_simd_dot(tin_simd_sums sums,
                                           tin_simd_quads x,
                                           tin_simd_weights w) {
    sums.low = vpadalq_s16(sums.low, vmull_s8(vget_low_s8(x), vget_low_s8(w)));
    sums.high = vpadalq_s16(sums.high, vmull_high_s8(x, w));
    return sums;
}

#endif

/* acc[i] += x0 * w0 + x1 * w1 of values 4i to 4i + 3; not both weights are -128. */
TIN_SIMD_INLINE void tin_simd_add_products(
    tin_simd_s32 acc[4], tin_simd_s8 x0, tin_simd_s8 w0, tin_simd_s8 x1, tin_simd_s8 w1) {
    int16x8_t low = vmull_s8(vget_low_s8(x0), vget_low_s8(w0));
    int16x8_t high = vmull_high_s8(x0, w0);
    low = vmlal_s8(low, vget_low_s8(x1), vget_low_s8(w1));
    high = vmlal_high_s8(high, x1, w1);
    acc[0] = vaddw_s16(acc[0], vget_low_s16(low));
    acc[1] = vaddw_high_s16(acc[1], low);
    acc[2] = vaddw_s16(acc[2], vget_low_s16(high));
    acc[3] = vaddw_high_s16(acc[3], high);
}

/* tin_requantize_narrow: the doubling product rounds half up, the shift too; 1 is taken off
   negative values before it. */
TIN_SIMD_INLINE tin_simd_s32 tin_simd_requantize_narrow(tin_simd_s32 sums, const int32_t *record) {
    int32x4_t high = vqrdmulhq_s32(sums, vld1q_s32(record + 4));
    return vrshlq_s32(vsraq_n_s32(high, high, 31), vld1q_s32(record + 8));
}

/* tin_requantize; nothing is taken off where nothing is shifted out. */
TIN_SIMD_INLINE tin_simd_s32 tin_simd_requantize(tin_simd_s32 sums, const int32_t *record) {
    const int32x4_t shift = vld1q_s32(record + 8), zero = vdupq_n_s32(0);
    const int32x4_t right = vminq_s32(shift, zero);
    int32x4_t high = vshlq_s32(sums, vmaxq_s32(shift, zero));
    high = vqrdmulhq_s32(high, vld1q_s32(record + 4));
    high = vqaddq_s32(high, vshrq_n_s32(vandq_s32(high, right), 31));
    return vrshlq_s32(high, right);
}

TIN_SIMD_INLINE tin_simd_limits tin_simd_limits_of(const tin_simd_outputs *outputs) {
    tin_simd_limits limits = {vdupq_n_s16((int16_t)outputs->zero_point),
                              vdupq_n_s8((int8_t)outputs->minimum),
                              vdupq_n_s8((int8_t)outputs->maximum)};
    return limits;
}

TIN_SIMD_INLINE tin_simd_s8 tin_simd_pack(const tin_simd_s32 q[4], const tin_simd_limits *limits) {
    int16x8_t low = vqmovn_high_s32(vqmovn_s32(q[0]), q[1]);
    int16x8_t high = vqmovn_high_s32(vqmovn_s32(q[2]), q[3]);
    low = vqaddq_s16(low, limits->zero_point);
    high = vqaddq_s16(high, limits->zero_point);
    int8x16_t values = vqmovn_high_s16(vqmovn_s16(low), high);
    return vminq_s8(vmaxq_s8(values, limits->minimum), limits->maximum);
}

TIN_SIMD_INLINE tin_simd_s32 tin_simd_splat_s32(int32_t value) { return vdupq_n_s32(value); }
TIN_SIMD_INLINE tin_simd_s32 tin_simd_add_s32(tin_simd_s32 a, tin_simd_s32 b) {
    return vaddq_s32(a, b);
}
TIN_SIMD_INLINE tin_simd_s32 tin_simd_shift_left(tin_simd_s32 x, int32_t bits) {
    return vshlq_s32(x, vdupq_n_s32(bits));
}

TIN_SIMD_INLINE void tin_simd_widen(tin_simd_s8 x, tin_simd_s32 out[4]) {
    int16x8_t low = vmovl_s8(vget_low_s8(x)), high = vmovl_high_s8(x);
    out[0] = vmovl_s16(vget_low_s16(low));
    out[1] = vmovl_high_s16(low);
    out[2] = vmovl_s16(vget_low_s16(high));
    out[3] = vmovl_high_s16(high);
}

#define TIN_SIMD_PIXELS_F32 8

typedef float32x4_t tin_simd_f32;

TIN_SIMD_INLINE tin_simd_f32 tin_simd_load_f32(const float *from) { return vld1q_f32(from); }
TIN_SIMD_INLINE void tin_simd_store_f32(float *to, tin_simd_f32 x) { vst1q_f32(to, x); }
TIN_SIMD_INLINE tin_simd_f32 tin_simd_splat_f32(float value) { return vdupq_n_f32(value); }
TIN_SIMD_INLINE tin_simd_f32 tin_simd_add_f32(tin_simd_f32 a, tin_simd_f32 b) {
    return vaddq_f32(a, b);
}
TIN_SIMD_INLINE tin_simd_f32 tin_simd_mul_f32(tin_simd_f32 a, tin_simd_f32 b) {
    return vmulq_f32(a, b);
}

/* tin_clamp_f32; vmaxq_f32 would turn -0 to 0. */
TIN_SIMD_INLINE tin_simd_f32 tin_simd_clamp_f32(tin_simd_f32 value,
                                                tin_simd_f32 minimum,
                                                tin_simd_f32 maximum) {
    value = vbslq_f32(vcltq_f32(value, minimum), minimum, value);
    return vbslq_f32(vcgtq_f32(value, maximum), maximum, value);
}

/* The products of 4 values of depth with 8 outputs, one after the other. */
#define TIN_SIMD_HAS_LANES
TIN_SIMD_INLINE void tin_simd_multiply_lanes(tin_simd_f32 (*sums)[2],
                                             const tin_simd_f32 *x,
                                             int32_t pixels,
                                             const float *w) {
#define LANE(lane)                                                                                 \
    do {                                                                                           \
        float32x4_t w0 = vld1q_f32(w + 8 * lane), w1 = vld1q_f32(w + 8 * lane + 4);                \
        TIN_SIMD_UNROLLED                                                                          \
        for (int32_t p = 0; p < pixels; p++) {                                                     \
            sums[p][0] = vaddq_f32(sums[p][0], vmulq_laneq_f32(w0, x[p], lane));                   \
            sums[p][1] = vaddq_f32(sums[p][1], vmulq_laneq_f32(w1, x[p], lane));                   \
        }                                                                                          \
    } while (0)
    LANE(0);
    LANE(1);
    LANE(2);
    LANE(3);
#undef LANE
}

#endif
