/* SPDX-License-Identifier: Apache-2.0 */
/* The compiled impulse: constant tables that say what to run, and the one struct of state it needs.
 */
#ifndef TIN_IMPULSE_H
#define TIN_IMPULSE_H

#include "tin/model.h"
#include "tin/scaler.h"
#include "tin/signal.h"
#include "tin/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Checks a block's configuration once, before the first run. */
typedef tin_status (*tin_block_init)(const void *config);

/* Computes the features of one window. `scratch` has the floats the block asked for. */
typedef tin_status (*tin_block_run)(const void *config,
                                    const tin_signal *signal,
                                    float *features,
                                    float *scratch);

/* One processing block. */
typedef struct {
    const char *name;
    tin_block_init init;
    tin_block_run run;
    const void *config;
    const tin_scaler *scaler; /* NULL: features go to the learning blocks as they are */
    int32_t num_features;
    int32_t offset; /* of its features in the window's feature vector */
} tin_processing_block;

typedef enum {
    TIN_LEARNING_CLASSIFICATION = 1,
    TIN_LEARNING_REGRESSION = 2,
    TIN_LEARNING_ANOMALY_KMEANS = 3
} tin_learning_kind;

/* One learning block. `config` is a tin_model or a tin_kmeans, by `kind`. */
typedef struct {
    const char *name;
    tin_learning_kind kind;
    const void *config;
    const int32_t *inputs; /* indices of processing blocks, in the order the block sees them */
    int32_t num_inputs;
    int32_t num_values; /* scores it writes */
    int32_t offset;     /* of its scores in the result */
} tin_learning_block;

/* Everything constant about an impulse; lives in flash. */
typedef struct {
    const char *name;
    const char *const *labels; /* of the classification or regression values */
    int32_t num_labels;
    int32_t num_frames;    /* frames of a window */
    int32_t num_axes;      /* values of a frame */
    float interval_ms;     /* between frames; 0 for images */
    int32_t num_features;  /* of all processing blocks together */
    int32_t num_values;    /* scores of all learning blocks together */
    int32_t scratch_bytes; /* the largest need of any stage, which share one region, and behind it
                              the state of all models */
    const tin_processing_block *processing;
    int32_t num_processing;
    const tin_learning_block *learning;
    int32_t num_learning;
} tin_impulse;

/* What one classification needs besides the impulse; the caller owns the memory.
   Scratch is aligned to 16 bytes and holds the blocks' working memory, then the model's arena; its
   end keeps what networks remember and must not be touched between classifications. */
typedef struct {
    float *features; /* [num_features], before standardisation */
    float *values;   /* [num_values], the result: scores of each learning block at its offset */
    void *scratch;   /* [scratch_bytes] */
} tin_state;

/* Validates the impulse and its memory, and resets it; call once before the others. */
tin_status tin_init(const tin_impulse *impulse, const tin_state *state);

/* Makes networks forget earlier windows; call it where a recording begins anew. Nothing happens
   unless a network keeps state. */
void tin_forget(const tin_impulse *impulse, const tin_state *state);

/* Runs one window: processing blocks, then learning blocks. Results are in state->values. */
tin_status
tin_classify(const tin_impulse *impulse, const tin_state *state, const tin_signal *signal);

/* The two halves of tin_classify, for callers who time or look at them separately. */
tin_status
tin_process(const tin_impulse *impulse, const tin_state *state, const tin_signal *signal);
tin_status tin_learn(const tin_impulse *impulse, const tin_state *state);

#ifdef __cplusplus
}
#endif

#endif
