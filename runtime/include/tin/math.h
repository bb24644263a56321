/* SPDX-License-Identifier: Apache-2.0 */
/* Elementary functions with one defined order of operations: the same bits on every target. */
#ifndef TIN_MATH_H
#define TIN_MATH_H

#include "tin/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Natural and decimal logarithm, relative error below 2e-7; log(0) = -inf, log(x<0) = NaN. */
float tin_logf(float x);
float tin_log10f(float x);

/* e^x, relative error below 2e-7; overflows to +inf, underflows to 0. */
float tin_expf(float x);

/* Correctly rounded square root (the FPU's instruction where there is one, else software). */
float tin_sqrtf(float x);

/* Double-precision sine and cosine, |x| <= 2^20; they make tables on the host (tin_tables.c). */
double tin_sin(double x);
double tin_cos(double x);

/* Largest integer not above x, and round half to even; range-checked to int32. */
int32_t tin_floor_to_s32(float x);
int32_t tin_round_to_s32(float x);

#ifdef __cplusplus
}
#endif

#endif
