/* SPDX-License-Identifier: Apache-2.0 */
/* Start-up of a bare 64-bit Arm core: what runs before an application's first line. */
#include <stdint.h>

/* Set by the linker script. */
extern const uint32_t tin_data_image[];
extern uint32_t tin_data_start[];
extern uint32_t tin_data_end[];
extern uint32_t tin_bss_start[];
extern uint32_t tin_bss_end[];

void tin_start(void);
void tin_idle(void);

/* Execution starts here, without a stack and with floating point and vectors switched off. */
__asm__(".section .vectors, \"ax\", @progbits\n"
        ".globl tin_reset\n"
        ".type tin_reset, %function\n"
        "tin_reset:\n"
        "    mrs x0, cpacr_el1\n"
        "    orr x0, x0, #0x300000\n"
        "    msr cpacr_el1, x0\n"
        "    isb\n"
        "    adrp x0, tin_stack_top\n"
        "    add x0, x0, :lo12:tin_stack_top\n"
        "    mov sp, x0\n"
        "    bl tin_start\n"
        "1:  b 1b\n"
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
