/* SPDX-License-Identifier: Apache-2.0 */
/* Sums of two tensors, 14 instructions each. */
#include "tin/nn/armv7em_dsp/dsp_add.h"
#include "tin/nn/armv7em_dsp/dsp_simd.h"
#include "tin/nn/requantize.h"

#if TIN_DSP_ASSEMBLY

/* `count` sums, a multiple of four. */
void tin_dsp_add_words(const tin_dsp_add_s8 *params,
                       const int8_t *coarse,
                       const int8_t *fine,
                       int8_t *output,
                       int32_t count);

/* Registers: r0 output, r1 coarse, r2 fine, r3 r12 their words, lr sum, r4-r10 the first fields of
   the parameters, r11 coarse value. Stack: 0 where the output ends. */
__asm__(".pushsection .text.tin_dsp_add_words,\"ax\",%progbits\n"
        ".syntax unified\n"
        ".thumb\n"
        ".balign 4\n"
        ".global tin_dsp_add_words\n"
        ".type tin_dsp_add_words,%function\n"
        ".thumb_func\n"
        "tin_dsp_add_words:\n"
        "push {r4-r11, lr}\n"
        "ldr r12, [sp, #36]\n" /* count */
        "sub sp, sp, #4\n"
        "ldm r0, {r4-r10}\n"
        "mov r0, r3\n"
        "add r3, r3, r12\n"
        "str r3, [sp]\n"
        "cmp r7, #0\n"
        "beq 2f\n"
        ".macro tin_dsp_begin rotation\n"
        "sxtab lr, r5, r12, ror #\\rotation\n"
        "sxtab r11, r4, r3, ror #\\rotation\n"
        "lsl lr, lr, #20\n"
        "smmlar lr, lr, r6, lr\n"
        ".endm\n"
        ".macro tin_dsp_finish\n"
        "add lr, lr, r11, lsl #19\n"
        "smmlar lr, lr, r8, lr\n"
        "add lr, lr, lr, asr #31\n"
        "asrs lr, lr, r9\n"
        "adc lr, lr, r10\n"
        "ssat lr, #8, lr\n"
        "strb lr, [r0], #1\n"
        ".endm\n"
        "1: ldr r3, [r1], #4\n"
        "ldr r12, [r2], #4\n"
        ".irp rotation, 0, 8, 16, 24\n"
        "tin_dsp_begin \\rotation\n"
        "add lr, lr, lr, asr #31\n"
        "asrs lr, lr, r7\n"
        "adc lr, lr, #0\n"
        "tin_dsp_finish\n"
        ".endr\n"
        "ldr r3, [sp]\n"
        "cmp r0, r3\n"
        "bne 1b\n"
        "b 3f\n"
        /* Without the fine input's shift. */
        "2: ldr r3, [r1], #4\n"
        "ldr r12, [r2], #4\n"
        ".irp rotation, 0, 8, 16, 24\n"
        "tin_dsp_begin \\rotation\n"
        "tin_dsp_finish\n"
        ".endr\n"
        "ldr r3, [sp]\n"
        "cmp r0, r3\n"
        "bne 2b\n"
        "3: add sp, sp, #4\n"
        "pop {r4-r11, pc}\n"
        ".purgem tin_dsp_begin\n"
        ".purgem tin_dsp_finish\n"
        ".size tin_dsp_add_words, . - tin_dsp_add_words\n"
        ".popsection\n");

#endif

static int32_t first_rounding(int32_t value, int32_t factor) {
    int64_t product = (int64_t)value * factor + (int64_t)value * ((int64_t)1 << 32);
    return (int32_t)((product + ((int64_t)1 << 31)) >> 32);
}

static int8_t add_one(const tin_dsp_add_s8 *params, int32_t coarse, int32_t fine) {
    int32_t moved = (fine + params->fine_offset) * (1 << 20);
    moved = tin_divide_by_power(first_rounding(moved, params->fine_factor), params->fine_shift);
    int32_t sum = (coarse + params->coarse_offset) * (1 << 19) + moved;
    return (int8_t)tin_dsp_requantize(sum, params->factor, params->shift, params->zero_point);
}

void tin_dsp_add_run_s8(const tin_dsp_add_s8 *params,
                        const int8_t *input1,
                        const int8_t *input2,
                        int8_t *output) {
    const int8_t *coarse = params->is_swapped ? input2 : input1;
    const int8_t *fine = params->is_swapped ? input1 : input2;
    int32_t i = 0;
#if TIN_DSP_ASSEMBLY
    i = params->count & ~3;
    if (i > 0) {
        tin_dsp_add_words(params, coarse, fine, output, i);
    }
#endif
    for (; i < params->count; i++) {
        output[i] = add_one(params, coarse[i], fine[i]);
    }
    for (i = 0; params->is_clamped && i < params->count; i++) {
        output[i] = (int8_t)tin_clamp_s32(output[i], params->minimum, params->maximum);
    }
}
