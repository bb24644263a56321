/* SPDX-License-Identifier: Apache-2.0 */
/* Scaler and K-means over many windows: what a host library offers to its language binding. */
#ifndef TIN_POST_H
#define TIN_POST_H

#include "tin/kmeans.h"
#include "tin/scaler.h"

/* Standardises `count` rows of scaler->count features. */
void tin_scaler_rows(const tin_scaler *scaler, const float *features, int32_t count, float *out);

/* Scores `count` rows of `width` features. */
void tin_kmeans_rows(
    const tin_kmeans *kmeans, const float *features, int32_t count, int32_t width, float *scores);

#endif
