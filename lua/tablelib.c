/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What the table library has besides Lua's.
 */
#define LUA_CORE
#include "lprefix.h"

#include <string.h>

#include "lua.h"
#include "lauxlib.h"
#include "lgc.h"
#include "lobject.h"
#include "lstate.h"
#include "ltable.h"
#include "ltm.h"
#include "lualib.h"

#include "guard.h"
#include "internals.h"
#include "method.h"
#include "runtime.h"

#define NODES_AT_ONCE	4096	/* that are copied without a look at the time */

/* Copies size bytes, unless the time is up: then it raises. */
static void copy(lua_State *L, void *to, const void *from, size_t size)
{
	const size_t step = NODES_AT_ONCE * sizeof(Node);
	size_t at;

	for (at = 0; at < size; at += step) {
		ps_guard_tick(L);
		memcpy((char *)to + at, (const char *)from + at, size - at < step ? size - at : step);
	}
}

/*
 * table.clone(t): both tables have parts of the same sizes, so each entry is where it is in t, and none has to be looked
 * for.
 */
static int clone(lua_State *L)
{
	const Table *from;
	Table *to;

	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 1);
	lua_newtable(L);
	from = hvalue(s2v(PS_STACK_TOP(L) - 2));
	to = hvalue(s2v(PS_STACK_TOP(L) - 1));
	luaH_resize(L, to, luaH_realasize(from), from->lastfree ? sizenode(from) : 0);
	if (isblack(to))	/* making it collected garbage; now nothing is collected any more */
		luaC_barrierback_(L, obj2gco(to));
	copy(L, to->array, from->array, luaH_realasize(from) * sizeof(TValue));
	if (from->lastfree) {
		copy(L, to->node, from->node, sizenode(from) * sizeof(Node));
		to->lastfree = gnode(to, from->lastfree - gnode(from, 0));
	}
	to->alimit = from->alimit;	/* with flags, which say what it means: so both have the same length */
	to->flags = from->flags;
	to->metatable = from->metatable;
	return 1;
}

int ps_open_table(lua_State *L)
{
	static const struct ps_method method = { .name = "clone", .call = clone };

	luaopen_table(L);
	ps_push_method(L, &method);
	lua_setfield(L, -2, "clone");
	return 1;
}
