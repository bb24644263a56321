/* SPDX-License-Identifier: Apache-2.0 */
/* K-means anomaly score: how far a feature vector lies outside the nearest cluster. */
#include "tin/canonical.h"
#include "tin/kmeans.h"
#include "tin/math.h"

/* Distance of the standardised features to one centre, features summed in order. */
static float distance(const tin_kmeans *kmeans, const float *features, const float *centre) {
    float sum = 0.0f;
    for (int32_t i = 0; i < kmeans->num_axes; i++) {
        float z = (features[kmeans->axes[i]] - kmeans->mean[i]) * kmeans->scale[i];
        float d = z - centre[i];
        sum += d * d;
    }
    return tin_sqrtf(sum);
}

float tin_kmeans_score(const tin_kmeans *kmeans, const float *features) {
    float best = 0.0f;
    for (int32_t i = 0; i < kmeans->num_clusters; i++) {
        const float *centre = kmeans->centres + i * kmeans->num_axes;
        float outside = distance(kmeans, features, centre) - kmeans->radius[i];
        if (i == 0 || outside < best) {
            best = outside;
        }
    }
    return tin_canonical(best);
}
