/* SPDX-License-Identifier: Apache-2.0 */
/* tin_simd_image of int8 values. */
#ifndef TIN_NN_SIMD128_IMAGE_KERNEL_H
#define TIN_NN_SIMD128_IMAGE_KERNEL_H

#include "tin/nn/bytes.h"
#include "tin/nn/simd128/image.h"
#include "tin_simd.h"

TIN_SIMD_INLINE void tin_simd_copy(int8_t *to, const int8_t *from, int32_t count) {
    for (; count >= 16; count -= 16, to += 16, from += 16) {
        tin_simd_store(to, tin_simd_load(from));
    }
    tin_copy_s8(to, from, count);
}

/* Columns first, first + phases, ... of one row, to the plane they share. */
static inline void
tin_simd_image_plane(const tin_simd_image *image, const int8_t *from, int32_t first, int8_t *to) {
    int32_t column = first + image->left;
    to += column % image->phases * image->plane + column / image->phases * image->channels;
    for (int32_t x = first; x < image->columns; x += image->phases) {
        tin_simd_copy(to, from + x * image->channels, image->channels);
        to += image->channels;
    }
}

/* The image that kernels slide over; 16 values behind it may be read and are defined, too. */
static inline const int8_t *
tin_simd_image_of(const tin_simd_image *image, const int8_t *from, int8_t *scratch) {
    if (image->size == 0) {
        return from;
    }
    const tin_simd_s8 fill = tin_simd_splat(image->fill);
    int32_t first = image->has_border ? 0 : image->size;
    for (; first < image->size; first += 16) {
        tin_simd_store(scratch + first, fill);
    }
    tin_simd_store(scratch + image->size, fill);
    int8_t *to = scratch + image->top * image->out_row;
    for (int32_t y = 0; y < image->rows; y++) {
        if (image->phases == 1) {
            int32_t left = image->left * image->channels;
            tin_simd_copy(to + left, from, image->columns * image->channels);
        } else {
            for (int32_t x = 0; x < image->phases && x < image->columns; x++) {
                tin_simd_image_plane(image, from, x, to);
            }
        }
        from += image->in_row;
        to += image->out_row;
    }
    return scratch;
}

#endif
