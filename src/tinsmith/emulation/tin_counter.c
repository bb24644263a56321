/* SPDX-License-Identifier: Apache-2.0 */
/* Counts the instructions an emulator executes, and notes when marked functions start. */
#include <stdint.h>

/* Encodings: how the bytes of an instruction tell its length. */
#define THUMB 0
#define RISCV 1

/* What is known about the block that starts at one address; made when it first runs. */
typedef struct {
    uint16_t size;   /* bytes; 0: not seen yet */
    uint16_t count;  /* instructions */
    uint16_t marker; /* 1 + index of the function that starts here; 0: none */
    uint16_t unused;
} tin_counter_block;

typedef struct {
    const uint8_t *code;       /* the firmware image */
    uint64_t base;             /* address of its first byte */
    uint64_t size;             /* its bytes */
    tin_counter_block *blocks; /* [size / 2], one for each address an instruction may start at */
    uint64_t executed;
    uint64_t limit; /* stop the emulator beyond this many instructions */
    int32_t (*stop)(void *engine);
    uint64_t *trace; /* [2 * trace_capacity]: marker index, instructions before it */
    uint64_t trace_capacity;
    uint64_t trace_length; /* goes on beyond the capacity, so that a loss is noticed */
    uint64_t encoding;     /* of instructions, see the constants below */
} tin_counter;

void tin_counter_hook(void *engine, uint64_t address, uint32_t size, void *user);

/* Thumb: the five top bits 11101, 11110 and 11111 of the first halfword mean a second one follows.
   RISC-V: the two lowest bits 11 do. 64-bit Arm: always. */
static int is_long(const uint8_t *code, uint64_t encoding) {
    switch (encoding) {
    case THUMB:
        return code[1] >= 0xE8;
    case RISCV:
        return (code[0] & 3) == 3;
    default:
        return 1;
    }
}

static uint16_t count_instructions(const uint8_t *code, uint32_t size, uint64_t encoding) {
    uint16_t count = 0;
    for (uint32_t at = 0; at < size; count++) {
        at += is_long(code + at, encoding) ? 4 : 2;
    }
    return count;
}

static void note_marker(tin_counter *counter, uint16_t marker) {
    if (counter->trace_length < counter->trace_capacity) {
        counter->trace[2 * counter->trace_length] = marker - 1u;
        counter->trace[2 * counter->trace_length + 1] = counter->executed;
    }
    counter->trace_length++;
}

void tin_counter_hook(void *engine, uint64_t address, uint32_t size, void *user) {
    tin_counter *counter = user;
    uint64_t offset = address - counter->base;
    if (offset >= counter->size || size > counter->size - offset) {
        counter->stop(engine);
        return;
    }
    tin_counter_block *block = &counter->blocks[offset / 2];
    if (block->size != size) {
        block->size = (uint16_t)size;
        block->count = count_instructions(counter->code + offset, size, counter->encoding);
    }
    if (block->marker) {
        note_marker(counter, block->marker);
    }
    counter->executed += block->count;
    if (counter->executed > counter->limit) {
        counter->stop(engine);
    }
}
