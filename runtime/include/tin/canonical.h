/* SPDX-License-Identifier: Apache-2.0 */
/* The one NaN that every target writes. */
#ifndef TIN_CANONICAL_H
#define TIN_CANONICAL_H

#include "tin/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* x, or 0x7fc00000 when it is a NaN: processors disagree about the sign and payload of new ones. */
static inline float tin_canonical(float x) {
    union {
        uint32_t bits;
        float value;
    } nan;
    nan.bits = 0x7fc00000u;
    return x == x ? x : nan.value;
}

#ifdef __cplusplus
}
#endif

#endif
