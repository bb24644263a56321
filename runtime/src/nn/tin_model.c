/* SPDX-License-Identifier: Apache-2.0 */
/* Conversion of single values to and from a quantised tensor. */
#include "tin/model.h"

/* Far outside int8 whatever the zero point, and safe to convert to int32_t. */
#define LIMIT 1024.0f

int8_t tin_model_quantize(const tin_model_tensor *tensor, float value) {
    float steps = value / tensor->scale;
    if (!(steps == steps)) {
        steps = 0.0f;
    }
    steps = steps > LIMIT ? LIMIT : steps;
    steps = steps < -LIMIT ? -LIMIT : steps;
    int32_t whole = (int32_t)steps;
    float rest = steps - (float)whole; /* exact, so that halves are seen as halves */
    whole += rest >= 0.5f ? 1 : 0;
    whole -= rest <= -0.5f ? 1 : 0;
    whole += tensor->zero_point;
    whole = whole > INT8_MAX ? INT8_MAX : whole;
    return (int8_t)(whole < INT8_MIN ? INT8_MIN : whole);
}

float tin_model_dequantize(const tin_model_tensor *tensor, int8_t value) {
    return tensor->scale * (float)(value - tensor->zero_point);
}
