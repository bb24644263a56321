/* SPDX-License-Identifier: Apache-2.0 */
/* Pixels of an image as features from 0 to 1. */
#ifndef TIN_IMAGE_H
#define TIN_IMAGE_H

#include "tin/signal.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    int32_t num_pixels;
    int32_t num_channels; /* 3: red, green, blue of each pixel; 1: luma */
} tin_image_config;

/* Checks a configuration once, before the first run. */
tin_status tin_image_init(const void *config);

/* Writes num_pixels x num_channels features. Pixels are numbers 0xRRGGBB; others are clamped to it.
 */
tin_status
tin_image_run(const void *config, const tin_signal *signal, float *features, float *scratch);

/* Floats of scratch a run needs. */
int32_t tin_image_buffer_size(const void *config);

/* sizeof(tin_image_config), for bindings that lay it out themselves. */
int32_t tin_image_config_size(void);

#ifdef __cplusplus
}
#endif

#endif
