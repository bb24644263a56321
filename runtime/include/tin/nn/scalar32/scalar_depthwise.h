/* SPDX-License-Identifier: Apache-2.0 */
/* Depthwise convolution for processors without vectors: one channel after another, six neighbours
   at a time, three sums in two words. */
#ifndef TIN_NN_SCALAR32_SCALAR_DEPTHWISE_H
#define TIN_NN_SCALAR32_SCALAR_DEPTHWISE_H

#include "tin/nn/requantize.h"
#include "tin/nn/window2d.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    tin_window2d window;          /* not dilated; as many outputs as in_channels */
    const int8_t *weights;        /* [in_channels][kernel_height][kernel_width] */
    int32_t groups;               /* of six neighbours: out_width / 6, rounded up */
    int32_t line_bytes;           /* pixels of a line that all groups touch, padding included */
    int32_t is_short;             /* 1: all biased sums lie within 2^20; unbiased ones always do */
    tin_requantize_s8 requantize; /* is_narrow is 1 */
} tin_scalar_depthwise_s8;

/* scratch, aligned to 4: 16 * groups * kernel_height * kernel_width + line_bytes
   + (2 * kernel_height - 1) * kernel_width. The output may begin where the input does when no line
   of outputs reaches beyond the lines of inputs that its windows end with. */
void tin_scalar_depthwise_run_s8(const tin_scalar_depthwise_s8 *params,
                                 const int8_t *input,
                                 int8_t *output,
                                 int8_t *scratch);

/* One row of the output from the kernel_height rows of the input that its windows cover, from top
   to bottom; NULL: a row of padding. scratch: as above. */
void tin_scalar_depthwise_row_s8(const tin_scalar_depthwise_s8 *params,
                                 const int8_t *const *rows,
                                 int8_t *output,
                                 int8_t *scratch);

#ifdef __cplusplus
}
#endif

#endif
