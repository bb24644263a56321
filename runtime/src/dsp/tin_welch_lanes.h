/* SPDX-License-Identifier: Apache-2.0 */
/* Maximum of the power spectra of frames, of one series per lane. */
#ifndef TIN_WELCH_LANES_H
#define TIN_WELCH_LANES_H

#include "tin/welch.h"
#include "tin_lanes.h"

/* Lanes of scratch a run needs. */
int32_t tin_welch_scratch(const tin_welch *welch);

/* power [N/2 + 1] of a series of `count` values, see tin/welch.h. */
void tin_welch_max_hold(const tin_welch *welch,
                        const tin_lanes *x,
                        int32_t count,
                        tin_lanes *power,
                        tin_lanes *scratch);

#endif
