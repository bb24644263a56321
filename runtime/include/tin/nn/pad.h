/* SPDX-License-Identifier: Apache-2.0 */
/* A border of one value around a tensor. */
#ifndef TIN_NN_PAD_H
#define TIN_NN_PAD_H

#include "tin/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TIN_PAD_AXES 6

/* The innermost axis counts bytes, so that elements may have any type. */
typedef struct {
    int32_t axes; /* 1 to TIN_PAD_AXES */
    int32_t unit; /* 1, 2 or 4: divides all lengths along the innermost axis and the addresses */
    const int32_t *borders; /* [axes][3]: added in front, size of the input, added behind */
    int32_t value;          /* bits of the border's value, repeated where it is shorter */
} tin_pad;

/* The output is written from front to back, each row of the input after what lies before it. */
void tin_pad_run(const tin_pad *params, const void *input, void *output);

#ifdef __cplusplus
}
#endif

#endif
