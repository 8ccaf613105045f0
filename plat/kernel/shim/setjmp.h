/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#ifndef PS_SHIM_SETJMP_H
#define PS_SHIM_SETJMP_H
/* What lua/setjmp-<architecture>.S keeps. */
#if defined(__aarch64__)
typedef unsigned long jmp_buf[14];
#else
typedef unsigned long jmp_buf[8];
#endif
int ps_setjmp(unsigned long *env) __attribute__((returns_twice));
void ps_longjmp(unsigned long *env, int value);
#define setjmp(env)		ps_setjmp(env)
#define longjmp(env, value)	ps_longjmp(env, value)
#endif
