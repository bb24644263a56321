/* SPDX-License-Identifier: Apache-2.0 */
/* Filtering and decimation of one series per lane. */
#ifndef TIN_CASCADE_LANES_H
#define TIN_CASCADE_LANES_H

#include "tin/cascade.h"
#include "tin_lanes.h"

/* Filters `count` values in place, as if the input had been `before` for ever. */
void tin_cascade_run(const tin_cascade *cascade, tin_lanes *x, int32_t count, tin_lanes before);

/* Filters, started in the steady state of x[0], and keeps values 0, ratio, 2 ratio, ... in place.
   Returns how many: ceil(count / ratio). */
int32_t
tin_cascade_decimate(const tin_cascade *cascade, int32_t ratio, tin_lanes *x, int32_t count);

#endif
