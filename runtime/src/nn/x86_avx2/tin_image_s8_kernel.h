/* SPDX-License-Identifier: Apache-2.0 */
/* tin_x86_image of int8 values, as unsigned bytes; at one level. */
#include "tin_vectors.h"

/* Columns first, first + phases, ... of one row, to the plane they share. */
TIN_INLINE void
V(image_plane_s8)(const tin_x86_image *image, const int8_t *from, int32_t first, uint8_t *to) {
    int32_t column = first + image->left;
    to += column % image->phases * image->plane + column / image->phases * image->channels;
    for (int32_t x = first; x < image->columns; x += image->phases) {
        V(copy_flipped)(to, from + x * image->channels, image->channels);
        to += image->channels;
    }
}

/* One row with its border. What is written behind it is overwritten later, or slack. */
TIN_INLINE void V(image_row_s8)(const tin_x86_image *image, const int8_t *from, uint8_t *to) {
    const int32_t left = image->left * image->channels, count = image->columns * image->channels;
    if (image->has_border) {
        V(fill)(to, image->fill, left);
    }
    V(copy_flipped)(to + left, from, count);
    if (image->has_border) {
        V(fill)(to + left + count, image->fill, image->out_row - left - count);
    }
}

/* The image that kernels slide over. */
TIN_INLINE const uint8_t *
V(image_s8)(const tin_x86_image *image, const int8_t *from, int8_t *scratch) {
    uint8_t *copy = (uint8_t *)scratch;
    copy += -(uintptr_t)copy % TIN_CACHE_LINE;
    const int32_t is_simple = image->phases == 1 && image->rows > 0 && image->columns > 0;
    uint8_t *to = copy + image->top * image->out_row;
    if (image->has_border) {
        V(fill)(copy, image->fill, is_simple ? (int32_t)(to - copy) : image->size);
    }
    for (int32_t y = 0; y < image->rows; y++) {
        if (is_simple) {
            V(image_row_s8)(image, from, to);
        } else {
            for (int32_t x = 0; x < image->phases && x < image->columns; x++) {
                V(image_plane_s8)(image, from, x, to);
            }
        }
        from += image->in_row;
        to += image->out_row;
    }
    if (image->has_border && is_simple) {
        V(fill)(to, image->fill, image->size - (int32_t)(to - copy));
    }
    return copy;
}
