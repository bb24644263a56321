/* SPDX-License-Identifier: Apache-2.0 */
/* Casts, element by element; the linker keeps the pairs that a network uses. */
#include "tin/nn/cast.h"

/* `limit` is the first power of two that is too large. */
static int32_t from_float(float value, float limit, int32_t most) {
    if (value != value) {
        return 0;
    }
    if (value >= limit) {
        return most;
    }
    return value < -limit ? -most - 1 : (int32_t)value;
}

static int8_t float_to_s8(float value) { return (int8_t)from_float(value, 128.0f, INT8_MAX); }
static int16_t float_to_s16(float value) { return (int16_t)from_float(value, 32768.0f, INT16_MAX); }
static int32_t float_to_s32(float value) { return from_float(value, 2147483648.0f, INT32_MAX); }

#define TIN_CAST(from, from_type, to, to_type, convert)                                            \
    void tin_cast_run_##from##_##to(                                                               \
        const tin_cast *params, const from_type *input, to_type *output) {                         \
        for (int32_t i = 0; i < params->count; i++) {                                              \
            output[i] = convert(input[i]);                                                         \
        }                                                                                          \
    }
#define TO_BOOL(value) ((value) != 0)

TIN_CAST(f32, float, s8, int8_t, float_to_s8)
TIN_CAST(f32, float, s16, int16_t, float_to_s16)
TIN_CAST(f32, float, s32, int32_t, float_to_s32)
TIN_CAST(f32, float, bool, uint8_t, TO_BOOL)
TIN_CAST(s8, int8_t, f32, float, (float))
TIN_CAST(s8, int8_t, s16, int16_t, (int16_t))
TIN_CAST(s8, int8_t, s32, int32_t, (int32_t))
TIN_CAST(s8, int8_t, bool, uint8_t, TO_BOOL)
TIN_CAST(s16, int16_t, f32, float, (float))
TIN_CAST(s16, int16_t, s8, int8_t, (int8_t))
TIN_CAST(s16, int16_t, s32, int32_t, (int32_t))
TIN_CAST(s16, int16_t, bool, uint8_t, TO_BOOL)
TIN_CAST(s32, int32_t, f32, float, (float))
TIN_CAST(s32, int32_t, s8, int8_t, (int8_t))
TIN_CAST(s32, int32_t, s16, int16_t, (int16_t))
TIN_CAST(s32, int32_t, bool, uint8_t, TO_BOOL)
TIN_CAST(bool, uint8_t, f32, float, (float))
TIN_CAST(bool, uint8_t, s8, int8_t, (int8_t))
TIN_CAST(bool, uint8_t, s16, int16_t, (int16_t))
TIN_CAST(bool, uint8_t, s32, int32_t, (int32_t))
