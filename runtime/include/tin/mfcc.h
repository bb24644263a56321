/* SPDX-License-Identifier: Apache-2.0 */
/* MFCC block: cepstral coefficients of overlapping frames, normalised over time. */
#ifndef TIN_MFCC_H
#define TIN_MFCC_H

#include "tin/framing.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    int32_t num_frames;   /* samples of the window */
    int32_t num_axes;     /* values of a sample in the window */
    const int32_t *axes;  /* [num_selected] */
    int32_t num_selected; /* 1 */
    int32_t num_cepstral; /* coefficients of a frame, the first being ln of the frame's energy */
    int32_t win_size;     /* frames of the sliding mean and variance, odd; 0: none */
    float pre_emphasis;   /* y[n] = x[n] - pre_emphasis * x[n - 1]; x[-1] is the last sample */
    float power_scale;    /* 1/N */
    const float *dct; /* [num_cepstral - 1][(mel.num_filters + 1) / 2], halves of basis 1, 2, ... */
    tin_framing framing;
    tin_fft fft;
    tin_mel mel; /* weights include power_scale */
} tin_mfcc_config;

tin_status tin_mfcc_init(const void *config);

/* Features: [framing.count][num_cepstral]. */
tin_status
tin_mfcc_run(const void *config, const tin_signal *signal, float *features, float *scratch);

/* The same for `count` windows whose starts lie `step` values apart in memory, a whole number of
   frames: they may overlap. At most as many as the build has lanes: 1 on devices. */
tin_status tin_mfcc_run_batch(const void *config,
                              const float *windows,
                              int32_t step,
                              int32_t count,
                              float *features,
                              float *scratch);

/* Floats of scratch that run needs; aligned to a vector in a build with lanes. */
int32_t tin_mfcc_buffer_size(const void *config);

/* sizeof the configuration, for bindings that lay it out themselves. */
int32_t tin_mfcc_config_size(void);

#ifdef __cplusplus
}
#endif

#endif
