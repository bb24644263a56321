/* SPDX-License-Identifier: Apache-2.0 */
/* Spectrogram block: power spectra of overlapping frames, in decibels above a noise floor. */
#ifndef TIN_SPECTROGRAM_H
#define TIN_SPECTROGRAM_H

#include "tin/framing.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    int32_t num_frames;   /* samples of the window */
    int32_t num_axes;     /* values of a sample in the window */
    const int32_t *axes;  /* [num_selected] */
    int32_t num_selected; /* 1 */
    float power_scale;    /* 1/N */
    float gain;           /* per decade of power: 10 / (12 - noise floor in dB) */
    float offset;         /* at power 1: -noise floor / (12 - noise floor) */
    tin_framing framing;
    tin_fft fft;
} tin_spectrogram_config;

tin_status tin_spectrogram_init(const void *config);

/* Features: [framing.count][fft.length / 2 + 1], none below 0. */
tin_status
tin_spectrogram_run(const void *config, const tin_signal *signal, float *features, float *scratch);

/* The same for `count` windows whose starts lie `step` values apart in memory, a whole number of
   frames: they may overlap. At most as many as the build has lanes: 1 on devices. */
tin_status tin_spectrogram_run_batch(const void *config,
                                     const float *windows,
                                     int32_t step,
                                     int32_t count,
                                     float *features,
                                     float *scratch);

/* Floats of scratch that run needs; aligned to a vector in a build with lanes. */
int32_t tin_spectrogram_buffer_size(const void *config);

/* sizeof the configuration, for bindings that lay it out themselves. */
int32_t tin_spectrogram_config_size(void);

#ifdef __cplusplus
}
#endif

#endif
