/* SPDX-License-Identifier: Apache-2.0 */
/* The walk of operators on two tensors, one of them repeated along axes it lacks. */
#ifndef TIN_NN_BROADCAST_H
#define TIN_NN_BROADCAST_H

#include "tin/nn/tuning.h"
#include "tin/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How two inputs are walked to fill the output; a step of 0 repeats an input along that axis.
   Axes along which both inputs behave alike are merged: tensors of one shape are one row. */
typedef struct {
    const int32_t *shape;  /* [4], of the output */
    const int32_t *steps1; /* [4], values of input 1 from index to index */
    const int32_t *steps2; /* [4], of input 2 */
} tin_broadcast;

/* Values along the last axis. */
typedef struct {
    const void *input1;
    const void *input2;
    void *output;
    int32_t count;
    int32_t step1; /* 1, or 0 where input 1 repeats one value */
    int32_t step2;
} tin_row;

/* What is done with each row. */
typedef struct {
    void (*run)(const void *params, const tin_row *row);
    int32_t input_bytes; /* of one value */
    int32_t output_bytes;
} tin_pairwise;

/* The output may be an input that has the output's shape and values no narrower. */
void tin_broadcast_run(const tin_broadcast *broadcast,
                       const tin_pairwise *operation,
                       const void *params,
                       const void *input1,
                       const void *input2,
                       void *output);

/* Defines the row function NAME: FUNCTION(&params, a, b) of each pair of values. The parameters are
   copied so that they stay in registers: as far as the compiler knows, a store of int8_t may change
   anything else. */
#define TIN_ROW_FUNCTION(NAME, PARAMS, INPUT, OUTPUT, FUNCTION)                                    \
    static void NAME(const void *params, const tin_row *row) {                                     \
        const PARAMS local = *(const PARAMS *)params;                                              \
        const INPUT *a = row->input1;                                                              \
        const INPUT *b = row->input2;                                                              \
        OUTPUT *to = row->output;                                                                  \
        const int32_t step1 = row->step1;                                                          \
        const int32_t step2 = row->step2;                                                          \
        int32_t count = row->count;                                                                \
        if (step1 == step2) {                                                                      \
            TIN_ROLLED                                                                             \
            for (; count > 0; count--) {                                                           \
                *to++ = FUNCTION(&local, *a++, *b++);                                              \
            }                                                                                      \
            return;                                                                                \
        }                                                                                          \
        TIN_ROLLED                                                                                 \
        for (; count > 0; count--) {                                                               \
            *to++ = FUNCTION(&local, *a, *b);                                                      \
            a += step1;                                                                            \
            b += step2;                                                                            \
        }                                                                                          \
    }

#ifdef __cplusplus
}
#endif

#endif
