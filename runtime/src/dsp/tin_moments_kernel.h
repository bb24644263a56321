/* SPDX-License-Identifier: Apache-2.0 */
/* Moments, written once for one float and for a vector of them.
 *
 * Included by tin_moments.c with TIN_REAL and TIN_REAL_NAME defined. Values are shifted by the
 * first one, so that a constant series gives exactly 0, and scaled by the largest deviation, so
 * that fourth powers neither overflow nor vanish. */

/* Interleaved partial sums; part of the definition of every result. */
#ifndef SUMS
#define SUMS 4
#endif

static inline TIN_REAL TIN_REAL_NAME(join)(const TIN_REAL s[SUMS]) {
    return (s[0] + s[1]) + (s[2] + s[3]);
}

/* The mean of a series is base + offset; the two are kept apart because their sum is rounded. */
typedef struct {
    TIN_REAL base;
    TIN_REAL offset;
} TIN_REAL_NAME(shift);

/* x without the mean; no shift: x has none. */
static inline TIN_REAL TIN_REAL_NAME(shifted)(TIN_REAL x, const TIN_REAL_NAME(shift) * shift) {
    return shift ? (x - shift->base) - shift->offset : x;
}

/* Mean of x - x[0]; the mean itself is x[0] plus that. */
static inline TIN_REAL TIN_REAL_NAME(mean_offset)(const TIN_REAL *x, int32_t count) {
    const TIN_REAL base = x[0];
    TIN_REAL s[SUMS];
    for (int32_t j = 0; j < SUMS; j++) {
        s[j] = TIN_REAL_NAME(splat)(0.0f);
    }
    int32_t i = 0;
    for (; i + SUMS <= count; i += SUMS) {
        for (int32_t j = 0; j < SUMS; j++) {
            s[j] += x[i + j] - base;
        }
    }
    for (int32_t j = 0; i + j < count; j++) {
        s[j] += x[i + j] - base;
    }
    return TIN_REAL_NAME(join)(s) / (float)count;
}

/* Shifts a series, which is written to `out` unless that is NULL; returns its largest magnitude. */
static inline TIN_REAL TIN_REAL_NAME(centre)(const TIN_REAL *x,
                                             int32_t count,
                                             const TIN_REAL_NAME(shift) * shift,
                                             TIN_REAL *out) {
    TIN_REAL top = TIN_REAL_NAME(splat)(0.0f), bottom = top;
    for (int32_t i = 0; i < count; i++) {
        const TIN_REAL d = TIN_REAL_NAME(shifted)(x[i], shift);
        if (out) {
            out[i] = d;
        }
        top = TIN_REAL_NAME(if_greater)(d, top, d, top);
        bottom = TIN_REAL_NAME(if_greater)(bottom, d, d, bottom);
    }
    return TIN_REAL_NAME(if_greater)(top, -bottom, top, -bottom);
}

/* Adds the square, cube and fourth power of z to one set of partial sums. */
static inline void TIN_REAL_NAME(add_powers)(TIN_REAL z, TIN_REAL s[3][SUMS], int32_t j) {
    const TIN_REAL square = z * z;
    s[0][j] += square;
    s[1][j] += square * z;
    s[2][j] += square * square;
}

/* Mean square, cube and fourth power of (x - shift.base - shift.offset) * scale, or of x * scale
   when the series is centred already. */
static inline void TIN_REAL_NAME(powers)(const TIN_REAL *x,
                                         int32_t count,
                                         const TIN_REAL_NAME(shift) * shift,
                                         TIN_REAL scale,
                                         TIN_REAL mean[3]) {
    TIN_REAL s[3][SUMS];
    for (int32_t j = 0; j < SUMS; j++) {
        s[0][j] = s[1][j] = s[2][j] = TIN_REAL_NAME(splat)(0.0f);
    }
    int32_t i = 0;
    for (; i + SUMS <= count; i += SUMS) {
        for (int32_t j = 0; j < SUMS; j++) {
            TIN_REAL_NAME(add_powers)(TIN_REAL_NAME(shifted)(x[i + j], shift) * scale, s, j);
        }
    }
    for (int32_t j = 0; i + j < count; j++) {
        TIN_REAL_NAME(add_powers)(TIN_REAL_NAME(shifted)(x[i + j], shift) * scale, s, j);
    }
    for (int32_t k = 0; k < 3; k++) {
        mean[k] = TIN_REAL_NAME(join)(s[k]) / (float)count;
    }
}

/* Moments of x. The centred series is written to `centred`, which may be x, unless that is NULL. */
static inline void TIN_REAL_NAME(describe)(const TIN_REAL *x,
                                           int32_t count,
                                           TIN_REAL *centred,
                                           TIN_REAL_NAME(moments) * out) {
    const TIN_REAL zero = TIN_REAL_NAME(splat)(0.0f), one = TIN_REAL_NAME(splat)(1.0f);
    const TIN_REAL least = TIN_REAL_NAME(splat)(FLT_MIN);
    const TIN_REAL_NAME(shift) shift = {x[0], TIN_REAL_NAME(mean_offset)(x, count)};
    const TIN_REAL largest = centred ? TIN_REAL_NAME(centre)(x, count, &shift, centred)
                                     : TIN_REAL_NAME(centre)(x, count, &shift, NULL);
    /* When nothing varies, the quotients are of ones and not used. */
    const TIN_REAL scale = one / TIN_REAL_NAME(if_greater)(least, largest, one, largest);
    TIN_REAL m[3];
    if (centred) {
        TIN_REAL_NAME(powers)(centred, count, NULL, scale, m);
    } else {
        TIN_REAL_NAME(powers)(x, count, &shift, scale, m);
    }
    const TIN_REAL square = TIN_REAL_NAME(if_greater)(least, largest, one, m[0]);
    const TIN_REAL root = TIN_REAL_NAME(root)(square);
    const TIN_REAL skewness = m[1] / (square * root);
    const TIN_REAL kurtosis = m[2] / (square * square) - 3.0f;
    out->mean = shift.base + shift.offset;
    out->deviation = TIN_REAL_NAME(if_greater)(least, largest, zero, largest * root);
    out->skewness = TIN_REAL_NAME(if_greater)(least, largest, zero, skewness);
    out->kurtosis =
        TIN_REAL_NAME(if_greater)(least, largest, TIN_REAL_NAME(splat)(-3.0f), kurtosis);
}
