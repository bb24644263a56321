/* SPDX-License-Identifier: Apache-2.0 */
/* What this processor offers, asked once: in a virtual machine each question costs microseconds. */
#include "tin/nn/x86_avx2/level.h"

#if !defined(TIN_X86_FIXED)

typedef struct {
    uint32_t a, b, c, d;
} registers;

static registers cpuid(uint32_t leaf, uint32_t part) {
    registers r;
    __asm__ volatile("cpuid" : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d) : "a"(leaf), "c"(part));
    return r;
}

/* Registers whose contents the operating system keeps for each thread. */
static uint32_t saved_state(void) {
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    (void)high;
    return low;
}

static int32_t has_all(uint32_t value, uint32_t bits) { return (value & bits) == bits; }

static int32_t detect(void) {
    const uint32_t os_saves = UINT32_C(1) << 27, avx = UINT32_C(1) << 28, avx2 = UINT32_C(1) << 5;
    const uint32_t f_dq_bw_vl = UINT32_C(0xc0030000), vnni = UINT32_C(1) << 11;
    const uint32_t saves_256 = 0x06, saves_512 = 0xe6, avx_vnni = UINT32_C(1) << 4;
    if (cpuid(0, 0).a < 7 || !has_all(cpuid(1, 0).c, os_saves | avx)) {
        return TIN_X86_PLAIN;
    }
    uint32_t saved = saved_state();
    registers features = cpuid(7, 0);
    if (!has_all(saved, saves_256) || !has_all(features.b, avx2)) {
        return TIN_X86_PLAIN;
    }
    if (has_all(saved, saves_512) && has_all(features.b, f_dq_bw_vl) && has_all(features.c, vnni)) {
        return TIN_X86_AVX512;
    }
    return features.a >= 1 && has_all(cpuid(7, 1).a, avx_vnni) ? TIN_X86_AVXVNNI : TIN_X86_AVX2;
}

/* The one variable of the core: level + 1, 0 while unknown. Whoever writes it writes the same. */
static int32_t known;

int32_t tin_x86_level(void) {
    int32_t level = __atomic_load_n(&known, __ATOMIC_RELAXED);
    if (level == 0) {
        level = detect() + 1;
        __atomic_store_n(&known, level, __ATOMIC_RELAXED);
    }
    return level - 1;
}

#endif
