/* SPDX-License-Identifier: Apache-2.0 */
/* Ensembles of decision trees. */
#ifndef TIN_NN_TREES_H
#define TIN_NN_TREES_H

#include "tin/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Nodes 0 .. num_splits - 1 split, the others are leaves; no tree leads back to itself. */
typedef struct {
    int32_t rows;
    int32_t num_features;
    int32_t num_classes;
    int32_t num_trees;
    int32_t num_splits;
    const uint16_t *roots;      /* [num_trees] */
    const uint16_t *features;   /* [num_splits] */
    const float *thresholds;    /* [num_splits] */
    const uint16_t *true_nodes; /* [num_splits], where to go when feature <= threshold */
    const uint16_t *false_nodes;
    const float *weights;    /* [leaves] */
    const uint16_t *classes; /* [leaves], which output gets the weight */
} tin_trees;

/* Each output is the sum of its leaves' weights in the order of the trees, from 0. */
void tin_trees_run(const tin_trees *params, const float *input, float *output);

#ifdef __cplusplus
}
#endif

#endif
