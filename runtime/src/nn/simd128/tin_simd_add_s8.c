/* SPDX-License-Identifier: Apache-2.0 */
/* Sums of two int8 tensors, 16 values at a time. */
#include "tin/nn/simd128/add.h"
#include "tin_simd.h"

#define LANES 16

TIN_SIMD_INLINE tin_simd_s8 add(const tin_simd_add_s8 *params,
                                const tin_simd_limits *limits,
                                tin_simd_s8 coarse,
                                tin_simd_s8 fine) {
    const int32_t *record = params->outputs.records;
    const int32_t *const records[4] = {record, record, record, record};
    const tin_simd_s32 coarse_offset = tin_simd_splat_s32(params->coarse_offset);
    const tin_simd_s32 fine_offset = tin_simd_splat_s32(params->fine_offset);
    tin_simd_s32 a[4], b[4];
    tin_simd_widen(coarse, a);
    tin_simd_widen(fine, b);
    TIN_SIMD_UNROLLED
    for (int32_t i = 0; i < 4; i++) {
        b[i] = tin_simd_add_s32(tin_simd_shift_left(b[i], 20), fine_offset);
        b[i] = tin_simd_requantize_narrow(b[i], params->fine);
        a[i] = tin_simd_add_s32(tin_simd_shift_left(a[i], 19), coarse_offset);
        a[i] = tin_simd_add_s32(a[i], b[i]);
    }
    return tin_simd_finish(&params->outputs, limits, records, a);
}

void tin_simd_add_run_s8(const tin_simd_add_s8 *params,
                         const int8_t *coarse,
                         const int8_t *fine,
                         int8_t *output) {
    /* A copy, because a store to an int8_t may change anything as far as the compiler knows. */
    const tin_simd_add_s8 local = *params;
    const tin_simd_limits limits = tin_simd_limits_of(&local.outputs);
    int32_t count = local.count;
    for (; count >= LANES; count -= LANES) {
        tin_simd_store(output, add(&local, &limits, tin_simd_load(coarse), tin_simd_load(fine)));
        coarse += LANES;
        fine += LANES;
        output += LANES;
    }
    if (count > 0) {
        int8_t rest[2][LANES] = {{0}};
        for (int32_t i = 0; i < count; i++) {
            rest[0][i] = coarse[i];
            rest[1][i] = fine[i];
        }
        tin_simd_s8 sums = add(&local, &limits, tin_simd_load(rest[0]), tin_simd_load(rest[1]));
        tin_simd_store_some(output, sums, count);
    }
}
