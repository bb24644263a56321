/* SPDX-License-Identifier: Apache-2.0 */
/* tin_simd_image of values of any type, and the walk over its windows. */
#ifndef TIN_NN_SIMD128_IMAGE_KERNEL_H
#define TIN_NN_SIMD128_IMAGE_KERNEL_H

#include "tin/nn/bytes.h"
#include "tin/nn/simd128/product.h"
#include "tin_simd.h"

/* Copies `pieces` times `bytes`, a vector of each piece after the other. */
TIN_SIMD_INLINE void tin_simd_copy(int8_t *to,
                                   int32_t to_step,
                                   const int8_t *from,
                                   int32_t from_step,
                                   int32_t pieces,
                                   int32_t bytes) {
    for (; bytes >= 16; bytes -= 16, to += 16, from += 16) {
        int8_t *out = to;
        const int8_t *in = from;
        for (int32_t i = 0; i < pieces; i++, out += to_step, in += from_step) {
            tin_simd_store(out, tin_simd_load(in));
        }
    }
    for (int32_t i = 0; i < pieces && bytes > 0; i++, to += to_step, from += from_step) {
        tin_copy_s8(to, from, bytes);
    }
}

/* One row, `bytes` for each value. */
TIN_SIMD_INLINE void
tin_simd_image_row(const tin_simd_image *image, const int8_t *from, int32_t bytes, int8_t *to) {
    const int32_t pixel = image->channels * bytes;
    if (image->phases == 1) {
        tin_simd_copy(to + image->left * pixel, 0, from, 0, 1, image->columns * pixel);
        return;
    }
    for (int32_t x = 0; x < image->phases && x < image->columns; x++) {
        int32_t column = x + image->left;
        int32_t plane = column % image->phases * image->plane * bytes;
        int8_t *out = to + plane + column / image->phases * pixel;
        int32_t pixels = (image->columns - x + image->phases - 1) / image->phases;
        tin_simd_copy(out, pixel, from + x * pixel, image->phases * pixel, pixels, pixel);
    }
}

/* The image that kernels slide over; 16 values behind it may be read and are defined, too. */
TIN_SIMD_INLINE const int8_t *
tin_simd_image_of(const tin_simd_image *image, const int8_t *from, int32_t bytes, int8_t *scratch) {
    if (image->size == 0) {
        return from;
    }
    const tin_simd_s8 fill = tin_simd_splat(image->fill);
    const int32_t size = image->size * bytes;
    int32_t first = image->has_border ? 0 : size;
    for (; first < size; first += 16) {
        tin_simd_store(scratch + first, fill);
    }
    for (first = 0; first < 16 * bytes; first += 16) {
        tin_simd_store(scratch + size + first, fill);
    }
    int8_t *to = scratch + image->top * image->out_row * bytes;
    for (int32_t y = 0; y < image->rows; y++) {
        tin_simd_image_row(image, from, bytes, to);
        from += image->in_row * bytes;
        to += image->out_row * bytes;
    }
    return scratch;
}

/* Position of the next window. */
typedef struct {
    ptrdiff_t offset; /* values from the start of the image */
    int32_t column;
    int32_t left; /* windows, this one included */
} tin_simd_cursor;

/* The next window's offset; the last one's again when there is none left. */
TIN_SIMD_INLINE ptrdiff_t tin_simd_next(const tin_simd_windows *windows, tin_simd_cursor *at) {
    ptrdiff_t offset = at->offset;
    if (at->left > 1) {
        at->offset += windows->pixel_step;
        if (++at->column == windows->out_width) {
            at->column = 0;
            at->offset += windows->row_step - windows->out_width * windows->pixel_step;
        }
        at->left--;
    }
    return offset;
}

#endif
