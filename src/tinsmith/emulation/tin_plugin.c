/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin for QEMU: counts the instructions executed in one range of addresses, and reports how
   many there were whenever marked addresses are reached. The few functions it needs of the
   emulator's plugin interface, version 1, are declared here; they are found in the running
   emulator. */
#include <stddef.h>
#include <stdint.h>

/* The linker wants every function to exist unless it is weak. */
#define HOST extern __attribute__((weak))
#define VISIBLE __attribute__((visibility("default")))

struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum { READS_NO_REGISTERS = 0 };

HOST void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id,
                                                void (*callback)(uint64_t,
                                                                 struct qemu_plugin_tb *));
HOST void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *block,
                                               void (*callback)(unsigned int, void *),
                                               int flags,
                                               void *user);
HOST void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *instruction,
                                                 void (*callback)(unsigned int, void *),
                                                 int flags,
                                                 void *user);
HOST size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
HOST struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *block,
                                                      size_t index);
HOST uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *instruction);
HOST void qemu_plugin_outs(const char *text);
HOST __attribute__((noreturn)) void _exit(int status);

VISIBLE extern int qemu_plugin_version;
VISIBLE int qemu_plugin_install(uint64_t id, const void *info, int count, char **arguments);

int qemu_plugin_version = 1;

#define MAX_MARKERS 4096
#define MAX_EVENTS (1u << 16)

static struct {
    uint64_t base, end, limit; /* counted addresses; instructions that are too many */
    uint64_t markers[MAX_MARKERS];
    uint32_t num_markers;
    uint32_t num_events;
    uint32_t calls_left; /* events are reported until the last marker was reached so often */
    uint64_t executed;
} state;

/* "index count" in hexadecimal, one line. */
static void say(uint64_t index, uint64_t count) {
    char text[40];
    char *at = text;
    for (int part = 0; part < 2; part++) {
        uint64_t value = part ? count : index;
        for (int digit = 60; digit >= 0; digit -= 4) {
            *at++ = "0123456789abcdef"[(value >> digit) & 15];
        }
        *at++ = part ? '\n' : ' ';
    }
    *at = 0;
    qemu_plugin_outs(text);
}

/* Small numbers travel in the pointer itself: instructions of a block. */
static void on_block(unsigned int cpu, void *user) {
    (void)cpu;
    state.executed += (uintptr_t)user;
    if (state.executed > state.limit) {
        say(UINT64_MAX, state.executed);
        _exit(3);
    }
}

/* Marker index and, above bit 16, how many instructions of its block come from it on: the block was
   counted as a whole when it began. */
static void on_marker(unsigned int cpu, void *user) {
    (void)cpu;
    uintptr_t index = (uintptr_t)user & 0xFFFF;
    if (state.calls_left == 0) {
        return;
    }
    if (state.num_events++ < MAX_EVENTS) {
        say(index, state.executed - ((uintptr_t)user >> 16));
    }
    state.calls_left -= index + 1 == state.num_markers;
}

static void mark(struct qemu_plugin_insn *instruction, size_t rest, int is_counted) {
    uint64_t address = qemu_plugin_insn_vaddr(instruction);
    for (uint32_t i = 0; i < state.num_markers; i++) {
        if (state.markers[i] == address) {
            uintptr_t user = i | (uintptr_t)(is_counted ? rest : 0) << 16;
            qemu_plugin_register_vcpu_insn_exec_cb(
                instruction, on_marker, READS_NO_REGISTERS, (void *)user);
        }
    }
}

static void on_translate(uint64_t id, struct qemu_plugin_tb *block) {
    (void)id;
    size_t count = qemu_plugin_tb_n_insns(block);
    uint64_t start = qemu_plugin_insn_vaddr(qemu_plugin_tb_get_insn(block, 0));
    int is_counted = start >= state.base && start < state.end;
    if (is_counted) {
        qemu_plugin_register_vcpu_tb_exec_cb(
            block, on_block, READS_NO_REGISTERS, (void *)(uintptr_t)count);
    }
    for (size_t i = 0; i < count; i++) {
        mark(qemu_plugin_tb_get_insn(block, i), count - i, is_counted);
    }
}

static uint64_t hexadecimal(const char *text) {
    uint64_t value = 0;
    for (; *text; text++) {
        value = value * 16 + (uint64_t)(*text <= '9' ? *text - '0' : *text - 'a' + 10);
    }
    return value;
}

/* Arguments "name=number", by the names' first letters: base, end, limit, calls and, once for each
   marker in order, marker. Names are one letter long. */
int qemu_plugin_install(uint64_t id, const void *info, int count, char **arguments) {
    (void)info;
    for (int i = 0; i < count; i++) {
        uint64_t value = hexadecimal(arguments[i] + 2);
        switch (arguments[i][0]) {
        case 'b':
            state.base = value;
            break;
        case 'e':
            state.end = value;
            break;
        case 'l':
            state.limit = value;
            break;
        case 'c':
            state.calls_left = (uint32_t)value;
            break;
        default:
            if (state.num_markers == MAX_MARKERS) {
                return 1;
            }
            state.markers[state.num_markers++] = value;
        }
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
    return 0;
}
