/* SPDX-License-Identifier: Apache-2.0 */
/* From the 32-bit sums of convolutions and dense layers to their int8 outputs. */
#include "tin/nn/requantize.h"
#include "tin/nn/tuning.h"

/* Models with dead channels carry saturated biases: the addition wraps as theirs does. */
static int32_t add_wrapping(int32_t a, int32_t b) { return (int32_t)((uint32_t)a + (uint32_t)b); }

static void narrow(const tin_requantize_s8 *params,
                   const int32_t *sums,
                   int32_t first,
                   int32_t count,
                   int8_t *output) {
    /* Copies, because a store to an int8_t may change anything as far as the compiler knows. */
    const int32_t zero_point = params->zero_point;
    const int32_t minimum = params->minimum;
    const int32_t maximum = params->maximum;
    const int32_t step = params->per_channel;
    const int32_t *bias = params->bias + first;
    const int32_t *multiplier = params->multiplier + first * step;
    const int8_t *shift = params->shift + first * step;
    for (; count > 0; count--) {
        int32_t value = tin_requantize_narrow(*sums++ + *bias++, *multiplier, *shift);
        *output++ = (int8_t)tin_clamp_s32(value + zero_point, minimum, maximum);
        multiplier += step;
        shift += step;
        TIN_KEEP(sums);
        TIN_KEEP(bias);
    }
}

void tin_requantize_run_s8(const tin_requantize_s8 *params,
                           const int32_t *sums,
                           int32_t first,
                           int32_t count,
                           int8_t *output) {
    if (params->is_narrow) {
        narrow(params, sums, first, count, output);
        return;
    }
    for (int32_t i = 0; i < count; i++) {
        int32_t channel = params->per_channel ? first + i : 0;
        int32_t value = add_wrapping(sums[i], params->bias[first + i]);
        value = tin_requantize(value, params->multiplier[channel], params->shift[channel]);
        value = tin_clamp_s32(value + params->zero_point, params->minimum, params->maximum);
        output[i] = (int8_t)value;
    }
}
