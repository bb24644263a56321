/* SPDX-License-Identifier: Apache-2.0 */
/* Long short-term memory: one cell after the other, so that no gate needs memory. */
#include "tin/nn/activation.h"
#include "tin/nn/bytes.h"
#include "tin/nn/lstm.h"
#include "tin/nn/requantize.h"

static int32_t saturate(int32_t value) { return tin_clamp_s32(value, INT16_MIN, INT16_MAX); }

static int32_t dot_s8(const int8_t *x, const int8_t *w, int32_t count) {
    int32_t sum = 0;
    for (int32_t i = 0; i < count; i++) {
        sum += x[i] * w[i];
    }
    return sum;
}

/* The logistic function between table entries, scaled by 2^(16 + bits): `size` counts steps of
   2^-bits / 24. */
static uint32_t logistic_of(const uint16_t *table, uint32_t size, uint32_t bits) {
    uint32_t index = size >> bits;
    if (index >= 255) {
        return 0xFFFFu << bits;
    }
    uint32_t rest = size & ((1u << bits) - 1u);
    uint32_t low = table[index];
    return (low << bits) + rest * (table[index + 1] - low);
}

/* 2^15 / (1 + exp(-x)), x in steps of 2^-12. */
static int32_t logistic(const uint16_t *table, int32_t x) {
    int32_t scaled = 3 * x;
    uint32_t size = (uint32_t)(scaled < 0 ? -scaled : scaled);
    uint32_t value = size >> 9 >= 255 ? 0x7FFFu << 10 : logistic_of(table, size, 9);
    value = scaled >= 0 ? value + (1u << 9) : (1u << 25) - value + (1u << 9) - 1u;
    return (int32_t)(value >> 10);
}

/* 2^15 tanh(x) = 2^15 (2 logistic(2x) - 1), x in steps of 2^-12 / 3. */
static int32_t hyperbolic_tangent(const uint16_t *table, int32_t scaled) {
    uint32_t size = (uint32_t)(scaled < 0 ? -scaled : scaled);
    int32_t value = (int32_t)logistic_of(table, size, 8) - (1 << 23);
    value = scaled >= 0 ? value + (1 << 7) : -value + (1 << 7) - 1;
    return value >> 8;
}

/* What a gate sees, in steps of 2^-12. */
static int32_t gate_s8(const tin_lstm_gate_s8 *gate,
                       const tin_lstm_shape *shape,
                       const int8_t *input,
                       const int8_t *hidden,
                       int32_t cell) {
    int32_t fed = dot_s8(input, gate->input_weights + cell * shape->input_size, shape->input_size);
    int32_t back = dot_s8(hidden, gate->recurrent_weights + cell * shape->cells, shape->cells);
    fed = (int32_t)((uint32_t)fed + (uint32_t)gate->input_bias[cell]);
    back = (int32_t)((uint32_t)back + (uint32_t)gate->recurrent_bias[cell]);
    fed = saturate(tin_requantize(fed, gate->input_multiplier, gate->input_shift));
    back = saturate(tin_requantize(back, gate->recurrent_multiplier, gate->recurrent_shift));
    return saturate(fed + back);
}

static int32_t product(int32_t a, int32_t b, int32_t multiplier, int32_t shift) {
    return tin_requantize(a * b, multiplier, shift);
}

/* The new state of one cell and its output. */
static int8_t cell_s8(const tin_lstm_s8 *params,
                      const int8_t *input,
                      const int8_t *hidden,
                      int16_t *memory,
                      int32_t cell) {
    const tin_lstm_shape *shape = &params->shape;
    const uint16_t *table = params->logistic;
    int32_t forget = logistic(table, gate_s8(&params->forget, shape, input, hidden, cell));
    int32_t accept = logistic(table, gate_s8(&params->input, shape, input, hidden, cell));
    int32_t offer = 3 * gate_s8(&params->cell, shape, input, hidden, cell);
    int32_t emit = logistic(table, gate_s8(&params->output, shape, input, hidden, cell));
    offer = hyperbolic_tangent(table, offer);
    int32_t old = product(forget, *memory, params->forget_multiplier, params->forget_shift);
    int32_t add = product(accept, offer, params->input_multiplier, params->input_shift);
    int32_t state = saturate(saturate(old) + saturate(add));
    if (params->clip > 0) {
        state = tin_clamp_s32(state, -params->clip, params->clip);
    }
    *memory = (int16_t)state;
    int32_t round = params->tanh_shift > 0 ? 1 << (params->tanh_shift - 1) : 0;
    int32_t scaled = (state * params->tanh_factor + round) >> params->tanh_shift;
    int32_t value = product(
        hyperbolic_tangent(table, scaled), emit, params->output_multiplier, params->output_shift);
    return (int8_t)tin_clamp_s32(value + params->zero_point, INT8_MIN, INT8_MAX);
}

void tin_lstm_run_s8(const tin_lstm_s8 *params,
                     const int8_t *input,
                     int8_t *hidden,
                     int16_t *memory,
                     int8_t *output) {
    const tin_lstm_shape *shape = &params->shape;
    for (int32_t batch = 0; batch < shape->batches; batch++) {
        for (int32_t step = 0; step < shape->steps; step++) {
            int32_t row = step * shape->time_step + batch * shape->batch_step;
            const int8_t *from = input + row * shape->input_size;
            int8_t *to = output + row * shape->cells;
            for (int32_t cell = 0; cell < shape->cells; cell++) {
                to[cell] = cell_s8(params, from, hidden, memory + cell, cell);
            }
            tin_copy_s8(hidden, to, shape->cells);
        }
        hidden += shape->cells;
        memory += shape->cells;
    }
}

static float dot_f32(const float *x, const float *w, int32_t count) {
    float sum = 0.0f;
    for (int32_t i = 0; i < count; i++) {
        sum += x[i] * w[i];
    }
    return sum;
}

static float gate_f32(const tin_lstm_gate_f32 *gate,
                      const tin_lstm_shape *shape,
                      const float *input,
                      const float *hidden,
                      int32_t cell) {
    const float *fed = gate->input_weights + cell * shape->input_size;
    const float *back = gate->recurrent_weights + cell * shape->cells;
    float sum = dot_f32(input, fed, shape->input_size) + gate->bias[cell];
    return sum + dot_f32(hidden, back, shape->cells);
}

static float logistic_f32(float x) {
    const tin_activation_f32 one = {1};
    tin_logistic_run_f32(&one, &x, &x);
    return x;
}

static float tanh_f32(float x) {
    const tin_activation_f32 one = {1};
    tin_tanh_run_f32(&one, &x, &x);
    return x;
}

static float cell_f32(const tin_lstm_f32 *params,
                      const float *input,
                      const float *hidden,
                      float *memory,
                      int32_t cell) {
    const tin_lstm_shape *shape = &params->shape;
    float forget = logistic_f32(gate_f32(&params->forget, shape, input, hidden, cell));
    float accept = logistic_f32(gate_f32(&params->input, shape, input, hidden, cell));
    float offer = tanh_f32(gate_f32(&params->cell, shape, input, hidden, cell));
    float emit = logistic_f32(gate_f32(&params->output, shape, input, hidden, cell));
    float state = forget * *memory + accept * offer;
    if (params->clip > 0.0f) {
        state = tin_clamp_f32(state, -params->clip, params->clip);
    }
    *memory = state;
    return tanh_f32(state) * emit;
}

void tin_lstm_run_f32(
    const tin_lstm_f32 *params, const float *input, float *hidden, float *memory, float *output) {
    const tin_lstm_shape *shape = &params->shape;
    for (int32_t batch = 0; batch < shape->batches; batch++) {
        for (int32_t step = 0; step < shape->steps; step++) {
            int32_t row = step * shape->time_step + batch * shape->batch_step;
            const float *from = input + row * shape->input_size;
            float *to = output + row * shape->cells;
            for (int32_t cell = 0; cell < shape->cells; cell++) {
                to[cell] = cell_f32(params, from, hidden, memory + cell, cell);
            }
            tin_copy_f32(hidden, to, shape->cells);
        }
        hidden += shape->cells;
        memory += shape->cells;
    }
}
