/* SPDX-License-Identifier: Apache-2.0 */
/* Ensembles of decision trees: every tree adds the weight of one leaf. */
#include "tin/nn/trees.h"

static int32_t leaf_of(const tin_trees *params, const float *row, int32_t node) {
    while (node < params->num_splits) {
        int is_true = row[params->features[node]] <= params->thresholds[node];
        node = is_true ? params->true_nodes[node] : params->false_nodes[node];
    }
    return node - params->num_splits;
}

void tin_trees_run(const tin_trees *params, const float *input, float *output) {
    for (int32_t row = 0; row < params->rows; row++) {
        for (int32_t i = 0; i < params->num_classes; i++) {
            output[i] = 0.0f;
        }
        for (int32_t tree = 0; tree < params->num_trees; tree++) {
            int32_t leaf = leaf_of(params, input, params->roots[tree]);
            output[params->classes[leaf]] += params->weights[leaf];
        }
        input += params->num_features;
        output += params->num_classes;
    }
}
