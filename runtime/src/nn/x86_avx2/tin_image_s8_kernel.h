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

/* The image that kernels slide over. */
TIN_INLINE const uint8_t *
V(image_s8)(const tin_x86_image *image, const int8_t *from, int8_t *scratch) {
    uint8_t *copy = (uint8_t *)scratch;
    copy += -(uintptr_t)copy % TIN_CACHE_LINE;
    if (image->has_border) {
        V(fill)(copy, image->fill, image->size);
    }
    uint8_t *to = copy + image->top * image->out_row;
    for (int32_t y = 0; y < image->rows; y++) {
        if (image->phases == 1) {
            int32_t left = image->left * image->channels;
            V(copy_flipped)(to + left, from, image->columns * image->channels);
        } else {
            for (int32_t x = 0; x < image->phases && x < image->columns; x++) {
                V(image_plane_s8)(image, from, x, to);
            }
        }
        from += image->in_row;
        to += image->out_row;
    }
    return copy;
}
