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

/* Copies `bytes`, a multiple of `unit` (1, 2 or 4) as both addresses are. The output may start
   before the input and overlap it: nothing is written before it is read. */
static inline void tin_copy_run(uint8_t *out, const uint8_t *in, int32_t bytes, int32_t unit) {
#if defined(__GNUC__) || defined(__clang__)
    uint8_t block[16]; /* in registers; aligned, it becomes one multiple load and store */
    if (unit == 4) {
        out = (uint8_t *)__builtin_assume_aligned(out, 4);
        in = (const uint8_t *)__builtin_assume_aligned(in, 4);
        for (; bytes >= 16; bytes -= 16, out += 16, in += 16) {
            __builtin_memcpy(block, __builtin_assume_aligned(in, 4), 16);
            __builtin_memcpy(__builtin_assume_aligned(out, 4), block, 16);
        }
        for (; bytes > 0; bytes -= 4, out += 4, in += 4) {
            __builtin_memcpy(block, __builtin_assume_aligned(in, 4), 4);
            __builtin_memcpy(__builtin_assume_aligned(out, 4), block, 4);
        }
        return;
    }
    for (; bytes >= 4; bytes -= 4, out += 4, in += 4) {
        __builtin_memcpy(block, in, 4);
        __builtin_memcpy(out, block, 4);
    }
#else
    (void)unit;
#endif
    for (; bytes > 0; bytes--) {
        *out++ = *in++;
    }
}

#endif
