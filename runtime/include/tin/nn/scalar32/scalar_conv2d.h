/* SPDX-License-Identifier: Apache-2.0 */
/* Convolution for processors without vectors: six pixels at a time, three sums in two words. */
#ifndef TIN_NN_SCALAR32_SCALAR_CONV2D_H
#define TIN_NN_SCALAR32_SCALAR_CONV2D_H

#include "tin/nn/requantize.h"
#include "tin/nn/window2d.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    tin_window2d window;
    const int8_t *weights; /* [num_outputs][depth] */
    int32_t depth;         /* kernel_height * kernel_width * in_channels */
    int32_t segment;       /* taps whose sums surely lie within 2^20 */
    int32_t num_outputs;
    int32_t is_short;             /* 1: all biased sums lie within 2^20 */
    tin_requantize_s8 requantize; /* is_narrow is 1 */
} tin_scalar_conv2d_s8;

/* scratch: 16 * depth bytes, aligned to 4, and 6 * kernel_width * in_channels where windows touch
   padding or are dilated across. */
void tin_scalar_conv2d_run_s8(const tin_scalar_conv2d_s8 *params,
                              const int8_t *input,
                              int8_t *output,
                              int8_t *scratch);

/* One row of the output from the kernel_height rows of the input that its windows cover, from top
   to bottom; NULL: a row of padding. scratch: as above. */
void tin_scalar_conv2d_row_s8(const tin_scalar_conv2d_s8 *params,
                              const int8_t *const *rows,
                              int8_t *output,
                              int8_t *scratch);

#ifdef __cplusplus
}
#endif

#endif
