/* SPDX-License-Identifier: Apache-2.0 */
/* MFE block: mel filterbank energies of overlapping frames, in decibels, on a grid of 1/256. */
#ifndef TIN_MFE_H
#define TIN_MFE_H

#include "tin/framing.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    int32_t num_frames;   /* samples of the window */
    int32_t num_axes;     /* values of a sample in the window */
    const int32_t *axes;  /* [num_selected] */
    int32_t num_selected; /* 1 */
    float pre_emphasis;   /* y[n] = x[n] - pre_emphasis * x[n - 1]; x[-1] is the last sample */
    float gain;           /* 256ths per decade of energy: 2560 / (12 - noise floor in dB) */
    float offset;         /* 256ths at energy 1: 256 * -noise floor / (12 - noise floor) */
    tin_framing framing;
    tin_fft fft;
    tin_mel mel; /* weights include the scale of samples (1/32768) and of the spectrum (1/N) */
} tin_mfe_config;

tin_status tin_mfe_init(const void *config);

/* Features: [framing.count][mel.num_filters], each 0 to 1. */
tin_status
tin_mfe_run(const void *config, const tin_signal *signal, float *features, float *scratch);

/* The same for `count` windows whose starts lie `step` values apart in memory, a whole number of
   frames: they may overlap. At most as many as the build has lanes: 1 on devices. */
tin_status tin_mfe_run_batch(const void *config,
                             const float *windows,
                             int32_t step,
                             int32_t count,
                             float *features,
                             float *scratch);

/* Floats of scratch that run needs; aligned to a vector in a build with lanes. */
int32_t tin_mfe_buffer_size(const void *config);

/* sizeof the configuration, for bindings that lay it out themselves. */
int32_t tin_mfe_config_size(void);

#ifdef __cplusplus
}
#endif

#endif
