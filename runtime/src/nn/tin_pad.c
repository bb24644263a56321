/* SPDX-License-Identifier: Apache-2.0 */
/* Padding: every innermost row of the output is either border or border, input row, border. */
#include "tin/nn/bytes.h"
#include "tin/nn/pad.h"

/* Whether the output row at `at` holds a row of the input. */
static int is_inside(const tin_pad *params, const int32_t *at) {
    const int32_t *borders = params->borders;
    for (int32_t axis = 0; axis < params->axes - 1; axis++, borders += 3) {
        if (at[axis] < borders[0] || at[axis] >= borders[0] + borders[1]) {
            return 0;
        }
    }
    return 1;
}

/* Counts `at` up to the next output row; 0 after the last. */
static int next_row(const tin_pad *params, int32_t *at) {
    for (int32_t axis = params->axes - 2; axis >= 0; axis--) {
        const int32_t *borders = params->borders + 3 * axis;
        if (++at[axis] < borders[0] + borders[1] + borders[2]) {
            return 1;
        }
        at[axis] = 0;
    }
    return 0;
}

/* Starts at a whole element, so the value is in step. */
static uint8_t *fill(const tin_pad *params, uint8_t *out, int32_t bytes) {
    const uint8_t *value = (const uint8_t *)&params->value;
    for (; bytes >= 4; bytes -= 4, out += 4) {
        tin_copy_run(out, value, 4, params->unit);
    }
    tin_copy_run(out, value, bytes, 1);
    return out + bytes;
}

void tin_pad_run(const tin_pad *params, const void *input, void *output) {
    const int32_t *inner = params->borders + 3 * (params->axes - 1);
    const uint8_t *in = (const uint8_t *)input;
    uint8_t *out = (uint8_t *)output;
    int32_t at[TIN_PAD_AXES] = {0};
    do {
        if (!is_inside(params, at)) {
            out = fill(params, out, inner[0] + inner[1] + inner[2]);
            continue;
        }
        out = fill(params, out, inner[0]);
        tin_copy_run(out, in, inner[1], params->unit);
        in += inner[1];
        out = fill(params, out + inner[1], inner[2]);
    } while (next_row(params, at));
}
