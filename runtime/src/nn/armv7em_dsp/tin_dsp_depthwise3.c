/* SPDX-License-Identifier: Apache-2.0 */
/* Two 3 x 3 windows of one channel at a time, all weights in registers. */
#include "tin/nn/armv7em_dsp/dsp_depthwise.h"
#include "tin/nn/armv7em_dsp/dsp_simd.h"

#if TIN_DSP_ASSEMBLY

/* Registers: r0 lines, r1-r3 a word of each slot, r4-r9 weights, r10 r11 sums, r12 output, lr step.

   Stack: 0 factor, 4 shift, 8 zero point, 12 and 16 bias, 20 where the lines end, 24 whether an odd
   output follows, 28 bytes of lines to the next two windows. */
__asm__(".pushsection .text.tin_dsp_depthwise3_run,\"ax\",%progbits\n"
        ".syntax unified\n"
        ".thumb\n"
        ".balign 4\n"
        ".global tin_dsp_depthwise3_run\n"
        ".type tin_dsp_depthwise3_run,%function\n"
        ".thumb_func\n"
        "tin_dsp_depthwise3_run:\n"
        "push {r4-r11, lr}\n"
        "sub sp, sp, #36\n"
        "mov r12, r2\n"
        "ldm r3, {r4-r9, r10, r11}\n"
        "strd r5, r6, [sp, #0]\n"
        "str r7, [sp, #8]\n"
        "strd r4, r4, [sp, #12]\n"
        "mov lr, r9\n"
        "and r4, r10, #1\n"
        "str r4, [sp, #24]\n"
        "add r5, r11, r11, lsl #1\n" /* 12 or 24 bytes */
        "lsl r5, r5, #2\n"
        "str r5, [sp, #28]\n"
        "lsr r10, r10, #1\n"
        "mla r5, r10, r5, r1\n"
        "str r5, [sp, #20]\n"
        /* r2: where the loop is. */
        "mov r3, r8\n"
        "cmp r11, #1\n"
        "bne 1f\n"
        "adr.w r2, 10f\n"
        "cbz r3, 2f\n"
        "adr.w r2, 20f\n"
        "b 2f\n"
        "1: adr.w r2, 30f\n"
        "cbz r3, 2f\n"
        "adr.w r2, 40f\n"
        "2: orr r2, r2, #1\n"
        "str r2, [sp, #32]\n"
        "mov r3, r10\n"
        "ldm r0, {r4-r9}\n"
        "mov r0, r1\n"
        "cbz r3, 3f\n"
        "bx r2\n"
        /* The odd output: the second one of two goes to the same place, before the first one. */
        "3: ldr r1, [sp, #24]\n"
        "cbz r1, 4f\n"
        "ldrd r1, r2, [sp, #28]\n"
        "add r1, r1, r0\n"
        "mov r3, #0\n"
        "strd r1, r3, [sp, #20]\n"
        "mov lr, #0\n"
        "bx r2\n"
        "4: add sp, sp, #36\n"
        "pop {r4-r11, pc}\n"

        ".macro tin_dsp_windows1\n"
        "ldrd r10, r11, [sp, #12]\n"
        "ldm r0!, {r1, r2, r3}\n"
        "smlad r10, r1, r4, r10\n"
        "smlatb r11, r1, r4, r11\n"
        "smlad r10, r2, r6, r10\n"
        "smlatb r11, r2, r6, r11\n"
        "smlad r10, r3, r8, r10\n"
        "smlatb r11, r3, r8, r11\n"
        "ldm r0, {r1, r2, r3}\n"
        "smlabt r10, r1, r5, r10\n"
        "smlad r11, r1, r5, r11\n"
        "smlabt r10, r2, r7, r10\n"
        "smlad r11, r2, r7, r11\n"
        "smlabt r10, r3, r9, r10\n"
        "smlad r11, r3, r9, r11\n"
        "ldm sp, {r1, r2, r3}\n"
        ".endm\n"
        ".macro tin_dsp_windows2\n"
        "ldrd r10, r11, [sp, #12]\n"
        "ldm r0!, {r1, r2, r3}\n"
        "smlad r10, r1, r4, r10\n"
        "smlad r10, r2, r6, r10\n"
        "smlad r10, r3, r8, r10\n"
        "ldm r0!, {r1, r2, r3}\n"
        "smlabt r10, r1, r5, r10\n"
        "smlad r11, r1, r4, r11\n"
        "smlabt r10, r2, r7, r10\n"
        "smlad r11, r2, r6, r11\n"
        "smlabt r10, r3, r9, r10\n"
        "smlad r11, r3, r8, r11\n"
        "ldm r0, {r1, r2, r3}\n"
        "smlabt r11, r1, r5, r11\n"
        "smlabt r11, r2, r7, r11\n"
        "smlabt r11, r3, r9, r11\n"
        "ldm sp, {r1, r2, r3}\n"
        ".endm\n"
        ".macro tin_dsp_up x\n"
        "smmlar \\x, \\x, r1, \\x\n"
        "asrs \\x, \\x, r2\n"
        "adc \\x, \\x, r3\n"
        "ssat \\x, #8, \\x\n"
        ".endm\n"
        ".macro tin_dsp_from_zero x\n"
        "smmlar \\x, \\x, r1, \\x\n"
        "add \\x, \\x, \\x, asr #31\n"
        "asrs \\x, \\x, r2\n"
        "adc \\x, \\x, r3\n"
        "ssat \\x, #8, \\x\n"
        ".endm\n"
        ".macro tin_dsp_stores loop\n"
        "strb r11, [r12, lr]\n"
        "strb r10, [r12]\n"
        "add r12, r12, lr, lsl #1\n"
        "ldr r1, [sp, #20]\n"
        "cmp r0, r1\n"
        "bne \\loop\n"
        "b 3b\n"
        ".endm\n"
        "10: tin_dsp_windows1\n"
        "tin_dsp_up r10\n"
        "tin_dsp_up r11\n"
        "tin_dsp_stores 10b\n"
        "20: tin_dsp_windows1\n"
        "tin_dsp_from_zero r10\n"
        "tin_dsp_from_zero r11\n"
        "tin_dsp_stores 20b\n"
        "30: tin_dsp_windows2\n"
        "tin_dsp_up r10\n"
        "tin_dsp_up r11\n"
        "tin_dsp_stores 30b\n"
        "40: tin_dsp_windows2\n"
        "tin_dsp_from_zero r10\n"
        "tin_dsp_from_zero r11\n"
        "tin_dsp_stores 40b\n"
        ".purgem tin_dsp_windows1\n"
        ".purgem tin_dsp_windows2\n"
        ".purgem tin_dsp_up\n"
        ".purgem tin_dsp_from_zero\n"
        ".purgem tin_dsp_stores\n"
        ".size tin_dsp_depthwise3_run, . - tin_dsp_depthwise3_run\n"
        ".popsection\n");

#else

void tin_dsp_depthwise3_run(const uint32_t *weights,
                            const uint32_t *lines,
                            int8_t *output,
                            const tin_dsp_depthwise_line *line) {
    for (int32_t i = 0; i < line->count; i++) {
        int32_t sum = line->bias;
        int32_t x = i * line->stride;
        const uint32_t *at = lines + (x >> 1) * 3;
        for (int32_t slot = 0; slot < 3; slot++) {
            const uint32_t *w = weights + 2 * slot;
            uint32_t first = at[slot];
            uint32_t second = at[3 + slot];
            if (x & 1) {
                sum += tin_dsp_high(first) * tin_dsp_low(w[0]);
                sum = tin_dsp_smlad(second, w[1], sum);
            } else {
                sum = tin_dsp_smlad(first, w[0], sum);
                sum += tin_dsp_low(second) * tin_dsp_high(w[1]);
            }
        }
        *output = (int8_t)tin_dsp_requantize(sum, line->factor, line->shift, line->zero_point);
        output += line->step;
    }
}

#endif
