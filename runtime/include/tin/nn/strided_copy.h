/* SPDX-License-Identifier: Apache-2.0 */
/* Copies of any axes in any order: transposes, slices, splits, packs and joins are all this. */
#ifndef TIN_NN_STRIDED_COPY_H
#define TIN_NN_STRIDED_COPY_H

#include "tin/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TIN_STRIDED_COPY_OUTER 6

/* Lengths, offsets and steps are in bytes, whatever the elements are. Steps may be negative, those
   of the input 0 as well. */
typedef struct {
    int32_t run;  /* copied at each place */
    int32_t unit; /* 1, 2 or 4: divides all lengths, offsets, steps and the addresses */
    int32_t input_offset;
    int32_t output_offset;
    int32_t count; /* runs along the innermost axis */
    int32_t input_step;
    int32_t output_step;
    int32_t outer;       /* further axes, at most TIN_STRIDED_COPY_OUTER */
    const int32_t *walk; /* [outer][3]: size, input step, output step; outermost first */
} tin_strided_copy;

/* The output may overlap the input only where the compiler has shown that nothing is written
   before it is read. */
void tin_strided_copy_run(const tin_strided_copy *params, const void *input, void *output);

#ifdef __cplusplus
}
#endif

#endif
