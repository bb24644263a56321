/* SPDX-License-Identifier: Apache-2.0 */
/* Shapes of inner loops that suit the processor; results never depend on them. */
#ifndef TIN_NN_TUNING_H
#define TIN_NN_TUNING_H

/* TIN_LANES: channels that kernels keep in registers at once: few general registers on small cores,
   vectors elsewhere. TIN_UNROLL: products per turn of an inner loop; where there are vectors the
   compiler unrolls better itself. */
#if defined(__thumb__) || defined(__riscv)
#define TIN_LANES 4
#define TIN_UNROLL 4
#else
#define TIN_LANES 16
#define TIN_UNROLL 1
#endif

/* Keeps a pointer in its own register: the compiler otherwise rewrites several walking pointers as
   one index, which costs an addition per load on Thumb. */
#if defined(__thumb__) && (defined(__GNUC__) || defined(__clang__))
#define TIN_KEEP(variable) __asm__("" : "+r"(variable))
#else
#define TIN_KEEP(variable) ((void)(variable))
#endif

/* Before a loop that shall not be unrolled: its body is long, and code is dear. */
#if defined(__clang__)
#define TIN_ROLLED _Pragma("clang loop unroll(disable)")
#else
#define TIN_ROLLED
#endif

#endif
