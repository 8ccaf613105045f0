/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Which variables of outer functions stay what they are. A variable is no <const> only because nobody has written that; if
 * nothing assigns it once it has its first value, functions within that use it are marked as if somebody had.
 */
#define LUA_CORE
#include "lprefix.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "lua.h"
#include "lobject.h"
#include "lopcodes.h"
#include "lparser.h"
#include "lstate.h"

#include "host.h"
#include "internals.h"

#define ASSIGNED	0x80	/* in Upvaldesc.kind, meanwhile: by this function, or one within */
#define VARIABLES_MAX	256	/* a register is a byte */

/* No level needs more C stack than the parser has needed for it. */
static bool is_deep(lua_State *L)
{
	return ps_stack_pointer() <= ps_guard_of(L)->stack_soft;
}

/* Marks upvalues that are assigned. False: there are too many levels to say. */
static bool mark_assigned(lua_State *L, Proto *f)
{
	int i, u;

	if (is_deep(L))
		return false;
	for (i = 0; i < f->sizecode; i++) {
		if (GET_OPCODE(f->code[i]) == OP_SETUPVAL)
			f->upvalues[GETARG_B(f->code[i])].kind |= ASSIGNED;
	}
	for (i = 0; i < f->sizep; i++) {
		const Proto *inner = f->p[i];

		if (!mark_assigned(L, f->p[i]))
			return false;
		for (u = 0; u < inner->sizeupvalues; u++) {
			if (!inner->upvalues[u].instack)
				f->upvalues[inner->upvalues[u].idx].kind |= inner->upvalues[u].kind & ASSIGNED;
		}
	}
	return true;
}

/* The variables of a function, along its code: the n that are there at pc are in registers from 0 on. */
struct variables {
	const Proto *f;
	int pc;
	int n, next;
	short active[VARIABLES_MAX];	/* of f->locvars */
	bool assigned[];	/* for each of f->locvars: by more than its first value */
};

static void variables_begin(struct variables *v)
{
	v->pc = -1;
	v->n = 0;
	v->next = 0;
}

/* False: the code has come to its end. */
static bool variables_step(struct variables *v)
{
	const LocVar *vars = v->f->locvars;

	v->pc++;
	while (v->n && vars[v->active[v->n - 1]].endpc <= v->pc)
		v->n--;
	for (; v->next < v->f->sizelocvars && vars[v->next].startpc <= v->pc; v->next++) {
		if (vars[v->next].endpc > v->pc && v->n < VARIABLES_MAX)
			v->active[v->n++] = v->next;
	}
	return v->pc < v->f->sizecode;
}

/* The variable in a register that a function made at pc uses, or -1. A local function that uses itself is not there yet. */
static int variable_in(const struct variables *v, int reg)
{
	if (reg < v->n)
		return v->active[reg];
	return reg == v->n && reg == GETARG_A(v->f->code[v->pc]) && v->next < v->f->sizelocvars &&
	       v->f->locvars[v->next].startpc == v->pc + 1 ? v->next : -1;
}

/* What the instruction at pc gives a value. Calls and loops have theirs behind all variables. */
static void find_written(struct variables *v)
{
	Instruction i = v->f->code[v->pc];
	int r = GETARG_A(i), last = r;

	if (!testAMode(GET_OPCODE(i)))
		return;
	if (GET_OPCODE(i) == OP_LOADNIL)
		last += GETARG_B(i);
	for (; r <= last && r < v->n; r++)
		v->assigned[v->active[r]] = true;
}

static void find_assigned(struct variables *v)
{
	const Proto *inner;
	int u, var;

	find_written(v);
	if (GET_OPCODE(v->f->code[v->pc]) != OP_CLOSURE)
		return;
	inner = v->f->p[GETARG_Bx(v->f->code[v->pc])];
	for (u = 0; u < inner->sizeupvalues; u++) {
		var = inner->upvalues[u].instack ? variable_in(v, inner->upvalues[u].idx) : -1;
		if (var >= 0 && inner->upvalues[u].kind & ASSIGNED)
			v->assigned[var] = true;
	}
}

/* The function that is made at pc. */
static void settle_inner(const struct variables *v)
{
	const Proto *inner = v->f->p[GETARG_Bx(v->f->code[v->pc])];
	int u;

	for (u = 0; u < inner->sizeupvalues; u++) {
		Upvaldesc *up = &inner->upvalues[u];
		int var = up->instack ? variable_in(v, up->idx) : -1;
		bool stays = up->instack ? var >= 0 && !v->assigned[var] : v->f->upvalues[up->idx].kind == RDKCONST;

		up->kind = stays && !(up->kind & ASSIGNED) ? RDKCONST : VDKREG;
	}
}

/* The upvalues of functions in f, when its own are settled. */
static void settle(const Proto *f)
{
	struct variables *v = ps_host_realloc(NULL, sizeof(*v) + f->sizelocvars * sizeof(v->assigned[0]));
	int i;

	if (!v)
		return;
	v->f = f;
	memset(v->assigned, 0, f->sizelocvars * sizeof(v->assigned[0]));
	for (variables_begin(v); variables_step(v);)
		find_assigned(v);
	for (variables_begin(v); variables_step(v);) {
		if (GET_OPCODE(f->code[v->pc]) == OP_CLOSURE)
			settle_inner(v);
	}
	ps_host_realloc(v, 0);
	for (i = 0; i < f->sizep; i++)
		settle(f->p[i]);
}

void ps_settle_variables(lua_State *L, Proto *main)
{
	if (mark_assigned(L, main))
		settle(main);
}
