/* SPDX-License-Identifier: Apache-2.0 */
/* Matrix products: up to 64 values of input rows stay in vector registers while weights stream by.
 */
#include "tin/nn/armv81m_mve/mve_matmul.h"
#include "tin_mve_outputs.h"

#define GROUP_BYTES (TIN_MVE_GROUP * TIN_MVE_CHUNK)

static int32_t chunks_of(const tin_mve_matmul_s8 *params) {
    return (params->depth + TIN_MVE_CHUNK - 1) / TIN_MVE_CHUNK;
}

#if TIN_HAS_MVE

/* One product of 16 values; the first one starts the sum. */
TIN_MVE_INLINE int32_t dot(int32_t sum, int is_first, int8x16_t x, const int8_t *w) {
    return is_first ? vmladavq_s8(x, vldrbq_s8(w)) : vmladavaq_s8(sum, x, vldrbq_s8(w));
}

/* All outputs of one row of up to 64 values. */
TIN_MVE_INLINE void
short_row(const tin_mve_matmul_s8 *params, const int8_t *x, int8_t *out, int chunks, int is_plain) {
    const int8_t *w = params->weights;
    int8x16_t v[4];
    for (int c = 0; c < chunks; c++) {
        uint32_t left = (uint32_t)(params->depth - c * TIN_MVE_CHUNK);
        v[c] = vldrbq_z_s8(x + c * TIN_MVE_CHUNK, vctp8q(left));
    }
    tin_mve_walk walk = tin_mve_start(&params->requantize, params->num_outputs);
    do {
        int32_t s[TIN_MVE_GROUP] = {0};
        for (int c = 0; c < chunks; c++) {
            for (int j = 0; j < TIN_MVE_GROUP; j++) {
                s[j] = dot(s[j], c == 0, v[c], w);
                w += TIN_MVE_CHUNK;
            }
        }
        tin_mve_store(&walk, tin_mve_join(s[0], s[1], s[2], s[3]), out, is_plain);
        tin_mve_advance(&walk);
        out += TIN_MVE_GROUP;
    } while (walk.left > 0);
}

/* All outputs of one row of any length. */
TIN_MVE_INLINE void
long_row(const tin_mve_matmul_s8 *params, const int8_t *row, int8_t *out, int is_plain) {
    const int8_t *w = params->weights;
    int32_t whole = params->depth / TIN_MVE_CHUNK;
    mve_pred16_t rest = vctp8q((uint32_t)(params->depth % TIN_MVE_CHUNK));
    tin_mve_walk walk = tin_mve_start(&params->requantize, params->num_outputs);
    do {
        int32_t s0 = 0, s1 = 0, s2 = 0, s3 = 0;
        const int8_t *x = row;
        for (int32_t c = 0; c < whole; c++) {
            int8x16_t v = vldrbq_s8(x);
            s0 = vmladavaq_s8(s0, v, vldrbq_s8(w));
            s1 = vmladavaq_s8(s1, v, vldrbq_s8(w + TIN_MVE_CHUNK));
            s2 = vmladavaq_s8(s2, v, vldrbq_s8(w + 2 * TIN_MVE_CHUNK));
            s3 = vmladavaq_s8(s3, v, vldrbq_s8(w + 3 * TIN_MVE_CHUNK));
            x += TIN_MVE_CHUNK;
            w += GROUP_BYTES;
        }
        if (rest) {
            int8x16_t v = vldrbq_z_s8(x, rest);
            s0 = vmladavaq_s8(s0, v, vldrbq_s8(w));
            s1 = vmladavaq_s8(s1, v, vldrbq_s8(w + TIN_MVE_CHUNK));
            s2 = vmladavaq_s8(s2, v, vldrbq_s8(w + 2 * TIN_MVE_CHUNK));
            s3 = vmladavaq_s8(s3, v, vldrbq_s8(w + 3 * TIN_MVE_CHUNK));
            w += GROUP_BYTES;
        }
        tin_mve_store(&walk, tin_mve_join(s0, s1, s2, s3), out, is_plain);
        tin_mve_advance(&walk);
        out += TIN_MVE_GROUP;
    } while (walk.left > 0);
}

TIN_MVE_INLINE void
row(const tin_mve_matmul_s8 *params, const int8_t *x, int8_t *out, int is_plain) {
    switch (chunks_of(params)) {
    case 1:
        short_row(params, x, out, 1, is_plain);
        break;
    case 2:
        short_row(params, x, out, 2, is_plain);
        break;
    case 3:
        short_row(params, x, out, 3, is_plain);
        break;
    case 4:
        short_row(params, x, out, 4, is_plain);
        break;
    default:
        long_row(params, x, out, is_plain);
    }
}

void tin_mve_matmul_run_s8(const tin_mve_matmul_s8 *params,
                           const int8_t *input,
                           int32_t num_rows,
                           int32_t row_step,
                           int8_t *output) {
    int is_plain = tin_mve_is_plain(&params->requantize, params->num_outputs);
    for (; num_rows > 0; num_rows--) {
        if (is_plain) {
            row(params, input, output, 1);
        } else {
            row(params, input, output, 0);
        }
        input += row_step;
        output += params->num_outputs;
    }
}

#else

static int32_t dot(const int8_t *x, const int8_t *w, int32_t depth) {
    int32_t sum = 0;
    for (int32_t k = 0; k < depth; k++) {
        sum += x[k] * w[k / TIN_MVE_CHUNK * GROUP_BYTES + k % TIN_MVE_CHUNK];
    }
    return sum;
}

void tin_mve_matmul_run_s8(const tin_mve_matmul_s8 *params,
                           const int8_t *input,
                           int32_t num_rows,
                           int32_t row_step,
                           int8_t *output) {
    int32_t group_bytes = chunks_of(params) * GROUP_BYTES;
    for (; num_rows > 0; num_rows--) {
        for (int32_t i = 0; i < params->num_outputs; i++) {
            const int8_t *w = params->weights + i / TIN_MVE_GROUP * group_bytes;
            int32_t sum = dot(input, w + i % TIN_MVE_GROUP * TIN_MVE_CHUNK, params->depth);
            tin_requantize_run_s8(&params->requantize, &sum, i, 1, output + i);
        }
        input += row_step;
        output += params->num_outputs;
    }
}

#endif
