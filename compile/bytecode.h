/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Bytecode of a method that is called at once: what is done with the object that an OP_SELF is about. Each function reads
 * one thing and moves behind it; if it is not there, or not as simple as that, it returns false, and nothing has
 * happened.
 */
#ifndef PS_BYTECODE_H
#define PS_BYTECODE_H

#include "internals.h"
#include "lopcodes.h"

struct ps_code {
	const Instruction *pc;
	const TValue *k;	/* constants */
	int self;		/* the register that OP_SELF puts the method in, and the call its result */
};

/* A value that the code names. */
struct ps_operand {
	TValue constant;
	int reg;		/* or the register it is in; below 0: constant has it */
};

/* A call of a method. */
struct ps_call_code {
	struct ps_operand arg;
	bool has_arg;
	bool has_result;
};

/* Whether a name is one that tables are asked for without looking at its text. */
static inline bool ps_code_is_short(const TString *name)
{
	return name->tt == LUA_VSHRSTR;
}

/* The name of the method in an OP_SELF, of code with these constants. NULL: it is computed, or long. */
static inline const TString *ps_code_method(const TValue *k, Instruction i)
{
	const TString *name = TESTARG_k(i) ? tsvalue(k + GETARG_C(i)) : NULL;

	return name && ps_code_is_short(name) ? name : NULL;
}

/* A call of the method, with one argument at most, and one result or none. */
static inline bool ps_code_call(struct ps_code *code, struct ps_call_code *call)
{
	struct ps_operand *arg = &call->arg;
	const Instruction *pc = code->pc;
	Instruction i = *pc++;

	arg->reg = -1;
	setnilvalue(&arg->constant);
	call->has_arg = GET_OPCODE(i) != OP_CALL;
	if (call->has_arg) {
		if (GETARG_A(i) != code->self + 2)
			return false;
		if (GET_OPCODE(i) == OP_LOADI)
			setivalue(&arg->constant, GETARG_sBx(i))
		else if (GET_OPCODE(i) == OP_LOADK)
			arg->constant = code->k[GETARG_Bx(i)];
		else if (GET_OPCODE(i) == OP_MOVE)
			arg->reg = GETARG_B(i);
		else
			return false;
		i = *pc++;
	}
	if (GET_OPCODE(i) != OP_CALL || GETARG_A(i) != code->self ||
	    GETARG_B(i) != 2 + call->has_arg || (GETARG_C(i) != 1 && GETARG_C(i) != 2))
		return false;
	call->has_result = GETARG_C(i) == 2;
	code->pc = pc;
	return true;
}

/* A method of what the last call gave. */
static inline bool ps_code_self(struct ps_code *code, const TString **name)
{
	Instruction i = *code->pc;

	if (GET_OPCODE(i) != OP_SELF || GETARG_A(i) != code->self || GETARG_B(i) != code->self)
		return false;
	*name = ps_code_method(code->k, i);
	if (!*name)
		return false;
	code->pc++;
	return true;
}

/* Whether the argument is a constant integer from 0 to n - 1. */
static inline bool ps_code_constant_id(const struct ps_call_code *call, unsigned int n)
{
	return call->has_arg && call->arg.reg < 0 && ttisinteger(&call->arg.constant) &&
	       (lua_Unsigned)ivalue(&call->arg.constant) < n;
}

#endif
