/* SPDX-License-Identifier: Apache-2.0 */
/* Vectors of tin_vectors.h: pairs of 256 bits, with AVX-VNNI (TIN_LEVEL 2) or without. */
#include <immintrin.h>

typedef struct {
    __m256i a, b;
} V(i32);
typedef V(i32) V(bytes);

#if TIN_LEVEL == 2
typedef V(i32) V(quads);
typedef V(i32) V(weights);
#else
/* Even and odd bytes as int16: their products do not saturate. */
typedef struct {
    V(i32) even, odd;
} V(quads);
typedef V(quads) V(weights);
#endif

typedef struct {
    __m256 a, b;
} V(f32);

typedef struct {
    V(i32) multiplier, right, extra;
} V(factors);

TIN_INLINE V(i32) V(load_i32)(const int32_t *from) {
    V(i32)
    x = {_mm256_loadu_si256((const __m256i *)from),
         _mm256_loadu_si256((const __m256i *)(from + 8))};
    return x;
}

TIN_INLINE V(bytes) V(load_bytes)(const uint8_t *from) {
    V(bytes)
    x = {_mm256_loadu_si256((const __m256i *)from),
         _mm256_loadu_si256((const __m256i *)(from + 32))};
    return x;
}

TIN_INLINE V(i32) V(splat)(int32_t value) {
    V(i32) x = {_mm256_set1_epi32(value), _mm256_set1_epi32(value)};
    return x;
}

#if TIN_LEVEL == 2

TIN_INLINE V(weights) V(load_weights)(const int8_t *from) {
    return V(load_bytes)((const uint8_t *)from);
}

TIN_INLINE V(quads) V(quads_of)(V(bytes) bytes) { return bytes; }

TIN_INLINE V(i32) V(dot)(V(i32) sums, V(quads) x, V(weights) w) {
    sums.a = _mm256_dpbusd_avx_epi32(sums.a, x.a, w.a);
    sums.b = _mm256_dpbusd_avx_epi32(sums.b, x.b, w.b);
    return sums;
}

#else

TIN_INLINE V(weights) V(load_weights)(const int8_t *from) {
    V(bytes) raw = V(load_bytes)((const uint8_t *)from);
    V(weights) w;
    w.even.a = _mm256_srai_epi16(_mm256_slli_epi16(raw.a, 8), 8);
    w.even.b = _mm256_srai_epi16(_mm256_slli_epi16(raw.b, 8), 8);
    w.odd.a = _mm256_srai_epi16(raw.a, 8);
    w.odd.b = _mm256_srai_epi16(raw.b, 8);
    return w;
}

TIN_INLINE V(quads) V(quads_of)(V(bytes) bytes) {
    const __m256i low = _mm256_set1_epi16(0xff);
    V(quads) x;
    x.even.a = _mm256_and_si256(bytes.a, low);
    x.even.b = _mm256_and_si256(bytes.b, low);
    x.odd.a = _mm256_srli_epi16(bytes.a, 8);
    x.odd.b = _mm256_srli_epi16(bytes.b, 8);
    return x;
}

TIN_INLINE V(i32) V(dot)(V(i32) sums, V(quads) x, V(weights) w) {
    sums.a = _mm256_add_epi32(sums.a, _mm256_madd_epi16(x.even.a, w.even.a));
    sums.b = _mm256_add_epi32(sums.b, _mm256_madd_epi16(x.even.b, w.even.b));
    sums.a = _mm256_add_epi32(sums.a, _mm256_madd_epi16(x.odd.a, w.odd.a));
    sums.b = _mm256_add_epi32(sums.b, _mm256_madd_epi16(x.odd.b, w.odd.b));
    return sums;
}

#endif

TIN_INLINE V(quads) V(broadcast)(const uint8_t *from) {
    int32_t four;
    __builtin_memcpy(&four, from, sizeof four);
    return V(quads_of)(V(splat)(four));
}

#define TIN_BOTH(name, instruction)                                                                \
    TIN_INLINE V(bytes) V(name)(V(bytes) x, V(bytes) y) {                                          \
        V(bytes) both = {instruction(x.a, y.a), instruction(x.b, y.b)};                            \
        return both;                                                                               \
    }
TIN_BOTH(low8, _mm256_unpacklo_epi8)
TIN_BOTH(high8, _mm256_unpackhi_epi8)
TIN_BOTH(low16, _mm256_unpacklo_epi16)
TIN_BOTH(high16, _mm256_unpackhi_epi16)
TIN_BOTH(shift_right, _mm256_srav_epi32)
#undef TIN_BOTH

TIN_INLINE V(factors) V(load_factors)(const int32_t *record) {
    V(factors) f = {V(load_i32)(record + 16), V(load_i32)(record + 32), V(load_i32)(record + 48)};
    return f;
}

TIN_INLINE __m256i V(positive_half)(__m256i sums,
                                    __m256i multiplier,
                                    __m256i right,
                                    __m256i extra) {
    const __m256i half = _mm256_set1_epi64x(INT64_C(1) << 31);
    __m256i twice = _mm256_slli_epi32(sums, 1);
    __m256i even = _mm256_add_epi64(_mm256_mul_epi32(twice, multiplier), half);
    __m256i odd = _mm256_mul_epi32(_mm256_srli_epi64(twice, 32), _mm256_srli_epi64(multiplier, 32));
    odd = _mm256_add_epi64(odd, half);
    __m256i high = _mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xaa);
    return _mm256_srav_epi32(_mm256_add_epi32(high, extra), right);
}

TIN_INLINE __m256i V(wide_half)(__m256i sums, __m256i multiplier, __m256i right, __m256i extra) {
    const __m256i half = _mm256_set1_epi64x(INT64_C(1) << 30), one = _mm256_set1_epi32(1);
    __m256i raised = _mm256_sllv_epi32(sums, extra);
    __m256i even = _mm256_add_epi64(_mm256_mul_epi32(raised, multiplier), half);
    __m256i odd =
        _mm256_mul_epi32(_mm256_srli_epi64(raised, 32), _mm256_srli_epi64(multiplier, 32));
    odd = _mm256_slli_epi64(_mm256_add_epi64(odd, half), 1);
    __m256i high = _mm256_blend_epi32(_mm256_srli_epi64(even, 31), odd, 0xaa);
    __m256i mask = _mm256_sub_epi32(_mm256_sllv_epi32(one, right), one);
    __m256i threshold = _mm256_sub_epi32(_mm256_srli_epi32(mask, 1), _mm256_srai_epi32(high, 31));
    __m256i up = _mm256_cmpgt_epi32(_mm256_and_si256(high, mask), threshold);
    return _mm256_sub_epi32(_mm256_srav_epi32(high, right), up);
}

TIN_INLINE V(i32) V(requantize_positive)(V(i32) sums, const V(factors) * f) {
    sums.a = V(positive_half)(sums.a, f->multiplier.a, f->right.a, f->extra.a);
    sums.b = V(positive_half)(sums.b, f->multiplier.b, f->right.b, f->extra.b);
    return sums;
}

TIN_INLINE V(i32) V(requantize_narrow)(V(i32) sums, const V(factors) * f) {
    V(factors) rounded = *f;
    rounded.extra.a = _mm256_add_epi32(f->extra.a, _mm256_srai_epi32(sums.a, 31));
    rounded.extra.b = _mm256_add_epi32(f->extra.b, _mm256_srai_epi32(sums.b, 31));
    return V(requantize_positive)(sums, &rounded);
}

TIN_INLINE V(i32) V(requantize_wide)(V(i32) sums, const V(factors) * f, int32_t zero_point) {
    const __m256i zero = _mm256_set1_epi32(zero_point);
    sums.a = V(wide_half)(sums.a, f->multiplier.a, f->right.a, f->extra.a);
    sums.b = V(wide_half)(sums.b, f->multiplier.b, f->right.b, f->extra.b);
    sums.a = _mm256_add_epi32(sums.a, zero);
    sums.b = _mm256_add_epi32(sums.b, zero);
    return sums;
}

TIN_INLINE __m256i
V(pack_half)(__m256i q0, __m256i q1, __m256i q2, __m256i q3, const tin_x86_limits *limits) {
    __m256i both = _mm256_packs_epi16(_mm256_packs_epi32(q0, q1), _mm256_packs_epi32(q2, q3));
    both = _mm256_max_epi8(both, _mm256_set1_epi8((int8_t)limits->minimum));
    return _mm256_min_epi8(both, _mm256_set1_epi8((int8_t)limits->maximum));
}

TIN_INLINE V(bytes) V(pack)(const V(i32) * q, const tin_x86_limits *limits) {
    V(bytes)
    x = {V(pack_half)(q[0].a, q[1].a, q[2].a, q[3].a, limits),
         V(pack_half)(q[0].b, q[1].b, q[2].b, q[3].b, limits)};
    return x;
}

/* Four lanes of four 32-bit groups, rows and columns swapped. */
TIN_INLINE V(bytes) V(transpose)(V(bytes) x) {
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    __m256i a = _mm256_permutevar8x32_epi32(x.a, order);
    __m256i b = _mm256_permutevar8x32_epi32(x.b, order);
    __m256i low = _mm256_unpacklo_epi64(a, b), high = _mm256_unpackhi_epi64(a, b);
    V(bytes)
    y = {_mm256_permute2x128_si256(low, high, 0x20), _mm256_permute2x128_si256(low, high, 0x31)};
    return y;
}

TIN_INLINE void V(store_bytes)(int8_t *to, V(bytes) x, int32_t count) {
    int8_t whole[64];
    int8_t *at = count >= 64 ? to : whole;
    _mm256_storeu_si256((__m256i *)at, x.a);
    _mm256_storeu_si256((__m256i *)(at + 32), x.b);
    if (count < 64) {
        tin_copy_s8(to, whole, count);
    }
}

/* Writes up to 63 bytes more. */
TIN_INLINE void V(fill)(uint8_t *to, int32_t value, int32_t count) {
    const __m256i x = _mm256_set1_epi8((char)value);
    for (; count > 0; count -= 32, to += 32) {
        _mm256_storeu_si256((__m256i *)to, x);
    }
}

TIN_INLINE void V(store_quarters)(int8_t *to, int32_t step, V(bytes) x, int32_t n, int32_t count) {
    if (count < 16) {
        int8_t whole[64];
        V(store_bytes)(whole, x, 64);
        for (int32_t i = 0; i < n; i++) {
            tin_copy_s8(to + i * step, whole + 16 * i, count);
        }
        return;
    }
    __m128i quarter[4] = {_mm256_castsi256_si128(x.a),
                          _mm256_extracti128_si256(x.a, 1),
                          _mm256_castsi256_si128(x.b),
                          _mm256_extracti128_si256(x.b, 1)};
    TIN_UNROLLED
    for (int32_t i = 0; i < 4; i++) {
        if (i < n) {
            _mm_storeu_si128((__m128i *)(to + i * step), quarter[i]);
        }
    }
}

TIN_INLINE void V(copy_flipped)(uint8_t *to, const int8_t *from, int32_t count) {
    const __m256i flip = _mm256_set1_epi8((char)TIN_FLIP);
    for (; count >= 32; count -= 32, to += 32, from += 32) {
        __m256i x = _mm256_loadu_si256((const __m256i *)from);
        _mm256_storeu_si256((__m256i *)to, _mm256_xor_si256(x, flip));
    }
    for (; count >= 8; count -= 8, to += 8, from += 8) {
        __m128i x = _mm_loadl_epi64((const __m128i *)from);
        _mm_storel_epi64((__m128i *)to, _mm_xor_si128(x, _mm256_castsi256_si128(flip)));
    }
    for (; count > 0; count--) {
        *to++ = (uint8_t)(*from++ ^ TIN_FLIP);
    }
}

TIN_INLINE V(i32) V(widen)(const int8_t *from) {
    V(i32)
    x = {_mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)from)),
         _mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)(from + 8)))};
    return x;
}

TIN_INLINE V(i32) V(multiply_add)(V(i32) sums, V(i32) x, V(i32) y) {
    sums.a = _mm256_add_epi32(sums.a, _mm256_mullo_epi32(x.a, y.a));
    sums.b = _mm256_add_epi32(sums.b, _mm256_mullo_epi32(x.b, y.b));
    return sums;
}

TIN_INLINE V(f32) V(splat_f32)(float value) {
    V(f32) x = {_mm256_set1_ps(value), _mm256_set1_ps(value)};
    return x;
}

TIN_INLINE V(f32) V(load_f32)(const float *from) {
    V(f32) x = {_mm256_loadu_ps(from), _mm256_loadu_ps(from + 8)};
    return x;
}

#define TIN_BOTH(name, instruction)                                                                \
    TIN_INLINE V(f32) V(name)(V(f32) x, V(f32) y) {                                                \
        V(f32) both = {instruction(x.a, y.a), instruction(x.b, y.b)};                              \
        return both;                                                                               \
    }
TIN_BOTH(add_f32, _mm256_add_ps)
TIN_BOTH(sub_f32, _mm256_sub_ps)
TIN_BOTH(div_f32, _mm256_div_ps)
TIN_BOTH(mul_f32, _mm256_mul_ps)
TIN_BOTH(max_f32, _mm256_max_ps)
TIN_BOTH(min_f32, _mm256_min_ps)
#undef TIN_BOTH

TIN_INLINE V(f32) V(multiply_f32)(const float *x, V(f32) w) {
    return V(mul_f32)(V(splat_f32)(*x), w);
}

TIN_INLINE V(f32) V(multiply_add_f32)(V(f32) sums, const float *x, V(f32) w) {
    return V(add_f32)(sums, V(multiply_f32)(x, w));
}

/* NaN passes through: these instructions return their second operand then. */
TIN_INLINE V(f32) V(clamp_f32)(V(f32) value, V(f32) minimum, V(f32) maximum) {
    return V(min_f32)(maximum, V(max_f32)(minimum, value));
}

TIN_INLINE void V(store_f32)(float *to, V(f32) x, int32_t count) {
    float whole[16];
    float *at = count >= 16 ? to : whole;
    _mm256_storeu_ps(at, x.a);
    _mm256_storeu_ps(at + 8, x.b);
    if (count < 16) {
        tin_copy_f32(to, whole, count);
    }
}
