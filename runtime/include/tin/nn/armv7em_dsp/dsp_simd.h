/* SPDX-License-Identifier: Apache-2.0 */
/* The DSP instructions of Cortex-M as functions; plain C with the same results elsewhere. */
#ifndef TIN_NN_ARMV7EM_DSP_DSP_SIMD_H
#define TIN_NN_ARMV7EM_DSP_DSP_SIMD_H

#include "tin/status.h"

/* Assembly is for M-profile processors with the extension. */
#if defined(__ARM_FEATURE_DSP) && defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M'
#define TIN_DSP_ASSEMBLY 1
#else
#define TIN_DSP_ASSEMBLY 0
#endif

/* Four bytes at any address. */
static inline uint32_t tin_dsp_load(const void *at) {
#if TIN_DSP_ASSEMBLY
    uint32_t word;
    __builtin_memcpy(&word, at, 4);
    return word;
#else
    const uint8_t *byte = (const uint8_t *)at;
    return byte[0] | (uint32_t)byte[1] << 8 | (uint32_t)byte[2] << 16 | (uint32_t)byte[3] << 24;
#endif
}

/* Four bytes to any address. */
static inline void tin_dsp_store(void *at, uint32_t word) {
#if TIN_DSP_ASSEMBLY
    __builtin_memcpy(at, &word, 4);
#else
    uint8_t *byte = (uint8_t *)at;
    for (int32_t i = 0; i < 4; i++) {
        byte[i] = (uint8_t)(word >> (8 * i));
    }
#endif
}

/* Two int16 as one word. */
static inline uint32_t tin_dsp_pair(int32_t low, int32_t high) {
    return ((uint32_t)low & 0xffffU) | (uint32_t)high << 16;
}

static inline int32_t tin_dsp_low(uint32_t pair) { return (int16_t)(pair & 0xffffU); }

static inline int32_t tin_dsp_high(uint32_t pair) { return (int16_t)(pair >> 16); }

/* Bytes 0 and 2 of a word as two int16. */
static inline uint32_t tin_dsp_widen_even(uint32_t word) {
#if TIN_DSP_ASSEMBLY
    uint32_t pair;
    __asm__("sxtb16 %0, %1" : "=r"(pair) : "r"(word));
    return pair;
#else
    return tin_dsp_pair((int8_t)(word & 0xffU), (int8_t)((word >> 16) & 0xffU));
#endif
}

/* Bytes 1 and 3. */
static inline uint32_t tin_dsp_widen_odd(uint32_t word) {
#if TIN_DSP_ASSEMBLY
    uint32_t pair;
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(pair) : "r"(word));
    return pair;
#else
    return tin_dsp_widen_even(word >> 8);
#endif
}

/* sum + the products of lower halves and of upper halves, in 32 bits that wrap. */
static inline int32_t tin_dsp_smlad(uint32_t x, uint32_t y, int32_t sum) {
#if TIN_DSP_ASSEMBLY
    int32_t result;
    __asm__("smlad %0, %1, %2, %3" : "=r"(result) : "r"(x), "r"(y), "r"(sum));
    return result;
#else
    uint32_t low = (uint32_t)(tin_dsp_low(x) * tin_dsp_low(y));
    uint32_t high = (uint32_t)(tin_dsp_high(x) * tin_dsp_high(y));
    return (int32_t)((uint32_t)sum + low + high);
#endif
}

/* A sum's output, saturated to int8; see tin_dsp_gemm for the arithmetic. */
static inline int32_t tin_dsp_requantize(int32_t sum, int32_t factor, int32_t shift, int32_t zero) {
#if TIN_DSP_ASSEMBLY
    int32_t high;
    __asm__("smmlar %0, %1, %2, %1\n"
            "add %0, %0, %0, asr #31\n"
            "asrs %0, %0, %3\n"
            "adc %0, %0, %4\n"
            "ssat %0, #8, %0"
            : "=&r"(high)
            : "r"(sum), "r"(factor), "r"(shift), "r"(zero)
            : "cc");
    return high;
#else
    int64_t product = (int64_t)sum * factor + (int64_t)sum * ((int64_t)1 << 32);
    int32_t high = (int32_t)((product + ((int64_t)1 << 31)) >> 32);
    high += high >> 31;
    int32_t value = (high >> shift) + ((high >> (shift - 1)) & 1) + zero;
    value = value < INT8_MIN ? INT8_MIN : value;
    return value > INT8_MAX ? INT8_MAX : value;
#endif
}

/* The same where a line was found that has these outputs: (sum * factor / 2^32 + constant) /
   2^bits, the first quotient rounded, the second one cut; saturated to int8. */
static inline int32_t tin_dsp_linear(int32_t sum, int32_t factor, int32_t constant, int32_t bits) {
    int64_t product = (int64_t)sum * factor + ((int64_t)1 << 31);
    int32_t value = ((int32_t)(product >> 32) + constant) >> bits;
    value = value < INT8_MIN ? INT8_MIN : value;
    return value > INT8_MAX ? INT8_MAX : value;
}

#endif
