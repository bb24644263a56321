/* SPDX-License-Identifier: Apache-2.0 */
/* 3 x 3 convolution by Winograd's F(2x2, 3x3) on Cortex-M with DSP: 16 products make four outputs
   that take 36 otherwise, and the sums are the same integers. */
#ifndef TIN_NN_ARMV7EM_DSP_DSP_WINOGRAD_H
#define TIN_NN_ARMV7EM_DSP_DSP_WINOGRAD_H

#include "tin/nn/window2d.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A tile is 2 x 2 outputs y, from 4 x 4 inputs d and 3 x 3 weights g (Lavin and Gray, 2016):

       4 y = A' [(2 G g G' 2) * (B' d B)] A, with

            1  0 -1  0         2  0  0            1  1  1  0
       B' = 0  1  1  0   2 G = 1  1  1      A' =  0  1 -1 -1
            0 -1  1  0         1 -1  1
            0  1  0 -1         0  0  2

   where * multiplies point by point, summed over channels. Doubling G keeps weights integers: at
   most 9 * 128 in magnitude, inputs at most 4 * 128. Sums may wrap on the way; 4 y itself must fit.

   Points are in the order in which they are summed up: rows 1, 2, 0, 3, each with columns 1, 2, 0,
   3. Sums of columns 1, 2, 0 of a row run on, so that the third one is the row's left output; the
   second output is twice the first sum minus the second one plus column 3. Weights of row 3 and of
   column 3 are negated. */
typedef struct {
    tin_window2d window;
    const uint32_t *weights; /* [outputs / 2][16][channels / 2][2]: pairs of int16 */
    const int32_t *bias;     /* [outputs], times 4 */
    const int32_t *scales;   /* as in tin_dsp_gemm */
    int32_t scale_step;
    int32_t num_outputs; /* even */
    int32_t zero_point;
    int32_t is_clamped; /* 1: outputs are cut to minimum..maximum */
    int32_t minimum;
    int32_t maximum;
} tin_dsp_winograd_s8;

/* in_channels is a multiple of 4, strides and dilations are 1. scratch, 4-byte aligned: 128 bytes a
   channel, 512, and 16 times the larger number of channels. Outputs of four tiles, one tile after
   another along rows of tiles, are written after all of their inputs are read. */
void tin_dsp_winograd_run_s8(const tin_dsp_winograd_s8 *params,
                             const int8_t *input,
                             int8_t *output,
                             int8_t *scratch);

/* Where the two rows of outputs of a tile go. */
typedef struct {
    int8_t *top;
    int8_t *bottom;
} tin_dsp_winograd_place;

/* B' d B of one tile: rows are four places in the image with `channels` bytes from pixel to pixel,
   v is that tile's word in [channels / 2][16 points][4 tiles]. */
void tin_dsp_winograd_input(uint32_t *v, const int8_t *const rows[4], int32_t channels);

/* All outputs of four tiles. v: what tin_dsp_winograd_input made; 512 bytes behind it are used. */
void tin_dsp_winograd_products(const tin_dsp_winograd_s8 *params,
                               uint32_t *v,
                               const tin_dsp_winograd_place places[4]);

#ifdef __cplusplus
}
#endif

#endif
