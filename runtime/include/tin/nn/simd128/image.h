/* SPDX-License-Identifier: Apache-2.0 */
/* The copy of an input that kernels slide over, with its border. */
#ifndef TIN_NN_SIMD128_IMAGE_H
#define TIN_NN_SIMD128_IMAGE_H

#include "tin/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Sizes in values. A row of the copy consists of `phases` planes: column c lies in plane
   c % phases, so that the columns a stride apart are neighbours. */
typedef struct {
    int32_t size;     /* of the whole copy; 0: the input is used where it is */
    int32_t rows;     /* copied */
    int32_t columns;  /* copied of each row */
    int32_t channels; /* values of a pixel */
    int32_t in_row;   /* from row to row of the input */
    int32_t out_row;  /* from row to row of the copy */
    int32_t top;      /* rows of border above */
    int32_t left;     /* columns of border on the left */
    int32_t phases;
    int32_t plane;      /* from plane to plane of a row */
    int32_t has_border; /* 0: the copied values are all there is */
    int32_t fill;       /* of the border; float32: 0 */
} tin_simd_image;

#ifdef __cplusplus
}
#endif

#endif
