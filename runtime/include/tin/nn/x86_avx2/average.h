/* SPDX-License-Identifier: Apache-2.0 */
/* Average of windows of floats, 16 channels side by side. */
#ifndef TIN_NN_X86_AVX2_AVERAGE_H
#define TIN_NN_X86_AVX2_AVERAGE_H

#include "tin/nn/pool2d.h"

#ifdef __cplusplus
extern "C" {
#endif

/* As tin_average_pool2d_run_f32; channels in multiples of 16. The output must not overlap the
 * input.
 */
void tin_x86_average_run_f32(const tin_pool2d_f32 *params, const float *input, float *output);

#ifdef __cplusplus
}
#endif

#endif
