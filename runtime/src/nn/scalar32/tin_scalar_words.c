/* SPDX-License-Identifier: Apache-2.0 */
/* Products of words that hold three pixels each, and the way from sums to outputs. */
#include "tin/nn/scalar32/scalar_words.h"
#include "tin/nn/tuning.h"

uint32_t *
tin_scalar_pack(uint32_t *panel, const int8_t *const pixels[TIN_SCALAR_PIXELS], int32_t count) {
    for (int32_t first = 0; first < TIN_SCALAR_PIXELS; first += 3) {
        const int8_t *x = pixels[first], *y = pixels[first + 1], *z = pixels[first + 2];
        uint32_t *to = panel + 2 * first / 3;
        TIN_ROLLED
        for (int32_t k = 0; k < count; k++) {
            tin_scalar_pack3(to, x[k], y[k], z[k]);
            to += 4;
        }
    }
    return panel + 4 * count;
}

#if defined(__thumb__) && !defined(__thumb2__)

/* 12 instructions for six products. Registers: r0 panel, r1 end of the weights, r2 taps to go,
   negative, r3 weight, r4-r7 words, r8-r11 sums, r12 where they go. */
__asm__(".pushsection .text.tin_scalar_dot,\"ax\",%progbits\n"
        ".syntax unified\n"
        ".thumb\n"
        ".balign 4\n"
        ".global tin_scalar_dot\n"
        ".type tin_scalar_dot,%function\n"
        ".thumb_func\n"
        "tin_scalar_dot:\n"
        "push {r4-r7, lr}\n"
        "mov r4, r8\n"
        "mov r5, r9\n"
        "mov r6, r10\n"
        "mov r7, r11\n"
        "push {r4-r7}\n"
        "mov r12, r3\n"
        "adds r1, r1, r2\n"
        "movs r3, #0\n"
        "mov r8, r3\n"
        "mov r9, r3\n"
        "mov r10, r3\n"
        "mov r11, r3\n"
        "subs r2, r3, r2\n"
        "1: ldm r0!, {r4-r7}\n"
        "ldrsb r3, [r1, r2]\n"
        "muls r4, r3, r4\n"
        "add r8, r8, r4\n"
        "muls r5, r3, r5\n"
        "add r9, r9, r5\n"
        "muls r6, r3, r6\n"
        "add r10, r10, r6\n"
        "muls r7, r3, r7\n"
        "add r11, r11, r7\n"
        "adds r2, r2, #1\n"
        "bne 1b\n"
        "mov r3, r12\n"
        "mov r4, r8\n"
        "mov r5, r9\n"
        "mov r6, r10\n"
        "mov r7, r11\n"
        "stm r3!, {r4-r7}\n"
        "pop {r4-r7}\n"
        "mov r8, r4\n"
        "mov r9, r5\n"
        "mov r10, r6\n"
        "mov r11, r7\n"
        "pop {r4-r7, pc}\n"
        ".size tin_scalar_dot, . - tin_scalar_dot\n"
        ".popsection\n");

#elif defined(__thumb2__)

/* 6 instructions for six products. Registers: r0 panel, r1 weights, r2 their end, r3 where sums go,
   r4-r7 words, r8-r11 sums, r12 weight, lr taps before the loop. */
__asm__(".pushsection .text.tin_scalar_dot,\"ax\",%progbits\n"
        ".syntax unified\n"
        ".thumb\n"
        ".balign 4\n"
        ".global tin_scalar_dot\n"
        ".type tin_scalar_dot,%function\n"
        ".thumb_func\n"
        "tin_scalar_dot:\n"
        "push {r4-r11, lr}\n"
        "ands lr, r2, #3\n"
        "add r2, r2, r1\n"
        "mov r8, #0\n"
        "mov r9, #0\n"
        "mov r10, #0\n"
        "mov r11, #0\n"
        "beq 2f\n"
        ".macro tin_scalar_tap\n"
        "ldm r0!, {r4-r7}\n"
        "ldrsb r12, [r1], #1\n"
        "mla r8, r4, r12, r8\n"
        "mla r9, r5, r12, r9\n"
        "mla r10, r6, r12, r10\n"
        "mla r11, r7, r12, r11\n"
        ".endm\n"
        "1: tin_scalar_tap\n"
        "subs lr, lr, #1\n"
        "bne 1b\n"
        "cmp r1, r2\n"
        "beq 3f\n"
        "2: tin_scalar_tap\n"
        "tin_scalar_tap\n"
        "tin_scalar_tap\n"
        "tin_scalar_tap\n"
        "cmp r1, r2\n"
        "bne 2b\n"
        "3: stm r3, {r8-r11}\n"
        "pop {r4-r11, pc}\n"
        ".purgem tin_scalar_tap\n"
        ".size tin_scalar_dot, . - tin_scalar_dot\n"
        ".popsection\n");

#else

/* Registers are plenty where this is compiled for small cores. */
#if defined(__clang__)
#define TIN_SCALAR_UNROLL _Pragma("clang loop unroll_count(4)")
#else
#define TIN_SCALAR_UNROLL
#endif

void tin_scalar_dot(const uint32_t *panel,
                    const int8_t *weights,
                    int32_t count,
                    tin_scalar_words *sums) {
    uint32_t sum0 = 0, sum1 = 0, sum2 = 0, sum3 = 0;
    TIN_SCALAR_UNROLL
    for (int32_t k = 0; k < count; k++) {
        uint32_t weight = (uint32_t)weights[k];
        sum0 += panel[0] * weight;
        sum1 += panel[1] * weight;
        sum2 += panel[2] * weight;
        sum3 += panel[3] * weight;
        panel += 4;
    }
    sums->word[0] = sum0;
    sums->word[1] = sum1;
    sums->word[2] = sum2;
    sums->word[3] = sum3;
}

#endif

/* Adds the three sums that two words hold to sums[0], sums[1], sums[2]. */
static inline void take_apart(uint32_t first, uint32_t second, int32_t *sums) {
    int32_t x = (int32_t)(first << 11) >> 11;
    uint32_t low = first - (uint32_t)x;
    second -= low >> 11;
    int32_t y = (int32_t)(second << 11) >> 11;
    uint32_t high = second - (uint32_t)y;
    sums[0] += x;
    sums[1] += y;
    sums[2] += ((int32_t)high >> 10) + (int32_t)(low >> 21);
}

void tin_scalar_add_products(const uint32_t *panel,
                             const int8_t *weights,
                             int32_t count,
                             int32_t sums[TIN_SCALAR_PIXELS]) {
    tin_scalar_words words;
    tin_scalar_dot(panel, weights, count, &words);
    take_apart(words.word[0], words.word[1], sums);
    take_apart(words.word[2], words.word[3], sums + 3);
}

#if defined(__thumb__)

/* The outputs saturated to int8. Without Thumb-2, all sums must lie within 2^20. */
void tin_scalar_store_saturated(
    const tin_scalar_scale *scale, const int32_t *sums, int32_t count, int32_t step, int8_t *out);

#if defined(__thumb2__)
#define HAS_WIDE_PRODUCTS 1

/* 13 instructions an output. Registers: r1 sums, r2 outputs to go, r3 step, r4 shift, r5 zero
   point, r6 multiplier, r7 r8 product, r12 output. The last bit that is shifted out rounds. */
__asm__(".pushsection .text.tin_scalar_store_saturated,\"ax\",%progbits\n"
        ".syntax unified\n"
        ".thumb\n"
        ".balign 4\n"
        ".global tin_scalar_store_saturated\n"
        ".type tin_scalar_store_saturated,%function\n"
        ".thumb_func\n"
        "tin_scalar_store_saturated:\n"
        "push {r4-r8, lr}\n"
        "ldr r12, [sp, #24]\n"
        "ldm r0, {r4-r6}\n"
        "1: ldr r7, [r1], #4\n"
        "lsl r7, r7, #1\n"
        "smull r8, r7, r7, r6\n"
        "cmn r8, #0x80000000\n"
        "adc r7, r7, #0\n"
        "add r7, r7, r7, asr #31\n"
        "asrs r7, r7, r4\n"
        "adc r7, r7, r5\n"
        "ssat r7, #8, r7\n"
        "strb r7, [r12]\n"
        "add r12, r12, r3\n"
        "subs r2, r2, #1\n"
        "bne 1b\n"
        "pop {r4-r8, pc}\n"
        ".size tin_scalar_store_saturated, . - tin_scalar_store_saturated\n"
        ".popsection\n");

#else
#define HAS_WIDE_PRODUCTS 0

/* There is no product of 64 bits here. The multiplier is taken in parts of 10, 10 and 11 bits,
   whose products with a sum within 2^20 fit a word; what lies below a part's unit is rounded down
   each time, which is exact: floor((a 2^10 + b) / 2^10) = a + floor(b / 2^10). 23 instructions.

   Registers: r0 output, r1 sums, r2 shift, r3 zero point, r4-r6 products, r7 r9 r8 the parts of the
   multiplier from the top, r10 2^10, r11 end of the sums, r12 step. */
__asm__(".pushsection .text.tin_scalar_store_saturated,\"ax\",%progbits\n"
        ".syntax unified\n"
        ".thumb\n"
        ".balign 4\n"
        ".global tin_scalar_store_saturated\n"
        ".type tin_scalar_store_saturated,%function\n"
        ".thumb_func\n"
        "tin_scalar_store_saturated:\n"
        "push {r4-r7, lr}\n"
        "mov r4, r8\n"
        "mov r5, r9\n"
        "mov r6, r10\n"
        "mov r7, r11\n"
        "push {r4-r7}\n"
        "mov r12, r3\n"
        "lsls r2, r2, #2\n"
        "adds r2, r2, r1\n"
        "mov r11, r2\n"
        "ldm r0!, {r2, r3, r7}\n"
        "lsls r4, r7, #22\n"
        "lsrs r4, r4, #22\n"
        "mov r8, r4\n"
        "lsls r4, r7, #12\n"
        "lsrs r4, r4, #22\n"
        "mov r9, r4\n"
        "lsrs r7, r7, #20\n"
        "movs r4, #1\n"
        "lsls r4, r4, #10\n"
        "mov r10, r4\n"
        "ldr r0, [sp, #36]\n"
        "1: ldm r1!, {r4}\n"
        "mov r5, r8\n"
        "muls r5, r4, r5\n"
        "asrs r5, r5, #10\n"
        "mov r6, r9\n"
        "muls r6, r4, r6\n"
        "adds r5, r5, r6\n"
        "asrs r5, r5, #10\n"
        "muls r4, r7, r4\n"
        "adds r4, r4, r5\n"
        "add r4, r4, r10\n"
        "asrs r4, r4, #11\n"
        "asrs r5, r4, #31\n"
        "adds r4, r4, r5\n"
        "asrs r4, r4, r2\n"
        "adcs r4, r4, r3\n"
        "sxtb r5, r4\n"
        "cmp r5, r4\n"
        "bne 3f\n"
        "2: strb r4, [r0]\n"
        "add r0, r0, r12\n"
        "cmp r1, r11\n"
        "bne 1b\n"
        "pop {r4-r7}\n"
        "mov r8, r4\n"
        "mov r9, r5\n"
        "mov r10, r6\n"
        "mov r11, r7\n"
        "pop {r4-r7, pc}\n"
        "3: asrs r4, r4, #31\n"
        "movs r5, #127\n"
        "eors r4, r4, r5\n"
        "b 2b\n"
        ".size tin_scalar_store_saturated, . - tin_scalar_store_saturated\n"
        ".popsection\n");

#endif

static void store_fast(
    const tin_scalar_scale *scale, const int32_t *sums, int32_t count, int32_t step, int8_t *out) {
    tin_scalar_store_saturated(scale, sums, count, step, out);
    if (scale->minimum == INT8_MIN && scale->maximum == INT8_MAX) {
        return;
    }
    for (; count > 0; count--) {
        *out = (int8_t)tin_clamp_s32(*out, scale->minimum, scale->maximum);
        out += step;
    }
}

#endif

void tin_scalar_store(
    const tin_scalar_scale *scale, const int32_t *sums, int32_t count, int32_t step, int8_t *out) {
#if defined(__thumb__)
    if (HAS_WIDE_PRODUCTS || scale->is_short) {
        store_fast(scale, sums, count, step, out);
        return;
    }
#endif
    const tin_scalar_scale own = *scale;
    TIN_ROLLED
    do {
        int32_t value = tin_requantize_narrow(*sums++, own.multiplier, -own.shift);
        *out = (int8_t)tin_clamp_s32(value + own.zero_point, own.minimum, own.maximum);
        out += step;
    } while (--count);
}
