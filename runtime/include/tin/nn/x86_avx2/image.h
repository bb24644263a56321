/* SPDX-License-Identifier: Apache-2.0 */
/* The copy of an input that kernels slide over: with its border, in the form they multiply. */
#ifndef TIN_NN_X86_AVX2_IMAGE_H
#define TIN_NN_X86_AVX2_IMAGE_H

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
    int32_t fill;       /* of the border, in the form of the copy */
} tin_x86_image;

/* How int8 kernels may turn sums into outputs. 0: sums of 32 bits, shifts to the left too. */
#define TIN_X86_NARROW 1 /* as is_narrow of tin_requantize_s8, and right shifts up to 22 */
#define TIN_X86_POSITIVE                                                                           \
    2 /* the same where no output is below the zero point: halves need not be                      \
         rounded away from zero */
#define TIN_X86_SCALED                                                                             \
    4 /* besides: by one float multiplication, tried on every output's limits                      \
       */

#ifdef __cplusplus
}
#endif

#endif
