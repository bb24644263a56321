/* SPDX-License-Identifier: Apache-2.0 */
/* One input of a concatenation, copied to its place in the output. */
#ifndef TIN_NN_CONCATENATION_H
#define TIN_NN_CONCATENATION_H

#include "tin/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    int32_t rows;        /* runs of the input that lie apart in the output */
    int32_t length;      /* values of a run */
    int32_t output_step; /* values from run to run in the output */
    int32_t offset;      /* of the first run in the output */
} tin_concatenation;

void tin_concatenation_run_s8(const tin_concatenation *params, const int8_t *input, int8_t *output);
void tin_concatenation_run_f32(const tin_concatenation *params, const float *input, float *output);

#ifdef __cplusplus
}
#endif

#endif
