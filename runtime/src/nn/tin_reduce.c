/* SPDX-License-Identifier: Apache-2.0 */
/* Reductions over any axes. */
#include "tin/nn/reduce.h"

#include "tin/nn/requantize.h"

/* Where the inputs of output number `index` start. */
static int32_t start(const tin_reduction *r, int32_t index) {
    int32_t last = index % r->kept[2];
    int32_t rest = index / r->kept[2];
    return last * r->kept_steps[2] + (rest % r->kept[1]) * r->kept_steps[1] +
           (rest / r->kept[1]) * r->kept_steps[0];
}

static int32_t num_outputs(const tin_reduction *r) { return r->kept[0] * r->kept[1] * r->kept[2]; }

/* NAME(r, x): the values that start at x joined into a SUM; `join` sees the sum and a value v. */
#define REDUCTION(NAME, TYPE, SUM, FIRST, JOIN)                                                    \
    static SUM NAME(const tin_reduction *r, const TYPE *x) {                                       \
        SUM sum = (FIRST);                                                                         \
        for (int32_t i = 0; i < r->reduced[0]; i++) {                                              \
            for (int32_t j = 0; j < r->reduced[1]; j++) {                                          \
                const TYPE *at = x + i * r->reduced_steps[0] + j * r->reduced_steps[1];            \
                for (int32_t k = r->reduced[2]; k > 0; k--) {                                      \
                    const TYPE v = *at;                                                            \
                    sum = (JOIN);                                                                  \
                    at += r->reduced_steps[2];                                                     \
                }                                                                                  \
            }                                                                                      \
        }                                                                                          \
        return sum;                                                                                \
    }

REDUCTION(sum_s8, int8_t, int32_t, 0, sum + v)
REDUCTION(sum_s16, int16_t, int32_t, 0, sum + v)
REDUCTION(sum_f32, float, float, 0.0f, sum + v)
REDUCTION(max_s8, int8_t, int8_t, *x, v > sum ? v : sum)
REDUCTION(max_s16, int16_t, int16_t, *x, v > sum ? v : sum)
REDUCTION(max_f32, float, float, *x, v > sum ? v : sum)
REDUCTION(min_s8, int8_t, int8_t, *x, v < sum ? v : sum)
REDUCTION(min_s16, int16_t, int16_t, *x, v < sum ? v : sum)
REDUCTION(min_f32, float, float, *x, v < sum ? v : sum)

static int32_t finish(const tin_sum_s8 *params, int32_t sum) {
    sum += params->input_offset;
    return tin_requantize(sum, params->multiplier, params->shift) + params->zero_point;
}

static int8_t narrow_s8(int32_t value) { return (int8_t)tin_clamp_s32(value, INT8_MIN, INT8_MAX); }

static int16_t narrow_s16(int32_t value) {
    return (int16_t)tin_clamp_s32(value, INT16_MIN, INT16_MAX);
}

/* The kernel NAME, whose outputs are FINISH of what REDUCE makes of their inputs, `sum`. */
#define KERNEL(NAME, PARAMS, TYPE, REDUCE, FINISH)                                                 \
    void NAME(const PARAMS *params, const TYPE *input, TYPE *output) {                             \
        const int32_t count = num_outputs(&params->reduction);                                     \
        for (int32_t i = 0; i < count; i++) {                                                      \
            const TYPE *x = input + start(&params->reduction, i);                                  \
            output[i] = (FINISH(REDUCE(&params->reduction, x)));                                   \
        }                                                                                          \
    }

#define NARROW_S8(sum) narrow_s8(finish(params, sum))
#define NARROW_S16(sum) narrow_s16(finish(params, sum))
#define MEAN_F32(sum) ((sum) / (float)params->count)
#define SAME(sum) (sum)

KERNEL(tin_sum_run_s8, tin_sum_s8, int8_t, sum_s8, NARROW_S8)
KERNEL(tin_sum_run_s16, tin_sum_s16, int16_t, sum_s16, NARROW_S16)
KERNEL(tin_sum_run_f32, tin_reduce, float, sum_f32, SAME)
KERNEL(tin_reduce_mean_run_f32, tin_reduce, float, sum_f32, MEAN_F32)
KERNEL(tin_reduce_max_run_s8, tin_reduce, int8_t, max_s8, SAME)
KERNEL(tin_reduce_max_run_s16, tin_reduce, int16_t, max_s16, SAME)
KERNEL(tin_reduce_max_run_f32, tin_reduce, float, max_f32, SAME)
KERNEL(tin_reduce_min_run_s8, tin_reduce, int8_t, min_s8, SAME)
KERNEL(tin_reduce_min_run_s16, tin_reduce, int16_t, min_s16, SAME)
KERNEL(tin_reduce_min_run_f32, tin_reduce, float, min_f32, SAME)

#define ARG(NAME, TYPE, IS_BETTER)                                                                 \
    void NAME(const tin_arg *params, const TYPE *input, int32_t *output) {                         \
        for (int32_t o = 0; o < params->outer; o++) {                                              \
            for (int32_t i = 0; i < params->inner; i++) {                                          \
                const TYPE *x = input + i;                                                         \
                TYPE best = *x;                                                                    \
                int32_t index = 0;                                                                 \
                for (int32_t k = 1; k < params->count; k++) {                                      \
                    x += params->inner;                                                            \
                    if (*x IS_BETTER best) {                                                       \
                        best = *x;                                                                 \
                        index = k;                                                                 \
                    }                                                                              \
                }                                                                                  \
                *output++ = index;                                                                 \
            }                                                                                      \
            input += params->count * params->inner;                                                \
        }                                                                                          \
    }

ARG(tin_arg_max_run_s8, int8_t, >)
ARG(tin_arg_max_run_f32, float, >)
ARG(tin_arg_min_run_s8, int8_t, <)
ARG(tin_arg_min_run_f32, float, <)
