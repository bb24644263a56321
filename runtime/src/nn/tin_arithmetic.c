/* SPDX-License-Identifier: Apache-2.0 */
/* Element-wise sums, differences and products with broadcasting. */
#include "tin/nn/arithmetic.h"
#include "tin/nn/requantize.h"

/* Inputs are raised by 2^20 before they are rescaled, so that nothing is lost. */
#define HEADROOM_BITS 20

/* Offsets of both inputs at the start of the innermost rows, visited in output order. */
typedef struct {
    int32_t index[3];
    int32_t offset1;
    int32_t offset2;
} cursor;

/* Moves on to the next innermost row. */
static void advance(const tin_broadcast *b, cursor *at) {
    for (int32_t axis = 2; axis >= 0; axis--) {
        at->offset1 += b->steps1[axis];
        at->offset2 += b->steps2[axis];
        if (++at->index[axis] < b->shape[axis]) {
            return;
        }
        at->index[axis] = 0;
        at->offset1 -= b->steps1[axis] * b->shape[axis];
        at->offset2 -= b->steps2[axis] * b->shape[axis];
    }
}

static int32_t num_rows(const tin_broadcast *b) { return b->shape[0] * b->shape[1] * b->shape[2]; }

static int32_t rescale(int32_t value, int32_t multiplier, int32_t shift) {
    return tin_divide_by_power(tin_multiply_high(value * (1 << HEADROOM_BITS), multiplier), shift);
}

static int8_t finish_add(const tin_add_s8 *params, int32_t sum) {
    int32_t value = tin_multiply_high(sum, params->output_multiplier);
    value = tin_divide_by_power(value, params->output_shift) + params->zero_point;
    return (int8_t)tin_clamp_s32(value, params->minimum, params->maximum);
}

static void add_s8(const tin_add_s8 *params,
                   const int8_t *input1,
                   const int8_t *input2,
                   int32_t sign,
                   int8_t *output) {
    const tin_broadcast *b = &params->broadcast;
    cursor at = {{0, 0, 0}, 0, 0};
    for (int32_t row = num_rows(b); row > 0; row--) {
        const int8_t *x1 = input1 + at.offset1;
        const int8_t *x2 = input2 + at.offset2;
        for (int32_t i = 0; i < b->shape[3]; i++) {
            int32_t a = rescale(*x1 + params->offset1, params->multiplier1, params->shift1);
            int32_t c = rescale(*x2 + params->offset2, params->multiplier2, params->shift2);
            *output++ = finish_add(params, a + sign * c);
            x1 += b->steps1[3];
            x2 += b->steps2[3];
        }
        advance(b, &at);
    }
}

void tin_add_run_s8(const tin_add_s8 *params,
                    const int8_t *input1,
                    const int8_t *input2,
                    int8_t *output) {
    add_s8(params, input1, input2, 1, output);
}

void tin_sub_run_s8(const tin_add_s8 *params,
                    const int8_t *input1,
                    const int8_t *input2,
                    int8_t *output) {
    add_s8(params, input1, input2, -1, output);
}

void tin_mul_run_s8(const tin_mul_s8 *params,
                    const int8_t *input1,
                    const int8_t *input2,
                    int8_t *output) {
    const tin_broadcast *b = &params->broadcast;
    cursor at = {{0, 0, 0}, 0, 0};
    for (int32_t row = num_rows(b); row > 0; row--) {
        const int8_t *x1 = input1 + at.offset1;
        const int8_t *x2 = input2 + at.offset2;
        for (int32_t i = 0; i < b->shape[3]; i++) {
            int32_t product = (*x1 + params->offset1) * (*x2 + params->offset2);
            int32_t value = tin_requantize(product, params->multiplier, params->shift);
            value = tin_clamp_s32(value + params->zero_point, params->minimum, params->maximum);
            *output++ = (int8_t)value;
            x1 += b->steps1[3];
            x2 += b->steps2[3];
        }
        advance(b, &at);
    }
}

/* input1 + sign * input2: the product with 1 or -1 is exact. */
static void add_f32(const tin_arithmetic_f32 *params,
                    const float *input1,
                    const float *input2,
                    float sign,
                    float *output) {
    const tin_broadcast *b = &params->broadcast;
    cursor at = {{0, 0, 0}, 0, 0};
    for (int32_t row = num_rows(b); row > 0; row--) {
        const float *x1 = input1 + at.offset1;
        const float *x2 = input2 + at.offset2;
        for (int32_t i = 0; i < b->shape[3]; i++) {
            *output++ = tin_clamp_f32(*x1 + sign * *x2, params->minimum, params->maximum);
            x1 += b->steps1[3];
            x2 += b->steps2[3];
        }
        advance(b, &at);
    }
}

void tin_add_run_f32(const tin_arithmetic_f32 *params,
                     const float *input1,
                     const float *input2,
                     float *output) {
    add_f32(params, input1, input2, 1.0f, output);
}

void tin_sub_run_f32(const tin_arithmetic_f32 *params,
                     const float *input1,
                     const float *input2,
                     float *output) {
    add_f32(params, input1, input2, -1.0f, output);
}

void tin_mul_run_f32(const tin_arithmetic_f32 *params,
                     const float *input1,
                     const float *input2,
                     float *output) {
    const tin_broadcast *b = &params->broadcast;
    cursor at = {{0, 0, 0}, 0, 0};
    for (int32_t row = num_rows(b); row > 0; row--) {
        const float *x1 = input1 + at.offset1;
        const float *x2 = input2 + at.offset2;
        for (int32_t i = 0; i < b->shape[3]; i++) {
            *output++ = tin_clamp_f32(*x1 * *x2, params->minimum, params->maximum);
            x1 += b->steps1[3];
            x2 += b->steps2[3];
        }
        advance(b, &at);
    }
}
