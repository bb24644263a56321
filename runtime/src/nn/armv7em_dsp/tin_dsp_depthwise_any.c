/* SPDX-License-Identifier: Apache-2.0 */
/* Two windows of any size of one channel at a time. */
#include "tin/nn/armv7em_dsp/dsp_depthwise.h"
#include "tin/nn/armv7em_dsp/dsp_simd.h"

#if TIN_DSP_ASSEMBLY

/* Registers: r0 lines, r1 weights, r2 end of a kernel row, r3 bytes of lines from window to window,
   r7 slots to go, r8 bytes to the next slot, r9 lines of this window, r10 r11 sums, r12 output, lr
   pairs of outputs to go. Windows may begin at odd places: words are loaded from any address.

   Stack: 0 factor, 4 shift, 8 zero point, 12 and 16 bias, 20 slots, 24 whether an odd output
   follows, 28 output's step now, 32 weights, 36 lines, 40 output, 44 scales, 48 weights' step,
   52 lines' step, 56 output's step, 60 channels to go, 64 number of outputs, 68 bytes of a kernel
   row. */
__asm__(".pushsection .text.tin_dsp_depthwise_any_run,\"ax\",%progbits\n"
        ".syntax unified\n"
        ".thumb\n"
        ".balign 4\n"
        ".global tin_dsp_depthwise_any_run\n"
        ".type tin_dsp_depthwise_any_run,%function\n"
        ".thumb_func\n"
        "tin_dsp_depthwise_any_run:\n"
        "push {r4-r11, lr}\n"
        "sub sp, sp, #76\n"
        "ldm r0!, {r4-r11, r12}\n" /* all up to count */
        "add lr, sp, #32\n"
        "stm lr, {r4-r11, r12}\n"
        "ldm r0, {r3, r4, r5, r6, r7, r8}\n" /* stride, zero_point, -, row_step, slot_step, slots */
        "lsl r3, r3, #1\n"
        "str r4, [sp, #8]\n"
        "str r6, [sp, #68]\n"
        "str r8, [sp, #20]\n"
        "sub r8, r7, r6\n"

        "1: ldr r0, [sp, #44]\n"
        "ldm r0!, {r4, r5, r6}\n"
        "str r0, [sp, #44]\n"
        "strd r4, r5, [sp, #0]\n"
        "strd r6, r6, [sp, #12]\n"
        "ldrd r9, r12, [sp, #36]\n"
        "ldrd r5, lr, [sp, #60]\n"
        "and r5, lr, #1\n"
        "ldr r6, [sp, #56]\n"
        "strd r5, r6, [sp, #24]\n"
        "lsrs lr, lr, #1\n"
        "beq 5f\n"

        "2: ldrd r10, r11, [sp, #12]\n"
        "ldr r1, [sp, #32]\n"
        "ldr r7, [sp, #20]\n"
        "mov r0, r9\n"
        "3: ldr r2, [sp, #68]\n"
        "add r2, r2, r1\n"
        "4: ldr r4, [r1], #4\n"
        "ldr r5, [r0, r3]\n"
        "ldr r6, [r0], #4\n"
        "smlad r11, r5, r4, r11\n"
        "smlad r10, r6, r4, r10\n"
        "cmp r1, r2\n"
        "bne 4b\n"
        "add r0, r0, r8\n"
        "subs r7, r7, #1\n"
        "bne 3b\n"
        "ldm sp, {r4, r5, r6}\n"
        ".macro tin_dsp_from_zero x\n"
        "smmlar \\x, \\x, r4, \\x\n"
        "add \\x, \\x, \\x, asr #31\n"
        "asrs \\x, \\x, r5\n"
        "adc \\x, \\x, r6\n"
        "ssat \\x, #8, \\x\n"
        ".endm\n"
        "tin_dsp_from_zero r10\n"
        "tin_dsp_from_zero r11\n"
        ".purgem tin_dsp_from_zero\n"
        "ldr r7, [sp, #28]\n"
        "strb r11, [r12, r7]\n"
        "strb r10, [r12]\n"
        "add r12, r12, r7, lsl #1\n"
        "add r9, r9, r3, lsl #1\n"
        "subs lr, lr, #1\n"
        "bne 2b\n"

        /* The odd output: the second one of two goes to the same place, before the first one. */
        "5: ldr r0, [sp, #24]\n"
        "cbz r0, 6f\n"
        "mov r1, #0\n"
        "strd r1, r1, [sp, #24]\n"
        "mov lr, #1\n"
        "b 2b\n"
        /* The next channel. */
        "6: add r12, sp, #32\n"
        "ldm r12, {r0, r1, r2}\n"
        "ldrd r4, r5, [sp, #48]\n"
        "add r0, r0, r4\n"
        "add r1, r1, r5\n"
        "add r2, r2, #1\n"
        "stm r12, {r0, r1, r2}\n"
        "ldr r0, [sp, #60]\n"
        "subs r0, r0, #1\n"
        "str r0, [sp, #60]\n"
        "bne 1b\n"
        "add sp, sp, #76\n"
        "pop {r4-r11, pc}\n"
        ".size tin_dsp_depthwise_any_run, . - tin_dsp_depthwise_any_run\n"
        ".popsection\n");

#else

/* The int16 at place x of a line. */
static int32_t value_at(const uint32_t *line, int32_t x) {
    return (x & 1) ? tin_dsp_high(line[x >> 1]) : tin_dsp_low(line[x >> 1]);
}

static int32_t window_sum(const tin_dsp_depthwise_line *line, int32_t lane, int32_t x) {
    int32_t sum = line->scales[lane].bias;
    for (int32_t slot = 0; slot < line->slots; slot++) {
        const uint32_t *weights =
            line->weights + (lane * line->weights_step + slot * line->row_step) / 4;
        const uint32_t *at = line->lines + (lane * line->lines_step + slot * line->slot_step) / 4;
        for (int32_t k = 0; k < line->row_step / 4; k++) {
            uint32_t pair = tin_dsp_pair(value_at(at, x + 2 * k), value_at(at, x + 2 * k + 1));
            sum = tin_dsp_smlad(pair, weights[k], sum);
        }
    }
    return sum;
}

void tin_dsp_depthwise_any_run(const tin_dsp_depthwise_line *line) {
    for (int32_t lane = 0; lane < line->lanes; lane++) {
        const tin_dsp_depthwise_scale *scale = line->scales + lane;
        for (int32_t i = 0; i < line->count; i++) {
            int32_t sum = window_sum(line, lane, i * line->stride);
            int32_t value = tin_dsp_requantize(sum, scale->factor, scale->shift, line->zero_point);
            line->output[i * line->output_step + lane] = (int8_t)value;
        }
    }
}

#endif
