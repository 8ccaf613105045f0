/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What differs between processors for libraries that look at the kernel itself: registers, and the names of system calls.
 */
#ifndef PS_REGISTERS_H
#define PS_REGISTERS_H

#include <linux/ptrace.h>

#include "compat.h"

struct ps_register {
	const char *name;
	unsigned int offset;	/* in struct pt_regs */
};

#define PS_REGISTER(name, member)	{ name, offsetof(struct pt_regs, member) }

#if defined(CONFIG_X86_64)
#define PS_SYSCALL_PREFIX	"__x64_"
static const struct ps_register ps_registers[] = {
	PS_REGISTER("ip", ip), PS_REGISTER("sp", sp), PS_REGISTER("flags", flags), PS_REGISTER("ax", ax), PS_REGISTER("bx", bx),
	PS_REGISTER("cx", cx), PS_REGISTER("dx", dx), PS_REGISTER("si", si), PS_REGISTER("di", di), PS_REGISTER("bp", bp),
	PS_REGISTER("r8", r8), PS_REGISTER("r9", r9), PS_REGISTER("r10", r10), PS_REGISTER("r11", r11), PS_REGISTER("r12", r12),
	PS_REGISTER("r13", r13), PS_REGISTER("r14", r14), PS_REGISTER("r15", r15),
};
#elif defined(CONFIG_ARM64)
#define PS_SYSCALL_PREFIX	"__arm64_"
#define PS_X(n)			PS_REGISTER("x" #n, regs[n])
static const struct ps_register ps_registers[] = {
	PS_REGISTER("pc", pc), PS_REGISTER("sp", sp), PS_REGISTER("pstate", pstate),
	PS_X(0), PS_X(1), PS_X(2), PS_X(3), PS_X(4), PS_X(5), PS_X(6), PS_X(7), PS_X(8), PS_X(9), PS_X(10), PS_X(11), PS_X(12),
	PS_X(13), PS_X(14), PS_X(15), PS_X(16), PS_X(17), PS_X(18), PS_X(19), PS_X(20), PS_X(21), PS_X(22), PS_X(23), PS_X(24),
	PS_X(25), PS_X(26), PS_X(27), PS_X(28), PS_X(29), PS_X(30),
};
#undef PS_X
#endif

#endif
