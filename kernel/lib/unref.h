/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * References in a runtime's registry that are given back once.
 */
#ifndef LUA_UNREF_H
#define LUA_UNREF_H

#include <lunatik.h>

/* Two visits may stop one object: what the first one has given back may be somebody else's by then. Within the runtime. */
static inline void unref_once(lua_State *L, int *ref)
{
	luaL_unref(L, LUA_REGISTRYINDEX, *ref);
	*ref = LUA_NOREF;
}

#endif
