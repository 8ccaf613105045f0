/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * setjmp and longjmp for the kernel: the callee-saved registers, the stack pointer and the
 * return address (System V AMD64 ABI, 3.2.1). longjmp leaves by RET, not by an indirect jump,
 * so that neither retpolines nor branch tracking (IBT) have a say in it.
 */
#include <linux/linkage.h>
#include <asm/nospec-branch.h>

	.text
SYM_FUNC_START(ps_setjmp)
	movq	%rbx, 0(%rdi)
	movq	%rbp, 8(%rdi)
	movq	%r12, 16(%rdi)
	movq	%r13, 24(%rdi)
	movq	%r14, 32(%rdi)
	movq	%r15, 40(%rdi)
	movq	%rsp, 48(%rdi)
	movq	(%rsp), %rdx
	movq	%rdx, 56(%rdi)
	xorl	%eax, %eax
	RET
SYM_FUNC_END(ps_setjmp)

SYM_FUNC_START(ps_longjmp)
	movl	%esi, %eax
	movq	0(%rdi), %rbx
	movq	8(%rdi), %rbp
	movq	16(%rdi), %r12
	movq	24(%rdi), %r13
	movq	32(%rdi), %r14
	movq	40(%rdi), %r15
	movq	56(%rdi), %rdx
	movq	48(%rdi), %rsp
	movq	%rdx, (%rsp)
	RET
SYM_FUNC_END(ps_longjmp)

	.section .note.GNU-stack,"",@progbits
