/* SPDX-License-Identifier: Apache-2.0 */
/* tin_x86_image of floats; at one level. */
#include "tin_vectors.h"

TIN_INLINE void V(copy_f32)(float *to, const float *from, int32_t count) {
    for (; count >= 16; count -= 16, to += 16, from += 16) {
        V(store_f32)(to, V(load_f32)(from), 16);
    }
    for (; count > 0; count--) {
        *to++ = *from++;
    }
}

/* Columns first, first + phases, ... of one row, to the plane they share. */
TIN_INLINE void
V(image_plane_f32)(const tin_x86_image *image, const float *from, int32_t first, float *to) {
    int32_t column = first + image->left;
    to += column % image->phases * image->plane + column / image->phases * image->channels;
    for (int32_t x = first; x < image->columns; x += image->phases) {
        V(copy_f32)(to, from + x * image->channels, image->channels);
        to += image->channels;
    }
}

/* The image that kernels slide over. */
TIN_INLINE const float *
V(image_f32)(const tin_x86_image *image, const float *from, float *scratch) {
    if (image->size == 0) {
        return from;
    }
    scratch += -(uintptr_t)scratch % TIN_CACHE_LINE / sizeof(float);
    if (image->has_border) {
        for (int32_t i = 0; i < image->size; i++) {
            scratch[i] = 0.0f;
        }
    }
    float *to = scratch + image->top * image->out_row;
    for (int32_t y = 0; y < image->rows; y++) {
        if (image->phases == 1) {
            int32_t left = image->left * image->channels;
            V(copy_f32)(to + left, from, image->columns * image->channels);
        } else {
            for (int32_t x = 0; x < image->phases && x < image->columns; x++) {
                V(image_plane_f32)(image, from, x, to);
            }
        }
        from += image->in_row;
        to += image->out_row;
    }
    return scratch;
}
