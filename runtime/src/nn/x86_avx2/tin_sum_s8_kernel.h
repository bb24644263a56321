/* SPDX-License-Identifier: Apache-2.0 */
/* int8 sums at one level. */
#include "tin_vectors.h"

/* 64 outputs, of which `count` exist. */
TIN_INLINE void V(sum_64)(
    const tin_x86_sum_s8 *params, const int8_t *x1, const int8_t *x2, int8_t *out, int32_t count) {
    const tin_x86_limits limits = {params->minimum, params->maximum};
    const V(i32) factor1 = V(splat)(params->factor1), factor2 = V(splat)(params->factor2);
    const V(i32) offset = V(splat)(params->offset), shift = V(splat)(params->shift);
    V(i32) q[4];
    TIN_UNROLLED
    for (int32_t i = 0; i < 4; i++) {
        V(i32) sums = V(multiply_add)(offset, V(widen)(x1 + 16 * i), factor1);
        sums = V(multiply_add)(sums, V(widen)(x2 + 16 * i), factor2);
        q[i] = V(shift_right)(sums, shift);
    }
    V(store_bytes)(out, V(transpose)(V(pack)(q, &limits)), count);
}

static TIN_TARGET void V(sum_s8)(const tin_x86_sum_s8 *params,
                                 const int8_t *input1,
                                 const int8_t *input2,
                                 int8_t *output) {
    int32_t i = 0;
    for (; i + 64 <= params->count; i += 64) {
        V(sum_64)(params, input1 + i, input2 + i, output + i, 64);
    }
    if (i < params->count) {
        int8_t rest1[64] = {0}, rest2[64] = {0};
        tin_copy_s8(rest1, input1 + i, params->count - i);
        tin_copy_s8(rest2, input2 + i, params->count - i);
        V(sum_64)(params, rest1, rest2, output + i, params->count - i);
    }
}
