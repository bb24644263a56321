/* SPDX-License-Identifier: Apache-2.0 */
/* A row of 3 x 3 depthwise windows: columns of four channels are sorted, then multiplied. */
#include "tin/nn/armv7em_dsp/dsp_depthwise_row3.h"
#include "tin/nn/armv7em_dsp/dsp_simd.h"
#include "tin/nn/requantize.h"

#define WORDS 5 /* of weights and scaling of a channel */

/* Words of a column: rows 0 and 1 of channels 0, 1; row 2 of 0 and 2, of 1 and 3; rows 0 and 1 of
   channels 2, 3. */
#define COLUMN 6

/* Where three rows are and how many bytes lie from column to column. */
typedef struct {
    const int8_t *row[3];
    int32_t step[3];
} source;

/* Outputs of four channels. The order of the fields is known to the assembly. */
typedef struct {
    const uint32_t *weights;
    const uint32_t *columns;
    int8_t *output;
    const uint32_t *end; /* of the columns that windows begin at */
    int32_t output_step; /* bytes */
    int32_t stride;
} strip;

#if TIN_DSP_ASSEMBLY

void tin_dsp_sort_columns(uint32_t *columns, const source *from, int32_t count);
void tin_dsp_run_columns(const strip *s);

/* r0 columns, r1-r3 rows, r10 r11 lr their steps, r12 columns to go. */
__asm__(".pushsection .text.tin_dsp_sort_columns,\"ax\",%progbits\n"
        ".syntax unified\n"
        ".thumb\n"
        ".balign 4\n"
        ".type tin_dsp_sort_columns,%function\n"
        ".thumb_func\n"
        "tin_dsp_sort_columns:\n"
        "push {r4-r11, lr}\n"
        "mov r12, r2\n"
        "ldm r1, {r1, r2, r3, r10, r11, lr}\n"
        "1: ldr r6, [r1]\n"
        "ldr r8, [r2]\n"
        "add r1, r1, r10\n"
        "add r2, r2, r11\n"
        "sxtb16 r7, r6, ror #8\n"
        "sxtb16 r9, r8, ror #8\n"
        "sxtb16 r6, r6\n"
        "sxtb16 r8, r8\n"
        "pkhbt r4, r6, r8, lsl #16\n"
        "pkhtb r8, r8, r6, asr #16\n"
        "pkhbt r5, r7, r9, lsl #16\n"
        "pkhtb r9, r9, r7, asr #16\n"
        "ldr r6, [r3]\n"
        "add r3, r3, lr\n"
        "sxtb16 r7, r6, ror #8\n"
        "sxtb16 r6, r6\n"
        "stm r0!, {r4-r9}\n"
        "subs r12, r12, #1\n"
        "bne 1b\n"
        "pop {r4-r11, pc}\n"
        ".size tin_dsp_sort_columns, . - tin_dsp_sort_columns\n"
        ".popsection\n");

/* r0 columns, r1 r2 of them, r3 output step, r4-r8 weights, r9 bias, r10 factor, r11 constant, r12
   output, lr sum. Stack: 0 weights, 4 columns, 8 output, 12 end, 16 output step, 20 stride, 24 end
   for this channel. */
__asm__(".pushsection .text.tin_dsp_run_columns,\"ax\",%progbits\n"
        ".syntax unified\n"
        ".thumb\n"
        ".balign 4\n"
        ".type tin_dsp_run_columns,%function\n"
        ".thumb_func\n"
        "tin_dsp_run_columns:\n"
        "push {r4-r11, lr}\n"
        "sub sp, sp, #28\n"
        "ldm r0, {r4-r9}\n"
        "stm sp, {r4-r9}\n"
        "mov r3, r8\n"
        ".macro tin_dsp_lane lane, place, half, row2\n"
        "ldm sp, {r0, r1, r12}\n" /* weights, columns, output */
        "ldr r2, [sp, #12]\n"
        "ldm r0!, {r4, r5, r9, r10, r11}\n"
        "str r0, [sp, #0]\n"
        "sxtb16 r6, r5\n"
        "sxtb16 r7, r5, ror #8\n"
        "sxtb16 r5, r4, ror #8\n"
        "sxtb16 r4, r4\n"
        "sxtb r8, r11\n"
        "asr r11, r11, #8\n"
        "add r0, r1, #\\place\n"
        "add r2, r2, #\\place\n"
        "str r2, [sp, #24]\n"
        "add r12, r12, #\\lane\n"
        "ldr r2, [sp, #20]\n"
        "cmp r2, #2\n"
        "beq 2f\n"
        "1: tin_dsp_window \\half, \\row2, 24\n"
        "bne 1b\n"
        "b 3f\n"
        "2: tin_dsp_window \\half, \\row2, 48\n"
        "bne 2b\n"
        "3:\n"
        ".endm\n"
        ".macro tin_dsp_window half, row2, step\n"
        "ldr r1, [r0, #\\row2]\n"
        "ldr r2, [r0, #\\row2 + 24]\n"
        "smla\\half\\()b lr, r1, r7, r9\n"
        "smla\\half\\()t lr, r2, r7, lr\n"
        "ldr r1, [r0, #\\row2 + 48]\n"
        "ldr r2, [r0, #24]\n"
        "smla\\half\\()b lr, r1, r8, lr\n"
        "smlad lr, r2, r5, lr\n"
        "ldr r1, [r0, #48]\n"
        "ldr r2, [r0], #\\step\n"
        "smlad lr, r1, r6, lr\n"
        "smlad lr, r2, r4, lr\n"
        "ldr r1, [sp, #24]\n"
        "smmlar lr, lr, r10, r11\n"
        "ssat lr, #8, lr, asr #2\n"
        "strb lr, [r12]\n"
        "add r12, r12, r3\n"
        "cmp r0, r1\n"
        ".endm\n"
        "tin_dsp_lane 0, 0, b, 8\n"
        "tin_dsp_lane 1, 4, b, 8\n"
        "tin_dsp_lane 2, 16, t, -8\n"
        "tin_dsp_lane 3, 20, t, -8\n"
        "add sp, sp, #28\n"
        "pop {r4-r11, pc}\n"
        ".purgem tin_dsp_lane\n"
        ".purgem tin_dsp_window\n"
        ".size tin_dsp_run_columns, . - tin_dsp_run_columns\n"
        ".popsection\n");

#else

static void tin_dsp_sort_columns(uint32_t *columns, const source *from, int32_t count) {
    for (int32_t x = 0; x < count; x++, columns += COLUMN) {
        const int8_t *a = from->row[0] + x * from->step[0];
        const int8_t *b = from->row[1] + x * from->step[1];
        const int8_t *c = from->row[2] + x * from->step[2];
        columns[0] = tin_dsp_pair(a[0], b[0]);
        columns[1] = tin_dsp_pair(a[1], b[1]);
        columns[2] = tin_dsp_pair(c[0], c[2]);
        columns[3] = tin_dsp_pair(c[1], c[3]);
        columns[4] = tin_dsp_pair(a[2], b[2]);
        columns[5] = tin_dsp_pair(a[3], b[3]);
    }
}

static int32_t window_sum(const uint32_t *column, const uint32_t *weights, int32_t lane) {
    const int32_t above = lane < 2 ? lane : lane + 2;
    const uint32_t rows01[3] = {tin_dsp_widen_even(weights[0]),
                                tin_dsp_widen_odd(weights[0]),
                                tin_dsp_widen_even(weights[1])};
    const uint32_t row2 = tin_dsp_widen_odd(weights[1]);
    const int32_t below[3] = {
        tin_dsp_low(row2), tin_dsp_high(row2), (int8_t)(uint8_t)(weights[4] & 0xffU)};
    int32_t sum = (int32_t)weights[2];
    for (int32_t kx = 0; kx < 3; kx++, column += COLUMN) {
        uint32_t both = column[2 + (lane & 1)];
        sum = tin_dsp_smlad(column[above], rows01[kx], sum);
        sum += (lane < 2 ? tin_dsp_low(both) : tin_dsp_high(both)) * below[kx];
    }
    return sum;
}

static void tin_dsp_run_columns(const strip *s) {
    for (int32_t lane = 0; lane < 4; lane++) {
        const uint32_t *weights = s->weights + WORDS * lane;
        int8_t *to = s->output + lane;
        for (const uint32_t *at = s->columns; at != s->end; at += COLUMN * s->stride) {
            int32_t sum = window_sum(at, weights, lane);
            *to = (int8_t)tin_dsp_linear(sum, (int32_t)weights[3], (int32_t)weights[4] >> 8, 2);
            to += s->output_step;
        }
    }
}

#endif

static void clamp(const tin_dsp_depthwise_row3_s8 *params, int8_t *output) {
    for (int32_t i = 0; i < params->out_width * params->channels; i++) {
        output[i] = (int8_t)tin_clamp_s32(output[i], params->minimum, params->maximum);
    }
}

/* Columns of padding are the same for all channels. */
static void sort_padding(const tin_dsp_depthwise_row3_s8 *params,
                         uint32_t *columns,
                         int32_t inside,
                         int32_t count,
                         const uint32_t *fill) {
    const int8_t *at = (const int8_t *)fill;
    const source from = {{at, at, at}, {0, 0, 0}};
    int32_t after = params->pad_left + inside;
    if (params->pad_left > 0) {
        tin_dsp_sort_columns(columns, &from, params->pad_left);
    }
    if (after < count) {
        tin_dsp_sort_columns(columns + COLUMN * after, &from, count - after);
    }
}

void tin_dsp_depthwise_row3_s8_run(const tin_dsp_depthwise_row3_s8 *params,
                                   const int8_t *const *rows,
                                   int8_t *output,
                                   int8_t *scratch) {
    const uint32_t fill = (uint32_t)(uint8_t)params->fill * 0x01010101U;
    int32_t windows = params->out_width * params->stride;
    int32_t count = windows - params->stride + 3;
    int32_t inside = count - params->pad_left;
    inside = inside < params->in_width ? inside : params->in_width;
    uint32_t *columns = (uint32_t *)(void *)scratch;
    sort_padding(params, columns, inside, count, &fill);
    source from;
    for (int32_t i = 0; i < 3; i++) {
        from.row[i] = rows[i] != 0 ? rows[i] : (const int8_t *)&fill;
        from.step[i] = rows[i] != 0 ? params->channels : 0;
    }
    strip s = {params->weights, columns, output, 0, params->channels, params->stride};
    s.end = columns + COLUMN * windows;
    for (int32_t channel = 0; channel < params->channels; channel += 4) {
        if (inside > 0) {
            tin_dsp_sort_columns(columns + COLUMN * params->pad_left, &from, inside);
        }
        tin_dsp_run_columns(&s);
        s.weights += 4 * WORDS;
        s.output += 4;
        for (int32_t i = 0; i < 3; i++) {
            from.row[i] += rows[i] != 0 ? 4 : 0;
        }
    }
    if (params->is_clamped) {
        clamp(params, output);
    }
}
