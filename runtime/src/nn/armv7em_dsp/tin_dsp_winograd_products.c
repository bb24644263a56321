/* SPDX-License-Identifier: Apache-2.0 */
/* Winograd's transforms, and products at 16 points: two outputs by four tiles at a time. */
#include "tin/nn/armv7em_dsp/dsp_simd.h"
#include "tin/nn/armv7em_dsp/dsp_winograd.h"

#if TIN_DSP_ASSEMBLY

/* Words of two pixel columns side by side in rows a, b; four channels: pairs (0, 2) and (1, 3).
   Registers: r0 v, r1 bytes of a pixel, r2 those of three, r3 bytes to go, r4 r5 rows a, b, r6-r9
   columns, r10 r11 r12 lr at work. Stack: 0 rows. */
__asm__(".pushsection .text.tin_dsp_winograd_input,\"ax\",%progbits\n"
        ".syntax unified\n"
        ".thumb\n"
        ".balign 4\n"
        ".global tin_dsp_winograd_input\n"
        ".type tin_dsp_winograd_input,%function\n"
        ".thumb_func\n"
        "tin_dsp_winograd_input:\n"
        "push {r4-r11, lr}\n"
        "sub sp, sp, #20\n"
        "ldm r1, {r4-r7}\n"
        "stm sp, {r4-r7}\n"
        "mov r1, r2\n"
        "mov r3, r2\n"
        "add r2, r2, r2, lsl #1\n"
        /* A column of rows a, b as pairs: x even, y odd channels. */
        ".macro tin_dsp_minus x, y, column:vararg\n"
        "ldr r10, [r4 \\column]\n"
        "ldr r11, [r5 \\column]\n"
        "sxtb16 \\x, r10\n"
        "sxtb16 \\y, r10, ror #8\n"
        "sxtb16 r10, r11\n"
        "sxtb16 r11, r11, ror #8\n"
        "ssub16 \\x, \\x, r10\n"
        "ssub16 \\y, \\y, r11\n"
        ".endm\n"
        ".macro tin_dsp_plus x, y, column:vararg\n"
        "ldr r10, [r4 \\column]\n"
        "ldr r11, [r5 \\column]\n"
        "sxtb16 \\x, r10\n"
        "sxtb16 \\y, r10, ror #8\n"
        "sxtab16 \\x, \\x, r11\n"
        "sxtab16 \\y, \\y, r11, ror #8\n"
        ".endm\n"
        /* One row of points, from `at` on. */
        ".macro tin_dsp_points combine, a, b, at\n"
        "ldr r4, [sp, #4 * \\a]\n"
        "ldr r5, [sp, #4 * \\b]\n"
        "\\combine r6, r7, , r1\n"
        "\\combine r8, r9, , r1, lsl #1\n"
        "sadd16 r10, r6, r8\n"
        "sadd16 r11, r7, r9\n"
        "ssub16 r12, r8, r6\n"
        "ssub16 lr, r9, r7\n"
        "str r10, [r0, #\\at]\n"
        "str r11, [r0, #256 + \\at]\n"
        "str r12, [r0, #16 + \\at]\n"
        "str lr, [r0, #272 + \\at]\n"
        "\\combine lr, r12, , r2\n"
        "ssub16 r6, r6, lr\n"
        "ssub16 r7, r7, r12\n"
        "str r6, [r0, #48 + \\at]\n"
        "str r7, [r0, #304 + \\at]\n"
        "\\combine r6, r7\n"
        "ssub16 r6, r6, r8\n"
        "ssub16 r7, r7, r9\n"
        "str r6, [r0, #32 + \\at]\n"
        "str r7, [r0, #288 + \\at]\n"
        ".endm\n"
        "1: tin_dsp_points tin_dsp_plus, 1, 2, 0\n"
        "tin_dsp_points tin_dsp_minus, 2, 1, 64\n"
        "tin_dsp_points tin_dsp_minus, 0, 2, 128\n"
        "tin_dsp_points tin_dsp_minus, 1, 3, 192\n"
        "ldm sp, {r4-r7}\n"
        "add r4, r4, #4\n"
        "add r5, r5, #4\n"
        "add r6, r6, #4\n"
        "add r7, r7, #4\n"
        "stm sp, {r4-r7}\n"
        "add r0, r0, #512\n"
        "subs r3, r3, #4\n"
        "bne 1b\n"
        "add sp, sp, #20\n"
        "pop {r4-r11, pc}\n"
        ".purgem tin_dsp_minus\n"
        ".purgem tin_dsp_plus\n"
        ".purgem tin_dsp_points\n"
        ".size tin_dsp_winograd_input, . - tin_dsp_winograd_input\n"
        ".popsection\n");

/* Registers of the product: r0 v, r1 weights, r2 r3 tiles, r12 weights of a and lr of b, r4-r7 sums
   of a for four tiles, r8-r11 those of b. Sums are written behind v, those of b 256 bytes later.

   Stack: 0 end of v, 4 bytes back to the next point, 8 where loops are entered to start sums and
   12 to go on with them, 16 where to go after a point, 20 weights, 24 bias, 28 scales, 32 scale
   step, 36 zero point, 40 bytes of a pixel of outputs, 44 pairs of outputs to go, 48 places (top,
   bottom) of four tiles, 84 v. */
__asm__(".pushsection .text.tin_dsp_winograd_products,\"ax\",%progbits\n"
        ".syntax unified\n"
        ".thumb\n"
        ".balign 4\n"
        ".global tin_dsp_winograd_products\n"
        ".type tin_dsp_winograd_products,%function\n"
        ".thumb_func\n"
        "tin_dsp_winograd_products:\n"
        "push {r4-r11, lr}\n"
        "sub sp, sp, #92\n"
        "str r1, [sp, #84]\n"
        "ldm r2, {r4-r11}\n"
        "add r12, sp, #48\n"
        "stm r12, {r4-r11}\n"
        "ldr r4, [r0, #8]\n"       /* in_channels */
        "add r5, r1, r4, lsl #7\n" /* 256 bytes a pair */
        "lsl r6, r4, #7\n"
        "add r6, r6, #240\n" /* and the sums of b; the next point is 16 bytes on */
        "strd r5, r6, [sp, #0]\n"
        /* The loop has eight steps of 44 bytes; it is entered where the first turn is complete. The
           first pair that starts sums comes before the loop. */
        "lsr r4, r4, #1\n"
        "rsb r5, r4, #1\n"
        "and r5, r5, #7\n"
        "rsb r6, r4, #0\n"
        "and r6, r6, #7\n"
        "mov r7, #44\n"
        "adr.w r8, 20f\n"
        "mla r5, r5, r7, r8\n"
        "mla r6, r6, r7, r8\n"
        "orr r5, r5, #1\n"
        "orr r6, r6, #1\n"
        "strd r5, r6, [sp, #8]\n"
        "add r0, r0, #56\n"
        "ldm r0, {r4-r9}\n" /* weights, bias, scales, scale_step, num_outputs, zero_point */
        "add r12, sp, #20\n"
        "mov r10, r8\n"
        "mov r8, r9\n"
        "mov r9, r10\n"
        "lsr r10, r10, #1\n"
        "stm r12, {r4-r10}\n"

        /* One pair of outputs. */
        "10: ldr r0, [sp, #84]\n"
        "ldrd r1, r2, [sp, #20]\n"
        "ldrd r4, r8, [r2], #8\n"
        "str r2, [sp, #24]\n"
        "mov r5, r4\n"
        "mov r6, r4\n"
        "mov r7, r4\n"
        "mov r9, r8\n"
        "mov r10, r8\n"
        "mov r11, r8\n"
        "adr.w r2, 31f\n"
        "orr r2, r2, #1\n"
        "str r2, [sp, #16]\n"
        "ldr pc, [sp, #12]\n"

        ".balign 4\n"
        "20:\n"
        ".rept 8\n"
        "ldrd r12, lr, [r1], #8\n"
        "ldrd r2, r3, [r0], #8\n"
        "smlad r4, r2, r12, r4\n"
        "smlad r5, r3, r12, r5\n"
        "smlad r8, r2, lr, r8\n"
        "smlad r9, r3, lr, r9\n"
        "ldrd r2, r3, [r0], #248\n"
        "smlad r6, r2, r12, r6\n"
        "smlad r7, r3, r12, r7\n"
        "smlad r10, r2, lr, r10\n"
        "smlad r11, r3, lr, r11\n"
        ".endr\n"
        "ldrd r2, r3, [sp, #0]\n"
        "cmp r0, r2\n"
        "blo 20b\n"
        "stm r0, {r4-r7}\n"
        "add r0, r0, #256\n"
        "stm r0, {r8-r11}\n"
        "sub r0, r0, r3\n"
        "ldr pc, [sp, #16]\n"

        /* What follows the points of columns 1, 2, 0, 3. */
        ".macro tin_dsp_after next\n"
        "adr.w r2, \\next\n"
        "orr r2, r2, #1\n"
        "str r2, [sp, #16]\n"
        ".endm\n"
        "31: tin_dsp_after 32f\n"
        "ldr pc, [sp, #12]\n"
        "32: tin_dsp_after 33f\n"
        "ldr pc, [sp, #12]\n"
        "33: tin_dsp_after 34f\n"
        "30: ldrd r12, lr, [r1], #8\n"
        "ldrd r2, r3, [r0], #8\n"
        "smuad r4, r2, r12\n"
        "smuad r5, r3, r12\n"
        "smuad r8, r2, lr\n"
        "smuad r9, r3, lr\n"
        "ldrd r2, r3, [r0], #248\n"
        "smuad r6, r2, r12\n"
        "smuad r7, r3, r12\n"
        "smuad r10, r2, lr\n"
        "smuad r11, r3, lr\n"
        "ldr pc, [sp, #8]\n"
        "34: ldr r3, [sp, #84]\n"
        "sub r3, r0, r3\n"
        "cmp r3, #256\n"
        "beq 40f\n"
        "tin_dsp_after 31b\n"
        "b 30b\n"

        /* Outputs of a, then of b; each of tiles 0 and 1, then of 2 and 3. */
        "40: str r1, [sp, #20]\n"
        "ldr r0, [sp, #0]\n"
        "ldrd r1, r2, [sp, #28]\n" /* scales, scale_step */
        "add r2, r2, r1\n"
        "str r2, [sp, #28]\n"
        "ldr r2, [r1, #8]\n"
        "ldrd r4, r5, [r1]\n"
        "lsr r3, r2, #8\n"
        "uxtb r2, r2\n"
        /* Below the registers of tiles: b's factor and shift, a's, how many passes are left. */
        "mov r6, #4\n"
        "push {r2, r3, r4, r5, r6, r7}\n"
        "41: ldrd r4, r5, [r0, #32]\n"
        "ldrd r2, r3, [r0]\n"
        "ldrd r6, r7, [r0, #16]\n"
        "rsb r6, r6, r2, lsl #1\n"
        "rsb r7, r7, r3, lsl #1\n"
        "ldrd r2, r3, [r0, #48]\n"
        "add r6, r6, r2\n"
        "add r7, r7, r3\n"
        /* Row 2: added above, subtracted below. */
        "ldrd r2, r3, [r0, #96]\n"
        "sub r8, r4, r2\n"
        "sub r9, r5, r3\n"
        "add r4, r4, r2\n"
        "add r5, r5, r3\n"
        "ldrd r2, r3, [r0, #64]\n"
        "ldrd r10, r11, [r0, #80]\n"
        "rsb r12, r10, r2, lsl #1\n"
        "rsb lr, r11, r3, lsl #1\n"
        "ldrd r2, r3, [r0, #112]\n"
        "add r12, r12, r2\n"
        "add lr, lr, r3\n"
        "sub r10, r6, r12\n"
        "sub r11, r7, lr\n"
        "add r6, r6, r12\n"
        "add r7, r7, lr\n"
        /* Row 0 above, row 3 below. */
        ".macro tin_dsp_row left0, left1, right0, right1, at\n"
        "ldrd r2, r3, [r0, #\\at + 32]\n"
        "add \\left0, \\left0, r2\n"
        "add \\left1, \\left1, r3\n"
        "ldrd r2, r3, [r0, #\\at]\n"
        "add \\right0, \\right0, r2, lsl #1\n"
        "add \\right1, \\right1, r3, lsl #1\n"
        "ldrd r2, r3, [r0, #\\at + 16]\n"
        "sub \\right0, \\right0, r2\n"
        "sub \\right1, \\right1, r3\n"
        "ldrd r2, r3, [r0, #\\at + 48]\n"
        "add \\right0, \\right0, r2\n"
        "add \\right1, \\right1, r3\n"
        ".endm\n"
        "tin_dsp_row r4, r5, r6, r7, 128\n"
        "tin_dsp_row r8, r9, r10, r11, 192\n"
        ".purgem tin_dsp_row\n"
        "ldr r12, [sp, #8]\n"
        "ldr r2, [sp, #0]\n"
        "ldr lr, [sp, #60]\n" /* zero point */
        ".macro tin_dsp_output x\n"
        "asr \\x, \\x, #2\n"
        "smmlar \\x, \\x, r12, \\x\n"
        "add \\x, \\x, \\x, asr #31\n"
        "asrs \\x, \\x, r2\n"
        "adc \\x, \\x, lr\n"
        "ssat \\x, #8, \\x\n"
        ".endm\n"
        "tin_dsp_output r4\n"
        "tin_dsp_output r5\n"
        "tin_dsp_output r6\n"
        "tin_dsp_output r7\n"
        "tin_dsp_output r8\n"
        "tin_dsp_output r9\n"
        "tin_dsp_output r10\n"
        "tin_dsp_output r11\n"
        ".purgem tin_dsp_output\n"
        "ldr r12, [sp, #64]\n" /* bytes of a pixel */
        "ldr r1, [sp, #16]\n"  /* passes */
        "tst r1, #1\n"
        "ite eq\n"
        "addeq lr, sp, #72\n"
        "addne lr, sp, #88\n"
        "ldrd r2, r3, [lr]\n"
        "strb r6, [r2, r12]\n"
        "strb r4, [r2], #1\n"
        "strb r10, [r3, r12]\n"
        "strb r8, [r3], #1\n"
        "strd r2, r3, [lr]\n"
        "ldrd r2, r3, [lr, #8]\n"
        "strb r7, [r2, r12]\n"
        "strb r5, [r2], #1\n"
        "strb r11, [r3, r12]\n"
        "strb r9, [r3], #1\n"
        "strd r2, r3, [lr, #8]\n"
        "add r0, r0, #8\n"
        "subs r1, r1, #1\n"
        "str r1, [sp, #16]\n"
        "beq 42f\n"
        "cmp r1, #2\n"
        "bne 41b\n"
        "add r0, r0, #240\n"
        "ldr r2, [sp, #4]\n"
        "ldr r3, [sp, #12]\n"
        "str r2, [sp, #0]\n"
        "str r3, [sp, #8]\n"
        "b 41b\n"
        "42: add sp, sp, #24\n"
        "ldr r0, [sp, #44]\n"
        "subs r0, r0, #1\n"
        "str r0, [sp, #44]\n"
        "bne 10b\n"
        "add sp, sp, #92\n"
        "pop {r4-r11, pc}\n"
        ".purgem tin_dsp_after\n"
        ".size tin_dsp_winograd_products, . - tin_dsp_winograd_products\n"
        ".popsection\n");

#else

/* Rows and columns of points in the order in which they are summed up. */
static const int32_t order[4] = {1, 2, 0, 3};

static int32_t combine(const int32_t *d, int32_t step, int32_t index) {
    switch (index) {
    case 0:
        return d[0] - d[2 * step];
    case 1:
        return d[step] + d[2 * step];
    case 2:
        return d[2 * step] - d[step];
    default:
        return d[step] - d[3 * step];
    }
}

/* B' d B of one channel of a tile. */
static void transform(const int8_t *const rows[4], int32_t at, int32_t step, int32_t points[16]) {
    int32_t d[16];
    int32_t half[16];
    for (int32_t i = 0; i < 16; i++) {
        d[i] = rows[i / 4][at + (i % 4) * step];
    }
    for (int32_t i = 0; i < 16; i++) {
        half[i] = combine(d + i % 4, 4, order[i / 4]);
    }
    for (int32_t i = 0; i < 16; i++) {
        points[i] = combine(half + (i & ~3), 1, order[i % 4]);
    }
}

void tin_dsp_winograd_input(uint32_t *v, const int8_t *const rows[4], int32_t channels) {
    for (int32_t pair = 0; pair < channels / 2; pair++) {
        int32_t at = pair / 2 * 4 + pair % 2;
        int32_t low[16];
        int32_t high[16];
        transform(rows, at, channels, low);
        transform(rows, at + 2, channels, high);
        for (int32_t i = 0; i < 16; i++) {
            v[64 * pair + 4 * i] = tin_dsp_pair(low[i], high[i]);
        }
    }
}

/* A' S A of the sums at 16 points that are `step` apart; sums of a row of points run on. */
static void outputs_of(const uint32_t *sums, uint32_t y[4]) {
    for (int32_t i = 0; i < 4; i++) {
        y[i] = 0;
    }
    for (int32_t row = 0; row < 4; row++) {
        const uint32_t *at = sums + 16 * row;
        uint32_t left = at[8];
        uint32_t right = 2 * at[0] - at[4] + at[12];
        y[0] += row < 3 ? left : 0;
        y[1] += row < 3 ? right : 0;
        y[2] += row == 1 ? 0U - left : (row != 2 ? left : 0);
        y[3] += row == 1 ? 0U - right : (row != 2 ? right : 0);
    }
}

/* Sums at all points, [16][4] words, of output o and tiles 0 to 3. */
static void sum_points(const tin_dsp_winograd_s8 *params, uint32_t *v, int32_t o, uint32_t *sums) {
    int32_t pairs = params->window.in_channels / 2;
    const uint32_t *weights = params->weights + (o / 2) * 32 * pairs + (o & 1);
    for (int32_t tile = 0; tile < 4; tile++) {
        int32_t sum = params->bias[o];
        for (int32_t point = 0; point < 16; point++) {
            int32_t column = point % 4;
            if (point > 0 && (column == 0 || column == 3)) {
                sum = 0;
            }
            for (int32_t k = 0; k < pairs; k++) {
                uint32_t x = v[64 * k + 4 * point + tile];
                sum = tin_dsp_smlad(x, weights[2 * (point * pairs + k)], sum);
            }
            sums[4 * point + tile] = (uint32_t)sum;
        }
    }
}

void tin_dsp_winograd_products(const tin_dsp_winograd_s8 *params,
                               uint32_t *v,
                               const tin_dsp_winograd_place places[4]) {
    uint32_t *sums = v + 32 * params->window.in_channels;
    int32_t count = params->num_outputs;
    for (int32_t o = 0; o < count; o++) {
        const int32_t *scales = params->scales + (o / 2) * (params->scale_step / 4);
        int32_t shift = (scales[2] >> (8 * (o & 1))) & 0xff;
        sum_points(params, v, o, sums);
        for (int32_t tile = 0; tile < 4; tile++) {
            uint32_t y[4];
            outputs_of(sums + tile, y);
            for (int32_t i = 0; i < 4; i++) {
                int32_t sum = (int32_t)y[i] >> 2;
                int8_t *at = (i < 2 ? places[tile].top : places[tile].bottom) + (i % 2) * count;
                at[o] = (int8_t)tin_dsp_requantize(sum, scales[o & 1], shift, params->zero_point);
            }
        }
    }
}

#endif
