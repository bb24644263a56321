/* SPDX-License-Identifier: Apache-2.0 */
/* Matrix products with constant weights, int8 (2 rows x 2 outputs at a time) and float32. */
#include "tin/nn/matmul.h"
#include "tin/nn/requantize.h"

/* Outputs that the float kernel sums side by side; the weights are packed for it. */
#define BLOCK 8

static int8_t finish(const tin_matmul_s8 *params, int32_t index, int32_t sum) {
    /* Models with dead channels carry saturated biases: the addition wraps as theirs does. */
    int32_t value = (int32_t)((uint32_t)sum + (uint32_t)params->bias[index]);
    int32_t channel = params->per_channel ? index : 0;
    value = tin_requantize(value, params->multiplier[channel], params->shift[channel]);
    return (int8_t)tin_clamp_s32(value + params->zero_point, params->minimum, params->maximum);
}

static int32_t dot(const int8_t *x, const int8_t *w, int32_t depth) {
    int32_t sum = 0;
    for (int32_t k = 0; k < depth; k++) {
        sum += x[k] * w[k];
    }
    return sum;
}

/* Two input rows against two rows of weights. */
static void
block_2x2(const tin_matmul_s8 *params, const int8_t *x0, const int8_t *x1, int32_t i, int8_t *out) {
    int32_t depth = params->depth;
    const int8_t *w0 = params->weights + i * depth;
    const int8_t *w1 = w0 + depth;
    int32_t sum00 = 0, sum01 = 0, sum10 = 0, sum11 = 0;
    for (int32_t k = 0; k < depth; k++) {
        int32_t a = x0[k], b = x1[k], u = w0[k], v = w1[k];
        sum00 += a * u;
        sum01 += a * v;
        sum10 += b * u;
        sum11 += b * v;
    }
    out[i] = finish(params, i, sum00);
    out[i + 1] = finish(params, i + 1, sum01);
    out[params->num_outputs + i] = finish(params, i, sum10);
    out[params->num_outputs + i + 1] = finish(params, i + 1, sum11);
}

/* One input row against four rows of weights. */
static void block_1x4(const tin_matmul_s8 *params, const int8_t *x, int32_t i, int8_t *out) {
    int32_t depth = params->depth;
    const int8_t *w0 = params->weights + i * depth;
    const int8_t *w1 = w0 + depth, *w2 = w1 + depth, *w3 = w2 + depth;
    int32_t sum0 = 0, sum1 = 0, sum2 = 0, sum3 = 0;
    for (int32_t k = 0; k < depth; k++) {
        int32_t a = x[k];
        sum0 += a * w0[k];
        sum1 += a * w1[k];
        sum2 += a * w2[k];
        sum3 += a * w3[k];
    }
    out[i] = finish(params, i, sum0);
    out[i + 1] = finish(params, i + 1, sum1);
    out[i + 2] = finish(params, i + 2, sum2);
    out[i + 3] = finish(params, i + 3, sum3);
}

static void row_pair(const tin_matmul_s8 *params, const int8_t *x0, const int8_t *x1, int8_t *out) {
    int32_t i = 0;
    for (; i + 2 <= params->num_outputs; i += 2) {
        block_2x2(params, x0, x1, i, out);
    }
    if (i < params->num_outputs) {
        const int8_t *w = params->weights + i * params->depth;
        out[i] = finish(params, i, dot(x0, w, params->depth));
        out[params->num_outputs + i] = finish(params, i, dot(x1, w, params->depth));
    }
}

static void row_single(const tin_matmul_s8 *params, const int8_t *x, int8_t *out) {
    int32_t i = 0;
    for (; i + 4 <= params->num_outputs; i += 4) {
        block_1x4(params, x, i, out);
    }
    for (; i < params->num_outputs; i++) {
        out[i] = finish(params, i, dot(x, params->weights + i * params->depth, params->depth));
    }
}

void tin_matmul_run_s8(const tin_matmul_s8 *params,
                       const int8_t *input,
                       int32_t num_rows,
                       int32_t row_step,
                       int8_t *output) {
    int32_t row = 0;
    for (; row + 2 <= num_rows; row += 2) {
        const int8_t *x = input + row * row_step;
        row_pair(params, x, x + row_step, output + row * params->num_outputs);
    }
    if (row < num_rows) {
        row_single(params, input + row * row_step, output + row * params->num_outputs);
    }
}

/* BLOCK sums side by side, each over depth in order. */
static void sums_block(const float *x, const float *w, int32_t depth, float *sums) {
    float sum[BLOCK] = {0.0f};
    for (int32_t k = 0; k < depth; k++) {
        float value = x[k];
        for (int32_t j = 0; j < BLOCK; j++) {
            sum[j] += value * w[j];
        }
        w += BLOCK;
    }
    for (int32_t j = 0; j < BLOCK; j++) {
        sums[j] = sum[j];
    }
}

static void sums_rest(const float *x, const float *w, int32_t depth, int32_t count, float *sums) {
    for (int32_t j = 0; j < count; j++) {
        float sum = 0.0f;
        for (int32_t k = 0; k < depth; k++) {
            sum += x[k] * w[k * count + j];
        }
        sums[j] = sum;
    }
}

static void row_f32(const tin_matmul_f32 *params, const float *x, float *out) {
    int32_t depth = params->depth;
    for (int32_t i = 0; i < params->num_outputs; i += BLOCK) {
        const float *w = params->weights + i * depth;
        int32_t count = params->num_outputs - i;
        count = count < BLOCK ? count : BLOCK;
        float sums[BLOCK];
        if (count == BLOCK) {
            sums_block(x, w, depth, sums);
        } else {
            sums_rest(x, w, depth, count, sums);
        }
        for (int32_t j = 0; j < count; j++) {
            float value = sums[j] + params->bias[i + j];
            out[i + j] = tin_clamp_f32(value, params->minimum, params->maximum);
        }
    }
}

void tin_matmul_run_f32(const tin_matmul_f32 *params,
                        const float *input,
                        int32_t num_rows,
                        int32_t row_step,
                        float *output) {
    for (int32_t row = 0; row < num_rows; row++) {
        row_f32(params, input + row * row_step, output + row * params->num_outputs);
    }
}
