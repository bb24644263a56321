/* SPDX-License-Identifier: Apache-2.0 */
/* Products of four pixels with a weight matrix: the core of convolutions on Cortex-M with DSP. */
#ifndef TIN_NN_ARMV7EM_DSP_DSP_GEMM_H
#define TIN_NN_ARMV7EM_DSP_DSP_GEMM_H

#include "tin/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Weights and scaling of a layer, packed for two outputs a, b at a time.

   A weight word belongs to one pair of taps (k, l): its lower half is 256 b[k] + a[k], its upper
   half 256 b[l] + a[l], as int16. Products with it give 256 B + A; a's own bytes, which one
   instruction widens, give A. So b needs no widening: B = (256 B + A - A) / 256, exact as long as
   |B| < 2^23.

   An output is round(round(sum * m / 2^31) / 2^shift) + zero_point, m in [2^30, 2^31), shift 1..31,
   halves away from zero at the second rounding. The factor is kept as 2 m - 2^32, which fits a
   word: the upper word of sum * factor + sum * 2^32 is the first rounding.

   Where one line has the same outputs for all sums (see armv7em_dsp_linear.py), an output is
   (round(sum * factor / 2^32) + constant) / 2^2 cut down; b, whose sum comes times 256, has 2^10.
 */
typedef struct {
    /* For each pair of outputs: a's bias; bias of a + 256 bias of b; [pairs] weights; factors of a
       and b; the zero point and shift of a + 256 shift of b, or the constants of a and b. */
    const uint32_t *weights;
    int32_t pairs; /* of taps, at least 1 */
    int32_t num_outputs;
    int32_t is_linear; /* 1: factors and constants of lines */
} tin_dsp_gemm;

/* Outputs of up to four pixels, [pixels][num_outputs].
   panel: [pairs][4] words, a pair of int16 activations for each of the four pixels. */
void tin_dsp_gemm_run(const tin_dsp_gemm *params,
                      const uint32_t *panel,
                      int8_t *output,
                      int32_t pixels);

/* Widens `count` bytes of each of four pixels to pairs of int16: of each four bytes the pairs
   (0, 2) and (1, 3); of a rest of 1, 2 or 3 bytes (0, any), (0, 1), (0, 2) and (1, any). The same
   for `rows` rows that lie `pitch` bytes apart. Returns the end of what it wrote. */
uint32_t *tin_dsp_widen4(
    uint32_t *panel, const int8_t *const pixels[4], int32_t count, int32_t rows, int32_t pitch);

#ifdef __cplusplus
}
#endif

#endif
