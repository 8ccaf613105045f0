/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Compiled code, read ahead of the interpreter: what is done with the object that an OP_SELF is
 * about. Each function reads one thing and moves behind it; if it is not there, or not as simple
 * as that, it returns false, and nothing has happened.
 */
#ifndef PS_CODE_H
#define PS_CODE_H

#include <string.h>

#include "inside.h"
#include "llex.h"
#include "lopcodes.h"

struct ps_code {
	const Instruction *pc;
	const TValue *k;	/* constants */
	int self;		/* the register that OP_SELF puts the method in, and the call its result */
};

/* A value that the code names. */
struct ps_operand {
	TValue constant;
	int reg;		/* or the register it is in; -1: constant has it */
};

/* At the instruction behind pc - 1, an OP_SELF of the function whose frame begins at base. */
static inline struct ps_code ps_code_at(StkId base, const Instruction *pc)
{
	struct ps_code code = {
		.pc = pc,
		.k = clLvalue(s2v(base - 1))->p->k,
		.self = GETARG_A(pc[-1]),
	};

	return code;
}

/* A global that code names. */
struct ps_code_global {
	const TString *name;
	bool is_assigned;
};

/* Whether upvalue n of a function, as the compiler has made it, is the table of globals. */
static inline bool ps_code_is_globals(const Proto *p, int n)
{
	return p->upvalues[n].name && !strcmp(getstr(p->upvalues[n].name), LUA_ENV);
}

/* One that is read or assigned by name. */
static inline bool ps_code_global(const Proto *p, Instruction i, struct ps_code_global *global)
{
	bool is_assigned = GET_OPCODE(i) == OP_SETTABUP;

	if (!is_assigned && GET_OPCODE(i) != OP_GETTABUP)
		return false;
	if (!ps_code_is_globals(p, is_assigned ? GETARG_A(i) : GETARG_B(i)))
		return false;
	global->name = tsvalue(p->k + (is_assigned ? GETARG_B(i) : GETARG_C(i)));
	global->is_assigned = is_assigned;
	return true;
}

/* The table of globals itself becomes a value, or another one takes its place. */
static inline bool ps_code_takes_globals(const Proto *p, Instruction i)
{
	return (GET_OPCODE(i) == OP_GETUPVAL || GET_OPCODE(i) == OP_SETUPVAL) &&
	       ps_code_is_globals(p, GETARG_B(i));
}

/* The register of the one value that is returned at pc, or -1. */
static inline int ps_code_return(const Instruction *pc)
{
	return GET_OPCODE(*pc) == OP_RETURN1 ? GETARG_A(*pc) : -1;
}

/* The name of the method in an OP_SELF, of code with these constants. NULL: it is computed. */
static inline const TString *ps_code_method(const TValue *k, Instruction i)
{
	return TESTARG_k(i) ? tsvalue(k + GETARG_C(i)) : NULL;
}

/*
 * The name of the method of its argument that a function begins with, or NULL: it does not begin so,
 * or has other parameters, which would have to become nil first.
 */
static inline const TString *ps_code_begin(const Proto *p)
{
	Instruction i = p->code[0];

	if (p->numparams != 1 || GET_OPCODE(i) != OP_SELF || GETARG_B(i) != 0)
		return NULL;
	return ps_code_method(p->k, i);
}

/* A call of the method, with one argument at most, and one result or none. */
static inline bool ps_code_call(struct ps_code *code, struct ps_operand *arg, bool *has_arg,
				bool *has_result)
{
	const Instruction *pc = code->pc;
	Instruction i = *pc++;

	arg->reg = -1;
	*has_arg = GET_OPCODE(i) != OP_CALL;
	if (*has_arg) {
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
	    GETARG_B(i) != 2 + *has_arg || (GETARG_C(i) != 1 && GETARG_C(i) != 2))
		return false;
	*has_result = GETARG_C(i) == 2;
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
	code->pc += !!*name;
	return *name;
}

/* A method of self in a call that has other registers: code->self is the first of those then. */
static inline bool ps_code_other(struct ps_code *code, const TString **name)
{
	Instruction i = *code->pc;

	if (GET_OPCODE(i) != OP_SELF || GETARG_A(i) == code->self || GETARG_B(i) != code->self)
		return false;
	*name = ps_code_method(code->k, i);
	if (!*name)
		return false;
	code->self = GETARG_A(i);
	code->pc++;
	return true;
}

/* A test of self, which is true, and the jump then: only forwards, as loops look at the time. */
static inline bool ps_code_test(struct ps_code *code)
{
	const Instruction *pc = code->pc;

	if (GET_OPCODE(pc[0]) != OP_TEST || GETARG_A(pc[0]) != code->self)
		return false;
	if (GETARG_k(pc[0])) {
		if (GETARG_sJ(pc[1]) < 0)
			return false;
		pc += GETARG_sJ(pc[1]);
	}
	code->pc = pc + 2;
	return true;
}

/* to = self.name */
static inline bool ps_code_read(struct ps_code *code, const TString **name, int *to)
{
	Instruction i = *code->pc;

	if (GET_OPCODE(i) != OP_GETFIELD || GETARG_B(i) != code->self)
		return false;
	*name = tsvalue(code->k + GETARG_C(i));
	*to = GETARG_A(i);
	code->pc++;
	return true;
}

/* to = constant */
static inline bool ps_code_load(struct ps_code *code, TValue *value, int *to)
{
	Instruction i = *code->pc;

	if (GET_OPCODE(i) == OP_LOADI)
		setivalue(value, GETARG_sBx(i))
	else if (GET_OPCODE(i) == OP_LOADK)
		*value = code->k[GETARG_Bx(i)];
	else
		return false;
	*to = GETARG_A(i);
	code->pc++;
	return true;
}

/* self.name = value */
static inline bool ps_code_write(struct ps_code *code, const TString **name,
				 struct ps_operand *value)
{
	Instruction i = *code->pc;

	if (GET_OPCODE(i) != OP_SETFIELD || GETARG_A(i) != code->self)
		return false;
	*name = tsvalue(code->k + GETARG_B(i));
	value->reg = -1;
	if (TESTARG_k(i))
		value->constant = code->k[GETARG_C(i)];
	else
		value->reg = GETARG_C(i);
	code->pc++;
	return true;
}

#endif
