/* SPDX-License-Identifier: Apache-2.0 */
/* Second-order sections with trapezoidal integrators.
 *
 * The usual direct form keeps differences of nearly equal numbers when the cutoff is far below the
 * sampling rate; here the two states are the band and low outputs themselves, and each step adds a
 * small correction to them. The transfer function is the same as that of the direct form. */
#include "tin_cascade_lanes.h"

typedef struct {
    tin_lanes band;
    tin_lanes low;
} state;

static inline tin_lanes step(const float *c, int32_t high_pass, state *s, tin_lanes x) {
    const tin_lanes error = x - s->low;
    const tin_lanes half = c[0] * s->band + c[1] * error;
    const tin_lanes band = s->band + (c[2] * error - c[3] * s->band);
    const tin_lanes low = s->low + half;
    const tin_lanes high = (x - low) - c[4] * (s->band + band);
    s->band = band;
    s->low = low + half;
    return high_pass ? high : low;
}

/* The sections are a compile-time number here, so that their states stay in registers. */
static inline void run_sections(
    const tin_cascade *cascade, int32_t sections, tin_lanes *x, int32_t count, tin_lanes before) {
    const tin_lanes zero = tin_lanes_splat(0.0f);
    state states[TIN_CASCADE_MAX_SECTIONS];
    for (int32_t i = 0; i < sections; i++) {
        states[i].band = zero;
        states[i].low = before;
        before = cascade->high_pass ? zero : before;
    }
    const float *c = cascade->coefficients;
    const int32_t high_pass = cascade->high_pass;
    for (int32_t n = 0; n < count; n++) {
        tin_lanes y = x[n];
        for (int32_t i = 0; i < sections; i++) {
            y = step(c + i * TIN_CASCADE_COEFFICIENTS, high_pass, &states[i], y);
        }
        x[n] = y * cascade->gain;
    }
}

void tin_cascade_run(const tin_cascade *cascade, tin_lanes *x, int32_t count, tin_lanes before) {
    switch (cascade->num_sections) {
    case 1:
        run_sections(cascade, 1, x, count, before);
        break;
    case 2:
        run_sections(cascade, 2, x, count, before);
        break;
    case 3:
        run_sections(cascade, 3, x, count, before);
        break;
    case 4:
        run_sections(cascade, 4, x, count, before);
        break;
    default:
        break;
    }
}

int32_t
tin_cascade_decimate(const tin_cascade *cascade, int32_t ratio, tin_lanes *x, int32_t count) {
    tin_cascade_run(cascade, x, count, x[0]);
    int32_t kept = 0;
    for (int32_t n = 0; n < count; n += ratio) {
        x[kept++] = x[n];
    }
    return kept;
}
