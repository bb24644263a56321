/* SPDX-License-Identifier: Apache-2.0 */
/* Element-wise sums, differences and products with broadcasting. */
#include "tin/nn/arithmetic.h"
#include "tin/nn/requantize.h"

/* Inputs are raised by 2^20 or 2^15 before they are rescaled, so that nothing is lost. */
#define HEADROOM_S8 20
#define HEADROOM_S16 15

/* What a sum needs for each pair of values. The input of the larger scale, "coarse", is halved,
   which is exact; only the other one, "fine", is rounded. Everything is doubled, because the upper
   half of a product is then the product of fractions. Few numbers, so that they fit registers. */
typedef struct {
    int32_t coarse_factor; /* 2^headroom or its negative */
    int32_t coarse_offset; /* times its factor */
    int32_t fine_offset;   /* times 2^(headroom + 1) */
    int32_t fine_multiplier;
    int32_t fine_shift;
    int32_t fine_sign;
    int32_t multiplier; /* of the sum */
    int32_t shift;
    int32_t zero_point; /* doubled, plus 1 for rounding */
    int32_t minimum;
    int32_t maximum;
} sum_plan;

/* `params` with the coarse input first. */
static sum_plan plan_sum(const tin_add_s8 *params, int32_t headroom, int32_t sign1, int32_t sign2) {
    sum_plan plan;
    const int32_t is_equal = params->shift2 == 0;
    plan.coarse_factor = sign1 * (1 << headroom);
    plan.coarse_offset = params->offset1 * plan.coarse_factor;
    plan.fine_offset = params->offset2 * (1 << (headroom + 1));
    /* Inputs of one scale: 2^31 - 1 and a shift by 1 halve the second one exactly, too. */
    plan.fine_multiplier = is_equal ? INT32_MAX : params->multiplier2;
    plan.fine_shift = is_equal ? 0 : params->shift2 - 1;
    plan.fine_sign = sign2;
    plan.multiplier = params->output_multiplier;
    plan.shift = params->output_shift - 1;
    plan.zero_point = 2 * params->zero_point + 1;
    plan.minimum = params->minimum;
    plan.maximum = params->maximum;
    return plan;
}

/* All but the last step of tin_divide_by_power(tin_multiply_high(a / 2, multiplier), shift + 1),
   which is (x + 1) >> 1. The sign of `a` stands in for that of the product: they differ only where
   the product rounds to 0, and so does the result. */
static inline int32_t scale(int32_t a, int32_t multiplier, int32_t shift) {
    int64_t product = (int64_t)a * multiplier + ((int64_t)1 << 31);
    return ((int32_t)(product >> 32) + (a >> 31)) >> shift;
}

static inline int32_t
add_pair(const sum_plan *plan, int32_t coarse, int32_t fine, int32_t headroom) {
    int32_t moved = fine * (1 << (headroom + 1)) + plan->fine_offset;
    moved = (scale(moved, plan->fine_multiplier, plan->fine_shift) + 1) & ~1;
    int32_t sum = coarse * plan->coarse_factor + plan->coarse_offset + moved * plan->fine_sign;
    int32_t value = (scale(sum, plan->multiplier, plan->shift) + plan->zero_point) >> 1;
    return tin_clamp_s32(value, plan->minimum, plan->maximum);
}

static inline int8_t add_pair_s8(const sum_plan *plan, int8_t coarse, int8_t fine) {
    return (int8_t)add_pair(plan, coarse, fine, HEADROOM_S8);
}

static inline int16_t add_pair_s16(const sum_plan *plan, int16_t coarse, int16_t fine) {
    return (int16_t)add_pair(plan, coarse, fine, HEADROOM_S16);
}

TIN_ROW_FUNCTION(add_row_s8, sum_plan, int8_t, int8_t, add_pair_s8)
TIN_ROW_FUNCTION(add_row_s16, sum_plan, int16_t, int16_t, add_pair_s16)

/* One of the four integer sums. */
typedef struct {
    tin_pairwise rows;
    int32_t headroom;
    int32_t sign; /* of input 2 */
} sum_kind;

static const sum_kind add_s8 = {{add_row_s8, 1, 1}, HEADROOM_S8, 1};
static const sum_kind sub_s8 = {{add_row_s8, 1, 1}, HEADROOM_S8, -1};
static const sum_kind add_s16 = {{add_row_s16, 2, 2}, HEADROOM_S16, 1};
static const sum_kind sub_s16 = {{add_row_s16, 2, 2}, HEADROOM_S16, -1};

/* Exchanges the inputs where the second one has the larger scale. */
static void add_integers(const sum_kind *kind,
                         const tin_add_s8 *params,
                         const void *input1,
                         const void *input2,
                         void *output) {
    if (params->shift1 == 0) {
        const sum_plan plan = plan_sum(params, kind->headroom, 1, kind->sign);
        tin_broadcast_run(&params->broadcast, &kind->rows, &plan, input1, input2, output);
        return;
    }
    tin_add_s8 exchanged = *params;
    exchanged.broadcast.steps1 = params->broadcast.steps2;
    exchanged.broadcast.steps2 = params->broadcast.steps1;
    exchanged.offset1 = params->offset2;
    exchanged.offset2 = params->offset1;
    exchanged.multiplier2 = params->multiplier1;
    exchanged.shift2 = params->shift1;
    const sum_plan plan = plan_sum(&exchanged, kind->headroom, kind->sign, 1);
    tin_broadcast_run(&exchanged.broadcast, &kind->rows, &plan, input2, input1, output);
}

void tin_add_run_s8(const tin_add_s8 *params,
                    const int8_t *input1,
                    const int8_t *input2,
                    int8_t *output) {
    add_integers(&add_s8, params, input1, input2, output);
}

void tin_sub_run_s8(const tin_add_s8 *params,
                    const int8_t *input1,
                    const int8_t *input2,
                    int8_t *output) {
    add_integers(&sub_s8, params, input1, input2, output);
}

void tin_add_run_s16(const tin_add_s16 *params,
                     const int16_t *input1,
                     const int16_t *input2,
                     int16_t *output) {
    add_integers(&add_s16, params, input1, input2, output);
}

void tin_sub_run_s16(const tin_add_s16 *params,
                     const int16_t *input1,
                     const int16_t *input2,
                     int16_t *output) {
    add_integers(&sub_s16, params, input1, input2, output);
}

static inline int32_t multiply_pair(const tin_mul_s8 *params, int32_t a, int32_t b) {
    int32_t product = (a + params->offset1) * (b + params->offset2);
    int32_t value = tin_requantize(product, params->multiplier, params->shift);
    return tin_clamp_s32(value + params->zero_point, params->minimum, params->maximum);
}

static inline int8_t multiply_pair_s8(const tin_mul_s8 *params, int8_t a, int8_t b) {
    return (int8_t)multiply_pair(params, a, b);
}

static inline int16_t multiply_pair_s16(const tin_mul_s8 *params, int16_t a, int16_t b) {
    return (int16_t)multiply_pair(params, a, b);
}

TIN_ROW_FUNCTION(multiply_row_s8, tin_mul_s8, int8_t, int8_t, multiply_pair_s8)
TIN_ROW_FUNCTION(multiply_row_s16, tin_mul_s8, int16_t, int16_t, multiply_pair_s16)

void tin_mul_run_s8(const tin_mul_s8 *params,
                    const int8_t *input1,
                    const int8_t *input2,
                    int8_t *output) {
    static const tin_pairwise rows = {multiply_row_s8, 1, 1};
    tin_broadcast_run(&params->broadcast, &rows, params, input1, input2, output);
}

void tin_mul_run_s16(const tin_mul_s16 *params,
                     const int16_t *input1,
                     const int16_t *input2,
                     int16_t *output) {
    static const tin_pairwise rows = {multiply_row_s16, 2, 2};
    tin_broadcast_run(&params->broadcast, &rows, params, input1, input2, output);
}

static inline float add_f32(const tin_arithmetic_f32 *params, float a, float b) {
    return tin_clamp_f32(a + b, params->minimum, params->maximum);
}

static inline float subtract_f32(const tin_arithmetic_f32 *params, float a, float b) {
    return tin_clamp_f32(a - b, params->minimum, params->maximum);
}

static inline float multiply_f32(const tin_arithmetic_f32 *params, float a, float b) {
    return tin_clamp_f32(a * b, params->minimum, params->maximum);
}

TIN_ROW_FUNCTION(add_row_f32, tin_arithmetic_f32, float, float, add_f32)
TIN_ROW_FUNCTION(subtract_row_f32, tin_arithmetic_f32, float, float, subtract_f32)
TIN_ROW_FUNCTION(multiply_row_f32, tin_arithmetic_f32, float, float, multiply_f32)

void tin_add_run_f32(const tin_arithmetic_f32 *params,
                     const float *input1,
                     const float *input2,
                     float *output) {
    static const tin_pairwise rows = {add_row_f32, 4, 4};
    tin_broadcast_run(&params->broadcast, &rows, params, input1, input2, output);
}

void tin_sub_run_f32(const tin_arithmetic_f32 *params,
                     const float *input1,
                     const float *input2,
                     float *output) {
    static const tin_pairwise rows = {subtract_row_f32, 4, 4};
    tin_broadcast_run(&params->broadcast, &rows, params, input1, input2, output);
}

void tin_mul_run_f32(const tin_arithmetic_f32 *params,
                     const float *input1,
                     const float *input2,
                     float *output) {
    static const tin_pairwise rows = {multiply_row_f32, 4, 4};
    tin_broadcast_run(&params->broadcast, &rows, params, input1, input2, output);
}
