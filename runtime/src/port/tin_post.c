/* SPDX-License-Identifier: Apache-2.0 */
/* Scaler and K-means over many windows: what a host library offers to its language binding. */
#include "tin_post.h"

void tin_scaler_rows(const tin_scaler *scaler, const float *features, int32_t count, float *out) {
    for (int32_t row = 0; row < count; row++) {
        for (int32_t i = 0; i < scaler->count; i++) {
            out[i] = tin_scaler_apply(scaler, i, features[i]);
        }
        features += scaler->count;
        out += scaler->count;
    }
}

void tin_kmeans_rows(
    const tin_kmeans *kmeans, const float *features, int32_t count, int32_t width, float *scores) {
    for (int32_t row = 0; row < count; row++) {
        scores[row] = tin_kmeans_score(kmeans, features);
        features += width;
    }
}
