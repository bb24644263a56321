/* SPDX-License-Identifier: Apache-2.0 */
/* Many windows through one block: what a host library offers to its language binding. */
#ifndef TIN_EXTRACT_H
#define TIN_EXTRACT_H

#include "tin/impulse.h"

/* Runs at most TIN_LANES windows, their starts `step` values apart in memory, together. */
typedef tin_status (*tin_block_run_batch)(const void *config,
                                          const float *windows,
                                          int32_t step,
                                          int32_t count,
                                          float *features,
                                          float *scratch);

typedef struct {
    tin_block_run run;
    tin_block_run_batch run_batch; /* NULL: one window after the other */
    const void *config;
    int32_t window_length; /* values of a window */
    int32_t step;          /* values from a window's start to the next one's */
    int32_t num_features;  /* values of its features */
} tin_extraction;

/* Runs `count` windows, which may overlap. Returns the windows done: fewer than `count` when that
   one holds a NaN or an infinity, or the block failed on it. */
int32_t tin_extract(const tin_extraction *extraction,
                    const float *windows,
                    int32_t count,
                    float *features,
                    float *scratch);

#endif
