/* SPDX-License-Identifier: Apache-2.0 */
/* What the audio blocks share: spectra of frames, mel energies. */
#ifndef TIN_FRAMES_H
#define TIN_FRAMES_H

#include "tin/framing.h"
#include "tin_lanes.h"

/* The frames of one axis of a window of interleaved samples. The signal may hold several windows,
   which may overlap: frames are then numbered on from window to window, which fills all lanes where
   a window's frames would not. */
typedef struct {
    const tin_signal *signal;
    int32_t num_samples; /* of the axis in one window */
    int32_t step;        /* samples of the axis from a window's start to the next one's */
    int32_t num_axes;
    int32_t axis;
    const tin_framing *framing;
    const tin_fft *fft;
} tin_frames;

/* Windows whose starts lie `step` values apart as one signal. Returns the samples of an axis from a
   window's start to the next one's, or -1 when `step` is no whole number of frames. */
static inline int32_t tin_frames_join(const float *windows,
                                      int32_t num_samples,
                                      int32_t num_axes,
                                      int32_t step,
                                      int32_t count,
                                      tin_signal *signal) {
    if (step < 0 || step % num_axes != 0) {
        return -1;
    }
    const size_t length = (size_t)num_samples * (size_t)num_axes;
    const tin_signal joined = {windows, NULL, NULL, length + (size_t)step * (size_t)(count - 1)};
    *signal = joined;
    return step / num_axes;
}

/* TIN_OK when every frame lies in the window and the FFT takes it. */
tin_status tin_framing_check(const tin_framing *framing, const tin_fft *fft, int32_t num_samples);

/* TIN_OK when every filter lies in a spectrum of `num_bins`. */
tin_status tin_mel_check(const tin_mel *mel, int32_t num_bins);

/* Power spectra |X|^2 of frames `first` to `first + num_rows - 1`, one per lane, after
   y[n] = x[n] - pre_emphasis * x[n - 1]. The window's last sample comes before its first.
   `data` [N + 1] and `power` [N / 2 + 1] with N = fft->length; with pre_emphasis 0, `data` [N]. */
tin_status tin_frames_power(const tin_frames *frames,
                            float pre_emphasis,
                            int32_t first,
                            int32_t num_rows,
                            tin_lanes *data,
                            tin_lanes *power);

/* Energy of each filter in a power spectrum. */
void tin_mel_energies(const tin_mel *mel, const tin_lanes *power, tin_lanes *energies);

#endif
