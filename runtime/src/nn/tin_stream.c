/* SPDX-License-Identifier: Apache-2.0 */
/* Runs several layers of a network row by row, in the order that the compiler found. */
#include "tin/nn/stream.h"

void tin_stream_run(const tin_stream *stream, uint8_t *arena) {
    const int8_t *base = (const int8_t *)arena;
    const int8_t *rows[TIN_STREAM_ROWS];
    const uint16_t *place = stream->places;
    for (int32_t turn = 0; turn < stream->num_turns; turn++) {
        const tin_stream_stage *stage = &stream->stages[stream->turns[turn]];
        for (int32_t i = 0; i < stage->num_rows; i++) {
            rows[i] = *place == TIN_STREAM_PADDING ? 0 : base + *place * stream->unit;
            place++;
        }
        stage->make(arena, rows, arena + *place++ * stream->unit);
    }
}
