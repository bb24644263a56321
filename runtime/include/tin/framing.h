/* SPDX-License-Identifier: Apache-2.0 */
/* Overlapping frames of one axis of a window, and the mel filters of their spectra. */
#ifndef TIN_FRAMING_H
#define TIN_FRAMING_H

#include "tin/fft.h"
#include "tin/signal.h"
#include "tin/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Frame i starts at sample i * stride. No window function, no padding at the end of the window. */
typedef struct {
    int32_t length; /* samples of a frame that enter the FFT: at most the FFT's length */
    int32_t stride; /* samples from the start of a frame to that of the next */
    int32_t count;  /* frames in a window, 1 to 500 */
} tin_framing;

/* Triangles over the bins of a power spectrum; only bins with a weight are stored. */
typedef struct {
    int32_t num_filters;
    const int32_t *spans; /* [num_filters][2]: first bin, number of bins */
    const float *weights; /* of all filters, one after the other */
} tin_mel;

#ifdef __cplusplus
}
#endif

#endif
