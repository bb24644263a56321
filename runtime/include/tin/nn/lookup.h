/* SPDX-License-Identifier: Apache-2.0 */
/* Any function of one int8 value, as a table of its 256 results. */
#ifndef TIN_NN_LOOKUP_H
#define TIN_NN_LOOKUP_H

#include "tin/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    int32_t count;
    const int8_t *table; /* [256], result of input -128 first */
} tin_lookup_s8;

/* Output may be the input. */
void tin_lookup_run_s8(const tin_lookup_s8 *params, const int8_t *input, int8_t *output);

#ifdef __cplusplus
}
#endif

#endif
