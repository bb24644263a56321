/* SPDX-License-Identifier: Apache-2.0 */
/* Matrix products with constant weights, int8 (2 rows x 2 outputs at a time) and float32. */
#include "tin/nn/matmul.h"
#include "tin/nn/requantize.h"
#include "tin/nn/tuning.h"

/* Outputs that the float kernel sums side by side; the weights are packed for it. */
#define BLOCK 8
/* Outputs that the int8 kernel sums before it requantises them; a multiple of 4. */
#define BLOCK_S8 8

static int32_t dot(const int8_t *x, const int8_t *w, int32_t depth) {
    int32_t sum = 0;
    for (int32_t k = 0; k < depth; k++) {
        sum += x[k] * w[k];
    }
    return sum;
}

/* Sums of two input rows against two rows of weights: those of x0 at 0 and 1, those of x1 at
   BLOCK_S8 and the next. */
static TIN_NOINLINE void
dot_2x2(const int8_t *x0, const int8_t *x1, const int8_t *w0, int32_t depth, int32_t *sums) {
    const int8_t *w1 = w0 + depth;
    int32_t rest = depth % TIN_UNROLL;
    const int8_t *end = w0 + (depth - rest);
    int32_t sum00 = 0, sum01 = 0, sum10 = 0, sum11 = 0;
    while (w0 != end) {
        for (int32_t k = 0; k < TIN_UNROLL; k++) {
            int32_t a = x0[k], b = x1[k], u = w0[k], v = w1[k];
            sum00 += a * u;
            sum01 += a * v;
            sum10 += b * u;
            sum11 += b * v;
        }
        x0 += TIN_UNROLL;
        x1 += TIN_UNROLL;
        w0 += TIN_UNROLL;
        w1 += TIN_UNROLL;
        TIN_KEEP(x0);
        TIN_KEEP(x1);
        TIN_KEEP(w0);
        TIN_KEEP(w1);
    }
    sums[0] = sum00 + dot(x0, w0, rest);
    sums[1] = sum01 + dot(x0, w1, rest);
    sums[BLOCK_S8] = sum10 + dot(x1, w0, rest);
    sums[BLOCK_S8 + 1] = sum11 + dot(x1, w1, rest);
}

/* Sums of one input row against four rows of weights. */
static TIN_NOINLINE void dot_1x4(const int8_t *x, const int8_t *w0, int32_t depth, int32_t *sums) {
    const int8_t *w1 = w0 + depth, *w2 = w1 + depth, *w3 = w2 + depth;
    int32_t rest = depth % TIN_UNROLL;
    const int8_t *end = x + (depth - rest);
    int32_t sum0 = 0, sum1 = 0, sum2 = 0, sum3 = 0;
    while (x != end) {
        for (int32_t k = 0; k < TIN_UNROLL; k++) {
            int32_t a = x[k];
            sum0 += a * w0[k];
            sum1 += a * w1[k];
            sum2 += a * w2[k];
            sum3 += a * w3[k];
        }
        x += TIN_UNROLL;
        w0 += TIN_UNROLL;
        w1 += TIN_UNROLL;
        w2 += TIN_UNROLL;
        w3 += TIN_UNROLL;
        TIN_KEEP(x);
        TIN_KEEP(w0);
        TIN_KEEP(w1);
        TIN_KEEP(w2);
        TIN_KEEP(w3);
    }
    sums[0] = sum0 + dot(x, w0, rest);
    sums[1] = sum1 + dot(x, w1, rest);
    sums[2] = sum2 + dot(x, w2, rest);
    sums[3] = sum3 + dot(x, w3, rest);
}

static void row_pair(const tin_matmul_s8 *params, const int8_t *x0, const int8_t *x1, int8_t *out) {
    int32_t depth = params->depth;
    int8_t *next = out + params->num_outputs;
    const int8_t *w = params->weights;
    int32_t sums[2 * BLOCK_S8];
    for (int32_t i = 0; i < params->num_outputs; i += BLOCK_S8) {
        int32_t count = params->num_outputs - i < BLOCK_S8 ? params->num_outputs - i : BLOCK_S8;
        for (int32_t j = 0; j + 2 <= count; j += 2) {
            dot_2x2(x0, x1, w, depth, sums + j);
            w += 2 * depth;
        }
        if (count % 2) {
            sums[count - 1] = dot(x0, w, depth);
            sums[BLOCK_S8 + count - 1] = dot(x1, w, depth);
            w += depth;
        }
        tin_requantize_run_s8(&params->requantize, sums, i, count, out + i);
        tin_requantize_run_s8(&params->requantize, sums + BLOCK_S8, i, count, next + i);
    }
}

static void row_single(const tin_matmul_s8 *params, const int8_t *x, int8_t *out) {
    int32_t depth = params->depth;
    const int8_t *w = params->weights;
    int32_t sums[BLOCK_S8];
    int32_t i = 0;
    for (; i + BLOCK_S8 <= params->num_outputs; i += BLOCK_S8) {
        for (int32_t j = 0; j < BLOCK_S8; j += 4) {
            dot_1x4(x, w, depth, sums + j);
            w += 4 * depth;
        }
        tin_requantize_run_s8(&params->requantize, sums, i, BLOCK_S8, out + i);
    }
    int32_t rest = params->num_outputs - i;
    for (int32_t j = 0; j < rest; j++) {
        sums[j] = dot(x, w, depth);
        w += depth;
    }
    tin_requantize_run_s8(&params->requantize, sums, i, rest, out + i);
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
