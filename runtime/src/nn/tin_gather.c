/* SPDX-License-Identifier: Apache-2.0 */
/* Gathering by indices that are known only when the network runs, or that follow no pattern. */
#include "tin/nn/bytes.h"
#include "tin/nn/gather.h"

void tin_gather_run(const tin_gather *params,
                    const void *input,
                    const int32_t *indices,
                    void *output) {
    const uint8_t *in = (const uint8_t *)input;
    uint8_t *out = (uint8_t *)output;
    for (int32_t batch = 0; batch < params->batches; batch++) {
        for (int32_t o = 0; o < params->outer; o++) {
            for (int32_t i = 0; i < params->count; i++) {
                int32_t index = indices[i] < params->size ? indices[i] : params->size - 1;
                index = index < 0 ? 0 : index;
                tin_copy_run(out, in + index * params->run, params->run, params->unit);
                out += params->run;
            }
            in += params->size * params->run;
        }
        indices += params->count;
    }
}
