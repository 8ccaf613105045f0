/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * setjmp and longjmp for the kernel: the callee-saved registers, the stack pointer and the return
 * address (AAPCS64, 6.1.1), and x18, which is the shadow call stack's pointer where the kernel has
 * one, and nobody's where it has none. Return addresses on the stack may be signed; this one is in
 * a register and is not.
 */
#include <linux/linkage.h>
#include <asm/assembler.h>

	.text
SYM_FUNC_START(ps_setjmp)
	mov	x9, sp
	stp	x18, x9, [x0, #0]
	stp	x19, x20, [x0, #16]
	stp	x21, x22, [x0, #32]
	stp	x23, x24, [x0, #48]
	stp	x25, x26, [x0, #64]
	stp	x27, x28, [x0, #80]
	stp	x29, x30, [x0, #96]
	mov	w0, wzr
	ret
SYM_FUNC_END(ps_setjmp)

SYM_FUNC_START(ps_longjmp)
	ldp	x18, x9, [x0, #0]
	ldp	x19, x20, [x0, #16]
	ldp	x21, x22, [x0, #32]
	ldp	x23, x24, [x0, #48]
	ldp	x25, x26, [x0, #64]
	ldp	x27, x28, [x0, #80]
	ldp	x29, x30, [x0, #96]
	mov	sp, x9
	mov	w0, w1
	ret
SYM_FUNC_END(ps_longjmp)

	.section .note.GNU-stack,"",@progbits
