/* SPDX-License-Identifier: Apache-2.0 */
/* The walk of operators on two tensors, row by row in the output's order. */
#include "tin/nn/broadcast.h"

void tin_broadcast_run(const tin_broadcast *broadcast,
                       const tin_pairwise *operation,
                       const void *params,
                       const void *input1,
                       const void *input2,
                       void *output) {
    const int32_t *shape = broadcast->shape;
    const int32_t *steps1 = broadcast->steps1;
    const int32_t *steps2 = broadcast->steps2;
    const uint8_t *first = input1;
    const uint8_t *second = input2;
    uint8_t *to = output;
    tin_row row;
    row.count = shape[3];
    row.step1 = steps1[3];
    row.step2 = steps2[3];
    for (int32_t i = 0; i < shape[0]; i++) {
        for (int32_t j = 0; j < shape[1]; j++) {
            for (int32_t k = 0; k < shape[2]; k++) {
                int32_t at1 = i * steps1[0] + j * steps1[1] + k * steps1[2];
                int32_t at2 = i * steps2[0] + j * steps2[1] + k * steps2[2];
                row.input1 = first + (size_t)(at1 * operation->input_bytes);
                row.input2 = second + (size_t)(at2 * operation->input_bytes);
                row.output = to;
                operation->run(params, &row);
                to += (size_t)(row.count * operation->output_bytes);
            }
        }
    }
}
