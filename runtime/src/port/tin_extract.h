/* SPDX-License-Identifier: Apache-2.0 */
/* Many windows through one block: what a host library offers to its language binding. */
#ifndef TIN_EXTRACT_H
#define TIN_EXTRACT_H

#include "tin/impulse.h"

/* Runs `count` windows at once; blocks of which one window fills the lanes have none. */
typedef tin_status (*tin_block_run_batch)(
    const void *config, const float *windows, int32_t count, float *features, float *scratch);

/* Features of `count` windows that lie one after the other in `signal`. */
typedef tin_status (*tin_block_run_many)(
    const void *config, const tin_signal *signal, int32_t count, float *features, float *scratch);

typedef struct {
    tin_block_run run;
    tin_block_run_many run_many;   /* NULL where a block has none */
    tin_block_run_batch run_batch; /* NULL: one window after the other */
    const void *config;
    int32_t window_length; /* values of a window */
    int32_t num_features;  /* values of its features */
} tin_extraction;

/* Runs `count` windows, one after the other in memory. Returns the windows done: fewer than `count`
   when that one holds a NaN or an infinity, or the block failed on it. */
int32_t tin_extract(const tin_extraction *extraction,
                    const float *windows,
                    int32_t count,
                    float *features,
                    float *scratch);

#endif
