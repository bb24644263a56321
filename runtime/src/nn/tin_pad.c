/* SPDX-License-Identifier: Apache-2.0 */
/* Padding: every innermost row of the output is either border or border, input row, border. */
#include "tin/nn/bytes.h"
#include "tin/nn/pad.h"

/* Index of the input row that output row (i, j, k) holds, or -1 when it is all border. */
static int32_t input_row(const int32_t *shape, const int32_t *before, const int32_t *at) {
    int32_t row = 0;
    for (int32_t axis = 0; axis < 3; axis++) {
        int32_t index = at[axis] - before[axis];
        if (index < 0 || index >= shape[axis]) {
            return -1;
        }
        row = row * shape[axis] + index;
    }
    return row;
}

/* Counts `at` up to the next output row; 0 after the last. */
static int
next_row(const int32_t *shape, const int32_t *before, const int32_t *after, int32_t *at) {
    for (int32_t axis = 2; axis >= 0; axis--) {
        if (++at[axis] < before[axis] + shape[axis] + after[axis]) {
            return 1;
        }
        at[axis] = 0;
    }
    return 0;
}

void tin_pad_run_s8(const tin_pad_s8 *params, const int8_t *input, int8_t *output) {
    int32_t length = params->shape[3];
    int32_t before = params->before[3], after = params->after[3];
    int8_t value = (int8_t)params->value;
    int32_t at[3] = {0, 0, 0};
    do {
        int32_t row = input_row(params->shape, params->before, at);
        if (row < 0) {
            tin_fill_s8(output, value, before + length + after);
        } else {
            tin_fill_s8(output, value, before);
            tin_copy_s8(output + before, input + row * length, length);
            tin_fill_s8(output + before + length, value, after);
        }
        output += before + length + after;
    } while (next_row(params->shape, params->before, params->after, at));
}

void tin_pad_run_f32(const tin_pad_f32 *params, const float *input, float *output) {
    int32_t length = params->shape[3];
    int32_t before = params->before[3], after = params->after[3];
    int32_t at[3] = {0, 0, 0};
    do {
        int32_t row = input_row(params->shape, params->before, at);
        if (row < 0) {
            tin_fill_f32(output, params->value, before + length + after);
        } else {
            tin_fill_f32(output, params->value, before);
            tin_copy_f32(output + before, input + row * length, length);
            tin_fill_f32(output + before + length, params->value, after);
        }
        output += before + length + after;
    } while (next_row(params->shape, params->before, params->after, at));
}
