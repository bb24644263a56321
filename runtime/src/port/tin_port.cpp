/* SPDX-License-Identifier: Apache-2.0 */
/* Weak defaults of the porting functions on a hosted C library; define your own to replace any. */
#include "tin_cpp/porting.hpp"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define TIN_WEAK __attribute__((weak))

#if defined(__unix__) || defined(__APPLE__)
#define TIN_HAS_CLOCK 1
#else
#define TIN_HAS_CLOCK 0
#endif

#if TIN_HAS_CLOCK
static const uint64_t us_per_s = 1000000u;
#endif

TIN_WEAK EI_IMPULSE_ERROR ei_run_impulse_check_canceled() { return EI_IMPULSE_OK; }

TIN_WEAK EI_IMPULSE_ERROR ei_sleep(int32_t time_ms) {
#if TIN_HAS_CLOCK
    if (time_ms > 0) {
        struct timespec pause;
        pause.tv_sec = time_ms / 1000;
        pause.tv_nsec = (time_ms % 1000) * 1000000L;
        nanosleep(&pause, NULL);
    }
#else
    (void)time_ms;
#endif
    return EI_IMPULSE_OK;
}

TIN_WEAK uint64_t ei_read_timer_us() {
#if TIN_HAS_CLOCK
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * us_per_s + (uint64_t)now.tv_nsec / 1000u;
#else
    return 0;
#endif
}

TIN_WEAK uint64_t ei_read_timer_ms() { return ei_read_timer_us() / 1000u; }

TIN_WEAK void ei_serial_set_baudrate(int baudrate) { (void)baudrate; }

TIN_WEAK void ei_putchar(char c) { putchar(c); }

TIN_WEAK char ei_getchar() {
    int c = getchar();
    return c == EOF ? 0 : (char)c;
}

TIN_WEAK void ei_printf(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
}

TIN_WEAK void ei_printf_float(float f) { printf("%f", (double)f); }

TIN_WEAK void *ei_malloc(size_t size) { return malloc(size); }

TIN_WEAK void *ei_calloc(size_t nitems, size_t size) { return calloc(nitems, size); }

TIN_WEAK void ei_free(void *ptr) { free(ptr); }

TIN_WEAK void DebugLog(const char *s) { ei_printf("%s", s); }
