/* SPDX-License-Identifier: Apache-2.0 */
/* Reading and assigning of variables, which keep their values between runs. */
#ifndef TIN_NN_VARIABLE_H
#define TIN_NN_VARIABLE_H

#include "tin/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    int32_t num_bytes;
} tin_variable;

void tin_variable_copy(const tin_variable *params, const void *input, void *output);

#ifdef __cplusplus
}
#endif

#endif
