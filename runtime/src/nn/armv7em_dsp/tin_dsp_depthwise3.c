/* SPDX-License-Identifier: Apache-2.0 */
/* Two 3 x 3 windows of one channel at a time, all weights in registers. */
#include "tin/nn/armv7em_dsp/dsp_depthwise.h"
#include "tin/nn/armv7em_dsp/dsp_simd.h"

#if TIN_DSP_ASSEMBLY

/* Registers: r0 lines, r1-r3 a word of each slot, r4-r9 weights, r10 r11 sums, r12 output, lr step.

   Stack: 0 factor, 4 shift, 8 zero point, 12 and 16 bias, 20 where the lines end, 24 whether an odd
   output follows, 28 bytes of lines to the next two windows, 32 where the loop is, 36 weights,
   40 lines, 44 output, 48 scales, 52 weights' step, 56 lines' step, 60 output's step, 64 channels
   to go, 68 bytes of lines for whole pairs of windows, 72 whether the number of outputs is odd. */
__asm__(".pushsection .text.tin_dsp_depthwise3_run,\"ax\",%progbits\n"
        ".syntax unified\n"
        ".thumb\n"
        ".balign 4\n"
        ".global tin_dsp_depthwise3_run\n"
        ".type tin_dsp_depthwise3_run,%function\n"
        ".thumb_func\n"
        "tin_dsp_depthwise3_run:\n"
        "push {r4-r11, lr}\n"
        "sub sp, sp, #76\n"
        "ldm r0!, {r4-r11}\n" /* all up to lanes */
        "add r12, sp, #36\n"
        "stm r12, {r4-r11}\n"
        "ldm r0, {r1, r2, r3, r4}\n" /* count, stride, zero_point, from_zero */
        "str r3, [sp, #8]\n"
        "and r5, r1, #1\n"
        "str r5, [sp, #72]\n"
        "add r5, r2, r2, lsl #1\n" /* 12 or 24 bytes for two windows */
        "lsl r5, r5, #2\n"
        "str r5, [sp, #28]\n"
        "lsr r1, r1, #1\n"
        "mul r5, r5, r1\n"
        "str r5, [sp, #68]\n"
        "cmp r2, #1\n"
        "bne 1f\n"
        "adr.w r2, 10f\n"
        "cbz r4, 2f\n"
        "adr.w r2, 20f\n"
        "b 2f\n"
        "1: adr.w r2, 30f\n"
        "cbz r4, 2f\n"
        "adr.w r2, 40f\n"
        "2: orr r2, r2, #1\n"
        "str r2, [sp, #32]\n"

        /* The next channel. */
        "3: ldr r0, [sp, #48]\n"
        "ldm r0!, {r1, r2, r3}\n"
        "str r0, [sp, #48]\n"
        "strd r1, r2, [sp, #0]\n"
        "strd r3, r3, [sp, #12]\n"
        "add r12, sp, #36\n"
        "ldm r12, {r0, r1, r2}\n" /* weights, lines, output */
        "ldrd r3, lr, [sp, #52]\n"
        "add r3, r3, r0\n"
        "add lr, lr, r1\n"
        "strd r3, lr, [sp, #36]\n"
        "add r3, r2, #1\n"
        "str r3, [sp, #44]\n"
        "mov r12, r2\n"
        "ldm r0, {r4-r9}\n"
        "mov r0, r1\n"
        "ldrd r1, r2, [sp, #68]\n"
        "add r3, r0, r1\n"
        "strd r3, r2, [sp, #20]\n"
        "ldr lr, [sp, #60]\n"
        "cbz r1, 4f\n"
        "ldr pc, [sp, #32]\n"
        /* The odd output: the second one of two goes to the same place, before the first one. */
        "4: ldr r1, [sp, #24]\n"
        "cbz r1, 5f\n"
        "ldrd r1, r2, [sp, #28]\n"
        "add r1, r1, r0\n"
        "mov r3, #0\n"
        "strd r1, r3, [sp, #20]\n"
        "mov lr, #0\n"
        "bx r2\n"
        "5: ldr r1, [sp, #64]\n"
        "subs r1, r1, #1\n"
        "str r1, [sp, #64]\n"
        "bne 3b\n"
        "add sp, sp, #76\n"
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
        "b 4b\n"
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

/* r0 first channel's words, r12 second channel's, r1 pixels, r2 count, r3 pixel step, r4 plane, r5
   word step. */
__asm__(".pushsection .text.tin_dsp_sort_pixels,\"ax\",%progbits\n"
        ".syntax unified\n"
        ".thumb\n"
        ".balign 4\n"
        ".global tin_dsp_sort_pixels\n"
        ".type tin_dsp_sort_pixels,%function\n"
        ".thumb_func\n"
        "tin_dsp_sort_pixels:\n"
        "push {r4-r10, lr}\n"
        "ldm r3, {r3, r4, r5}\n"
        "add r12, r0, r4\n"
        "1: ldr r7, [r1, r3]\n"
        "ldr r6, [r1]\n"
        "add r1, r1, r3, lsl #1\n"
        "sxtb16 r8, r6\n"
        "sxtb16 r9, r7\n"
        "sxtb16 r6, r6, ror #8\n"
        "sxtb16 r7, r7, ror #8\n"
        "pkhbt r10, r8, r9, lsl #16\n"
        "pkhtb r9, r9, r8, asr #16\n"
        "pkhbt r8, r6, r7, lsl #16\n"
        "pkhtb r7, r7, r6, asr #16\n"
        "str r8, [r12]\n"
        "str r7, [r12, r4, lsl #1]\n"
        "str r9, [r0, r4, lsl #1]\n"
        "str r10, [r0]\n"
        "add r0, r0, r5\n"
        "add r12, r12, r5\n"
        "subs r2, r2, #1\n"
        "bne 1b\n"
        "pop {r4-r10, pc}\n"
        ".size tin_dsp_sort_pixels, . - tin_dsp_sort_pixels\n"
        ".popsection\n");

#else

void tin_dsp_sort_pixels(uint32_t *lines,
                         const int8_t *pixels,
                         int32_t count,
                         const tin_dsp_sort_steps *steps) {
    for (int32_t word = 0; word < count; word++) {
        const int8_t *first = pixels + 2 * word * steps->pixel;
        const int8_t *second = first + steps->pixel;
        for (int32_t lane = 0; lane < 4; lane++) {
            uint32_t pair = tin_dsp_pair(first[lane], second[lane]);
            lines[word * (steps->word / 4) + lane * (steps->plane / 4)] = pair;
        }
    }
}

static int32_t
window_sum(const uint32_t *weights, const uint32_t *at, int32_t is_odd, int32_t sum) {
    for (int32_t slot = 0; slot < 3; slot++) {
        const uint32_t *w = weights + 2 * slot;
        if (is_odd) {
            sum += tin_dsp_high(at[slot]) * tin_dsp_low(w[0]);
            sum = tin_dsp_smlad(at[3 + slot], w[1], sum);
        } else {
            sum = tin_dsp_smlad(at[slot], w[0], sum);
            sum += tin_dsp_low(at[3 + slot]) * tin_dsp_high(w[1]);
        }
    }
    return sum;
}

void tin_dsp_depthwise3_run(const tin_dsp_depthwise_line *line) {
    for (int32_t lane = 0; lane < line->lanes; lane++) {
        const tin_dsp_depthwise_scale *scale = line->scales + lane;
        const uint32_t *weights = line->weights + lane * (line->weights_step / 4);
        const uint32_t *lines = line->lines + lane * (line->lines_step / 4);
        for (int32_t i = 0; i < line->count; i++) {
            int32_t x = i * line->stride;
            int32_t sum = window_sum(weights, lines + (x >> 1) * 3, x & 1, scale->bias);
            int32_t value = tin_dsp_requantize(sum, scale->factor, scale->shift, line->zero_point);
            line->output[i * line->output_step + lane] = (int8_t)value;
        }
    }
}

#endif
