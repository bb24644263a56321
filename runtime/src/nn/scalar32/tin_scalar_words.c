/* SPDX-License-Identifier: Apache-2.0 */
/* Products of words that hold three pixels each, and the way from sums to outputs. */
#include "tin/nn/scalar32/scalar_words.h"
#include "tin/nn/tuning.h"

static void pack3(uint32_t *to, int8_t x, int8_t y, int8_t z) {
    to[0] = (uint32_t)x + ((uint32_t)z << 21);
    to[1] = (uint32_t)y + ((uint32_t)z << 10);
}

uint32_t *
tin_scalar_pack(uint32_t *panel, const int8_t *const pixels[TIN_SCALAR_PIXELS], int32_t count) {
    for (int32_t first = 0; first < TIN_SCALAR_PIXELS; first += 3) {
        const int8_t *x = pixels[first], *y = pixels[first + 1], *z = pixels[first + 2];
        uint32_t *to = panel + 2 * first / 3;
        TIN_ROLLED
        for (int32_t k = 0; k < count; k++) {
            pack3(to, x[k], y[k], z[k]);
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

void tin_scalar_dot(const uint32_t *panel,
                    const int8_t *weights,
                    int32_t count,
                    tin_scalar_words *sums) {
    uint32_t sum0 = 0, sum1 = 0, sum2 = 0, sum3 = 0;
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

tin_scalar_scale
tin_scalar_scale_of(const tin_requantize_s8 *params, int32_t index, int32_t is_short) {
    int32_t which = params->per_channel ? index : 0;
    int32_t shift = -params->shift[which];
    tin_scalar_scale scale = {
        params->bias[index],
        params->multiplier[which],
        (int32_t)((uint32_t)1 << (shift - 1)),
        shift,
        params->zero_point,
        params->minimum,
        params->maximum,
        is_short,
    };
    return scale;
}

/* From round(sum * multiplier / 2^31) to an output. */
static inline int8_t finish(const tin_scalar_scale *scale, int32_t high) {
    int32_t value = ((high + scale->half + (high >> 31)) >> scale->shift) + scale->zero_point;
    return (int8_t)tin_clamp_s32(value, scale->minimum, scale->maximum);
}

#if defined(__thumb__) && !defined(__thumb2__)

/* There is no product of 64 bits here. The multiplier is taken in parts of 10, 10 and 11 bits,
   whose products with a sum within 2^20 fit a word; what lies below a part's unit is rounded down
   each time, which is exact: floor((a 2^10 + b) / 2^10) = a + floor(b / 2^10). */
static void store_short(
    const tin_scalar_scale *scale, const int32_t *sums, int32_t count, int32_t step, int8_t *out) {
    const int32_t low = scale->multiplier & 1023;
    const int32_t middle = (scale->multiplier >> 10) & 1023;
    const int32_t top = scale->multiplier >> 20;
    do {
        int32_t sum = *sums++ + scale->bias;
        int32_t high = sum * top + 1024 + ((sum * middle + ((sum * low) >> 10)) >> 10);
        *out = finish(scale, high >> 11);
        out += step;
    } while (--count);
}

#endif

void tin_scalar_store(
    const tin_scalar_scale *scale, const int32_t *sums, int32_t count, int32_t step, int8_t *out) {
#if defined(__thumb__) && !defined(__thumb2__)
    if (scale->is_short) {
        store_short(scale, sums, count, step, out);
        return;
    }
#endif
    const tin_scalar_scale own = *scale;
    do {
        int64_t product = (int64_t)((*sums++ + own.bias) * 2) * own.multiplier;
        *out = finish(&own, (int32_t)((product + ((int64_t)1 << 31)) >> 32));
        out += step;
    } while (--count);
}
