/* SPDX-License-Identifier: Apache-2.0 */
/* Standardisation of features: subtract the mean, divide by the deviation, clip. */
#include "tin/canonical.h"
#include "tin/scaler.h"

float tin_scaler_apply(const tin_scaler *scaler, int32_t index, float value) {
    float scaled = (value - scaler->mean[index]) * scaler->scale[index];
    if (scaler->limit > 0.0f) {
        if (scaled > scaler->limit) {
            return scaler->limit;
        }
        if (scaled < -scaler->limit) {
            return -scaler->limit;
        }
    }
    return tin_canonical(scaled);
}
