/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a firmware image on an emulated board the way a test bench would: starts it, calls its entry
   with windows that the host put into memory, and hands memory back through semihosting. It lives
   in memory of its own and has its own stack, so that the firmware is measured as a device would
   hold it. */
#include <stddef.h>
#include <stdint.h>

#define DESCRIPTOR ((volatile const tin_bench *)TIN_BENCH_DESCRIPTOR)

/* Why the bench ended; `status` of the report when no call went wrong is 0. */
#define FAULT 0x7FFFFFFF

/* What to do; written by the host. Addresses, and sizes in bytes. */
typedef struct {
    uint32_t reset;       /* the firmware's start-up code */
    uint32_t entry;       /* tin_run_windows */
    uint32_t stack_top;   /* of the firmware */
    uint32_t stack_bytes; /* painted and watched below it */
    uint32_t inputs;      /* all windows of all calls, one after the other */
    uint32_t counts;      /* uint32_t [num_calls]: windows of each call */
    uint32_t num_calls;
    uint32_t window_bytes;
    uint32_t buffers; /* windows first; memory the entry computes in */
    uint32_t buffers_bytes;
    uint32_t features; /* the entry's other arguments, all inside the buffers */
    uint32_t values;
    uint32_t scratch;
    uint32_t features_bytes; /* marked as unwritten before a call */
    uint32_t values_bytes;
} tin_bench;

/* How it went; read by the host. */
typedef struct {
    uint32_t calls;       /* finished */
    int32_t status;       /* of the last one, or FAULT */
    uint32_t stack_bytes; /* deepest */
    uint32_t address;     /* of the fault */
    uint32_t reason;      /* the core's configurable fault status register */
} tin_report;

void tin_idle(void);
void tin_fault(void);
void tin_bench_done(void);
void tin_bench_exception(uint32_t *frame, uint32_t number);
void tin_bench_calls(void);
int32_t tin_bench_call(uint32_t count);

static tin_report report;
static uint32_t dump;                              /* file handle */
static uint32_t is_starting;                       /* the firmware's start-up code runs */
static __attribute__((used)) uint32_t bench_stack; /* where this program's stack was */

#define PAINT 0xC5C5C5C5u
#define UNWRITTEN 0xFFFFFFFFu
#define SYSTEM_HANDLERS (*(volatile uint32_t *)0xE000ED24u)
#define ENABLE_FAULTS (0xFu << 16)
#define FAULT_STATUS (*(volatile uint32_t *)0xE000ED28u)

enum { SYS_OPEN = 0x01, SYS_CLOSE = 0x02, SYS_WRITE = 0x05, SYS_EXIT = 0x18 };

static uint32_t semihost(uint32_t operation, const void *arguments) {
    register uint32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = arguments;
    __asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

static uint32_t create(const char *name, uint32_t length) {
    const uint32_t mode_wb = 5;
    const uint32_t arguments[3] = {(uint32_t)name, mode_wb, length};
    return semihost(SYS_OPEN, arguments);
}

static void write(uint32_t file, const void *data, uint32_t size) {
    const uint32_t arguments[3] = {file, (uint32_t)data, size};
    semihost(SYS_WRITE, arguments);
}

static void close(uint32_t file) {
    const uint32_t arguments[1] = {file};
    semihost(SYS_CLOSE, arguments);
}

static uint32_t used_stack(void) {
    const uint32_t *bottom = (const uint32_t *)(DESCRIPTOR->stack_top - DESCRIPTOR->stack_bytes);
    const uint32_t *top = (const uint32_t *)DESCRIPTOR->stack_top;
    const uint32_t *word = bottom;
    while (word < top && *word == PAINT) {
        word++;
    }
    return (uint32_t)((const char *)top - (const char *)word);
}

static __attribute__((noreturn)) void finish(void) {
    const char name[] = "report";
    report.stack_bytes = used_stack();
    uint32_t file = create(name, sizeof name - 1);
    write(file, &report, sizeof report);
    close(file);
    close(dump);
    const uint32_t application_exit = 0x20026;
    for (;;) {
        semihost(SYS_EXIT, (const void *)application_exit);
    }
}

static void fill(uint32_t address, uint32_t bytes, uint32_t word) {
    uint32_t *at = (uint32_t *)address;
    for (uint32_t i = 0; i < bytes / 4; i++) {
        at[i] = word;
    }
}

/* The emulator notes how much was executed whenever this runs. */
__attribute__((noinline)) void tin_bench_done(void) { __asm__ volatile("" ::: "memory"); }

/* tin_run_windows(windows, count, features, values, scratch) on the firmware's stack. */
__attribute__((naked, noinline)) int32_t tin_bench_call(uint32_t count) {
    __asm__ volatile("push {r4-r11, lr}\n"
                     "mov r1, r0\n" /* count */
                     "mov r5, sp\n"
                     "mov r4, %[bench]\n"
                     "ldr r6, [r4, %[stack_top]]\n"
                     "sub r6, r6, #8\n" /* the fifth argument, on a stack aligned to 8 bytes */
                     "ldr r7, [r4, %[scratch]]\n"
                     "str r7, [r6]\n"
                     "ldr r0, [r4, %[buffers]]\n"
                     "ldr r2, [r4, %[features]]\n"
                     "ldr r3, [r4, %[values]]\n"
                     "ldr r7, [r4, %[stack_bytes]]\n"
                     "sub r7, r6, r7\n" /* a stack deeper than this, but for 8 bytes, is a fault */
                     "msr msplim, r7\n"
                     "ldr r7, [r4, %[entry]]\n"
                     "mov sp, r6\n"
                     "blx r7\n"
                     "mov sp, r5\n"
                     "pop {r4-r11, pc}\n"
                     :
                     : [bench] "i"(TIN_BENCH_DESCRIPTOR),
                       [stack_top] "i"(offsetof(tin_bench, stack_top)),
                       [stack_bytes] "i"(offsetof(tin_bench, stack_bytes)),
                       [scratch] "i"(offsetof(tin_bench, scratch)),
                       [buffers] "i"(offsetof(tin_bench, buffers)),
                       [features] "i"(offsetof(tin_bench, features)),
                       [values] "i"(offsetof(tin_bench, values)),
                       [entry] "i"(offsetof(tin_bench, entry)));
}

/* After start-up, in thread mode again, on this program's stack. */
__attribute__((used)) void tin_bench_calls(void) {
    const uint32_t *input = (const uint32_t *)DESCRIPTOR->inputs;
    const uint32_t *counts = (const uint32_t *)DESCRIPTOR->counts;
    for (uint32_t call = 0; call < DESCRIPTOR->num_calls; call++) {
        uint32_t *to = (uint32_t *)DESCRIPTOR->buffers;
        for (uint32_t i = 0; i < counts[call] * DESCRIPTOR->window_bytes / 4; i++) {
            *to++ = *input++;
        }
        fill(DESCRIPTOR->features, DESCRIPTOR->features_bytes, UNWRITTEN);
        fill(DESCRIPTOR->values, DESCRIPTOR->values_bytes, UNWRITTEN);
        report.status = tin_bench_call(counts[call]);
        tin_bench_done();
        if (report.status != 0) {
            break;
        }
        report.calls++;
        write(dump, (const void *)DESCRIPTOR->buffers, DESCRIPTOR->buffers_bytes);
    }
    finish();
}

static __attribute__((naked)) void resume(void) {
    __asm__ volatile("ldr r0, =bench_stack\n"
                     "ldr r0, [r0]\n"
                     "mov sp, r0\n"
                     "b tin_bench_calls\n"
                     ".ltorg\n");
}

/* The host puts a supervisor call at the firmware's idle loop: the end of its start-up. Every other
   exception is a fault. */
__attribute__((used)) void tin_bench_exception(uint32_t *frame, uint32_t number) {
    const uint32_t supervisor_call = 11, program_counter = 6, program_status = 7, thumb = 1u << 24;
    if (number == supervisor_call && is_starting) {
        is_starting = 0;
        frame[program_counter] = (uint32_t)resume & ~1u;
        frame[program_status] = thumb;
        return;
    }
    report.status = FAULT;
    report.address = frame[program_counter];
    report.reason = FAULT_STATUS;
    finish();
}

__attribute__((naked)) void tin_fault(void) {
    __asm__ volatile("mov r0, sp\n"
                     "mrs r1, ipsr\n"
                     "movs r2, #0\n"
                     "msr msplim, r2\n"
                     "b tin_bench_exception\n");
}

static __attribute__((naked, noinline)) void start(uint32_t stack_top, uint32_t reset) {
    __asm__ volatile("ldr r2, =bench_stack\n"
                     "str sp, [r2]\n"
                     "mov sp, r0\n"
                     "bx r1\n"
                     ".ltorg\n");
}

void tin_idle(void) {
    const char name[] = "dump";
    SYSTEM_HANDLERS |= ENABLE_FAULTS;
    dump = create(name, sizeof name - 1);
    uint32_t stack = DESCRIPTOR->stack_top - DESCRIPTOR->stack_bytes;
    fill(stack, DESCRIPTOR->stack_bytes, PAINT);
    is_starting = 1;
    start(DESCRIPTOR->stack_top, DESCRIPTOR->reset | 1u);
}
