/* SPDX-License-Identifier: Apache-2.0 */
/* Walking over the windows of an image, row after row. */
#ifndef TIN_NN_X86_AVX2_WINDOWS_KERNEL_H
#define TIN_NN_X86_AVX2_WINDOWS_KERNEL_H

#include "tin/nn/x86_avx2/product.h"

/* Position of the next window. */
typedef struct {
    ptrdiff_t offset; /* values from the start of the image */
    int32_t column;
    int32_t left; /* windows, this one included */
} tin_x86_cursor;

/* The next window's offset; the last one's again when there is none left. */
static inline ptrdiff_t tin_x86_next(const tin_x86_windows *windows, tin_x86_cursor *at) {
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

/* The next `count` windows' offsets: in one step where they lie in one row and others follow. */
static inline void tin_x86_next_few(const tin_x86_windows *windows,
                                    tin_x86_cursor *at,
                                    int32_t count,
                                    ptrdiff_t *offsets) {
    if (at->column + count < windows->out_width && at->left > count) {
        for (int32_t i = 0; i < count; i++) {
            offsets[i] = at->offset + (ptrdiff_t)i * windows->pixel_step;
        }
        at->offset += (ptrdiff_t)count * windows->pixel_step;
        at->column += count;
        at->left -= count;
        return;
    }
    for (int32_t i = 0; i < count; i++) {
        offsets[i] = tin_x86_next(windows, at);
    }
}

#endif
