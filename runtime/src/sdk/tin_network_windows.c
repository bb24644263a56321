/* SPDX-License-Identifier: Apache-2.0 */
/* Many inputs through one compiled network, without an impulse around it: for measuring a model and
   for comparing its results. TIN_NETWORK names the model. Quantised values travel as they are, one
   float each. */
#include "tin/model.h"
#include "tin/windows.h"

extern const tin_model TIN_NETWORK;

static const float *
write_tensor(const tin_model_tensor *tensor, uint8_t *arena, const float *values) {
    uint8_t *at = arena + tensor->offset;
    for (int32_t i = 0; i < tensor->count; i++) {
        switch (tensor->type) {
        case TIN_TYPE_S8:
            ((int8_t *)at)[i] = (int8_t)values[i];
            break;
        case TIN_TYPE_S16:
            ((int16_t *)at)[i] = (int16_t)values[i];
            break;
        case TIN_TYPE_S32:
            ((int32_t *)at)[i] = (int32_t)values[i];
            break;
        case TIN_TYPE_BOOL:
            at[i] = values[i] != 0.0f ? 1 : 0;
            break;
        default:
            ((float *)at)[i] = values[i];
            break;
        }
    }
    return values + tensor->count;
}

static float *read_tensor(const tin_model_tensor *tensor, const uint8_t *arena, float *values) {
    const uint8_t *at = arena + tensor->offset;
    for (int32_t i = 0; i < tensor->count; i++) {
        switch (tensor->type) {
        case TIN_TYPE_S8:
            values[i] = (float)((const int8_t *)at)[i];
            break;
        case TIN_TYPE_S16:
            values[i] = (float)((const int16_t *)at)[i];
            break;
        case TIN_TYPE_S32:
            values[i] = (float)((const int32_t *)at)[i];
            break;
        case TIN_TYPE_BOOL:
            values[i] = (float)at[i];
            break;
        default:
            values[i] = ((const float *)at)[i];
            break;
        }
    }
    return values + tensor->count;
}

/* Functions of their own, so that measurements can tell them from the network. */
TIN_NOINLINE const float *tin_network_write(uint8_t *arena, const float *values) {
    for (int32_t i = 0; i < TIN_NETWORK.num_inputs; i++) {
        values = write_tensor(&TIN_NETWORK.inputs[i], arena, values);
    }
    return values;
}

TIN_NOINLINE float *tin_network_read(const uint8_t *arena, float *values) {
    for (int32_t i = 0; i < TIN_NETWORK.num_outputs; i++) {
        values = read_tensor(&TIN_NETWORK.outputs[i], arena, values);
    }
    return values;
}

int32_t tin_run_windows(
    const float *windows, int32_t count, float *features, float *values, void *scratch) {
    (void)features;
    for (int32_t i = 0; i < count; i++) {
        if (TIN_NETWORK.reset) { /* windows do not follow each other in time */
            TIN_NETWORK.reset(scratch);
        }
        windows = tin_network_write(scratch, windows);
        TIN_NETWORK.invoke(scratch);
        values = tin_network_read(scratch, values);
    }
    return TIN_OK;
}
