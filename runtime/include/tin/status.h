/* SPDX-License-Identifier: Apache-2.0 */
/* Status codes and small definitions shared by every part of the C core. */
#ifndef TIN_STATUS_H
#define TIN_STATUS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* 0 is success, negatives are errors; nothing else signals failure. */
typedef enum {
    TIN_OK = 0,
    TIN_STATUS_ARG = -1,       /* an argument or configuration value is out of range */
    TIN_STATUS_SIZE = -2,      /* a buffer or signal has the wrong length */
    TIN_STATUS_SIGNAL = -3,    /* the caller's get_data callback failed */
    TIN_STATUS_NOT_READY = -4, /* continuous mode: not enough slices yet */
    TIN_STATUS_CANCELED = -5   /* the port asked to stop */
} tin_status;

#if defined(__GNUC__) || defined(__clang__)
#define TIN_NOINLINE __attribute__((noinline))
#define TIN_ALIGNED(n) __attribute__((aligned(n)))
#else
#define TIN_NOINLINE
#define TIN_ALIGNED(n)
#endif

#ifdef __cplusplus
}
#endif

#endif
