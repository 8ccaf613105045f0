/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The few places where the packet path goes past Lua's API. Include after lua.h, in a file
 * that is compiled with Lua's own headers.
 */
#ifndef PS_INSIDE_H
#define PS_INSIDE_H

#include "lgc.h"
#include "lobject.h"
#include "lstate.h"

/* Lua 5.4.5 made a union of it. */
#if LUA_VERSION_RELEASE_NUM >= 50405
#define PS_STACK_TOP(L)		((L)->top.p)
#else
#define PS_STACK_TOP(L)		((L)->top)
#endif

/*
 * Pushes the userdata whose block this is (made with no user values). The caller keeps it
 * referenced elsewhere, and there is room on the stack.
 */
static inline void ps_push_block(lua_State *L, void *block)
{
	Udata *u = (Udata *)((char *)block - udatamemoffset(0));

	setuvalue(L, s2v(PS_STACK_TOP(L)), u);
	PS_STACK_TOP(L)++;
}

#endif
