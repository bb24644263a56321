/* SPDX-License-Identifier: Apache-2.0 */
/* Continuous classification: slices come in, the last full window is classified. */
#ifndef TIN_SLICES_H
#define TIN_SLICES_H

#include "tin/impulse.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A ring of raw values. Costs one window of floats, num_frames x num_axes x 4 bytes, beside
   tin_state: every window is computed whole, so its scores equal those of the window on its own. */
typedef struct {
    float *values; /* [length], the caller's */
    size_t length; /* values of one window: num_frames x num_axes */
    size_t oldest; /* index of the oldest value, where the next one goes */
    size_t filled; /* values received since the reset, at most length */
} tin_slices;

/* Forgets what was received. Set `values` and `length` first. */
void tin_slices_reset(tin_slices *slices);

/* Takes in a slice of whole frames, at most one window long. TIN_OK once a full window is there,
   TIN_STATUS_NOT_READY before. A slice that cannot be read is a gap in the recording: starts anew.
 */
tin_status tin_slices_push(const tin_impulse *impulse, tin_slices *slices, const tin_signal *slice);

/* The last full window, as a signal that reads from `slices`; valid until the next push. */
tin_signal tin_slices_window(tin_slices *slices);

/* Pushes the slice and classifies the last full window; TIN_STATUS_NOT_READY until there is one. */
tin_status tin_classify_slice(const tin_impulse *impulse,
                              const tin_state *state,
                              tin_slices *slices,
                              const tin_signal *slice);

#ifdef __cplusplus
}
#endif

#endif
