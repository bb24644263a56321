/* SPDX-License-Identifier: Apache-2.0 */
/* Strided copies: runs along one axis in a tight loop, counters over the other axes. */
#include "tin/nn/bytes.h"
#include "tin/nn/strided_copy.h"

static void copy_bytes(const tin_strided_copy *params, const uint8_t *in, uint8_t *out) {
    int32_t input_step = params->input_step, output_step = params->output_step;
    for (int32_t count = params->count; count > 0; count--) {
        *out = *in;
        in += input_step;
        out += output_step;
    }
}

static void copy_words(const tin_strided_copy *params, const uint8_t *in, uint8_t *out) {
    int32_t input_step = params->input_step, output_step = params->output_step;
    for (int32_t count = params->count; count > 0; count--) {
        tin_copy_run(out, in, 4, 4);
        in += input_step;
        out += output_step;
    }
}

static void copy_runs(const tin_strided_copy *params, const uint8_t *in, uint8_t *out) {
    for (int32_t count = params->count; count > 0; count--) {
        tin_copy_run(out, in, params->run, params->unit);
        in += params->input_step;
        out += params->output_step;
    }
}

void tin_strided_copy_run(const tin_strided_copy *params, const void *input, void *output) {
    const uint8_t *in = (const uint8_t *)input + params->input_offset;
    uint8_t *out = (uint8_t *)output + params->output_offset;
    int32_t at[TIN_STRIDED_COPY_OUTER] = {0};
    for (;;) {
        if (params->run == 1) {
            copy_bytes(params, in, out);
        } else if (params->run == 4 && params->unit == 4) {
            copy_words(params, in, out);
        } else {
            copy_runs(params, in, out);
        }
        int32_t axis = params->outer - 1;
        for (; axis >= 0; axis--) {
            const int32_t *walk = params->walk + 3 * axis;
            if (++at[axis] < walk[0]) {
                in += walk[1];
                out += walk[2];
                break;
            }
            at[axis] = 0;
            in -= (walk[0] - 1) * walk[1];
            out -= (walk[0] - 1) * walk[2];
        }
        if (axis < 0) {
            return;
        }
    }
}
