/* SPDX-License-Identifier: Apache-2.0 */
/* Many windows through the compiled impulse: the entry that tests and evaluation call. */
#ifndef TIN_WINDOWS_H
#define TIN_WINDOWS_H

#include "tin/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Runs `count` windows, one after another, through the impulse of `tin_impulse_data.h`.
   windows [count][window length], features [count][features] and values [count][values] are the
   caller's, as are the scratch bytes (aligned to 16). Returns 0 or the first tin_status that is
   not. */
int32_t
tin_run_windows(const float *windows, int32_t count, float *features, float *values, void *scratch);

#ifdef __cplusplus
}
#endif

#endif
