/* SPDX-License-Identifier: Apache-2.0 */
/* A compiled neural network: what the generated C of a model offers to the impulse. */
#ifndef TIN_MODEL_H
#define TIN_MODEL_H

#include "tin/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    TIN_TYPE_F32 = 1,
    TIN_TYPE_S8 = 2,
    TIN_TYPE_S16 = 3,
    TIN_TYPE_S32 = 4,
    TIN_TYPE_BOOL = 5 /* one byte, 0 or 1 */
} tin_type;

/* A model input or output inside the arena. value = scale * (q - zero_point) for TIN_TYPE_S8 and
   TIN_TYPE_S16. */
typedef struct {
    tin_type type;
    int32_t count;  /* elements */
    int32_t offset; /* bytes from the start of the arena */
    float scale;
    int32_t zero_point;
} tin_model_tensor;

/* Runs the network on the inputs that lie in the arena; outputs are left there, inputs are not
   kept. Named by the generator; the arena is aligned to 16 bytes. */
typedef void (*tin_model_invoke)(void *arena);

/* Gives the state of the network, at the start of the arena, its first values. */
typedef void (*tin_model_reset)(void *arena);

typedef struct {
    const tin_model_tensor *inputs;
    const tin_model_tensor *outputs;
    int32_t num_inputs;
    int32_t num_outputs;
    int32_t arena_bytes; /* state, activations and kernel scratch together */
    int32_t state_bytes; /* of the arena, from its start: kept by the caller between runs */
    tin_model_invoke invoke;
    tin_model_reset reset; /* before the first run; NULL when state_bytes is 0 */
} tin_model;

/* q = clamp(round_half_away(value / scale) + zero_point, -128, 127); NaN gives zero_point. */
int8_t tin_model_quantize(const tin_model_tensor *tensor, float value);

/* scale * (q - zero_point) */
float tin_model_dequantize(const tin_model_tensor *tensor, int8_t value);

#ifdef __cplusplus
}
#endif

#endif
