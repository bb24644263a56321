/* SPDX-License-Identifier: Apache-2.0 */
/* Products of int16 rows with int8 weights. */
#include "tin/nn/matmul_s16.h"
#include "tin/nn/requantize.h"
#include "tin/nn/tuning.h"

/* Products of 16 and 8 bits that surely fit 32 bits together: sums are widened only between. */
#define RUN 256

int16_t tin_requantize_one_s16(const tin_requantize_s16 *params, int64_t sum, int32_t index) {
    int32_t channel = params->per_channel ? index : 0;
    int32_t multiplier = params->multiplier[channel];
    int32_t shift = params->shift[channel];
    int32_t value;
    sum += params->bias[index];
    if (params->is_wide) {
        value = (int32_t)((sum * multiplier + ((int64_t)1 << (14 - shift))) >> (15 - shift));
    } else {
        value = tin_requantize((int32_t)(uint32_t)(uint64_t)sum, multiplier, shift);
    }
    return (int16_t)tin_clamp_s32(value, params->minimum, params->maximum);
}

static int64_t dot(const int16_t *x, const int8_t *w, int32_t depth) {
    int64_t total = 0;
    while (depth > 0) {
        int32_t count = depth < RUN ? depth : RUN;
        int32_t sum = 0;
        for (int32_t k = 0; k < count; k++) {
            sum += x[k] * w[k];
        }
        total += sum;
        x += count;
        w += count;
        depth -= count;
    }
    return total;
}

/* Sums against four rows of weights, so that each input value is loaded once for all. */
static TIN_NOINLINE void
dot_1x4(const int16_t *x, const int8_t *w0, int32_t row, int32_t count, int64_t *totals) {
    const int8_t *w1 = w0 + row, *w2 = w1 + row, *w3 = w2 + row;
    int32_t sum0 = 0, sum1 = 0, sum2 = 0, sum3 = 0;
    for (int32_t k = 0; k < count; k++) {
        int32_t a = x[k];
        sum0 += a * w0[k];
        sum1 += a * w1[k];
        sum2 += a * w2[k];
        sum3 += a * w3[k];
    }
    totals[0] += sum0;
    totals[1] += sum1;
    totals[2] += sum2;
    totals[3] += sum3;
}

void tin_matmul_row_s16(const tin_matmul_s16 *params, const int16_t *row, int16_t *output) {
    const int32_t depth = params->depth;
    const int8_t *w = params->weights;
    int32_t i = 0;
    for (; i + 4 <= params->num_outputs; i += 4, w += 4 * depth) {
        int64_t totals[4] = {0, 0, 0, 0};
        for (int32_t k = 0; k < depth; k += RUN) {
            int32_t count = depth - k < RUN ? depth - k : RUN;
            dot_1x4(row + k, w + k, depth, count, totals);
        }
        for (int32_t j = 0; j < 4; j++) {
            output[i + j] = tin_requantize_one_s16(&params->requantize, totals[j], i + j);
        }
    }
    for (; i < params->num_outputs; i++, w += depth) {
        output[i] = tin_requantize_one_s16(&params->requantize, dot(row, w, depth), i);
    }
}

void tin_matmul_run_s16(const tin_matmul_s16 *params, const int16_t *input, int16_t *output) {
    for (int32_t row = 0; row < params->num_rows; row++) {
        tin_matmul_row_s16(params, input, output);
        input += params->depth;
        output += params->num_outputs;
    }
}
