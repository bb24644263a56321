/* SPDX-License-Identifier: Apache-2.0 */
/* L2_NORMALIZATION and LOG_SOFTMAX over the last axis. */
#ifndef TIN_NN_NORMALIZATION_H
#define TIN_NN_NORMALIZATION_H

#include "tin/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    int32_t rows;
    int32_t depth;
} tin_normalization_f32;

/* Output: scale 1/128, zero point 0. */
typedef struct {
    int32_t rows;
    int32_t depth;      /* at most 32767 */
    int32_t zero_point; /* of the input */
} tin_l2_normalization_s8;

/* Output: scale 1/16, zero point 127. */
typedef struct {
    int32_t rows;
    int32_t depth;            /* below 4096 */
    const int32_t *distances; /* [num_distances]: -scale * i * 2^26, i steps below the maximum */
    const int32_t *exponents; /* [num_distances]: exp(-scale * i) * 2^31 */
    int32_t num_distances;    /* values further below the maximum count as 0 */
} tin_log_softmax_s8;

/* Outputs may be the inputs. A float32 row is divided by its length, or by 1e-6 if that is more. */
void tin_l2_normalization_run_s8(const tin_l2_normalization_s8 *params,
                                 const int8_t *input,
                                 int8_t *output);
void tin_l2_normalization_run_f32(const tin_normalization_f32 *params,
                                  const float *input,
                                  float *output);
void tin_log_softmax_run_s8(const tin_log_softmax_s8 *params, const int8_t *input, int8_t *output);
void tin_log_softmax_run_f32(const tin_normalization_f32 *params,
                             const float *input,
                             float *output);

#ifdef __cplusplus
}
#endif

#endif
