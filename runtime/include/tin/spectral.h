/* SPDX-License-Identifier: Apache-2.0 */
/* Spectral features: what a filtered signal's shape, frequencies or wavelets look like. */
#ifndef TIN_SPECTRAL_H
#define TIN_SPECTRAL_H

#include "tin/cascade.h"
#include "tin/signal.h"
#include "tin/wavelet.h"
#include "tin/welch.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Bins of a spectrum to write, inclusive; never bin 0. */
typedef struct {
    int32_t first;
    int32_t last;
} tin_spectral_bins;

typedef struct {
    int32_t num_frames;
    int32_t num_axes;    /* values of a frame in the window */
    const int32_t *axes; /* [num_selected] axes to describe, in this order */
    int32_t num_selected;
    float scale;           /* multiplies every value */
    const int32_t *ratios; /* [num_ratios] decimation before anything else, each 3 or 10 */
    int32_t num_ratios;
    tin_cascade third; /* anti-aliasing filters of ratio 3 and 10 */
    tin_cascade tenth;
    tin_cascade filter; /* low- or high-pass after decimation; no sections: none */
    int32_t use_wavelet;
    tin_wavelet wavelet; /* when use_wavelet is not 0 */
    tin_welch welch;     /* the rest when it is 0 */
    tin_spectral_bins bins;
    int32_t use_log;       /* not 0: power as log10 */
    int32_t use_low_bands; /* not 0: a second set of features at a tenth of the rate */
    tin_spectral_bins low_bins;
} tin_spectral_config;

/* Checks a configuration once, before the first run. */
tin_status tin_spectral_init(const void *config);

/* Writes the features of the first axis, then of the next; low-rate sets follow after all axes. */
tin_status
tin_spectral_run(const void *config, const tin_signal *signal, float *features, float *scratch);

/* The same for `count` windows whose starts lie `step` values apart in memory, a whole number of
   frames: they may overlap. At most as many as the build has lanes: 1 on devices. In builds with
   lanes `scratch` is aligned to a vector. */
tin_status tin_spectral_run_batch(const void *config,
                                  const float *windows,
                                  int32_t step,
                                  int32_t count,
                                  float *features,
                                  float *scratch);

/* Floats of scratch a run needs. */
int32_t tin_spectral_buffer_size(const void *config);

/* sizeof(tin_spectral_config), for bindings that lay it out themselves. */
int32_t tin_spectral_config_size(void);

#ifdef __cplusplus
}
#endif

#endif
