/* SPDX-License-Identifier: Apache-2.0 */
/* Products of two run-time matrices; steps between values say how each is stored. */
#include "tin/nn/batch_matmul.h"
#include "tin/nn/requantize.h"

static void matrix_s8(const tin_batch_matmul_s8 *params,
                      const int8_t *left,
                      const int8_t *right,
                      int8_t *output) {
    const tin_matrices *of = &params->matrices;
    for (int32_t row = 0; row < of->rows; row++, left += of->left_row) {
        for (int32_t column = 0; column < of->columns; column++) {
            const int8_t *x = left;
            const int8_t *y = right + column * of->right_column;
            int32_t sum = 0;
            for (int32_t k = 0; k < of->depth; k++) {
                sum += (*x + params->left_offset) * (*y + params->right_offset);
                x += of->left_k;
                y += of->right_k;
            }
            sum = tin_requantize(sum, params->multiplier, params->shift) + params->zero_point;
            *output++ = (int8_t)tin_clamp_s32(sum, INT8_MIN, INT8_MAX);
        }
    }
}

void tin_batch_matmul_run_s8(const tin_batch_matmul_s8 *params,
                             const int8_t *left,
                             const int8_t *right,
                             int8_t *output) {
    const tin_matrices *of = &params->matrices;
    for (int32_t batch = 0; batch < of->batches; batch++) {
        matrix_s8(params, left + of->left[batch], right + of->right[batch], output);
        output += of->rows * of->columns;
    }
}

static void
matrix_f32(const tin_matrices *of, const float *left, const float *right, float *output) {
    for (int32_t row = 0; row < of->rows; row++, left += of->left_row) {
        for (int32_t column = 0; column < of->columns; column++) {
            const float *x = left;
            const float *y = right + column * of->right_column;
            float sum = 0.0f;
            for (int32_t k = 0; k < of->depth; k++) {
                sum += *x * *y;
                x += of->left_k;
                y += of->right_k;
            }
            *output++ = sum;
        }
    }
}

void tin_batch_matmul_run_f32(const tin_batch_matmul_f32 *params,
                              const float *left,
                              const float *right,
                              float *output) {
    const tin_matrices *of = &params->matrices;
    for (int32_t batch = 0; batch < of->batches; batch++) {
        matrix_f32(of, left + of->left[batch], right + of->right[batch], output);
        output += of->rows * of->columns;
    }
}
