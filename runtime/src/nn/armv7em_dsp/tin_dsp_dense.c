/* SPDX-License-Identifier: Apache-2.0 */
/* Four outputs of one row at a time: 16 instructions for 16 products. */
#include "tin/nn/armv7em_dsp/dsp_dense.h"
#include "tin/nn/armv7em_dsp/dsp_simd.h"
#include "tin/nn/requantize.h"

/* The outputs of one row, saturated to int8. */
void tin_dsp_dense_row(const tin_dsp_dense_s8 *params, const int8_t *input, int8_t *output);

#if TIN_DSP_ASSEMBLY

/* Registers of the product: r0 input, r1 weights, r2 r3 widened inputs, r4-r7 sums of two pairs of
   outputs (a, then 256 b + a), r8-r11 weights, r12 widened weights, lr turns to go.

   Stack: 0 input after the left-over taps, 4 where the loop is entered, 8 turns, 12 left-over
   inputs as a word, 16 scales, 20 scale step, 24 bias, 28 zero point, 32 output, 36 outputs to go,
   40 number of left-over taps. */
__asm__(".pushsection .text.tin_dsp_dense_row,\"ax\",%progbits\n"
        ".syntax unified\n"
        ".thumb\n"
        ".balign 4\n"
        ".global tin_dsp_dense_row\n"
        ".type tin_dsp_dense_row,%function\n"
        ".thumb_func\n"
        "tin_dsp_dense_row:\n"
        "push {r4-r11, lr}\n"
        "sub sp, sp, #44\n"
        "ldr r4, [r0, #4]\n"       /* bias */
        "ldrd r6, r7, [r0, #8]\n"  /* scales, scale_step */
        "ldrd r8, r9, [r0, #16]\n" /* depth, num_outputs */
        "ldr r5, [r0, #24]\n"      /* zero_point */
        "strd r6, r7, [sp, #16]\n"
        "strd r4, r5, [sp, #24]\n"
        "strd r2, r9, [sp, #32]\n"
        /* The left-over inputs are the last ones; bytes beyond them are not touched. */
        "ands r10, r8, #3\n"
        "str r10, [sp, #40]\n"
        "beq 2f\n"
        "bic r11, r8, #3\n"
        "add r11, r11, r1\n"
        "ldrb r4, [r11]\n"
        "cmp r10, #2\n"
        "blt 1f\n"
        "ldrb r5, [r11, #1]\n"
        "orr r4, r4, r5, lsl #8\n"
        "beq 1f\n"
        "ldrb r5, [r11, #2]\n"
        "orr r4, r4, r5, lsl #16\n"
        "1: str r4, [sp, #12]\n"
        /* Four steps a turn; the loop is entered where the first turn is complete. */
        "2: lsrs r8, r8, #2\n"
        "rsb r4, r8, #0\n"
        "and r4, r4, #3\n"
        "adr.w r5, 20f\n"
        "add r5, r5, r4, lsl #6\n" /* 64 bytes a step */
        "orr r5, r5, #1\n"
        "add r8, r8, #3\n"
        "lsrs r8, r8, #2\n"
        "bne 3f\n"
        "adr.w r5, 30f\n"
        "orr r5, r5, #1\n"
        "3: str r1, [sp, #0]\n"
        "strd r5, r8, [sp, #4]\n"
        "ldr r1, [r0, #0]\n" /* weights */

        ".macro tin_dsp_dense_products\n"
        "ldm.w r1!, {r8-r11}\n"
        "sxtb16 r3, r2, ror #8\n"
        "sxtb16 r2, r2\n"
        "sxtb16 r12, r8\n"
        "smlad r4, r2, r12, r4\n"
        "smlad r5, r2, r8, r5\n"
        "sxtb16 r12, r9\n"
        "smlad r6, r2, r12, r6\n"
        "smlad r7, r2, r9, r7\n"
        "sxtb16 r12, r10\n"
        "smlad r4, r3, r12, r4\n"
        "smlad r5, r3, r10, r5\n"
        "sxtb16 r12, r11\n"
        "smlad r6, r3, r12, r6\n"
        "smlad r7, r3, r11, r7\n"
        ".endm\n"

        "10: ldr r0, [sp, #24]\n"
        "ldm r0!, {r4-r7}\n"
        "str r0, [sp, #24]\n"
        "ldr r0, [sp, #40]\n"
        "cbz r0, 11f\n"
        "ldr r2, [sp, #12]\n"
        "tin_dsp_dense_products\n"
        "11: ldr r0, [sp, #0]\n"
        "ldr lr, [sp, #8]\n"
        "ldr pc, [sp, #4]\n"

        ".balign 4\n"
        "20:\n"
        ".rept 4\n"
        "ldr.w r2, [r0], #4\n"
        "tin_dsp_dense_products\n"
        ".endr\n"
        "subs lr, lr, #1\n"
        "bne 20b\n"

        "30: sub r5, r5, r4\n"
        "asr r5, r5, #8\n"
        "sub r7, r7, r6\n"
        "asr r7, r7, #8\n"
        "ldrd r0, r12, [sp, #16]\n"
        "ldm r0, {r2, r3, lr}\n"
        "add r0, r0, r12\n"
        "ldm r0, {r8, r9, r10}\n"
        "add r0, r0, r12\n"
        "str r0, [sp, #16]\n"
        "ldr r12, [sp, #28]\n"
        ".macro tin_dsp_dense_output x, factor, shift\n"
        "smmlar \\x, \\x, \\factor, \\x\n"
        "add \\x, \\x, \\x, asr #31\n"
        "asrs \\x, \\x, \\shift\n"
        "adc \\x, \\x, r12\n"
        "ssat \\x, #8, \\x\n"
        ".endm\n"
        "tin_dsp_dense_output r4, r2, lr\n"
        "lsr lr, lr, #8\n"
        "tin_dsp_dense_output r5, r3, lr\n"
        "tin_dsp_dense_output r6, r8, r10\n"
        "lsr r10, r10, #8\n"
        "tin_dsp_dense_output r7, r9, r10\n"
        "ldrd r2, r3, [sp, #32]\n"
        "strb r4, [r2], #1\n"
        "subs r3, r3, #2\n"
        "blt 90f\n"
        "strb r5, [r2], #1\n"
        "beq 90f\n"
        "strb r6, [r2], #1\n"
        "subs r3, r3, #2\n"
        "blt 90f\n"
        "strb r7, [r2], #1\n"
        "strd r2, r3, [sp, #32]\n"
        "bne 10b\n"
        "90: add sp, sp, #44\n"
        "pop {r4-r11, pc}\n"
        ".purgem tin_dsp_dense_products\n"
        ".purgem tin_dsp_dense_output\n"
        ".size tin_dsp_dense_row, . - tin_dsp_dense_row\n"
        ".popsection\n");

#else

static uint32_t first_word(const int8_t *x, int32_t count) {
    uint32_t word = 0;
    for (int32_t i = 0; i < count; i++) {
        word |= (uint32_t)(uint8_t)x[i] << (8 * i);
    }
    return word;
}

/* Sums of a and of 256 b + a, twice. */
static const uint32_t *add_products(int32_t sums[4], const uint32_t *weights, uint32_t word) {
    for (int32_t i = 0; i < 4; i++) {
        uint32_t x = i < 2 ? tin_dsp_widen_even(word) : tin_dsp_widen_odd(word);
        int32_t *sum = sums + 2 * (i & 1);
        sum[0] = tin_dsp_smlad(x, tin_dsp_widen_even(weights[i]), sum[0]);
        sum[1] = tin_dsp_smlad(x, weights[i], sum[1]);
    }
    return weights + 4;
}

void tin_dsp_dense_row(const tin_dsp_dense_s8 *params, const int8_t *input, int8_t *output) {
    const uint32_t *weights = params->weights;
    int32_t whole = params->depth & ~3;
    for (int32_t o = 0; o < params->num_outputs; o += 4) {
        int32_t sums[4];
        for (int32_t i = 0; i < 4; i++) {
            sums[i] = params->bias[o + i];
        }
        if (whole < params->depth) {
            uint32_t word = first_word(input + whole, params->depth - whole);
            weights = add_products(sums, weights, word);
        }
        for (int32_t k = 0; k < whole; k += 4) {
            weights = add_products(sums, weights, tin_dsp_load(input + k));
        }
        for (int32_t i = 0; i < 4 && o + i < params->num_outputs; i++) {
            const int32_t *scales = params->scales + (o + i) / 2 * (params->scale_step / 4);
            int32_t b = (int32_t)((uint32_t)sums[i | 1] - (uint32_t)sums[i & 2]) >> 8;
            int32_t sum = (i & 1) ? b : sums[i];
            int32_t shift = (i & 1) ? scales[2] >> 8 : scales[2] & 0xff;
            int32_t value = tin_dsp_requantize(sum, scales[i & 1], shift, params->zero_point);
            output[o + i] = (int8_t)value;
        }
    }
}

#endif

void tin_dsp_dense_run_s8(const tin_dsp_dense_s8 *params, const int8_t *input, int8_t *output) {
    for (int32_t row = 0; row < params->num_rows; row++) {
        tin_dsp_dense_row(params, input, output);
        for (int32_t i = 0; params->is_clamped && i < params->num_outputs; i++) {
            output[i] = (int8_t)tin_clamp_s32(output[i], params->minimum, params->maximum);
        }
        input += params->depth;
        output += params->num_outputs;
    }
}
