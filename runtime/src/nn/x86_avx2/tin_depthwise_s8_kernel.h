/* SPDX-License-Identifier: Apache-2.0 */
/* int8 depthwise convolution at one level: taps in groups of four, interleaved channel by channel.
 */
#include "tin_image_s8_kernel.h"

/* Four taps of 64 channels as four times 16 channels, in the order that V(pack) undoes. */
TIN_INLINE void V(interleave_taps)(const uint8_t *x, const int32_t *taps, V(quads) out[4]) {
    V(bytes) x0 = V(load_bytes)(x + taps[0]), x1 = V(load_bytes)(x + taps[1]);
    V(bytes) x2 = V(load_bytes)(x + taps[2]), x3 = V(load_bytes)(x + taps[3]);
    V(bytes) low01 = V(low8)(x0, x1), high01 = V(high8)(x0, x1);
    V(bytes) low23 = V(low8)(x2, x3), high23 = V(high8)(x2, x3);
    out[0] = V(quads_of)(V(low16)(low01, low23));
    out[1] = V(quads_of)(V(high16)(low01, low23));
    out[2] = V(quads_of)(V(low16)(high01, high23));
    out[3] = V(quads_of)(V(high16)(high01, high23));
}

/* 64 neighbouring outputs, of which `count` exist. */
TIN_INLINE void V(lanes_s8)(const tin_x86_depthwise_s8 *params,
                            const uint8_t *x,
                            int32_t phase,
                            int32_t count,
                            int8_t *output) {
    const tin_x86_lanes *lanes = &params->lanes;
    const int8_t *w = params->weights + phase * lanes->num_taps * 64;
    const int32_t *records = params->records + phase * 4 * TIN_RECORD;
    tin_x86_limits limits = {params->minimum, params->maximum};
    V(i32) acc[4];
    TIN_UNROLLED
    for (int32_t q = 0; q < 4; q++) {
        acc[q] = V(load_i32)(records + q * TIN_RECORD);
    }
    for (int32_t tap = 0; tap < lanes->num_taps; tap += 4) {
        V(quads) quads[4];
        V(interleave_taps)(x, lanes->taps + tap, quads);
        TIN_UNROLLED
        for (int32_t q = 0; q < 4; q++) {
            acc[q] = V(dot)(acc[q], quads[q], V(load_weights)(w + 64 * q));
        }
        w += 256;
    }
    V(factors) factors[4];
    TIN_UNROLLED
    for (int32_t q = 0; q < 4; q++) {
        factors[q] = V(load_factors)(records + q * TIN_RECORD);
    }
    V(requantize_4)(factors, 1, params->rounding, params->zero_point, acc);
    V(store_bytes)(output, V(pack)(acc, &limits), count);
}

#if TIN_LEVEL == 3
/* 64 neighbouring outputs, of which `count` exist, of four rows below each other: each row of the
   image is interleaved once for all outputs that need it. */
TIN_INLINE void V(stack_s8)(const tin_x86_depthwise_s8 *params,
                            const uint8_t *x,
                            int32_t phase,
                            int32_t stride,
                            int32_t count,
                            const tin_x86_ending *ending,
                            int8_t *output) {
    const tin_x86_lanes *lanes = &params->lanes;
    const int8_t *w = params->weights + phase * 3 * 256;
    const int32_t *records = params->records + phase * 4 * TIN_RECORD;
    V(i32) acc[4][4];
    TIN_UNROLLED
    for (int32_t i = 0; i < 16; i++) {
        acc[i / 4][i % 4] = V(load_i32)(records + i % 4 * TIN_RECORD);
    }
    TIN_UNROLLED
    for (int32_t y = 0; y < 3 * stride + 3; y++) {
        V(quads) quads[4];
        V(interleave_taps)(x + y * lanes->image_row, lanes->taps, quads);
        TIN_UNROLLED
        for (int32_t i = 0; i < 16; i++) {
            int32_t row = i / 4, q = i % 4, ky = y - row * stride;
            if (ky >= 0 && ky < 3) {
                const int8_t *weights = w + 256 * ky + 64 * q;
                acc[row][q] = V(dot)(acc[row][q], quads[q], V(load_weights)(weights));
            }
        }
    }
    V(factors) factors[4];
    TIN_UNROLLED
    for (int32_t q = 0; q < 4; q++) {
        factors[q] = V(load_factors)(records + q * TIN_RECORD);
    }
    TIN_UNROLLED
    for (int32_t row = 0; row < 4; row++) {
        V(requantize_4)(factors, 1, ending->rounding, ending->zero_point, acc[row]);
        V(store_bytes)(output, V(pack)(acc[row], &ending->limits), count);
        output += lanes->segments * lanes->lanes;
    }
}

/* Four rows of the output; one instance for each stride and for the usual activation. */
TIN_INLINE void V(stacked_rows_s8)(const tin_x86_depthwise_s8 *params,
                                   const uint8_t *x,
                                   int32_t stride,
                                   const tin_x86_ending *ending,
                                   int8_t *output) {
    const tin_x86_lanes *lanes = &params->lanes;
    for (int32_t segment = 0; segment < lanes->segments; segment++) {
        int32_t phase = 0;
        for (int32_t lane = 0; lane < lanes->lanes; lane += 64) {
            V(stack_s8)(
                params, x + lane, phase, stride, lanes->lanes - lane, ending, output + lane);
            phase = phase + 1 == lanes->period ? 0 : phase + 1;
        }
        x += lanes->segment_step;
        output += lanes->lanes;
    }
}

/* As many rows as can be done four at once; how many. */
TIN_INLINE int32_t V(stacks_s8)(const tin_x86_depthwise_s8 *params,
                                const uint8_t *image,
                                int8_t *output) {
    const tin_x86_lanes *lanes = &params->lanes;
    const tin_x86_ending ending = {
        params->rounding, params->zero_point, {params->minimum, params->maximum}};
    const tin_x86_ending positive = {TIN_X86_SCALED | TIN_X86_POSITIVE, 0, TIN_X86_EVERY};
    const int32_t is_positive = tin_x86_ends_so(&ending, positive.rounding);
    int32_t y = 0;
    for (; lanes->stack && y + 4 <= lanes->out_height; y += 4) {
        const uint8_t *x = image + y * lanes->row_step;
        int8_t *rows = output + y * lanes->segments * lanes->lanes;
        if (lanes->stack == 1 && is_positive) {
            V(stacked_rows_s8)(params, x, 1, &positive, rows);
        } else if (lanes->stack == 1) {
            V(stacked_rows_s8)(params, x, 1, &ending, rows);
        } else if (is_positive) {
            V(stacked_rows_s8)(params, x, 2, &positive, rows);
        } else {
            V(stacked_rows_s8)(params, x, 2, &ending, rows);
        }
    }
    return y;
}
#else
TIN_INLINE
int32_t V(stacks_s8)(const tin_x86_depthwise_s8 *params, const uint8_t *image, int8_t *output) {
    (void)params, (void)image, (void)output;
    return 0; /* too few registers */
}
#endif

static TIN_TARGET void V(depthwise_s8)(const tin_x86_depthwise_s8 *params,
                                       const int8_t *input,
                                       int8_t *output,
                                       int8_t *scratch) {
    const tin_x86_lanes *lanes = &params->lanes;
    const uint8_t *image = V(image_s8)(&params->image, input, scratch);
    int32_t done = V(stacks_s8)(params, image, output);
    image += done * lanes->row_step;
    output += done * lanes->segments * lanes->lanes;
    for (int32_t y = done; y < lanes->out_height; y++) {
        const uint8_t *x = image;
        for (int32_t segment = 0; segment < lanes->segments; segment++) {
            int32_t phase = 0;
            for (int32_t lane = 0; lane < lanes->lanes; lane += 64) {
                V(lanes_s8)(params, x + lane, phase, lanes->lanes - lane, output + lane);
                phase = phase + 1 == lanes->period ? 0 : phase + 1;
            }
            x += lanes->segment_step;
            output += lanes->lanes;
        }
        image += lanes->row_step;
    }
}
