/* SPDX-License-Identifier: Apache-2.0 */
/* The four memory functions a compiler may call by itself, for builds without a C library. */
#include <stddef.h>
#include <stdint.h>

/* May alias anything, at any alignment: one machine access where the machine allows it. */
typedef struct __attribute__((packed, may_alias)) {
    uint64_t bits;
} tin_word;

#define WORD sizeof(tin_word)

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);
int memcmp(const void *left, const void *right, size_t size);

void *memcpy(void *restrict to, const void *restrict from, size_t size) {
    return memmove(to, from, size);
}

static void copy_up(uint8_t *out, const uint8_t *in, size_t size) {
    for (; size >= WORD; size -= WORD, out += WORD, in += WORD) {
        ((tin_word *)out)->bits = ((const tin_word *)in)->bits;
    }
    for (; size > 0; size--) {
        *out++ = *in++;
    }
}

static void copy_down(uint8_t *out, const uint8_t *in, size_t size) {
    for (; size >= WORD; size -= WORD) {
        ((tin_word *)(out + size - WORD))->bits = ((const tin_word *)(in + size - WORD))->bits;
    }
    for (; size > 0; size--) {
        out[size - 1] = in[size - 1];
    }
}

void *memmove(void *to, const void *from, size_t size) {
    if ((uintptr_t)to - (uintptr_t)from >= size) {
        copy_up(to, from, size);
    } else {
        copy_down(to, from, size);
    }
    return to;
}

void *memset(void *to, int value, size_t size) {
    uint8_t *out = to;
    uint64_t pattern = (uint64_t)(uint8_t)value * 0x0101010101010101u;
    for (; size >= WORD; size -= WORD, out += WORD) {
        ((tin_word *)out)->bits = pattern;
    }
    for (; size > 0; size--) {
        *out++ = (uint8_t)value;
    }
    return to;
}

int memcmp(const void *left, const void *right, size_t size) {
    const uint8_t *a = left;
    const uint8_t *b = right;
    for (size_t i = 0; i < size; i++) {
        if (a[i] != b[i]) {
            return a[i] < b[i] ? -1 : 1;
        }
    }
    return 0;
}
