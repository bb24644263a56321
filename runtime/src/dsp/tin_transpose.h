/* SPDX-License-Identifier: Apache-2.0 */
/* Between rows in memory (one per lane) and lanes (value i of every row side by side). */
#ifndef TIN_TRANSPOSE_H
#define TIN_TRANSPOSE_H

#include "tin_lanes.h"

#if TIN_LANES > 1 && defined(__has_builtin)
#if __has_builtin(__builtin_shufflevector)
#define TIN_HAS_SHUFFLE 1
#endif
#endif
#ifndef TIN_HAS_SHUFFLE
#define TIN_HAS_SHUFFLE 0
#endif

/* A position in memory that need not be aligned for a vector. */
#if TIN_LANES > 1
typedef float tin_lanes_unaligned
    __attribute__((vector_size(4 * TIN_LANES), aligned(4), may_alias));
#endif

#if TIN_HAS_SHUFFLE
#if TIN_LANES == 8
#define TIN_LOW_HALVES 0, 8, 1, 9, 2, 10, 3, 11
#define TIN_HIGH_HALVES 4, 12, 5, 13, 6, 14, 7, 15
#else
#define TIN_LOW_HALVES 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define TIN_HIGH_HALVES 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#endif

static inline void tin_interleave(const tin_lanes *in, tin_lanes *out) {
    for (int32_t i = 0; i < TIN_LANES / 2; i++) {
        out[2 * i] = __builtin_shufflevector(in[i], in[i + TIN_LANES / 2], TIN_LOW_HALVES);
        out[2 * i + 1] = __builtin_shufflevector(in[i], in[i + TIN_LANES / 2], TIN_HIGH_HALVES);
    }
}

/* Transposes a square of values: interleaving halves once per bit of the index. */
static inline void tin_transpose_square(tin_lanes *square) {
    tin_lanes other[TIN_LANES];
    tin_interleave(square, other);
    tin_interleave(other, square);
    tin_interleave(square, other);
#if TIN_LANES == 8
    for (int32_t i = 0; i < TIN_LANES; i++) {
        square[i] = other[i];
    }
#else
    tin_interleave(other, square);
#endif
}
#endif

/* out[i] = value i of each row; row l starts at rows + l * stride. Lanes from `num_rows` on repeat
   the last row. */
static inline void tin_lanes_gather(
    const float *rows, size_t stride, int32_t num_rows, int32_t count, tin_lanes *out) {
#if TIN_LANES == 1
    (void)stride;
    (void)num_rows;
    for (int32_t i = 0; i < count; i++) {
        out[i] = rows[i];
    }
#else
    int32_t start = 0;
#if TIN_HAS_SHUFFLE
    while (start < count && count >= TIN_LANES) {
        /* The last square overlaps the one before: reading past a row might leave the signal. */
        start = start > count - TIN_LANES ? count - TIN_LANES : start;
        tin_lanes square[TIN_LANES];
        for (int32_t lane = 0; lane < TIN_LANES; lane++) {
            const size_t row = (size_t)(lane < num_rows ? lane : num_rows - 1);
            square[lane] = *(const tin_lanes_unaligned *)(rows + row * stride + start);
        }
        tin_transpose_square(square);
        for (int32_t i = 0; i < TIN_LANES; i++) {
            out[start + i] = square[i];
        }
        start += TIN_LANES;
    }
#endif
    for (int32_t i = start; i < count; i++) {
        for (int32_t lane = 0; lane < TIN_LANES; lane++) {
            const size_t row = (size_t)(lane < num_rows ? lane : num_rows - 1);
            out[i][lane] = rows[row * stride + (size_t)i];
        }
    }
#endif
}

/* The reverse: row l of the first `num_rows` gets lane l of `count` values. */
static inline void tin_lanes_scatter(
    const tin_lanes *values, int32_t count, float *rows, size_t stride, int32_t num_rows) {
#if TIN_LANES == 1
    (void)stride;
    (void)num_rows;
    for (int32_t i = 0; i < count; i++) {
        rows[i] = values[i];
    }
#else
    int32_t start = 0;
#if TIN_HAS_SHUFFLE
    while (start < count && count >= TIN_LANES) {
        start = start > count - TIN_LANES ? count - TIN_LANES : start;
        tin_lanes square[TIN_LANES];
        for (int32_t i = 0; i < TIN_LANES; i++) {
            square[i] = values[start + i];
        }
        tin_transpose_square(square);
        for (int32_t lane = 0; lane < num_rows; lane++) {
            *(tin_lanes_unaligned *)(rows + (size_t)lane * stride + start) = square[lane];
        }
        start += TIN_LANES;
    }
#endif
    for (int32_t i = start; i < count; i++) {
        for (int32_t lane = 0; lane < num_rows; lane++) {
            rows[(size_t)lane * stride + (size_t)i] = values[i][lane];
        }
    }
#endif
}

/* Loads `count` neighbouring values, at most one per lane; the other lanes become 0. */
static inline tin_lanes tin_lanes_pack(const float *values, int32_t count) {
#if TIN_LANES == 1
    (void)count;
    return values[0];
#else
    if (count == TIN_LANES) {
        return *(const tin_lanes_unaligned *)values;
    }
    tin_lanes packed = {0};
    for (int32_t lane = 0; lane < count; lane++) {
        packed[lane] = values[lane];
    }
    return packed;
#endif
}

/* Stores the first `count` lanes side by side. */
static inline void tin_lanes_unpack(tin_lanes packed, int32_t count, float *values) {
#if TIN_LANES == 1
    (void)count;
    values[0] = packed;
#else
    if (count == TIN_LANES) {
        *(tin_lanes_unaligned *)values = packed;
        return;
    }
    for (int32_t lane = 0; lane < count; lane++) {
        values[lane] = packed[lane];
    }
#endif
}

#endif
