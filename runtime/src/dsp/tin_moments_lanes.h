/* SPDX-License-Identifier: Apache-2.0 */
/* Moments of one series per lane. */
#ifndef TIN_MOMENTS_LANES_H
#define TIN_MOMENTS_LANES_H

#include "tin/moments.h"
#include "tin_lanes.h"

typedef tin_moments tin_scalar_moments;

#if TIN_LANES > 1
typedef struct {
    tin_vector mean;
    tin_vector deviation;
    tin_vector skewness;
    tin_vector kurtosis;
} tin_vector_moments;
typedef tin_vector_moments tin_lanes_moments;
#else
typedef tin_scalar_moments tin_lanes_moments;
#endif

/* Moments of x; the series without its mean goes to `centred` [count], which may be x or NULL. */
void tin_lanes_describe(const tin_lanes *x,
                        int32_t count,
                        tin_lanes *centred,
                        tin_lanes_moments *out);

#endif
