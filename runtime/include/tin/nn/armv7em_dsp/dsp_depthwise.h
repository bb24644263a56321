/* SPDX-License-Identifier: Apache-2.0 */
/* Depthwise convolution on Cortex-M with DSP: four channels at a time, line by line. */
#ifndef TIN_NN_ARMV7EM_DSP_DSP_DEPTHWISE_H
#define TIN_NN_ARMV7EM_DSP_DSP_DEPTHWISE_H

#include "tin/nn/window2d.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A line is a row of the image, or a column where that is the longer side: `window` is as seen
   along lines, and steps say how many bytes lie from pixel to pixel and from line to line.

   Lines are kept widened to int16 and sorted by channel, two neighbours to a word, each line in
   one of kernel_height slots: the first kernel_height lines in slots 0, 1, ... */
typedef struct {
    tin_window2d window; /* dilation 1 */
    int32_t in_pixel;
    int32_t in_line;
    int32_t out_pixel;
    int32_t out_line;
    int32_t line_words;    /* words of a widened line */
    int32_t is_3x3;        /* 1: 3 x 3 with equal strides of 1 or 2, see tin_dsp_depthwise3_run */
    const int8_t *weights; /* [channels][kernel_height][kernel_width] */
    const int32_t *bias;   /* [channels] */
    const int32_t *factor; /* [channels], or [1]; see tin_dsp_gemm */
    const int8_t *shift;   /* as factor */
    int32_t per_channel;   /* 1: a factor per channel, 0: one for all */
    int32_t zero_point;    /* of the output */
    int32_t from_zero;     /* 1: halves away from zero; 0: no negative sum gives an output above
                              -128, so that rounding all halves up gives the same */
    int32_t is_clamped;    /* 1: outputs are cut to minimum..maximum */
    int32_t minimum;       /* fused activation, in output steps */
    int32_t maximum;
} tin_dsp_depthwise_s8;

/* scratch, 4-byte aligned: for each of four channels kernel_height * line_words words of lines,
   2 * kernel_height - 1 rows of weights of (kernel_width + 1) / 2 words each, and 3 words of
   scales.

   The output may begin at or before an input that nothing else needs; where they overlap, the
   input is moved first. */
void tin_dsp_depthwise_run_s8(const tin_dsp_depthwise_s8 *params,
                              const int8_t *input,
                              int8_t *output,
                              int8_t *scratch);

/* One output row from the input rows of its windows, top to bottom; NULL: a row of padding. Lines
   are rows. */
void tin_dsp_depthwise_row_s8(const tin_dsp_depthwise_s8 *params,
                              const int8_t *const *rows,
                              int8_t *output,
                              int8_t *scratch);

/* How the sums of one channel become outputs. */
typedef struct {
    int32_t factor;
    int32_t shift;
    int32_t bias;
} tin_dsp_depthwise_scale;

/* A line of outputs of up to four channels. */
typedef struct {
    const uint32_t *weights; /* of the first channel; from the kernel row of the first slot on */
    const uint32_t *lines;
    int8_t *output;
    const tin_dsp_depthwise_scale *scales; /* [lanes] */
    int32_t weights_step;                  /* bytes from channel to channel */
    int32_t lines_step;
    int32_t output_step; /* bytes from output to output; channels are neighbours */
    int32_t lanes;       /* channels, at least 1 */
    int32_t count;       /* outputs, at least 1 */
    int32_t stride;
    int32_t zero_point;
    int32_t from_zero; /* see tin_dsp_depthwise_s8 */
    int32_t row_step;  /* bytes of weights from kernel row to kernel row */
    int32_t slot_step; /* bytes from slot to slot */
    int32_t slots;
} tin_dsp_depthwise_line;

/* Windows of 3 x 3, stride 1 or 2.
   weights: for each slot the pairs (w0, w1) and (w1, w2).
   lines: [words][3 slots]; two windows at a time are read, the second one may not exist. */
void tin_dsp_depthwise3_run(const tin_dsp_depthwise_line *line);

/* Windows of any size and stride.
   weights: for each slot the pairs (w0, w1), (w2, w3), ...
   lines: [slots][words]; two windows at a time are read, the second one may not exist. */
void tin_dsp_depthwise_any_run(const tin_dsp_depthwise_line *line);

/* Distances in bytes: from pixel to pixel, from channel to channel and from word to word. */
typedef struct {
    int32_t pixel;
    int32_t plane;
    int32_t word;
} tin_dsp_sort_steps;

/* Widens 2 * count pixels of four channels to `count` words of each channel. */
void tin_dsp_sort_pixels(uint32_t *lines,
                         const int8_t *pixels,
                         int32_t count,
                         const tin_dsp_sort_steps *steps);

#ifdef __cplusplus
}
#endif

#endif
