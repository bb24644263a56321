/* SPDX-License-Identifier: Apache-2.0 */
/* K-means anomaly score: distance to the nearest cluster's edge, in standardised features. */
#ifndef TIN_KMEANS_H
#define TIN_KMEANS_H

#include "tin/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    const int32_t *axes;  /* [num_axes] indices into the feature vector handed over */
    const float *mean;    /* [num_axes] */
    const float *scale;   /* [num_axes], 1 / standard deviation */
    const float *centres; /* [num_clusters][num_axes], standardised */
    const float *radius;  /* [num_clusters], largest training distance to the own centre */
    int32_t num_axes;
    int32_t num_clusters;
} tin_kmeans;

/* min over clusters of |x - centre| - radius; above 0 lies outside everything seen in training.
   In an impulse that is the whole window's feature vector. */
float tin_kmeans_score(const tin_kmeans *kmeans, const float *features);

#ifdef __cplusplus
}
#endif

#endif
