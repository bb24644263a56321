/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers as another type: one function for each pair of different types. */
#ifndef TIN_NN_CAST_H
#define TIN_NN_CAST_H

#include "tin/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    int32_t count;
} tin_cast;

/* Float to integer: towards zero, the nearest value of the type where that is outside, 0 for NaN.
   Wide to narrow integer: the low bits. To bool, a byte: 1 for everything but 0. */
#define TIN_CAST(from, from_type, to, to_type)                                                     \
    void tin_cast_run_##from##_##to(                                                               \
        const tin_cast *params, const from_type *input, to_type *output);

TIN_CAST(f32, float, s8, int8_t)
TIN_CAST(f32, float, s16, int16_t)
TIN_CAST(f32, float, s32, int32_t)
TIN_CAST(f32, float, bool, uint8_t)
TIN_CAST(s8, int8_t, f32, float)
TIN_CAST(s8, int8_t, s16, int16_t)
TIN_CAST(s8, int8_t, s32, int32_t)
TIN_CAST(s8, int8_t, bool, uint8_t)
TIN_CAST(s16, int16_t, f32, float)
TIN_CAST(s16, int16_t, s8, int8_t)
TIN_CAST(s16, int16_t, s32, int32_t)
TIN_CAST(s16, int16_t, bool, uint8_t)
TIN_CAST(s32, int32_t, f32, float)
TIN_CAST(s32, int32_t, s8, int8_t)
TIN_CAST(s32, int32_t, s16, int16_t)
TIN_CAST(s32, int32_t, bool, uint8_t)
TIN_CAST(bool, uint8_t, f32, float)
TIN_CAST(bool, uint8_t, s8, int8_t)
TIN_CAST(bool, uint8_t, s16, int16_t)
TIN_CAST(bool, uint8_t, s32, int32_t)

#undef TIN_CAST

#ifdef __cplusplus
}
#endif

#endif
