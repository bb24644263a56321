/* SPDX-License-Identifier: Apache-2.0 */
/* Raw data: the window itself, scaled, as features. */
#ifndef TIN_RAW_H
#define TIN_RAW_H

#include "tin/signal.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    int32_t num_frames;
    int32_t num_axes;    /* values of a frame in the window */
    const int32_t *axes; /* [num_selected] axes to take, in this order */
    int32_t num_selected;
    float scale; /* multiplies every value */
} tin_raw_config;

/* Checks a configuration once, before the first run. */
tin_status tin_raw_init(const void *config);

/* Writes num_frames x num_selected features, interleaved like the window. */
tin_status
tin_raw_run(const void *config, const tin_signal *signal, float *features, float *scratch);

/* Floats of scratch a run needs. */
int32_t tin_raw_buffer_size(const void *config);

/* sizeof(tin_raw_config), for bindings that lay it out themselves. */
int32_t tin_raw_config_size(void);

#ifdef __cplusplus
}
#endif

#endif
