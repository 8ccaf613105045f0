/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Lua's calls, and a leaner way in, for handlers.
 */
#define ldo_c
#define LUA_CORE
#include "lprefix.h"

#include <stdint.h>

#include "ldo.c"

#include "attr.h"
#include "inside.h"

/* The stack at rest has one slot, which is no function's. */
#define BOTTOM	sizeof(StackValue)

static ps_noinline void call_anything(lua_State *L)
{
	luaD_callnoyield(L, restorestack(L, BOTTOM), 1);
}

/* As luaD_callnoyield(), for one argument: what the ordinary case needs of it. */
static ps_noinline void call(lua_State *L, const Instruction *pc)
{
	const struct ps_guard *guard = ps_guard_of(L);
	StkId func = restorestack(L, BOTTOM), end;
	CallInfo *ci = L->ci->next;

	/* no C stack: that fails at once, wherever pc is; no room: pc is where the code begins */
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

/* As luaD_pcall() does it, for a call that nothing is around. */
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
