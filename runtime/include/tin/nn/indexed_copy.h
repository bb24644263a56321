/* SPDX-License-Identifier: Apache-2.0 */
/* Copies whose place in the input a table gives for each axis: uneven resizing, mirrored borders.
 */
#ifndef TIN_NN_INDEXED_COPY_H
#define TIN_NN_INDEXED_COPY_H

#include "tin/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TIN_INDEXED_COPY_AXES 6

typedef struct {
    int32_t run;            /* bytes copied at each place */
    int32_t unit;           /* 1, 2 or 4: divides the run, all offsets and the addresses */
    int32_t axes;           /* of the output, 1 to TIN_INDEXED_COPY_AXES; outermost first */
    const int32_t *sizes;   /* [axes] */
    const int32_t *offsets; /* [sum of sizes]: input bytes by index along the first axis, then along
                               the second, ...; the sum over all axes is the place of a run */
} tin_indexed_copy;

/* The output is written from front to back; it must not overlap the input. */
void tin_indexed_copy_run(const tin_indexed_copy *params, const void *input, void *output);

#ifdef __cplusplus
}
#endif

#endif
