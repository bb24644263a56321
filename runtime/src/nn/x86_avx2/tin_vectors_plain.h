/* SPDX-License-Identifier: Apache-2.0 */
/* Vectors of tin_vectors.h in portable C, for other processors and old ones. */

typedef struct {
    int32_t at[16];
} V(i32);
typedef struct {
    uint8_t at[64];
} V(bytes);
typedef V(bytes) V(quads);
typedef struct {
    const int8_t *at;
} V(weights);
typedef struct {
    float at[16];
} V(f32);
typedef struct {
    const int32_t *record;
} V(factors);

TIN_INLINE V(i32) V(splat)(int32_t value) {
    V(i32) x;
    for (int32_t i = 0; i < 16; i++) {
        x.at[i] = value;
    }
    return x;
}

TIN_INLINE V(i32) V(load_i32)(const int32_t *from) {
    V(i32) x;
    for (int32_t i = 0; i < 16; i++) {
        x.at[i] = from[i];
    }
    return x;
}

TIN_INLINE V(weights) V(load_weights)(const int8_t *from) {
    V(weights) w = {from};
    return w;
}

TIN_INLINE V(bytes) V(load_bytes)(const uint8_t *from) {
    V(bytes) x;
    for (int32_t i = 0; i < 64; i++) {
        x.at[i] = from[i];
    }
    return x;
}

TIN_INLINE V(quads) V(broadcast)(const uint8_t *from) {
    V(quads) x;
    for (int32_t i = 0; i < 64; i++) {
        x.at[i] = from[i % 4];
    }
    return x;
}

TIN_INLINE V(quads) V(quads_of)(V(bytes) bytes) { return bytes; }

TIN_INLINE V(i32) V(dot)(V(i32) sums, V(quads) x, V(weights) w) {
    for (int32_t i = 0; i < 64; i++) {
        uint32_t product = (uint32_t)(x.at[i] * w.at[i]);
        sums.at[i / 4] = (int32_t)((uint32_t)sums.at[i / 4] + product);
    }
    return sums;
}

/* Bytes 8 * half ... of each lane of both, groups of `size` bytes in turns. */
TIN_INLINE V(bytes) V(interleave)(V(bytes) a, V(bytes) b, int32_t half, int32_t size) {
    V(bytes) x;
    for (int32_t i = 0; i < 64; i++) {
        int32_t within = i % 16, group = within / size;
        int32_t from = i - within + 8 * half + group / 2 * size + within % size;
        x.at[i] = group % 2 ? b.at[from] : a.at[from];
    }
    return x;
}

TIN_INLINE V(bytes) V(low8)(V(bytes) a, V(bytes) b) { return V(interleave)(a, b, 0, 1); }
TIN_INLINE V(bytes) V(high8)(V(bytes) a, V(bytes) b) { return V(interleave)(a, b, 1, 1); }
TIN_INLINE V(bytes) V(low16)(V(bytes) a, V(bytes) b) { return V(interleave)(a, b, 0, 2); }
TIN_INLINE V(bytes) V(high16)(V(bytes) a, V(bytes) b) { return V(interleave)(a, b, 1, 2); }

TIN_INLINE V(factors) V(load_factors)(const int32_t *record) {
    V(factors) f = {record};
    return f;
}

TIN_INLINE V(i32) V(requantize_narrow)(V(i32) sums, const V(factors) * f) {
    for (int32_t i = 0; i < 16; i++) {
        int32_t sum = sums.at[i];
        int64_t product = (int64_t)(sum * 2) * f->record[16 + i] + ((int64_t)1 << 31);
        int32_t high = (int32_t)(product >> 32) + f->record[48 + i] + (sum >> 31);
        sums.at[i] = high >> f->record[32 + i];
    }
    return sums;
}

TIN_INLINE V(i32) V(requantize_positive)(V(i32) sums, const V(factors) * f) {
    return V(requantize_narrow)(sums, f);
}

TIN_INLINE V(i32) V(requantize_wide)(V(i32) sums, const V(factors) * f, int32_t zero_point) {
    for (int32_t i = 0; i < 16; i++) {
        int32_t shift = f->record[48 + i] - f->record[32 + i];
        sums.at[i] = tin_requantize(sums.at[i], f->record[16 + i], shift) + zero_point;
    }
    return sums;
}

TIN_INLINE V(bytes) V(pack)(const V(i32) * q, const tin_x86_limits *limits) {
    V(bytes) x;
    for (int32_t i = 0; i < 64; i++) {
        int32_t value = q[i % 16 / 4].at[i / 16 * 4 + i % 4];
        x.at[i] = (uint8_t)tin_clamp_s32(value, limits->minimum, limits->maximum);
    }
    return x;
}

TIN_INLINE V(bytes) V(transpose)(V(bytes) x) {
    V(bytes) y;
    for (int32_t i = 0; i < 64; i++) {
        y.at[i] = x.at[i % 16 / 4 * 16 + i / 16 * 4 + i % 4];
    }
    return y;
}

TIN_INLINE void V(store_bytes)(int8_t *to, V(bytes) x, int32_t count) {
    for (int32_t i = 0; i < count && i < 64; i++) {
        to[i] = (int8_t)x.at[i];
    }
}

TIN_INLINE void V(fill)(uint8_t *to, int32_t value, int32_t count) {
    for (int32_t i = 0; i < count; i++) {
        to[i] = (uint8_t)value;
    }
}

TIN_INLINE void V(store_quarters)(int8_t *to, int32_t step, V(bytes) x, int32_t n, int32_t count) {
    for (int32_t i = 0; i < n; i++) {
        for (int32_t j = 0; j < count; j++) {
            to[i * step + j] = (int8_t)x.at[16 * i + j];
        }
    }
}

TIN_INLINE void V(copy_flipped)(uint8_t *to, const int8_t *from, int32_t count) {
    for (int32_t i = 0; i < count; i++) {
        to[i] = (uint8_t)(from[i] ^ TIN_FLIP);
    }
}

TIN_INLINE V(i32) V(widen)(const int8_t *from) {
    V(i32) x;
    for (int32_t i = 0; i < 16; i++) {
        x.at[i] = from[i];
    }
    return x;
}

TIN_INLINE V(i32) V(multiply_add)(V(i32) sums, V(i32) a, V(i32) b) {
    for (int32_t i = 0; i < 16; i++) {
        sums.at[i] += a.at[i] * b.at[i];
    }
    return sums;
}

TIN_INLINE V(i32) V(shift_right)(V(i32) a, V(i32) b) {
    for (int32_t i = 0; i < 16; i++) {
        a.at[i] >>= b.at[i];
    }
    return a;
}

TIN_INLINE V(f32) V(splat_f32)(float value) {
    V(f32) x;
    for (int32_t i = 0; i < 16; i++) {
        x.at[i] = value;
    }
    return x;
}

TIN_INLINE V(f32) V(load_f32)(const float *from) {
    V(f32) x;
    for (int32_t i = 0; i < 16; i++) {
        x.at[i] = from[i];
    }
    return x;
}

TIN_INLINE V(f32) V(add_f32)(V(f32) a, V(f32) b) {
    for (int32_t i = 0; i < 16; i++) {
        a.at[i] += b.at[i];
    }
    return a;
}

TIN_INLINE V(f32) V(sub_f32)(V(f32) a, V(f32) b) {
    for (int32_t i = 0; i < 16; i++) {
        a.at[i] -= b.at[i];
    }
    return a;
}

TIN_INLINE V(f32) V(div_f32)(V(f32) a, V(f32) b) {
    for (int32_t i = 0; i < 16; i++) {
        a.at[i] /= b.at[i];
    }
    return a;
}

TIN_INLINE V(f32) V(mul_f32)(V(f32) a, V(f32) b) {
    for (int32_t i = 0; i < 16; i++) {
        a.at[i] *= b.at[i];
    }
    return a;
}

TIN_INLINE V(f32) V(multiply_f32)(const float *x, V(f32) w) {
    return V(mul_f32)(V(splat_f32)(*x), w);
}

TIN_INLINE V(f32) V(multiply_add_f32)(V(f32) sums, const float *x, V(f32) w) {
    return V(add_f32)(sums, V(multiply_f32)(x, w));
}

TIN_INLINE V(f32) V(clamp_f32)(V(f32) value, V(f32) minimum, V(f32) maximum) {
    for (int32_t i = 0; i < 16; i++) {
        value.at[i] = tin_clamp_f32(value.at[i], minimum.at[i], maximum.at[i]);
    }
    return value;
}

TIN_INLINE void V(store_f32)(float *to, V(f32) x, int32_t count) {
    for (int32_t i = 0; i < count && i < 16; i++) {
        to[i] = x.at[i];
    }
}
