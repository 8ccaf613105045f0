/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Hints for the compiler, where each instruction counts. */
#ifndef PS_ATTR_H
#define PS_ATTR_H

#define ps_likely(x)	__builtin_expect(!!(x), 1)
#define ps_unlikely(x)	__builtin_expect(!!(x), 0)
#define ps_inline	inline __attribute__((__always_inline__))
#define ps_noinline	__attribute__((__noinline__))

/* Never so, whatever compilers fear: kernels are built such that any pointer may be NULL, and a test of it is not left out. */
#define ps_never(x)	do { if (x) __builtin_unreachable(); } while (0)

/*
 * For a variable that is always written before it is read. Kernels with CONFIG_INIT_STACK_ALL_ZERO set all other
 * variables to 0 first.
 */
#ifdef __has_attribute
#if __has_attribute(uninitialized)
#define ps_uninit	__attribute__((uninitialized))
#endif
#endif
#ifndef ps_uninit
#define ps_uninit
#endif

#endif
