/* SPDX-License-Identifier: Apache-2.0 */
/* What the firmware may supply; src/port/tin_port.cpp has weak defaults for a hosted C library. */
#ifndef TIN_CPP_PORTING_HPP
#define TIN_CPP_PORTING_HPP

#include "tin_cpp/types.hpp"

/* 1 when the firmware's own versions are C functions. */
#ifndef EI_C_LINKAGE
#define EI_C_LINKAGE 0
#endif

#if EI_C_LINKAGE == 1
extern "C" {
#endif

/* Asked between processing and learning blocks; EI_IMPULSE_CANCELED stops the classification. */
EI_IMPULSE_ERROR ei_run_impulse_check_canceled();

EI_IMPULSE_ERROR ei_sleep(int32_t time_ms);

/* Time since some fixed moment; the defaults read 0 where there is no clock_gettime. */
uint64_t ei_read_timer_ms();
uint64_t ei_read_timer_us();

void ei_serial_set_baudrate(int baudrate);
void ei_putchar(char c);
char ei_getchar();

void ei_printf(const char *format, ...);
void ei_printf_float(float f);

/* For firmware that calls them: this library allocates nothing. */
void *ei_malloc(size_t size);
void *ei_calloc(size_t nitems, size_t size);
void ei_free(void *ptr);

#if EI_C_LINKAGE == 1
}
#endif

extern "C" void DebugLog(const char *s);

#endif
