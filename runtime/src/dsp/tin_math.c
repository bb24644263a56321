/* SPDX-License-Identifier: Apache-2.0 */
/* Elementary functions in single precision, made of IEEE operations in one fixed order. */
#include "tin/math.h"

#include "tin_lanes.h"

#define QUIET_NAN 0x7fc00000
#define INFINITY_BITS 0x7f800000

/* Adding and subtracting 1.5 * 2^23 rounds a float below 2^22 to an integer, half to even. */
#define ROUNDER 12582912.0f

/* The compiler's square root is one instruction on these cores, if it need not set errno. */
#if defined(__NO_MATH_ERRNO__) &&                                                                  \
    (defined(__SSE__) || defined(__aarch64__) || defined(__wasm__) ||                              \
     (defined(__ARM_FP) && (__ARM_FP & 4)) || defined(__riscv_f))
#define HAS_SQRT_INSTRUCTION 1
#else
#define HAS_SQRT_INSTRUCTION 0
#endif

static float quiet_nan(void) { return tin_scalar_from_bits(QUIET_NAN); }

static float infinity(void) { return tin_scalar_from_bits(INFINITY_BITS); }

/* The logarithm where it is no finite number: of zero, negatives, infinity and NaN. */
static float log_special(float x) {
    if (x == 0.0f) {
        return -infinity();
    }
    return x > 0.0f ? infinity() : quiet_nan();
}

float tin_logf(float x) { return x > 0.0f && x <= FLT_MAX ? tin_scalar_log(x) : log_special(x); }

float tin_log10f(float x) {
    return x > 0.0f && x <= FLT_MAX ? tin_scalar_log10(x) : log_special(x);
}

/* 2^n for -126 <= n <= 127 */
static float power_of_two(int32_t n) { return tin_scalar_from_bits((n + 127) << 23); }

float tin_expf(float x) {
    if (!(x < 88.8f)) {
        return x >= 88.8f ? infinity() : quiet_nan();
    }
    if (x < -104.0f) {
        return 0.0f;
    }
    /* x = n ln 2 + r with |r| <= ln 2 / 2; the product with 355/512 is exact. */
    const float whole = (x * 1.44269504f + ROUNDER) - ROUNDER;
    const float r = (x - whole * 0.693359375f) + whole * 2.1219444e-4f;
    /* e^r = 1 + r + r^2 P(r), P a degree-4 fit with relative error below 4e-9. */
    float p = r * 0x1.6a2430p-10f + 0x1.1239e4p-7f;
    p = p * r + 0x1.5558f2p-5f;
    p = p * r + 0x1.555492p-3f;
    p = p * r + 0x1.fffffcp-2f;
    const float y = 1.0f + (r + (r * r) * p);
    /* Two steps, so that results up to the largest float and down to denormals round once. */
    const int32_t n = (int32_t)whole;
    const int32_t half = n >> 1;
    return (y * power_of_two(half)) * power_of_two(n - half);
}

#if HAS_SQRT_INSTRUCTION
static float positive_sqrt(float x) { return __builtin_sqrtf(x); }
#else
/* Bit by bit: the root of the 25 + 24 bit integer significand, then round half to even (a tie
   cannot occur). x is positive and finite. */
static float positive_sqrt(float x) {
    int32_t exponent = 0;
    if (x < FLT_MIN) {
        x *= 0x1p24f;
        exponent = -24;
    }
    const int32_t bits = tin_scalar_bits(x);
    exponent += (bits >> 23) - 127;
    uint32_t rest = ((uint32_t)bits & 0x007fffffu) | 0x00800000u;
    if (exponent & 1) {
        rest <<= 1;
        exponent--;
    }
    rest <<= 1;
    uint32_t root = 0;
    uint32_t sum = 0;
    for (uint32_t bit = 0x01000000u; bit != 0; bit >>= 1) {
        const uint32_t trial = sum + bit;
        if (trial <= rest) {
            sum = trial + bit;
            rest -= trial;
            root += bit;
        }
        rest <<= 1;
    }
    root = (root + (root & 1u)) >> 1; /* the last bit is the rounding bit */
    return tin_scalar_from_bits((int32_t)root + (((exponent >> 1) + 126) << 23));
}
#endif

float tin_sqrtf(float x) {
    if (x > 0.0f && x <= FLT_MAX) {
        return positive_sqrt(x);
    }
    if (x == 0.0f) {
        return x;
    }
    return x > 0.0f ? infinity() : quiet_nan();
}

/* x as int32, cut off at the ends of its range; NaN gives 0. `x` has no fraction. */
static int32_t saturate(float x) {
    if (x >= 2147483648.0f) {
        return INT32_MAX;
    }
    if (x <= -2147483648.0f) {
        return INT32_MIN;
    }
    return x == x ? (int32_t)x : 0;
}

int32_t tin_floor_to_s32(float x) {
    const int32_t truncated = saturate(x);
    return truncated != INT32_MIN && (float)truncated > x ? truncated - 1 : truncated;
}

int32_t tin_round_to_s32(float x) {
    const int is_small = x > -4194304.0f && x < 4194304.0f;
    if (is_small) {
        return (int32_t)((x + ROUNDER) - ROUNDER);
    }
    /* Between 2^22 and 2^23 only halves occur; above there is nothing to round. */
    const int32_t truncated = saturate(x);
    const float fraction = x - (float)truncated;
    if (fraction == 0.5f) {
        return truncated + (truncated & 1);
    }
    return fraction == -0.5f ? truncated - (truncated & 1) : truncated;
}
