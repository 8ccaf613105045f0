/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Globals, as bytecode names them.
 */
#ifndef PS_GLOBAL_USE_H
#define PS_GLOBAL_USE_H

#include <string.h>

#include "internals.h"
#include "llex.h"
#include "lopcodes.h"

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

#endif
