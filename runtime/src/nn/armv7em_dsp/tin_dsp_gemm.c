/* SPDX-License-Identifier: Apache-2.0 */
/* Two outputs by four pixels at a time: 12 instructions for 16 products. */
#include "tin/nn/armv7em_dsp/dsp_gemm.h"
#include "tin/nn/armv7em_dsp/dsp_simd.h"

#if TIN_DSP_ASSEMBLY

/* Registers of the product: r0 panel, r1 weights, r2 r3 pixels, lr a's and r12 both weights,
   r4-r7 sums of a for four pixels, r8-r11 those of 256 b + a.

   Stack: 0 panel, 4 where the loop is entered, 8 how sums become outputs, 12 where storing starts,
   16 end of the panel, 20 output, 24 output step, 28 end of the outputs in pairs, 32 pixels,
   36 how sums of a become an odd last output, or 0. */
__asm__(".pushsection .text.tin_dsp_gemm_run,\"ax\",%progbits\n"
        ".syntax unified\n"
        ".thumb\n"
        ".balign 4\n"
        ".global tin_dsp_gemm_run\n"
        ".type tin_dsp_gemm_run,%function\n"
        ".thumb_func\n"
        "tin_dsp_gemm_run:\n"
        "push {r4-r11, lr}\n"
        "sub sp, sp, #40\n"
        "str r1, [sp, #0]\n"
        "str r3, [sp, #32]\n"
        "ldm r0, {r0, r4, r6, r7}\n" /* weights, pairs, num_outputs, is_linear */
        "strd r2, r6, [sp, #20]\n"
        "bic r8, r6, #1\n"
        "add r8, r8, r2\n"
        "str r8, [sp, #28]\n"
        "add r5, r1, r4, lsl #4\n"
        "str r5, [sp, #16]\n"
        "mov r1, r0\n"
        /* The loops have eight steps; they are entered where the first turn is complete. The first
           pair of taps comes before the loop. */
        "cmp r4, #1\n"
        "rsb r4, r4, #1\n"
        "and r4, r4, #7\n"
        "it eq\n"
        "moveq r4, #8\n"
        "cmp r3, #1\n"
        "beq 1f\n"
        "add r4, r4, r4, lsl #1\n" /* 48 bytes a step */
        "adr.w r5, 20f\n"
        "add r5, r5, r4, lsl #4\n"
        "b 2f\n"
        "1: add r4, r4, r4, lsl #2\n" /* 20 bytes a step */
        "adr.w r5, 30f\n"
        "add r5, r5, r4, lsl #2\n"
        "2: orr r5, r5, #1\n"
        "adr.w r4, 50f\n"
        "adr.w r9, 80f\n"
        "cbz r7, 3f\n"
        "adr.w r4, 40f\n"
        "adr.w r9, 85f\n"
        "3: orr r4, r4, #1\n"
        "strd r5, r4, [sp, #4]\n"
        "orr r9, r9, #1\n"
        "tst r6, #1\n"
        "it eq\n"
        "moveq r9, #0\n"
        "str r9, [sp, #36]\n"
        "adr.w r4, 61f\n"
        "cmp r3, #2\n"
        "blt 4f\n"
        "adr.w r4, 62f\n"
        "beq 4f\n"
        "adr.w r4, 63f\n"
        "cmp r3, #3\n"
        "beq 4f\n"
        "adr.w r4, 64f\n"
        "4: orr r4, r4, #1\n"
        "str r4, [sp, #12]\n"
        "cmp r2, r8\n"
        "beq 70f\n"

        /* One pair of outputs. */
        "10: ldm r1!, {r4, r8, r12}\n"
        "ldr r0, [sp, #0]\n"
        "ldrd r2, r3, [r0, #8]\n"
        "sxtb16 lr, r12\n"
        "smlad r6, r2, lr, r4\n"
        "smlad r7, r3, lr, r4\n"
        "smlad r10, r2, r12, r8\n"
        "smlad r11, r3, r12, r8\n"
        "ldrd r2, r3, [r0], #16\n"
        "smlad r5, r3, lr, r4\n"
        "smlad r4, r2, lr, r4\n"
        "smlad r9, r3, r12, r8\n"
        "smlad r8, r2, r12, r8\n"
        "ldr pc, [sp, #4]\n"

        ".balign 4\n"
        "20:\n"
        ".rept 8\n"
        "ldrd r2, r3, [r0], #8\n"
        "ldr.w r12, [r1], #4\n"
        "sxtb16 lr, r12\n"
        "smlad r4, r2, lr, r4\n"
        "smlad r5, r3, lr, r5\n"
        "smlad r8, r2, r12, r8\n"
        "smlad r9, r3, r12, r9\n"
        "ldrd r2, r3, [r0], #8\n"
        "smlad r6, r2, lr, r6\n"
        "smlad r7, r3, lr, r7\n"
        "smlad r10, r2, r12, r10\n"
        "smlad r11, r3, r12, r11\n"
        ".endr\n"
        "ldr r12, [sp, #16]\n"
        "cmp r0, r12\n"
        "bne 20b\n"
        "ldr pc, [sp, #8]\n"

        /* The same for a single pixel. */
        ".balign 4\n"
        "30:\n"
        ".rept 8\n"
        "ldr.w r2, [r0], #16\n"
        "ldr.w r12, [r1], #4\n"
        "sxtb16 lr, r12\n"
        "smlad r4, r2, lr, r4\n"
        "smlad r8, r2, r12, r8\n"
        ".endr\n"
        "ldr r12, [sp, #16]\n"
        "cmp r0, r12\n"
        "bne 30b\n"
        "ldr pc, [sp, #8]\n"

        /* (256 b + a) - a; the last four words of a pair say how to go on. */
        ".macro tin_dsp_separate\n"
        "ldm r1!, {r2, r3, r12, lr}\n"
        "sub r8, r8, r4\n"
        "sub r9, r9, r5\n"
        "sub r10, r10, r6\n"
        "sub r11, r11, r7\n"
        ".endm\n"
        ".macro tin_dsp_linear x, factor, constant, bits\n"
        "smmlar \\x, \\x, \\factor, \\constant\n"
        "ssat \\x, #8, \\x, asr \\bits\n"
        ".endm\n"
        ".macro tin_dsp_from_zero x, factor\n"
        "smmlar \\x, \\x, \\factor, \\x\n"
        "add \\x, \\x, \\x, asr #31\n"
        "asrs \\x, \\x, lr\n"
        "adc \\x, \\x, r12\n"
        "ssat \\x, #8, \\x\n"
        ".endm\n"

        "40: tin_dsp_separate\n"
        "tin_dsp_linear r4, r2, r12, #2\n"
        "tin_dsp_linear r5, r2, r12, #2\n"
        "tin_dsp_linear r6, r2, r12, #2\n"
        "tin_dsp_linear r7, r2, r12, #2\n"
        "tin_dsp_linear r8, r3, lr, #10\n"
        "tin_dsp_linear r9, r3, lr, #10\n"
        "tin_dsp_linear r10, r3, lr, #10\n"
        "tin_dsp_linear r11, r3, lr, #10\n"
        "ldrd r2, r3, [sp, #20]\n"
        "ldr pc, [sp, #12]\n"

        "50: tin_dsp_separate\n"
        "asr r8, r8, #8\n"
        "asr r9, r9, #8\n"
        "asr r10, r10, #8\n"
        "asr r11, r11, #8\n"
        "tin_dsp_from_zero r4, r2\n"
        "tin_dsp_from_zero r5, r2\n"
        "tin_dsp_from_zero r6, r2\n"
        "tin_dsp_from_zero r7, r2\n"
        "lsr lr, lr, #8\n"
        "tin_dsp_from_zero r8, r3\n"
        "tin_dsp_from_zero r9, r3\n"
        "tin_dsp_from_zero r10, r3\n"
        "tin_dsp_from_zero r11, r3\n"
        "ldrd r2, r3, [sp, #20]\n"
        "ldr pc, [sp, #12]\n"

        "64: add r0, r3, r3, lsl #1\n"
        "bfi r7, r11, #8, #8\n"
        "strh r7, [r2, r0]\n"
        "63: bfi r6, r10, #8, #8\n"
        "strh r6, [r2, r3, lsl #1]\n"
        "62: bfi r5, r9, #8, #8\n"
        "strh r5, [r2, r3]\n"
        "61: bfi r4, r8, #8, #8\n"
        "strh r4, [r2], #2\n"
        "str r2, [sp, #20]\n"
        "ldr r0, [sp, #28]\n"
        "cmp r2, r0\n"
        "bne 10b\n"

        /* The last of an odd number of outputs: a alone. */
        "70: ldr r0, [sp, #36]\n"
        "cmp r0, #0\n"
        "beq 90f\n"
        "str r0, [sp, #8]\n"
        "b 10b\n"
        "80: ldm r1, {r2, r3, r12, lr}\n"
        "tin_dsp_from_zero r4, r2\n"
        "tin_dsp_from_zero r5, r2\n"
        "tin_dsp_from_zero r6, r2\n"
        "tin_dsp_from_zero r7, r2\n"
        "b 86f\n"
        "85: ldm r1, {r2, r3, r12}\n"
        "tin_dsp_linear r4, r2, r12, #2\n"
        "tin_dsp_linear r5, r2, r12, #2\n"
        "tin_dsp_linear r6, r2, r12, #2\n"
        "tin_dsp_linear r7, r2, r12, #2\n"
        "86: ldrd r2, r3, [sp, #20]\n"
        "ldr r0, [sp, #32]\n"
        "strb r4, [r2]\n"
        "cmp r0, #2\n"
        "blt 90f\n"
        "strb r5, [r2, r3]\n"
        "beq 90f\n"
        "strb r6, [r2, r3, lsl #1]\n"
        "cmp r0, #3\n"
        "beq 90f\n"
        "add r3, r3, r3, lsl #1\n"
        "strb r7, [r2, r3]\n"
        "90: add sp, sp, #40\n"
        "pop {r4-r11, pc}\n"
        ".purgem tin_dsp_separate\n"
        ".purgem tin_dsp_linear\n"
        ".purgem tin_dsp_from_zero\n"
        ".size tin_dsp_gemm_run, . - tin_dsp_gemm_run\n"
        ".popsection\n");

/* r0 panel, r1 r2 r3 r12 pixels, lr bytes to go. Stack: 0 bytes of a row, 4 rows to go, 8 from the
   end of a row to the next one. */
__asm__(".pushsection .text.tin_dsp_widen4,\"ax\",%progbits\n"
        ".syntax unified\n"
        ".thumb\n"
        ".balign 4\n"
        ".global tin_dsp_widen4\n"
        ".type tin_dsp_widen4,%function\n"
        ".thumb_func\n"
        "tin_dsp_widen4:\n"
        "push {r4-r11, lr}\n"
        "ldr r4, [sp, #36]\n" /* pitch */
        "sub r4, r4, r2\n"
        "push {r2, r3, r4}\n"
        "ldm r1, {r1, r2, r3, r12}\n"
        "0: ldr lr, [sp, #0]\n"
        ".macro tin_dsp_widen_words\n"
        "ldr r4, [r1], #4\n"
        "ldr r5, [r2], #4\n"
        "ldr r6, [r3], #4\n"
        "ldr r7, [r12], #4\n"
        "sxtb16 r8, r4, ror #8\n"
        "sxtb16 r9, r5, ror #8\n"
        "sxtb16 r10, r6, ror #8\n"
        "sxtb16 r11, r7, ror #8\n"
        "sxtb16 r4, r4\n"
        "sxtb16 r5, r5\n"
        "sxtb16 r6, r6\n"
        "sxtb16 r7, r7\n"
        "stm r0!, {r4-r11}\n"
        ".endm\n"
        "subs lr, lr, #8\n"
        "blt 2f\n"
        "1: tin_dsp_widen_words\n"
        "tin_dsp_widen_words\n"
        "subs lr, lr, #8\n"
        "bge 1b\n"
        "2: adds lr, lr, #4\n"
        "blt 3f\n"
        "tin_dsp_widen_words\n"
        "subs lr, lr, #4\n"
        "3: adds lr, lr, #4\n"
        "beq 9f\n"
        "cmp lr, #2\n"
        "beq 5f\n"
        "bgt 6f\n"
        "ldrsb r4, [r1], #1\n"
        "ldrsb r5, [r2], #1\n"
        "ldrsb r6, [r3], #1\n"
        "ldrsb r7, [r12], #1\n"
        "4: stm r0!, {r4-r7}\n"
        "9: ldrd r4, r5, [sp, #4]\n"
        "add r1, r1, r5\n"
        "add r2, r2, r5\n"
        "add r3, r3, r5\n"
        "add r12, r12, r5\n"
        "subs r4, r4, #1\n"
        "str r4, [sp, #4]\n"
        "bne 0b\n"
        "add sp, sp, #12\n"
        "pop {r4-r11, pc}\n"
        ".macro tin_dsp_widen_two x, pixel\n"
        "ldrsh \\x, [\\pixel], #2\n"
        "sxtb r8, \\x\n"
        "asr \\x, \\x, #8\n"
        "pkhbt \\x, r8, \\x, lsl #16\n"
        ".endm\n"
        "5: tin_dsp_widen_two r4, r1\n"
        "tin_dsp_widen_two r5, r2\n"
        "tin_dsp_widen_two r6, r3\n"
        "tin_dsp_widen_two r7, r12\n"
        "b 4b\n"
        ".macro tin_dsp_widen_three x, y, pixel\n"
        "ldrsh \\y, [\\pixel], #2\n"
        "ldrsb lr, [\\pixel], #1\n"
        "sxtb \\x, \\y\n"
        "asr \\y, \\y, #8\n"
        "pkhbt \\x, \\x, lr, lsl #16\n"
        ".endm\n"
        "6: tin_dsp_widen_three r4, r8, r1\n"
        "tin_dsp_widen_three r5, r9, r2\n"
        "tin_dsp_widen_three r6, r10, r3\n"
        "tin_dsp_widen_three r7, r11, r12\n"
        "stm r0!, {r4-r11}\n"
        "b 9b\n"
        ".purgem tin_dsp_widen_words\n"
        ".purgem tin_dsp_widen_two\n"
        ".purgem tin_dsp_widen_three\n"
        ".size tin_dsp_widen4, . - tin_dsp_widen4\n"
        ".popsection\n");

#else

/* What follows the weights of a pair of outputs: factors of a and b, then their constants, or the
   zero point and their shifts. */
static void
store(const tin_dsp_gemm *params, const uint32_t *end, int32_t is_b, int32_t sum, int8_t *at) {
    int32_t factor = (int32_t)end[is_b];
    if (params->is_linear) {
        *at = (int8_t)tin_dsp_linear(sum, factor, (int32_t)end[2 + is_b], is_b ? 10 : 2);
        return;
    }
    int32_t shift = (int32_t)(is_b ? end[3] >> 8 : end[3] & 0xffU);
    *at = (int8_t)tin_dsp_requantize(is_b ? sum >> 8 : sum, factor, shift, (int32_t)end[2]);
}

void tin_dsp_gemm_run(const tin_dsp_gemm *params,
                      const uint32_t *panel,
                      int8_t *output,
                      int32_t pixels) {
    const uint32_t *weights = params->weights;
    for (int32_t o = 0; o < params->num_outputs; o += 2) {
        const uint32_t *end = weights + 2 + params->pairs;
        for (int32_t pixel = 0; pixel < pixels; pixel++) {
            int32_t a = (int32_t)weights[0];
            int32_t both = (int32_t)weights[1];
            for (int32_t k = 0; k < params->pairs; k++) {
                uint32_t x = panel[4 * k + pixel];
                a = tin_dsp_smlad(x, tin_dsp_widen_even(weights[2 + k]), a);
                both = tin_dsp_smlad(x, weights[2 + k], both);
            }
            int8_t *at = output + pixel * params->num_outputs + o;
            store(params, end, 0, a, at);
            if (o + 1 < params->num_outputs) {
                store(params, end, 1, (int32_t)((uint32_t)both - (uint32_t)a), at + 1);
            }
        }
        weights = end + 4;
    }
}

static uint32_t *widen_rest(uint32_t *panel, const int8_t *const pixels[4], int32_t at, int32_t n) {
    for (int32_t i = 0; i < 4; i++) {
        const int8_t *x = pixels[i] + at;
        int32_t second = n == 1 ? 0 : x[n == 2 ? 1 : 2];
        panel[i] = tin_dsp_pair(x[0], second);
        if (n == 3) {
            panel[4 + i] = tin_dsp_pair(x[1], 0);
        }
    }
    return panel + (n == 3 ? 8 : 4);
}

uint32_t *tin_dsp_widen4(
    uint32_t *panel, const int8_t *const pixels[4], int32_t count, int32_t rows, int32_t pitch) {
    for (int32_t row = 0; row < rows; row++) {
        int32_t at = row * pitch;
        int32_t end = at + count;
        for (; at + 4 <= end; at += 4, panel += 8) {
            for (int32_t i = 0; i < 4; i++) {
                uint32_t word = tin_dsp_load(pixels[i] + at);
                panel[i] = tin_dsp_widen_even(word);
                panel[4 + i] = tin_dsp_widen_odd(word);
            }
        }
        panel = at < end ? widen_rest(panel, pixels, at, end - at) : panel;
    }
    return panel;
}

#endif
