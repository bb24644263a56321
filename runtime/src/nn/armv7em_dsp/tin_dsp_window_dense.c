/* SPDX-License-Identifier: Apache-2.0 */
/* Convolution rows as dense layers: each window is gathered as it is, then multiplied. */
#include "tin/nn/armv7em_dsp/dsp_window_dense.h"

void tin_dsp_window_dense_row_s8(const tin_dsp_window_dense_s8 *params,
                                 const int8_t *const *rows,
                                 int8_t *output,
                                 int8_t *scratch) {
    const tin_window2d *window = &params->window;
    for (int32_t ox = 0; ox < window->out_width; ox++) {
        int32_t x = ox * window->stride_width - window->pad_left;
        tin_window2d_gather_rows_s8(window, rows, x, scratch);
        tin_dsp_dense_run_s8(&params->dense, scratch, output);
        output += params->dense.num_outputs;
    }
}
