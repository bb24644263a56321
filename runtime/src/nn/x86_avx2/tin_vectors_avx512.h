/* SPDX-License-Identifier: Apache-2.0 */
/* Vectors of tin_vectors.h: AVX-512 with VNNI. */
#include <immintrin.h>

typedef __m512i V(i32);
typedef __m512i V(bytes);
typedef __m512i V(quads);
typedef __m512i V(weights);
typedef __m512 V(f32);

typedef struct {
    __m512i multiplier, odd_multiplier, right, extra;
    __m512 factor, offset, offset_below;
} V(factors);

TIN_INLINE V(i32) V(load_i32)(const int32_t *from) { return _mm512_loadu_si512(from); }

TIN_INLINE V(weights) V(load_weights)(const int8_t *from) { return _mm512_loadu_si512(from); }

TIN_INLINE V(bytes) V(load_bytes)(const uint8_t *from) { return _mm512_loadu_si512(from); }

TIN_INLINE V(quads) V(broadcast)(const uint8_t *from) {
    int32_t four;
    __builtin_memcpy(&four, from, sizeof four);
    return _mm512_set1_epi32(four);
}

/* The second for the upper eight lanes. */
TIN_INLINE V(quads) V(broadcast_two)(const uint8_t *low, const uint8_t *high) {
    int32_t four;
    __builtin_memcpy(&four, high, sizeof four);
    return _mm512_mask_set1_epi32(V(broadcast)(low), 0xff00, four);
}

TIN_INLINE V(quads) V(quads_of)(V(bytes) bytes) { return bytes; }

TIN_INLINE V(i32) V(dot)(V(i32) sums, V(quads) x, V(weights) w) {
    return _mm512_dpbusd_epi32(sums, x, w);
}

TIN_INLINE V(bytes) V(low8)(V(bytes) a, V(bytes) b) { return _mm512_unpacklo_epi8(a, b); }
TIN_INLINE V(bytes) V(high8)(V(bytes) a, V(bytes) b) { return _mm512_unpackhi_epi8(a, b); }
TIN_INLINE V(bytes) V(low16)(V(bytes) a, V(bytes) b) { return _mm512_unpacklo_epi16(a, b); }
TIN_INLINE V(bytes) V(high16)(V(bytes) a, V(bytes) b) { return _mm512_unpackhi_epi16(a, b); }

TIN_INLINE V(factors) V(load_factors)(const int32_t *record) {
    V(factors) f;
    f.multiplier = _mm512_loadu_si512(record + 16);
    f.odd_multiplier = _mm512_srli_epi64(f.multiplier, 32);
    f.right = _mm512_loadu_si512(record + 32);
    f.extra = _mm512_loadu_si512(record + 48);
    f.factor = _mm512_castsi512_ps(_mm512_loadu_si512(record + 64));
    f.offset = _mm512_castsi512_ps(_mm512_loadu_si512(record + 80));
    f.offset_below = _mm512_castsi512_ps(_mm512_loadu_si512(record + 96));
    return f;
}

/* floor(factor * sum + offset): rounding down before it changes nothing. */
TIN_INLINE V(i32) V(scale)(V(i32) sums, __m512 factor, __m512 offset) {
    __m512 value = _mm512_cvtepi32_ps(sums); /* exact */
    value = _mm512_fmadd_round_ps(value, factor, offset, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
    return _mm512_cvt_roundps_epi32(value, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
}

/* The same with another offset below 0. */
TIN_INLINE V(i32) V(scale_signed)(V(i32) sums, const V(factors) * f) {
    __mmask16 below = _mm512_movepi32_mask(sums);
    return V(scale)(sums, f->factor, _mm512_mask_blend_ps(below, f->offset, f->offset_below));
}

TIN_INLINE V(i32) V(requantize_positive)(V(i32) sums, const V(factors) * f) {
    const __m512i half = _mm512_set1_epi64(INT64_C(1) << 31);
    const __m512i upper =
        _mm512_setr_epi32(1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31);
    __m512i twice = _mm512_slli_epi32(sums, 1);
    __m512i even = _mm512_add_epi64(_mm512_mul_epi32(twice, f->multiplier), half);
    __m512i odd = _mm512_mul_epi32(_mm512_srli_epi64(twice, 32), f->odd_multiplier);
    __m512i high = _mm512_permutex2var_epi32(even, upper, _mm512_add_epi64(odd, half));
    return _mm512_srav_epi32(_mm512_add_epi32(high, f->extra), f->right);
}

TIN_INLINE V(i32) V(requantize_narrow)(V(i32) sums, const V(factors) * f) {
    V(factors) rounded = *f;
    rounded.extra = _mm512_add_epi32(f->extra, _mm512_srai_epi32(sums, 31));
    return V(requantize_positive)(sums, &rounded);
}

TIN_INLINE V(i32) V(requantize_wide)(V(i32) sums, const V(factors) * f, int32_t zero_point) {
    const __m512i half = _mm512_set1_epi64(INT64_C(1) << 30), one = _mm512_set1_epi32(1);
    __m512i raised = _mm512_sllv_epi32(sums, f->extra);
    __m512i even = _mm512_add_epi64(_mm512_mul_epi32(raised, f->multiplier), half);
    __m512i odd = _mm512_mul_epi32(_mm512_srli_epi64(raised, 32), f->odd_multiplier);
    odd = _mm512_slli_epi64(_mm512_add_epi64(odd, half), 1);
    __m512i high = _mm512_mask_blend_epi32(0xaaaa, _mm512_srli_epi64(even, 31), odd);
    __m512i mask = _mm512_sub_epi32(_mm512_sllv_epi32(one, f->right), one);
    __m512i threshold = _mm512_sub_epi32(_mm512_srli_epi32(mask, 1), _mm512_srai_epi32(high, 31));
    __mmask16 up = _mm512_cmpgt_epi32_mask(_mm512_and_si512(high, mask), threshold);
    __m512i value = _mm512_srav_epi32(high, f->right);
    value = _mm512_add_epi32(value, _mm512_set1_epi32(zero_point));
    return _mm512_mask_add_epi32(value, up, value, one);
}

TIN_INLINE V(bytes) V(pack)(const V(i32) * q, const tin_x86_limits *limits) {
    __m512i low = _mm512_packs_epi32(q[0], q[1]), high = _mm512_packs_epi32(q[2], q[3]);
    __m512i both = _mm512_packs_epi16(low, high);
    both = _mm512_max_epi8(both, _mm512_set1_epi8((int8_t)limits->minimum));
    return _mm512_min_epi8(both, _mm512_set1_epi8((int8_t)limits->maximum));
}

TIN_INLINE V(bytes) V(transpose)(V(bytes) x) {
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    return _mm512_permutexvar_epi32(order, x);
}

/* The first `count` bytes, 16 at most; masked stores of bytes are slow on some processors. */
TIN_INLINE void V(store_16)(void *to, __m128i x, int32_t count) {
    uint8_t *at = to;
    if (count >= 16) {
        _mm_storeu_si128(to, x);
        return;
    }
    if (count & 8) {
        _mm_storel_epi64((__m128i *)at, x);
        x = _mm_srli_si128(x, 8);
        at += 8;
    }
    uint64_t rest = (uint64_t)_mm_cvtsi128_si64(x);
    if (count & 4) {
        __builtin_memcpy(at, &rest, 4);
        rest >>= 32;
        at += 4;
    }
    for (int32_t i = count & 3; i > 0; i--) {
        *at++ = (uint8_t)rest;
        rest >>= 8;
    }
}

TIN_INLINE void V(store_64)(void *to, __m512i x, int32_t count) {
    uint8_t *at = to;
    if (count >= 64) {
        _mm512_storeu_si512(to, x);
        return;
    }
    if (count & 32) {
        _mm256_storeu_si256((__m256i *)at, _mm512_castsi512_si256(x));
        x = _mm512_shuffle_i64x2(x, x, 0x0e);
        at += 32;
    }
    if (count & 16) {
        _mm_storeu_si128((__m128i *)at, _mm512_castsi512_si128(x));
        x = _mm512_shuffle_i64x2(x, x, 0x01);
        at += 16;
    }
    V(store_16)(at, _mm512_castsi512_si128(x), count & 15);
}

TIN_INLINE void V(store_bytes)(int8_t *to, V(bytes) x, int32_t count) { V(store_64)(to, x, count); }

/* Writes up to 63 bytes more. */
TIN_INLINE void V(fill)(uint8_t *to, int32_t value, int32_t count) {
    const __m512i x = _mm512_set1_epi8((char)value);
    for (; count > 0; count -= 64, to += 64) {
        _mm512_storeu_si512(to, x);
    }
}

TIN_INLINE void V(store_quarters)(int8_t *to, int32_t step, V(bytes) x, int32_t n, int32_t count) {
    __m128i quarter[4] = {_mm512_castsi512_si128(x),
                          _mm512_extracti32x4_epi32(x, 1),
                          _mm512_extracti32x4_epi32(x, 2),
                          _mm512_extracti32x4_epi32(x, 3)};
    TIN_UNROLLED
    for (int32_t i = 0; i < 4; i++) {
        if (i < n) {
            V(store_16)(to + i * step, quarter[i], count);
        }
    }
}

TIN_INLINE void V(copy_flipped)(uint8_t *to, const int8_t *from, int32_t count) {
    const __m512i flip = _mm512_set1_epi8((char)TIN_FLIP);
    for (; count >= 64; count -= 64, to += 64, from += 64) {
        _mm512_storeu_si512(to, _mm512_xor_si512(_mm512_loadu_si512(from), flip));
    }
    if (count > 0) {
        __m512i x = _mm512_maskz_loadu_epi8(~UINT64_C(0) >> (64 - count), from);
        V(store_64)(to, _mm512_xor_si512(x, flip), count);
    }
}

TIN_INLINE V(i32) V(widen)(const int8_t *from) {
    return _mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)from));
}

TIN_INLINE V(i32) V(splat)(int32_t value) { return _mm512_set1_epi32(value); }

TIN_INLINE V(i32) V(multiply_add)(V(i32) sums, V(i32) a, V(i32) b) {
    return _mm512_add_epi32(sums, _mm512_mullo_epi32(a, b));
}

TIN_INLINE V(i32) V(shift_right)(V(i32) a, V(i32) b) { return _mm512_srav_epi32(a, b); }

TIN_INLINE V(f32) V(splat_f32)(float value) { return _mm512_set1_ps(value); }
TIN_INLINE V(f32) V(load_f32)(const float *from) { return _mm512_loadu_ps(from); }
TIN_INLINE V(f32) V(add_f32)(V(f32) a, V(f32) b) { return _mm512_add_ps(a, b); }
TIN_INLINE V(f32) V(sub_f32)(V(f32) a, V(f32) b) { return _mm512_sub_ps(a, b); }
TIN_INLINE V(f32) V(div_f32)(V(f32) a, V(f32) b) { return _mm512_div_ps(a, b); }
TIN_INLINE V(f32) V(mul_f32)(V(f32) a, V(f32) b) { return _mm512_mul_ps(a, b); }

/* *x * w. Compilers load a value that is used several times on its own, which
   takes a slot of the adders: the multiplication shall read it itself. */
TIN_INLINE V(f32) V(multiply_f32)(const float *x, V(f32) w) {
    __m512 product;
    __asm__("vmulps %2%{1to16%}, %1, %0" : "=v"(product) : "v"(w), "m"(*x));
    return product;
}

TIN_INLINE V(f32) V(multiply_add_f32)(V(f32) sums, const float *x, V(f32) w) {
    return _mm512_add_ps(sums, V(multiply_f32)(x, w));
}

/* NaN passes through: these instructions return their second operand then. */
TIN_INLINE V(f32) V(clamp_f32)(V(f32) value, V(f32) minimum, V(f32) maximum) {
    return _mm512_min_ps(maximum, _mm512_max_ps(minimum, value));
}

TIN_INLINE void V(store_f32)(float *to, V(f32) x, int32_t count) {
    if (count >= 16) {
        _mm512_storeu_ps(to, x);
    } else {
        _mm512_mask_storeu_ps(to, (__mmask16)(0xffffu >> (16 - count)), x);
    }
}
