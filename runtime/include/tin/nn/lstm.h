/* SPDX-License-Identifier: Apache-2.0 */
/* Long short-term memory over a sequence. */
#ifndef TIN_NN_LSTM_H
#define TIN_NN_LSTM_H

#include "tin/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Values of step t of sequence b begin at index t * time_step + b * batch_step, counted in rows. */
typedef struct {
    int32_t batches;
    int32_t steps;
    int32_t input_size;
    int32_t cells;
    int32_t time_step;
    int32_t batch_step;
} tin_lstm_shape;

/* One gate: both products are brought to steps of 2^-12 and added. */
typedef struct {
    const int8_t *input_weights;     /* [cells][input_size] */
    const int8_t *recurrent_weights; /* [cells][cells] */
    const int32_t *input_bias;       /* [cells], minus zero point * sum of weights */
    const int32_t *recurrent_bias;   /* [cells], minus zero point * sum of weights */
    int32_t input_multiplier;        /* see tin_requantize */
    int32_t input_shift;
    int32_t recurrent_multiplier;
    int32_t recurrent_shift;
} tin_lstm_gate_s8;

typedef struct {
    tin_lstm_shape shape;
    tin_lstm_gate_s8 input;
    tin_lstm_gate_s8 forget;
    tin_lstm_gate_s8 cell;
    tin_lstm_gate_s8 output;
    const uint16_t *logistic;  /* [256]: 2^16 / (1 + exp(-i / 24)), a little raised */
    int32_t forget_multiplier; /* of forget gate * cell state */
    int32_t forget_shift;
    int32_t input_multiplier; /* of input gate * cell gate */
    int32_t input_shift;
    int32_t output_multiplier; /* of output gate * tanh of the cell state */
    int32_t output_shift;
    int32_t zero_point;  /* of the output */
    int32_t clip;        /* largest size of the cell state, in its steps; 0: no limit */
    int32_t tanh_factor; /* the cell state times this, shifted right, counts steps of 2^-12 / 3 */
    int32_t tanh_shift;
} tin_lstm_s8;

typedef struct {
    const float *input_weights;
    const float *recurrent_weights;
    const float *bias; /* [cells] */
} tin_lstm_gate_f32;

typedef struct {
    tin_lstm_shape shape;
    tin_lstm_gate_f32 input;
    tin_lstm_gate_f32 forget;
    tin_lstm_gate_f32 cell;
    tin_lstm_gate_f32 output;
    float clip; /* largest size of the cell state; 0: no limit */
} tin_lstm_f32;

/* Both states are [batches][cells] and move on by the whole sequence. */
void tin_lstm_run_s8(const tin_lstm_s8 *params,
                     const int8_t *input,
                     int8_t *hidden,
                     int16_t *memory,
                     int8_t *output);
void tin_lstm_run_f32(
    const tin_lstm_f32 *params, const float *input, float *hidden, float *memory, float *output);

#ifdef __cplusplus
}
#endif

#endif
