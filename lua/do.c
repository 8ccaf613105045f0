/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Lua's calls as released, and a leaner way in, for handlers.
 */
#define ldo_c
#define LUA_CORE
#include "lprefix.h"

#include <stdint.h>

#include "ldo.c"

#include "attr.h"
#include "inside.h"

/* As luaD_callnoyield(), for one argument: what the ordinary case needs of it. */
static __attribute__((noinline)) void call(lua_State *L, StkId func)
{
	StkId top = func + 2;
	const Proto *p;
	CallInfo *ci;
	int missing;

	p = ttisLclosure(s2v(func)) ? clLvalue(s2v(func))->p : NULL;
	if (l_unlikely(!p || PS_STACK_LAST(L) - top <= p->maxstacksize ||
		       ps_stack_pointer() <= ps_guard_of(L)->stack_soft)) {
		luaD_callnoyield(L, func, 1);
		return;
	}
	for (missing = p->numparams - 1; missing > 0; missing--)
		setnilvalue(s2v(top++));
	PS_STACK_TOP(L) = top;
	L->ci = ci = prepCallInfo(L, func, 1, CIST_FRESH, func + 1 + p->maxstacksize);
	ci->u.l.savedpc = p->code;
	luaV_execute(L, ci);
}

/* As luaD_pcall(), where nothing runs that this could nest in. */
int ps_call1(lua_State *L, StkId func)
{
	ptrdiff_t base = savestack(L, func);
	l_uint32 levels = L->nCcalls;
	struct lua_longjmp lj ps_uninit;

	lj.status = LUA_OK;
	lj.previous = NULL;
	L->errorJmp = &lj;
	LUAI_TRY(L, &lj, call(L, func););
	L->errorJmp = NULL;
	if (l_unlikely(lj.status != LUA_OK)) {
		L->ci = &L->base_ci;
		L->allowhook = 1;
		L->errfunc = 0;
		L->nCcalls = levels;
		lj.status = luaD_closeprotected(L, base, lj.status);
		luaD_seterrorobj(L, lj.status, restorestack(L, base));
		luaD_shrinkstack(L);
	}
	return lj.status;
}
