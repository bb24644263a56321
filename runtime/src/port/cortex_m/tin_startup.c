/* SPDX-License-Identifier: Apache-2.0 */
/* Vector table and start-up of a bare Cortex-M: what runs before an application's first line. */
#include <stdint.h>

/* Set by the linker script. */
extern uint32_t tin_stack_top[];
extern const uint32_t tin_data_image[];
extern uint32_t tin_data_start[];
extern uint32_t tin_data_end[];
extern uint32_t tin_bss_start[];
extern uint32_t tin_bss_end[];

void tin_reset(void);
void tin_idle(void);
void tin_fault(void);

/* Coprocessor access control register: full access to coprocessors 10 and 11 turns the FPU and the
   vector unit on. */
#define CPACR (*(volatile uint32_t *)0xE000ED88u)
#define CPACR_FPU (0xFu << 20)

/* The first sixteen entries of every Cortex-M's vector table. */
typedef struct {
    uint32_t *stack_top;
    void (*handlers[15])(void);
} tin_vectors;

__attribute__((used, section(".vectors"))) const tin_vectors tin_vector_table = {
    tin_stack_top,
    {tin_reset,
     tin_fault,
     tin_fault,
     tin_fault,
     tin_fault,
     tin_fault,
     0,
     0,
     0,
     0,
     tin_fault,
     tin_fault,
     0,
     tin_fault,
     tin_fault},
};

/* Where start-up ends; an application puts its main loop here. */
__attribute__((weak, noinline)) void tin_idle(void) {
    for (;;) {
        __asm__ volatile("" ::: "memory");
    }
}

__attribute__((weak, noinline)) void tin_fault(void) {
    for (;;) {
        __asm__ volatile("" ::: "memory");
    }
}

void tin_reset(void) {
#if defined(__ARM_FP)
    CPACR |= CPACR_FPU;
    __asm__ volatile("dsb\n\tisb" ::: "memory");
#endif
    const uint32_t *image = tin_data_image;
    for (uint32_t *word = tin_data_start; word < tin_data_end; word++) {
        *word = *image++;
    }
    for (uint32_t *word = tin_bss_start; word < tin_bss_end; word++) {
        *word = 0;
    }
    tin_idle();
}
