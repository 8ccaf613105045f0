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
#include "internals.h"

/* Where the function is: a stack on which nothing runs has one slot, which belongs to no function. */
#define BOTTOM	sizeof(StackValue)

static ps_noinline void call_anything(lua_State *L, ptrdiff_t at, int slots)
{
	/* without room next time is like this one */
	if (slots > ps_stk(L->stack_last) - restorestack(L, at))
		luaD_growstack(L, slots, 0);
	luaD_callnoyield(L, restorestack(L, at), 1);
}

/* What luaD_callnoyield() does for functions of Lua, but with the frames in run, and where these tell. */
static ps_noinline void call(lua_State *L, const struct ps_run *run, ptrdiff_t at, int slots)
{
	const struct ps_guard *guard = ps_guard_of(L);
	const struct ps_called *frame;
	CallInfo *ci;

	/* without C stack an ordinary call fails at once, whatever there is in run */
	if (l_unlikely(!run || guard->stack_soft == guard->stack_hard)) {
		call_anything(L, at, slots);
		return;
	}
	frame = &run->frames[run->depth];
	PS_STACK_TOP(L) = frame->func + 1 + clLvalue(s2v(frame->func))->p->maxstacksize;
	for (frame = run->frames; frame <= run->frames + run->depth; frame++) {
		ci = L->ci->next ? L->ci->next : luaE_extendCI(L);
		ps_stk(ci->func) = frame->func;
		ps_stk(ci->top) = frame->func + 1 + clLvalue(s2v(frame->func))->p->maxstacksize;
		ci->nresults = frame->nresults;
		ci->callstatus = frame == run->frames ? CIST_FRESH : 0;
		ci->u.l.savedpc = frame->pc;
		ci->u.l.trap = 0;
		L->ci = ci;
	}
	luaV_execute(L, L->ci);
}

/* What luaD_pcall() does after an error, for a call that is in no other one. */
static ps_noinline int clean_up(lua_State *L, ptrdiff_t at, int status)
{
	L->ci = &L->base_ci;
	L->allowhook = 1;
	L->errfunc = 0;
	L->nCcalls = 0;
	incnny(L);
	ps_guard_of(L)->running = L;
	status = luaD_closeprotected(L, at, status);
	luaD_seterrorobj(L, status, restorestack(L, at));
	luaD_shrinkstack(L);
	return status;
}

int ps_call1(lua_State *L, const struct ps_run *run, int slots, bool is_handled)
{
	const ptrdiff_t at = (1 + is_handled) * BOTTOM;
	struct lua_longjmp lj ps_uninit;
	int status;

	lj.status = LUA_OK;
	L->errorJmp = &lj;
	L->errfunc = is_handled ? BOTTOM : 0;
	LUAI_TRY(L, &lj, call(L, run, at, slots););
	L->errorJmp = NULL;
	L->errfunc = 0;
	status = lj.status;
	return l_likely(status == LUA_OK) ? status : clean_up(L, at, status);
}
