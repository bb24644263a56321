/* SPDX-License-Identifier: Apache-2.0 */
/* Layers that run interleaved, row by row, so that rows instead of whole images lie in memory. */
#ifndef TIN_NN_STREAM_H
#define TIN_NN_STREAM_H

#include "tin/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The most rows that one call may read. */
#define TIN_STREAM_ROWS 32

/* In place of a row: padding. */
#define TIN_STREAM_PADDING 65535

/* Makes a row at `output` from input rows, NULL where they are padding. */
typedef void (*tin_stream_make)(uint8_t *arena, const int8_t *const *rows, void *output);

typedef struct {
    tin_stream_make make;
    int32_t num_rows; /* that it reads */
} tin_stream_stage;

typedef struct {
    const tin_stream_stage *stages;
    const uint8_t *turns;   /* [num_turns], which stage makes its next row */
    const uint16_t *places; /* of each turn: input rows, then the output; in units from the start
                               of the arena */
    int32_t num_turns;
    int32_t unit; /* bytes */
} tin_stream;

void tin_stream_run(const tin_stream *stream, uint8_t *arena);

#ifdef __cplusplus
}
#endif

#endif
