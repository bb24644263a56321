/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a compiled impulse on one window: processing blocks, then learning blocks. */
#include "tin/canonical.h"
#include "tin/impulse.h"
#include "tin/kmeans.h"
#include "tin/scaler.h"

#define SCRATCH_ALIGNMENT 16u

static void copy(uint8_t *to, const uint8_t *from, int32_t count) {
    for (int32_t i = 0; i < count; i++) {
        to[i] = from[i];
    }
}

static tin_status check_processing(const tin_impulse *impulse) {
    int32_t offset = 0;
    for (int32_t i = 0; i < impulse->num_processing; i++) {
        const tin_processing_block *block = &impulse->processing[i];
        if (block->offset != offset || block->num_features <= 0) {
            return TIN_STATUS_SIZE;
        }
        if (block->scaler && block->scaler->count != block->num_features) {
            return TIN_STATUS_SIZE;
        }
        tin_status status = block->init(block->config);
        if (status != TIN_OK) {
            return status;
        }
        offset += block->num_features;
    }
    return offset == impulse->num_features ? TIN_OK : TIN_STATUS_SIZE;
}

static const tin_model *model_of(const tin_learning_block *block) {
    return block->kind == TIN_LEARNING_ANOMALY_KMEANS ? NULL : block->config;
}

/* Bytes of scratch that stages share; state lies behind them. */
static int32_t shared_bytes(const tin_impulse *impulse) {
    int32_t bytes = impulse->scratch_bytes;
    for (int32_t i = 0; i < impulse->num_learning; i++) {
        const tin_model *model = model_of(&impulse->learning[i]);
        bytes -= model ? model->state_bytes : 0;
    }
    return bytes;
}

static tin_status check_model(const tin_impulse *impulse, const tin_learning_block *block) {
    const tin_model *model = block->config;
    int32_t num_inputs = 0;
    for (int32_t i = 0; i < block->num_inputs; i++) {
        num_inputs += impulse->processing[block->inputs[i]].num_features;
    }
    if (model->num_inputs != 1 || model->num_outputs != 1 || model->inputs[0].count != num_inputs) {
        return TIN_STATUS_SIZE;
    }
    if (model->outputs[0].count != block->num_values ||
        model->arena_bytes > shared_bytes(impulse)) {
        return TIN_STATUS_SIZE;
    }
    return TIN_OK;
}

static tin_status check_learning(const tin_impulse *impulse) {
    int32_t offset = 0;
    for (int32_t i = 0; i < impulse->num_learning; i++) {
        const tin_learning_block *block = &impulse->learning[i];
        if (block->offset != offset) {
            return TIN_STATUS_SIZE;
        }
        if (block->kind != TIN_LEARNING_ANOMALY_KMEANS) {
            tin_status status = check_model(impulse, block);
            if (status != TIN_OK) {
                return status;
            }
        }
        offset += block->num_values;
    }
    return offset == impulse->num_values ? TIN_OK : TIN_STATUS_SIZE;
}

tin_status tin_init(const tin_impulse *impulse, const tin_state *state) {
    if (!impulse || !state || !state->features || !state->values || !state->scratch) {
        return TIN_STATUS_ARG;
    }
    if ((uintptr_t)state->scratch % SCRATCH_ALIGNMENT != 0) {
        return TIN_STATUS_ARG;
    }
    tin_status status = check_processing(impulse);
    if (status == TIN_OK) {
        status = check_learning(impulse);
    }
    if (status == TIN_OK) {
        tin_forget(impulse, state);
    }
    return status;
}

void tin_forget(const tin_impulse *impulse, const tin_state *state) {
    uint8_t *kept = (uint8_t *)state->scratch + shared_bytes(impulse);
    for (int32_t i = 0; i < impulse->num_learning; i++) {
        const tin_model *model = model_of(&impulse->learning[i]);
        if (model && model->reset) {
            model->reset(state->scratch);
            copy(kept, state->scratch, model->state_bytes);
            kept += model->state_bytes;
        }
    }
}

TIN_NOINLINE tin_status tin_process(const tin_impulse *impulse,
                                    const tin_state *state,
                                    const tin_signal *signal) {
    if (signal->length != (size_t)impulse->num_frames * (size_t)impulse->num_axes) {
        return TIN_STATUS_SIZE;
    }
    for (int32_t i = 0; i < impulse->num_processing; i++) {
        const tin_processing_block *block = &impulse->processing[i];
        float *features = state->features + block->offset;
        tin_status status = block->run(block->config, signal, features, state->scratch);
        if (status != TIN_OK) {
            return status;
        }
    }
    return TIN_OK;
}

/* Writes one block's standardised features into the model's input, `first` elements in. */
static void fill_input(const tin_processing_block *block,
                       const float *features,
                       const tin_model_tensor *tensor,
                       int32_t first,
                       uint8_t *arena) {
    float *as_f32 = (float *)(void *)(arena + tensor->offset) + first;
    int8_t *as_s8 = (int8_t *)(arena + tensor->offset) + first;
    for (int32_t i = 0; i < block->num_features; i++) {
        float value = features[block->offset + i];
        if (block->scaler) {
            value = tin_scaler_apply(block->scaler, i, value);
        }
        if (tensor->type == TIN_TYPE_S8) {
            as_s8[i] = tin_model_quantize(tensor, value);
        } else {
            as_f32[i] = value;
        }
    }
}

static void read_output(const tin_model_tensor *tensor, const uint8_t *arena, float *values) {
    const float *as_f32 = (const float *)(const void *)(arena + tensor->offset);
    const int8_t *as_s8 = (const int8_t *)(arena + tensor->offset);
    for (int32_t i = 0; i < tensor->count; i++) {
        values[i] = tensor->type == TIN_TYPE_S8 ? tin_model_dequantize(tensor, as_s8[i])
                                                : tin_canonical(as_f32[i]);
    }
}

/* The state of a model is at the start of its arena while it runs, and in `kept` otherwise. */
static void run_model(const tin_impulse *impulse,
                      const tin_learning_block *block,
                      const tin_state *state,
                      uint8_t *kept) {
    const tin_model *model = block->config;
    int32_t first = 0;
    copy(state->scratch, kept, model->state_bytes);
    for (int32_t i = 0; i < block->num_inputs; i++) {
        const tin_processing_block *input = &impulse->processing[block->inputs[i]];
        fill_input(input, state->features, &model->inputs[0], first, state->scratch);
        first += input->num_features;
    }
    model->invoke(state->scratch);
    copy(kept, state->scratch, model->state_bytes);
    read_output(&model->outputs[0], state->scratch, state->values + block->offset);
}

TIN_NOINLINE tin_status tin_learn(const tin_impulse *impulse, const tin_state *state) {
    uint8_t *kept = (uint8_t *)state->scratch + shared_bytes(impulse);
    for (int32_t i = 0; i < impulse->num_learning; i++) {
        const tin_learning_block *block = &impulse->learning[i];
        const tin_model *model = model_of(block);
        if (model) {
            run_model(impulse, block, state, kept);
            kept += model->state_bytes;
        } else {
            state->values[block->offset] = tin_kmeans_score(block->config, state->features);
        }
    }
    return TIN_OK;
}

tin_status
tin_classify(const tin_impulse *impulse, const tin_state *state, const tin_signal *signal) {
    tin_status status = tin_process(impulse, state, signal);
    return status == TIN_OK ? tin_learn(impulse, state) : status;
}
