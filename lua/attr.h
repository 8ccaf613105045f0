/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What the compiler is told, on paths where instructions count. */
#ifndef PS_ATTR_H
#define PS_ATTR_H

#define ps_likely(x)	__builtin_expect(!!(x), 1)
#define ps_unlikely(x)	__builtin_expect(!!(x), 0)
#define ps_inline	inline __attribute__((__always_inline__))
#define ps_noinline	__attribute__((__noinline__))

/*
 * A variable that is written before it is read, always: kernels are compiled such that others
 * are set to 0 first (CONFIG_INIT_STACK_ALL_ZERO).
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
