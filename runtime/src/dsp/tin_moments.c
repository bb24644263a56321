/* SPDX-License-Identifier: Apache-2.0 */
/* Moments of a series, or of one series per lane. */
#include "tin/moments.h"

#include "tin/math.h"
#include "tin_moments_lanes.h"

static inline tin_scalar tin_scalar_root(tin_scalar x) { return tin_sqrtf(x); }

#define TIN_REAL tin_scalar
#define TIN_REAL_NAME(name) tin_scalar_##name
#include "tin_moments_kernel.h"
#undef TIN_REAL
#undef TIN_REAL_NAME

#if TIN_LANES > 1
#if defined(__has_builtin)
#if __has_builtin(__builtin_elementwise_sqrt)
#define HAS_VECTOR_SQRT 1
#endif
#endif

static inline tin_vector tin_vector_root(tin_vector x) {
#ifdef HAS_VECTOR_SQRT
    return __builtin_elementwise_sqrt(x);
#else
    for (int32_t lane = 0; lane < TIN_LANES; lane++) {
        x[lane] = tin_sqrtf(x[lane]);
    }
    return x;
#endif
}

#define TIN_REAL tin_vector
#define TIN_REAL_NAME(name) tin_vector_##name
#include "tin_moments_kernel.h"
#undef TIN_REAL
#undef TIN_REAL_NAME

void tin_lanes_describe(const tin_lanes *x,
                        int32_t count,
                        tin_lanes *centred,
                        tin_lanes_moments *out) {
    tin_vector_describe(x, count, centred, out);
}
#else
void tin_lanes_describe(const tin_lanes *x,
                        int32_t count,
                        tin_lanes *centred,
                        tin_lanes_moments *out) {
    tin_scalar_describe(x, count, centred, out);
}
#endif

void tin_moments_of(const float *x, int32_t count, tin_moments *out) {
    tin_scalar_describe(x, count, NULL, out);
}

float tin_root_sum_square(float a, float b) {
    a = a < 0.0f ? -a : a;
    b = b < 0.0f ? -b : b;
    const float large = a > b ? a : b;
    const float small = a > b ? b : a;
    if (large < FLT_MIN) {
        return large;
    }
    const float ratio = small / large;
    return large * tin_sqrtf(1.0f + ratio * ratio);
}
