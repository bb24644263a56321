/* SPDX-License-Identifier: Apache-2.0 */
/* Float rules of the calling thread, for host builds loaded into a larger process. */
#include <stdint.h>

/* Sets round-to-nearest with denormals and without traps; returns what was set before. */
uint64_t tin_host_float_begin(void);

/* Puts back what tin_host_float_begin returned. */
void tin_host_float_end(uint64_t before);

#if defined(__x86_64__)

static uint64_t control_read(void) {
    uint32_t value;
    __asm__ volatile("stmxcsr %0" : "=m"(value));
    return value;
}

static void control_write(uint64_t value) {
    uint32_t low = (uint32_t)value;
    __asm__ volatile("ldmxcsr %0" : : "m"(low) : "memory");
}

/* All exceptions masked, everything else zero. */
#define CONTROL_IEEE 0x1f80u

#elif defined(__aarch64__)

static uint64_t control_read(void) {
    uint64_t value;
    __asm__ volatile("mrs %0, fpcr" : "=r"(value));
    return value;
}

static void control_write(uint64_t value) {
    __asm__ volatile("msr fpcr, %0" : : "r"(value) : "memory");
}

#define CONTROL_IEEE 0u

#else

static uint64_t control_read(void) { return 0; }

static void control_write(uint64_t value) { (void)value; }

#define CONTROL_IEEE 0u

#endif

uint64_t tin_host_float_begin(void) {
    uint64_t before = control_read();
    control_write(CONTROL_IEEE);
    return before;
}

void tin_host_float_end(uint64_t before) { control_write(before); }
