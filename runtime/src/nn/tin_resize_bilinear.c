/* SPDX-License-Identifier: Apache-2.0 */
/* Bilinear resizing: every output pixel from two pixels of each of two rows. */
#include "tin/nn/resize_bilinear.h"

/* `above` and `below` are rows of the input; sums stay below 2^27. */
static int8_t *resize_row_s8(const tin_resize_bilinear_s8 *params,
                             const int8_t *above,
                             const int8_t *below,
                             int32_t down,
                             int8_t *output) {
    for (int32_t x = 0; x < params->width; x++) {
        int32_t left = params->columns[2 * x], right = params->columns[2 * x + 1];
        int32_t across = params->column_weights[x];
        for (int32_t c = 0; c < params->channels; c++) {
            int32_t a = above[left + c], b = below[left + c];
            int32_t top = a * 1024 + (above[right + c] - a) * across;
            int32_t bottom = b * 1024 + (below[right + c] - b) * across;
            int32_t sum = top * 1024 + (bottom - top) * down;
            *output++ = (int8_t)((sum + (sum > 0 ? 1 << 19 : -(1 << 19))) / (1 << 20));
        }
    }
    return output;
}

void tin_resize_bilinear_run_s8(const tin_resize_bilinear_s8 *params,
                                const int8_t *input,
                                int8_t *output) {
    for (int32_t batch = 0; batch < params->batches; batch++) {
        for (int32_t y = 0; y < params->height; y++) {
            const int8_t *above = input + params->rows[2 * y];
            const int8_t *below = input + params->rows[2 * y + 1];
            output = resize_row_s8(params, above, below, params->row_weights[y], output);
        }
        input += params->image;
    }
}

static float *resize_row_f32(const tin_resize_bilinear_f32 *params,
                             const float *above,
                             const float *below,
                             float down,
                             float *output) {
    float up = 1.0f - down;
    for (int32_t x = 0; x < params->width; x++) {
        int32_t left = params->columns[2 * x], right = params->columns[2 * x + 1];
        float across = params->column_weights[x];
        float weights[4] = {
            up * (1.0f - across), down * (1.0f - across), up * across, down * across};
        for (int32_t c = 0; c < params->channels; c++) {
            float sum = above[left + c] * weights[0] + below[left + c] * weights[1];
            sum += above[right + c] * weights[2];
            sum += below[right + c] * weights[3];
            *output++ = sum;
        }
    }
    return output;
}

void tin_resize_bilinear_run_f32(const tin_resize_bilinear_f32 *params,
                                 const float *input,
                                 float *output) {
    for (int32_t batch = 0; batch < params->batches; batch++) {
        for (int32_t y = 0; y < params->height; y++) {
            const float *above = input + params->rows[2 * y];
            const float *below = input + params->rows[2 * y + 1];
            output = resize_row_f32(params, above, below, params->row_weights[y], output);
        }
        input += params->image;
    }
}
