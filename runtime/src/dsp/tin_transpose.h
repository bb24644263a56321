/* SPDX-License-Identifier: Apache-2.0 */
/* Between rows in memory (one per lane) and lanes (value i of every row side by side). */
#ifndef TIN_TRANSPOSE_H
#define TIN_TRANSPOSE_H

#include "tin_lanes.h"

#if TIN_LANES > 1
/* Vectors in memory that need not be aligned. */
typedef float tin_lanes_unaligned
    __attribute__((vector_size(4 * TIN_LANES), aligned(4), may_alias));
typedef float tin_octet __attribute__((vector_size(32)));
typedef float tin_octet_unaligned __attribute__((vector_size(32), aligned(4), may_alias));

static inline tin_octet tin_octet_load(const float *values) {
    return *(const tin_octet_unaligned *)values;
}

static inline void tin_octet_store(tin_octet octet, float *values) {
    *(tin_octet_unaligned *)values = octet;
}

#if defined(__clang__)
#define TIN_SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
typedef int32_t tin_octet_s32 __attribute__((vector_size(32)));
#define TIN_SHUFFLE(a, b, ...) __builtin_shuffle(a, b, (tin_octet_s32){__VA_ARGS__})
#endif

/* Transposes 4 x 4 squares in both halves of four vectors. */
static inline void tin_transpose_quads(tin_octet *rows) {
    const tin_octet low01 = TIN_SHUFFLE(rows[0], rows[1], 0, 8, 1, 9, 4, 12, 5, 13);
    const tin_octet high01 = TIN_SHUFFLE(rows[0], rows[1], 2, 10, 3, 11, 6, 14, 7, 15);
    const tin_octet low23 = TIN_SHUFFLE(rows[2], rows[3], 0, 8, 1, 9, 4, 12, 5, 13);
    const tin_octet high23 = TIN_SHUFFLE(rows[2], rows[3], 2, 10, 3, 11, 6, 14, 7, 15);
    rows[0] = TIN_SHUFFLE(low01, low23, 0, 1, 8, 9, 4, 5, 12, 13);
    rows[1] = TIN_SHUFFLE(low01, low23, 2, 3, 10, 11, 6, 7, 14, 15);
    rows[2] = TIN_SHUFFLE(high01, high23, 0, 1, 8, 9, 4, 5, 12, 13);
    rows[3] = TIN_SHUFFLE(high01, high23, 2, 3, 10, 11, 6, 7, 14, 15);
}

/* Transposes a square of 8 x 8 values. */
static inline void tin_transpose_octets(tin_octet *rows) {
    for (int32_t i = 0; i < 4; i++) {
        const tin_octet upper = rows[i];
        const tin_octet lower = rows[i + 4];
        rows[i] = TIN_SHUFFLE(upper, lower, 0, 1, 2, 3, 8, 9, 10, 11);
        rows[i + 4] = TIN_SHUFFLE(upper, lower, 4, 5, 6, 7, 12, 13, 14, 15);
    }
    tin_transpose_quads(rows);
    tin_transpose_quads(rows + 4);
}

/* Start of the last whole square when `start` is past it: squares overlap, nothing is read or
   written beyond `count`. */
static inline int32_t tin_square_start(int32_t start, int32_t count) {
    return start > count - 8 ? count - 8 : start;
}
#endif

#if TIN_LANES > 1
/* Eight neighbouring values of eight rows, from `start` on, as eight vectors over the rows. */
static inline void tin_octets_load(const float *const *rows, int32_t start, tin_octet *square) {
    for (int32_t i = 0; i < 8; i++) {
        square[i] = tin_octet_load(rows[i] + start);
    }
    tin_transpose_octets(square);
}

/* out[i] = value i of each of TIN_LANES rows. */
static inline void tin_lanes_gather_rows(const float *const *rows, int32_t count, tin_lanes *out) {
    for (int32_t next = 0; count >= 8 && next < count; next += 8) {
        const int32_t start = tin_square_start(next, count);
        for (int32_t lane = 0; lane < TIN_LANES; lane += 8) {
            tin_octet square[8];
            tin_octets_load(rows + lane, start, square);
            for (int32_t i = 0; i < 8; i++) {
                tin_octet_store(square[i], (float *)(out + start + i) + lane);
            }
        }
    }
    for (int32_t i = 0; count < 8 && i < count; i++) {
        for (int32_t lane = 0; lane < TIN_LANES; lane++) {
            out[i][lane] = rows[lane][i];
        }
    }
}

/* The same less `factor` times the value before, which for the first value is `before`. */
static inline void tin_lanes_gather_differences(
    const float *const *rows, const float *before, float factor, int32_t count, tin_lanes *out) {
    const int32_t whole = count & ~7;
    for (int32_t lane = 0; lane < TIN_LANES; lane += 8) {
        tin_octet last = tin_octet_load(before + lane);
        for (int32_t start = 0; start < whole; start += 8) {
            tin_octet square[8];
            tin_octets_load(rows + lane, start, square);
            for (int32_t i = 0; i < 8; i++) {
                tin_octet_store(square[i] - last * factor, (float *)(out + start + i) + lane);
                last = square[i];
            }
        }
    }
    for (int32_t i = whole; i < count; i++) {
        for (int32_t lane = 0; lane < TIN_LANES; lane++) {
            const float last = i > 0 ? rows[lane][i - 1] : before[lane];
            out[i][lane] = rows[lane][i] - last * factor;
        }
    }
}
#endif

/* out[i] = value i of each row; rows start `stride` values apart. Lanes from `num_rows` on repeat
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
    const float *starts[TIN_LANES];
    for (int32_t lane = 0; lane < TIN_LANES; lane++) {
        starts[lane] = rows + stride * (size_t)(lane < num_rows ? lane : num_rows - 1);
    }
    tin_lanes_gather_rows(starts, count, out);
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
    for (int32_t next = 0; count >= 8 && next < count; next += 8) {
        const int32_t start = tin_square_start(next, count);
        for (int32_t lane = 0; lane < num_rows; lane += 8) {
            tin_octet square[8];
            for (int32_t i = 0; i < 8; i++) {
                square[i] = tin_octet_load((const float *)(values + start + i) + lane);
            }
            tin_transpose_octets(square);
            for (int32_t i = 0; i < 8 && lane + i < num_rows; i++) {
                tin_octet_store(square[i], rows + (size_t)(lane + i) * stride + start);
            }
        }
    }
    for (int32_t i = 0; count < 8 && i < count; i++) {
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
