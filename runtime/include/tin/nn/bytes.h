/* SPDX-License-Identifier: Apache-2.0 */
/* Copying and filling of bytes, a word at a time where the compiler can do that safely. */
#ifndef TIN_NN_BYTES_H
#define TIN_NN_BYTES_H

#include "tin/status.h"

static inline void tin_copy_s8(int8_t *out, const int8_t *in, int32_t count) {
#if defined(__GNUC__) || defined(__clang__)
    /* A fixed-size copy of a word becomes one load and one store, unaligned or not. */
    for (; count >= 4; count -= 4) {
        __builtin_memcpy(out, in, 4);
        out += 4;
        in += 4;
    }
#endif
    for (; count > 0; count--) {
        *out++ = *in++;
    }
}

static inline void tin_fill_s8(int8_t *out, int8_t value, int32_t count) {
    for (int32_t i = 0; i < count; i++) {
        out[i] = value;
    }
}

static inline void tin_copy_f32(float *out, const float *in, int32_t count) {
    for (int32_t i = 0; i < count; i++) {
        out[i] = in[i];
    }
}

static inline void tin_fill_f32(float *out, float value, int32_t count) {
    for (int32_t i = 0; i < count; i++) {
        out[i] = value;
    }
}

#endif
