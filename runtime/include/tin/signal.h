/* SPDX-License-Identifier: Apache-2.0 */
/* One window of raw input, pulled piece by piece so that it need not lie in RAM as floats. */
#ifndef TIN_SIGNAL_H
#define TIN_SIGNAL_H

#include "tin/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Copies `length` values from `offset` into `out`; returns 0, or anything else on failure. */
typedef int (*tin_get_data)(void *context, size_t offset, size_t length, float *out);

/* Values are interleaved: frame 0 axis 0, frame 0 axis 1, ..., frame 1 axis 0, ...
   Audio is on the int16 scale; an image is one 0xRRGGBB number per pixel. */
typedef struct {
    const float *data;     /* the whole window when it lies in memory, else NULL */
    tin_get_data get_data; /* used when data is NULL */
    void *context;         /* handed to get_data */
    size_t length;         /* values in the window: frames x axes */
} tin_signal;

/* Reads `length` values from `offset`. */
tin_status tin_signal_read(const tin_signal *signal, size_t offset, size_t length, float *out);

/* Reads `count` values of one axis, from frame `first` on, out of `num_axes` interleaved axes. */
tin_status tin_signal_read_axis(const tin_signal *signal,
                                int32_t axis,
                                int32_t num_axes,
                                int32_t first,
                                int32_t count,
                                float *out);

/* TIN_OK when there is at least one selected axis and each is one of num_axes. */
tin_status tin_signal_check_axes(const int32_t *axes, int32_t num_selected, int32_t num_axes);

#ifdef __cplusplus
}
#endif

#endif
