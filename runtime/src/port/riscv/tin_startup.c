/* SPDX-License-Identifier: Apache-2.0 */
/* Start-up of a bare RISC-V core: what runs before an application's first line. */
#include <stdint.h>

/* Set by the linker script. */
extern const uint32_t tin_data_image[];
extern uint32_t tin_data_start[];
extern uint32_t tin_data_end[];
extern uint32_t tin_bss_start[];
extern uint32_t tin_bss_end[];

void tin_start(void);
void tin_idle(void);

/* Execution starts here, without a stack. */
__asm__(".section .vectors, \"ax\", @progbits\n"
        ".globl tin_reset\n"
        ".type tin_reset, @function\n"
        "tin_reset:\n"
        "    la sp, tin_stack_top\n"
        "    call tin_start\n"
        "1:  j 1b\n"
        ".size tin_reset, . - tin_reset\n"
        ".text\n");

/* Where start-up ends; an application puts its main loop here. */
__attribute__((weak, noinline)) void tin_idle(void) {
    for (;;) {
        __asm__ volatile("" ::: "memory");
    }
}

__attribute__((used)) void tin_start(void) {
    const uint32_t *image = tin_data_image;
    for (uint32_t *word = tin_data_start; word < tin_data_end; word++) {
        *word = *image++;
    }
    for (uint32_t *word = tin_bss_start; word < tin_bss_end; word++) {
        *word = 0;
    }
    tin_idle();
}
