/* SPDX-License-Identifier: Apache-2.0 */
/* Images of another size, each pixel a mix of the four around its place in the input. */
#ifndef TIN_NN_RESIZE_BILINEAR_H
#define TIN_NN_RESIZE_BILINEAR_H

#include "tin/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Input [batches][image], output [batches][height][width][channels]. */
typedef struct {
    int32_t batches;
    int32_t image; /* elements of one input image */
    int32_t height;
    int32_t width;
    int32_t channels;
    const int32_t *rows;           /* [height][2]: elements to the rows above and below */
    const int32_t *columns;        /* [width][2]: elements to the pixels left and right */
    const int16_t *row_weights;    /* [height]: of the row below, in 1/1024 */
    const int16_t *column_weights; /* [width]: of the right pixel */
} tin_resize_bilinear_s8;

typedef struct {
    int32_t batches;
    int32_t image;
    int32_t height;
    int32_t width;
    int32_t channels;
    const int32_t *rows;
    const int32_t *columns;
    const float *row_weights; /* of 1 */
    const float *column_weights;
} tin_resize_bilinear_f32;

/* Sums in 1/1048576, rounded half away from zero. */
void tin_resize_bilinear_run_s8(const tin_resize_bilinear_s8 *params,
                                const int8_t *input,
                                int8_t *output);

void tin_resize_bilinear_run_f32(const tin_resize_bilinear_f32 *params,
                                 const float *input,
                                 float *output);

#ifdef __cplusplus
}
#endif

#endif
