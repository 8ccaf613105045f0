/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * ldo.c, and a call for handlers that does without what only nested calls need.
 */
#define ldo_c
#define LUA_CORE
#include "lprefix.h"

#include <stdint.h>

#include "ldo.c"

#include "attr.h"
#include "inside.h"

/* Where the function is: a stack on which nothing runs has one slot, which belongs to no function. */
#define BOTTOM	sizeof(StackValue)

static ps_noinline void call_anything(lua_State *L)
{
	luaD_callnoyield(L, restorestack(L, BOTTOM), 1);
}

/* What luaD_callnoyield() does for a Lua function with one argument; anything else goes to call_anything(). */
static ps_noinline void call(lua_State *L, const Instruction *pc)
{
	const struct ps_guard *guard = ps_guard_of(L);
	StkId func = restorestack(L, BOTTOM), end;
	CallInfo *ci = L->ci->next;

	/* an ordinary call begins where the code does: without room pc is still there; without C stack the call fails at once */
	if (l_unlikely(!pc || guard->stack_soft == guard->stack_hard || !ps_has_room(L, func))) {
		call_anything(L);
		return;
	}
	end = func + 1 + clLvalue(s2v(func))->p->maxstacksize;
	ps_stk(ci->func) = func;
	ps_stk(ci->top) = end;
	ci->nresults = 1;
	ci->callstatus = CIST_FRESH;
	ci->u.l.savedpc = pc;
	L->ci = ci;
	luaV_execute(L, ci);
}

/* What luaD_pcall() does after an error, for a call that is in no other one. */
static ps_noinline int clean_up(lua_State *L, int status)
{
	L->ci = &L->base_ci;
	L->allowhook = 1;
	L->errfunc = 0;
	L->nCcalls = 0;
	incnny(L);
	ps_guard_of(L)->running = L;
	status = luaD_closeprotected(L, BOTTOM, status);
	luaD_seterrorobj(L, status, restorestack(L, BOTTOM));
	luaD_shrinkstack(L);
	return status;
}

int ps_call1(lua_State *L, const Instruction *pc)
{
	struct lua_longjmp lj ps_uninit;
	int status;

	lj.status = LUA_OK;
	L->errorJmp = &lj;
	LUAI_TRY(L, &lj, call(L, pc););
	L->errorJmp = NULL;
	status = lj.status;
	return l_likely(status == LUA_OK) ? status : clean_up(L, status);
}
