/* SPDX-License-Identifier: Apache-2.0 */
/* Lanes: the same sequence of float operations on TIN_LANES independent values at once.
 *
 * A device build has one lane (a plain float), so that scratch stays small. A host build may set
 * TIN_LANES to 8 or 16: each lane then holds another frame or window and goes through exactly the
 * operations of the one-lane build, so its bits are the same.
 *
 * Names: tin_scalar_* work on one float, tin_vector_* on a SIMD vector, tin_lanes_* is whichever
 * this build uses. The buffer_size functions of blocks count the lanes of the build they are in. */
#ifndef TIN_LANES_H
#define TIN_LANES_H

#include <float.h>

#include "tin/status.h"

#ifndef TIN_LANES
#define TIN_LANES 1
#endif

#if TIN_LANES != 1 && TIN_LANES != 8 && TIN_LANES != 16
#error "TIN_LANES is 1, 8 or 16"
#endif

typedef float tin_scalar;
typedef int32_t tin_scalar_s32;

static inline tin_scalar_s32 tin_scalar_bits(tin_scalar x) {
    union {
        float value;
        int32_t bits;
    } both = {x};
    return both.bits;
}

static inline tin_scalar tin_scalar_from_bits(tin_scalar_s32 bits) {
    union {
        int32_t bits;
        float value;
    } both = {bits};
    return both.value;
}

static inline tin_scalar tin_scalar_from_s32(tin_scalar_s32 x) { return (float)x; }

static inline tin_scalar tin_scalar_splat(float x) { return x; }

/* a > b ? yes : no; a NaN counts as not greater. */
static inline tin_scalar
tin_scalar_if_greater(tin_scalar a, tin_scalar b, tin_scalar yes, tin_scalar no) {
    return a > b ? yes : no;
}

/* The factor that tin_*_plus and tin_*_minus want. */
static inline tin_scalar tin_scalar_unit(void) { return 1.0f; }

/* a + b and a - b, see tin_vector_plus. */
static inline tin_scalar tin_scalar_plus(tin_scalar a, tin_scalar b, tin_scalar unit) {
    (void)unit;
    return a + b;
}

static inline tin_scalar tin_scalar_minus(tin_scalar a, tin_scalar b, tin_scalar unit) {
    (void)unit;
    return a - b;
}

#if TIN_LANES > 1
typedef float tin_vector __attribute__((vector_size(4 * TIN_LANES)));
typedef int32_t tin_vector_s32 __attribute__((vector_size(4 * TIN_LANES)));

static inline tin_vector_s32 tin_vector_bits(tin_vector x) { return (tin_vector_s32)x; }

static inline tin_vector tin_vector_from_bits(tin_vector_s32 bits) { return (tin_vector)bits; }

static inline tin_vector tin_vector_from_s32(tin_vector_s32 x) {
    return __builtin_convertvector(x, tin_vector);
}

static inline tin_vector tin_vector_splat(float x) { return (tin_vector){0} + x; }

/* a + b as b * 1 + a, rounded once and so the same number, where that is one instruction. A
   processor with adders beside its multipliers does both kinds at once: code of many additions and
   few products is faster with some of the additions sent to the multipliers. */
#if defined(__clang__) && defined(__FMA__)
static inline tin_vector tin_vector_unit(void) {
    static const volatile float one = 1.0f; /* or the compiler would see through it */
    return tin_vector_splat(one);
}

static inline tin_vector tin_vector_plus(tin_vector a, tin_vector b, tin_vector unit) {
    return __builtin_elementwise_fma(b, unit, a);
}

static inline tin_vector tin_vector_minus(tin_vector a, tin_vector b, tin_vector unit) {
    return __builtin_elementwise_fma(-b, unit, a);
}
#else
static inline tin_vector tin_vector_unit(void) { return tin_vector_splat(1.0f); }

static inline tin_vector tin_vector_plus(tin_vector a, tin_vector b, tin_vector unit) {
    (void)unit;
    return a + b;
}

static inline tin_vector tin_vector_minus(tin_vector a, tin_vector b, tin_vector unit) {
    (void)unit;
    return a - b;
}
#endif

static inline tin_vector
tin_vector_if_greater(tin_vector a, tin_vector b, tin_vector yes, tin_vector no) {
    tin_vector_s32 mask = a > b;
    return (tin_vector)((mask & (tin_vector_s32)yes) | (~mask & (tin_vector_s32)no));
}

typedef tin_vector tin_lanes;
typedef tin_vector_s32 tin_lanes_s32;
#define tin_lanes_splat tin_vector_splat
#define tin_lanes_if_greater tin_vector_if_greater
#else
typedef tin_scalar tin_lanes;
typedef tin_scalar_s32 tin_lanes_s32;
#define tin_lanes_splat tin_scalar_splat
#define tin_lanes_if_greater tin_scalar_if_greater
#endif

/* The larger of x and a bound; the bound when x is NaN. */
static inline tin_lanes tin_lanes_at_least(tin_lanes x, float bound) {
    return tin_lanes_if_greater(x, tin_lanes_splat(bound), x, tin_lanes_splat(bound));
}

/* The smaller of x and a bound; x when it is NaN. */
static inline tin_lanes tin_lanes_at_most(tin_lanes x, float bound) {
    return tin_lanes_if_greater(x, tin_lanes_splat(bound), tin_lanes_splat(bound), x);
}

#define TIN_REAL tin_scalar
#define TIN_REAL_S32 tin_scalar_s32
#define TIN_REAL_NAME(name) tin_scalar_##name
#include "tin_log_kernel.h"
#undef TIN_REAL
#undef TIN_REAL_S32
#undef TIN_REAL_NAME

#if TIN_LANES > 1
#define TIN_REAL tin_vector
#define TIN_REAL_S32 tin_vector_s32
#define TIN_REAL_NAME(name) tin_vector_##name
#include "tin_log_kernel.h"
#undef TIN_REAL
#undef TIN_REAL_S32
#undef TIN_REAL_NAME
#define tin_lanes_log tin_vector_log
#define tin_lanes_log10 tin_vector_log10
#define tin_lanes_log10_normal tin_vector_log10_normal
#else
#define tin_lanes_log tin_scalar_log
#define tin_lanes_log10 tin_scalar_log10
#define tin_lanes_log10_normal tin_scalar_log10_normal
#endif

#endif
