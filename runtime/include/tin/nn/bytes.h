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

/* Keeps a loop as it is written: copying loops that the compiler unrolls again only get larger. */
#if defined(__clang__)
#define TIN_NO_UNROLL _Pragma("clang loop unroll(disable)")
#else
#define TIN_NO_UNROLL
#endif

/* Copies `bytes`, a multiple of `unit` (1, 2 or 4) as both addresses are. The output may start
   before the input and overlap it: nothing is written before it is read. */
static inline void tin_copy_run(uint8_t *out, const uint8_t *in, int32_t bytes, int32_t unit) {
#if defined(__GNUC__) || defined(__clang__)
    uint32_t word[4];
    if (unit == 4) {
        uint8_t *to = (uint8_t *)__builtin_assume_aligned(out, 4);
        const uint8_t *from = (const uint8_t *)__builtin_assume_aligned(in, 4);
        TIN_NO_UNROLL
        for (; bytes >= 16; bytes -= 16, to += 16, from += 16) {
            __builtin_memcpy(&word[0], from, 4);
            __builtin_memcpy(&word[1], from + 4, 4);
            __builtin_memcpy(&word[2], from + 8, 4);
            __builtin_memcpy(&word[3], from + 12, 4);
            __builtin_memcpy(to, &word[0], 4);
            __builtin_memcpy(to + 4, &word[1], 4);
            __builtin_memcpy(to + 8, &word[2], 4);
            __builtin_memcpy(to + 12, &word[3], 4);
        }
        TIN_NO_UNROLL
        for (; bytes > 0; bytes -= 4, to += 4, from += 4) {
            __builtin_memcpy(word, from, 4);
            __builtin_memcpy(to, word, 4);
        }
        return;
    }
    TIN_NO_UNROLL
    for (; bytes >= 4; bytes -= 4, out += 4, in += 4) {
        __builtin_memcpy(word, in, 4);
        __builtin_memcpy(out, word, 4);
    }
#else
    (void)unit;
#endif
    TIN_NO_UNROLL
    for (; bytes > 0; bytes--) {
        *out++ = *in++;
    }
}

#endif
