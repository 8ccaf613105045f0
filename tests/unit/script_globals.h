/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What scripts of tests have kept in their globals. */
#ifndef SCRIPT_GLOBALS_H
#define SCRIPT_GLOBALS_H

#include <stdio.h>

#include "lua.h"

#include "script.h"

/* The global, as text, until the next call. */
static inline const char *global(struct ps_script *s, const char *name)
{
	static char text[256];
	lua_State *L = s->bind.rt.L;

	lua_getglobal(L, name);
	snprintf(text, sizeof(text), "%s", lua_tostring(L, -1) ? lua_tostring(L, -1) : "nil");
	lua_settop(L, 0);
	return text;
}

#endif
