/* SPDX-License-Identifier: Apache-2.0 */
/* Pooling on Cortex-M with DSP: four channels to a word. */
#ifndef TIN_NN_ARMV7EM_DSP_DSP_POOL2D_H
#define TIN_NN_ARMV7EM_DSP_DSP_POOL2D_H

#include "tin/nn/pool2d.h"

#ifdef __cplusplus
extern "C" {
#endif

void tin_dsp_max_pool2d_run_s8(const tin_pool2d_s8 *params, const int8_t *input, int8_t *output);

/* For windows of at most 255 pixels, whose sums fit 16 bits. */
void tin_dsp_average_pool2d_run_s8(const tin_pool2d_s8 *params,
                                   const int8_t *input,
                                   int8_t *output);

#ifdef __cplusplus
}
#endif

#endif
