/* SPDX-License-Identifier: Apache-2.0 */
/* From 32-bit sums to int8 outputs, four at a time; bit for bit tin_requantize. */
#ifndef TIN_MVE_OUTPUTS_H
#define TIN_MVE_OUTPUTS_H

#include "tin/nn/requantize.h"

#if defined(__ARM_FEATURE_MVE) && (__ARM_FEATURE_MVE & 1)
#define TIN_HAS_MVE 1
#include <arm_mve.h>
#else
#define TIN_HAS_MVE 0
#endif

#define TIN_MVE_GROUP 4
#define TIN_MVE_CHUNK 16

#if TIN_HAS_MVE

#define TIN_MVE_INLINE static inline __attribute__((always_inline))

/* A walk over a layer's outputs, four at a time. Copies, because a store to an int8_t may change
   anything as far as the compiler knows. */
typedef struct {
    const int32_t *bias;
    const int32_t *multiplier;
    const int8_t *shift;
    int32_t left; /* outputs */
    int32_t zero_point;
    int32_t minimum;
    int32_t maximum;
} tin_mve_walk;

TIN_MVE_INLINE tin_mve_walk tin_mve_start(const tin_requantize_s8 *params, int32_t num_outputs) {
    tin_mve_walk walk = {params->bias,
                         params->multiplier,
                         params->shift,
                         num_outputs,
                         params->zero_point,
                         params->minimum,
                         params->maximum};
    return walk;
}

/* How a layer's sums become outputs. */
typedef enum {
    TIN_MVE_ANY,       /* nothing is known */
    TIN_MVE_PLAIN,     /* whole groups, every shift is to the right, outputs span all of int8 */
    TIN_MVE_FROM_ZERO, /* and the smallest output means zero, as after RELU */
} tin_mve_kind;

static inline tin_mve_kind tin_mve_kind_of(const tin_requantize_s8 *params, int32_t num_outputs) {
    int is_plain = params->is_narrow && params->minimum == INT8_MIN &&
                   params->maximum == INT8_MAX && num_outputs % TIN_MVE_GROUP == 0;
    if (!is_plain) {
        return TIN_MVE_ANY;
    }
    return params->zero_point == INT8_MIN ? TIN_MVE_FROM_ZERO : TIN_MVE_PLAIN;
}

/* value / 2^-shift, rounded half away from zero: VRSHL rounds half up, so that negative values
   first move down by one unit. */
TIN_MVE_INLINE int32x4_t tin_mve_shift_down(int32x4_t value, int32x4_t shift) {
    return vrshlq_s32(vaddq_s32(value, vshrq_n_s32(value, 31)), shift);
}

/* tin_requantize of four values by their own factors. */
TIN_MVE_INLINE int32x4_t tin_mve_scale(int32x4_t value, int32x4_t multiplier, int32x4_t shift) {
    int32x4_t left = vmaxq_s32(shift, vdupq_n_s32(0));
    int32x4_t right = vminq_s32(shift, vdupq_n_s32(0));
    int32x4_t high = vqrdmulhq_s32(vshlq_s32(value, left), multiplier);
    /* The unit is taken off only where something is shifted out. */
    int32x4_t unit = vshrq_n_s32(vandq_s32(high, right), 31);
    return vrshlq_s32(vaddq_s32(high, unit), right);
}

/* What four neighbouring outputs need. */
typedef struct {
    int32x4_t bias;
    int32x4_t multiplier;
    int32x4_t shift;
} tin_mve_factors;

TIN_MVE_INLINE tin_mve_factors tin_mve_load(const tin_mve_walk *walk) {
    tin_mve_factors factors = {
        vldrwq_s32(walk->bias), vldrwq_s32(walk->multiplier), vldrbq_s32(walk->shift)};
    return factors;
}

/* Writes up to four outputs from their sums. */
TIN_MVE_INLINE void tin_mve_store(const tin_mve_walk *walk,
                                  const tin_mve_factors *factors,
                                  int32x4_t sums,
                                  int8_t *output,
                                  tin_mve_kind kind) {
    int32x4_t value = vaddq_s32(sums, factors->bias);
    if (kind == TIN_MVE_ANY) {
        value = tin_mve_scale(value, factors->multiplier, factors->shift);
        value = vaddq_n_s32(value, walk->zero_point);
        value = vmaxq_s32(value, vdupq_n_s32(walk->minimum));
        value = vminq_s32(value, vdupq_n_s32(walk->maximum));
        vstrbq_p_s32(output, value, vctp32q((uint32_t)walk->left));
        return;
    }
    value = vqrdmulhq_s32(value, factors->multiplier);
    if (kind == TIN_MVE_FROM_ZERO) {
        /* Negative values end at the smallest output whichever way they are rounded. */
        value = vrshlq_s32(value, factors->shift);
    } else {
        value = tin_mve_shift_down(value, factors->shift);
    }
    value = vaddq_n_s32(value, walk->zero_point);
    /* Saturates to int16, then to int8, in the low part of each lane. */
    int16x8_t halves = vqmovnbq_s32(vreinterpretq_s16_s32(value), value);
    int8x16_t bytes = vqmovnbq_s16(vreinterpretq_s8_s16(halves), halves);
    vstrbq_s32(output, vreinterpretq_s32_s8(bytes));
}

TIN_MVE_INLINE void tin_mve_advance(tin_mve_walk *walk) {
    walk->bias += TIN_MVE_GROUP;
    walk->multiplier += TIN_MVE_GROUP;
    walk->shift += TIN_MVE_GROUP;
    walk->left -= TIN_MVE_GROUP;
}

/* Four scalars as a vector; the compiler would write lane by lane. */
TIN_MVE_INLINE int32x4_t tin_mve_join(int32_t a, int32_t b, int32_t c, int32_t d) {
    int32x4_t v;
    __asm__("vmov %q0[2], %q0[0], %1, %3\n\tvmov %q0[3], %q0[1], %2, %4"
            : "=&w"(v)
            : "r"(a), "r"(b), "r"(c), "r"(d));
    return v;
}

#endif

#endif
