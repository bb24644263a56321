/* SPDX-License-Identifier: Apache-2.0 */
/* Second-order filters in series, as state variables: exact at low cutoffs in single precision. */
#ifndef TIN_CASCADE_H
#define TIN_CASCADE_H

#include "tin/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TIN_CASCADE_COEFFICIENTS 5
#define TIN_CASCADE_MAX_SECTIONS 4

/* Each section is the bilinear transform of w^2 / (s^2 + 2 d w s + w^2) (low-pass) or of
   s^2 / (same) (high-pass), with g = tan(w T / 2), k = 2 d and u = 1 / (1 + g (g + k)):
   {g u, g^2 u, 2 g u, 2 g (g + k) u, k / 2}. */
typedef struct {
    const float *coefficients; /* [num_sections][TIN_CASCADE_COEFFICIENTS] */
    int32_t num_sections;      /* 0..4 */
    int32_t high_pass;         /* 0: low-pass; 1: high-pass */
    float gain;                /* of the whole cascade */
} tin_cascade;

#ifdef __cplusplus
}
#endif

#endif
