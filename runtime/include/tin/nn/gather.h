/* SPDX-License-Identifier: Apache-2.0 */
/* Slices of a tensor picked by a list of indices. */
#ifndef TIN_NN_GATHER_H
#define TIN_NN_GATHER_H

#include "tin/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Input [batches][outer][size][run], indices [batches][count],
   output [batches][outer][count][run]. */
typedef struct {
    int32_t batches;
    int32_t outer;
    int32_t size;
    int32_t count;
    int32_t run;  /* bytes of a slice */
    int32_t unit; /* 1, 2 or 4: divides the run and the addresses */
} tin_gather;

/* An index outside 0 to size - 1 picks the nearest slice: a network can compute any index, and must
   not make the kernel read outside its input. */
void tin_gather_run(const tin_gather *params,
                    const void *input,
                    const int32_t *indices,
                    void *output);

#ifdef __cplusplus
}
#endif

#endif
