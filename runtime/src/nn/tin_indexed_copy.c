/* SPDX-License-Identifier: Apache-2.0 */
/* Copies by tables: the innermost axis in a loop, counters over the other axes. */
#include "tin/nn/bytes.h"
#include "tin/nn/indexed_copy.h"

void tin_indexed_copy_run(const tin_indexed_copy *params, const void *input, void *output) {
    const int32_t *tables[TIN_INDEXED_COPY_AXES];
    int32_t at[TIN_INDEXED_COPY_AXES] = {0};
    const int32_t *table = params->offsets;
    uint8_t *out = (uint8_t *)output;
    int32_t inner = params->axes - 1;
    for (int32_t axis = 0; axis <= inner; axis++) {
        tables[axis] = table;
        table += params->sizes[axis];
    }
    for (;;) {
        const uint8_t *in = (const uint8_t *)input;
        int32_t axis = 0;
        for (; axis < inner; axis++) {
            in += tables[axis][at[axis]];
        }
        for (int32_t i = 0; i < params->sizes[inner]; i++) {
            tin_copy_run(out, in + tables[inner][i], params->run, params->unit);
            out += params->run;
        }
        for (axis = inner - 1; axis >= 0 && ++at[axis] == params->sizes[axis]; axis--) {
            at[axis] = 0;
        }
        if (axis < 0) {
            return;
        }
    }
}
