/* SPDX-License-Identifier: Apache-2.0 */
/* Logarithms of finite positive values, written once for one float and for a vector of them.
 *
 * Included by tin_lanes.h with TIN_REAL, TIN_REAL_S32 and TIN_REAL_NAME defined.
 * x = 2^e m with m in [sqrt(1/2), sqrt(2)), f = m - 1, ln m = f - f^2/2 + f^3 P(f). P is a
 * degree-7 fit that minimises the relative error of ln m: below 6e-9 before rounding. */

/* Splits x, not denormal, into e (returned as a float) and f. */
static inline TIN_REAL TIN_REAL_NAME(log_split_normal)(TIN_REAL x, TIN_REAL *f) {
    const TIN_REAL_S32 sqrt_half = TIN_REAL_NAME(bits)(TIN_REAL_NAME(splat)(0x1.6a09e6p-1f));
    const TIN_REAL_S32 shifted = TIN_REAL_NAME(bits)(x) - sqrt_half;
    *f = TIN_REAL_NAME(from_bits)((shifted & 0x007fffff) + sqrt_half) - 1.0f;
    return TIN_REAL_NAME(from_s32)(shifted >> 23);
}

/* The same for any x. */
static inline TIN_REAL TIN_REAL_NAME(log_split)(TIN_REAL x, TIN_REAL *f) {
    const TIN_REAL normal = TIN_REAL_NAME(splat)(FLT_MIN);
    const TIN_REAL scaled = x * 0x1p24f;
    const TIN_REAL y = TIN_REAL_NAME(if_greater)(normal, x, scaled, x);
    const TIN_REAL bias = TIN_REAL_NAME(if_greater)(
        normal, x, TIN_REAL_NAME(splat)(-24.0f), TIN_REAL_NAME(splat)(0.0f));
    return TIN_REAL_NAME(log_split_normal)(y, f) + bias;
}

/* ln(1 + f) - f */
static inline TIN_REAL TIN_REAL_NAME(log_tail)(TIN_REAL f) {
    TIN_REAL p = f * -0x1.38b4ccp-4f + 0x1.055b46p-3f;
    p = p * f + -0x1.0d8552p-3f;
    p = p * f + 0x1.22da22p-3f;
    p = p * f + -0x1.547244p-3f;
    p = p * f + 0x1.99a008p-3f;
    p = p * f + -0x1.000228p-2f;
    p = p * f + 0x1.555554p-2f;
    return (f * f) * (f * p - 0.5f);
}

static inline TIN_REAL TIN_REAL_NAME(log)(TIN_REAL x) {
    TIN_REAL f;
    const TIN_REAL e = TIN_REAL_NAME(log_split)(x, &f);
    const TIN_REAL tail = TIN_REAL_NAME(log_tail)(f);
    /* ln 2 = 355/512 - 2.1219444e-4; the first product is exact. */
    return e * 0.693359375f + (f + (tail + e * -2.1219444e-4f));
}

/* log10 of 2^e (1 + f) */
static inline TIN_REAL TIN_REAL_NAME(log10_join)(TIN_REAL e, TIN_REAL f) {
    const TIN_REAL tail = TIN_REAL_NAME(log_tail)(f);
    /* log10 2 = 39456 / 2^17 + 4.605039e-6; the first product is exact. */
    return e * 0.301025390625f + (f * 0.43429449f + (tail * 0.43429449f + e * 4.605039e-6f));
}

static inline TIN_REAL TIN_REAL_NAME(log10)(TIN_REAL x) {
    TIN_REAL f;
    const TIN_REAL e = TIN_REAL_NAME(log_split)(x, &f);
    return TIN_REAL_NAME(log10_join)(e, f);
}

/* log10 where x is known not to be denormal: the same result, a little faster. */
static inline TIN_REAL TIN_REAL_NAME(log10_normal)(TIN_REAL x) {
    TIN_REAL f;
    const TIN_REAL e = TIN_REAL_NAME(log_split_normal)(x, &f);
    return TIN_REAL_NAME(log10_join)(e, f);
}
