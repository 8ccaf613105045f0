/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Compiled code, read ahead of the interpreter: the call of a method that OP_SELF has begun, if
 * its argument is no more than a constant or a local variable.
 */
#ifndef PS_CODE_H
#define PS_CODE_H

#include "inside.h"
#include "lopcodes.h"

/* Where the interpreter is: behind an OP_SELF whose registers are self and self + 1. */
struct ps_code {
	const Instruction *pc;
	StkId base;
	const TValue *k;	/* constants */
	int self;
};

/* A call of a method. */
struct ps_code_call {
	const TValue *arg;	/* NULL: there is none */
	TValue integer;		/* that arg may point to */
	bool has_result;
};

/* Reads a call and moves behind it. False: it is not as simple as that; nothing has happened. */
static inline bool ps_code_call(struct ps_code *code, struct ps_code_call *call)
{
	const Instruction *pc = code->pc;
	Instruction i = *pc++, expected = CREATE_ABCk(OP_CALL, code->self, 2, 2, 0);

	call->arg = NULL;
	if (i != expected && GETARG_A(i) == code->self + 2) {
		switch (GET_OPCODE(i)) {
		case OP_LOADI:
			setivalue(&call->integer, GETARG_sBx(i));
			call->arg = &call->integer;
			break;
		case OP_LOADK:
			call->arg = code->k + GETARG_Bx(i);
			break;
		case OP_MOVE:
			call->arg = s2v(code->base + GETARG_B(i));
			break;
		default:
			return false;
		}
		expected = CREATE_ABCk(OP_CALL, code->self, 3, 2, 0);
		i = *pc++;
	}
	call->has_result = i == expected;
	if (!call->has_result && i != expected - CREATE_ABCk(0, 0, 0, 1, 0))
		return false;
	code->pc = pc;
	return true;
}

/* Moves behind an OP_SELF on what the call before gave, and returns the name. NULL: it is none. */
static inline const TString *ps_code_self(struct ps_code *code)
{
	Instruction i = *code->pc;
	const TValue *name;

	if ((i & ~(MASK1(SIZE_C, POS_C) | MASK1(1, POS_k))) !=
	    CREATE_ABCk(OP_SELF, code->self, code->self, 0, 0))
		return NULL;
	name = TESTARG_k(i) ? code->k + GETARG_C(i) : s2v(code->base + GETARG_C(i));
	code->pc++;
	return tsvalue(name);
}

#endif
