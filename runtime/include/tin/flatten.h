/* SPDX-License-Identifier: Apache-2.0 */
/* Statistics of each axis over the whole window. */
#ifndef TIN_FLATTEN_H
#define TIN_FLATTEN_H

#include "tin/signal.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Features of an axis are written in the order of these bits. */
#define TIN_FLATTEN_AVERAGE 1
#define TIN_FLATTEN_MINIMUM 2
#define TIN_FLATTEN_MAXIMUM 4
#define TIN_FLATTEN_RMS 8
#define TIN_FLATTEN_DEVIATION 16
#define TIN_FLATTEN_SKEWNESS 32
#define TIN_FLATTEN_KURTOSIS 64

typedef struct {
    int32_t num_frames;
    int32_t num_axes;    /* values of a frame in the window */
    const int32_t *axes; /* [num_selected] axes to describe, in this order */
    int32_t num_selected;
    float scale;        /* multiplies every value */
    int32_t statistics; /* TIN_FLATTEN_* bits, at least one */
} tin_flatten_config;

/* Checks a configuration once, before the first run. */
tin_status tin_flatten_init(const void *config);

/* Writes the chosen statistics of the first axis, then of the next. */
tin_status
tin_flatten_run(const void *config, const tin_signal *signal, float *features, float *scratch);

/* Floats of scratch a run needs. */
int32_t tin_flatten_buffer_size(const void *config);

/* sizeof(tin_flatten_config), for bindings that lay it out themselves. */
int32_t tin_flatten_config_size(void);

#ifdef __cplusplus
}
#endif

#endif
