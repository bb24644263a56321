/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of a convolution with many taps, pixel by pixel: slower than dsp_conv2d.h, with an eighth of
   its scratch. */
#ifndef TIN_NN_ARMV7EM_DSP_DSP_WINDOW_DENSE_H
#define TIN_NN_ARMV7EM_DSP_DSP_WINDOW_DENSE_H

#include "tin/nn/armv7em_dsp/dsp_dense.h"
#include "tin/nn/window2d.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    tin_window2d window;
    tin_dsp_dense_s8 dense; /* of one window: num_rows is 1 */
} tin_dsp_window_dense_s8;

/* One output row from the input rows of its windows, top to bottom; NULL: a row of padding.
   scratch: dense.depth bytes, 4-byte aligned. */
void tin_dsp_window_dense_row_s8(const tin_dsp_window_dense_s8 *params,
                                 const int8_t *const *rows,
                                 int8_t *output,
                                 int8_t *scratch);

#ifdef __cplusplus
}
#endif

#endif
