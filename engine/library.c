/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#define LUA_LIB
#include "lprefix.h"

#include <string.h>

#include "lua.h"
#include "lauxlib.h"
#include "lopcodes.h"

#include "access.h"
#include "library.h"
#include "spelling.h"

/* Whether the code that reads the name only asks if there is such a function, as scripts for several versions do. */
static bool is_only_asked_for(const lua_State *L)
{
	const CallInfo *ci = L->ci->previous;
	OpCode next = isLua(ci) ? GET_OPCODE(*ci->u.l.savedpc) : OP_CALL;

	return next == OP_TEST || next == OP_TESTSET || next == OP_EQK;
}

/* One letter that is wrong, missing or too many. Functions have few names: what is that near is meant. */
static bool is_near(const char *name, const char *function)
{
	return name[0] && name[1] && ps_spelling_distance(name, function) == 1;
}

/* The __index of a library. Upvalue: its rows. */
static int find_unknown(lua_State *L)
{
	const struct ps_callable *row = lua_touserdata(L, lua_upvalueindex(1));
	const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "";

	for (; row->method.name; row++) {
		if (is_near(name, row->method.name) && !is_only_asked_for(L))
			return luaL_error(L, "'%s' has no '%s'; did you mean '%s'?", ps_callable_library(row), name,
					  row->method.name);
	}
	return 0;
}

void ps_library_push(lua_State *L, const struct ps_callable *functions)
{
	const struct ps_callable *row;

	lua_newtable(L);
	for (row = functions; row->method.name; row++) {
		ps_push_method(L, &row->method);
		lua_setfield(L, -2, row->method.name);
	}
	lua_createtable(L, 0, 1);
	lua_pushlightuserdata(L, (void *)functions);
	lua_pushcclosure(L, find_unknown, 1);
	lua_setfield(L, -2, "__index");
	lua_setmetatable(L, -2);
}

/* Adds an operator to the metatable on the stack, with its methods on top; anything else to these. */
static void add_method(lua_State *L, const struct ps_callable *row)
{
	if (ps_callable_is_operator(row)) {
		lua_pushvalue(L, -1);	/* for __index */
		lua_pushcclosure(L, row->method.call, 1);
		lua_setfield(L, -3, row->method.name);
	} else {
		ps_push_method(L, &row->method);
		lua_setfield(L, -2, row->method.name);
	}
}

void ps_library_new_type(lua_State *L, const char *type, const struct ps_callable *methods)
{
	const struct ps_callable *row;

	luaL_newmetatable(L, type);
	lua_pushstring(L, type);
	lua_setfield(L, -2, "__metatable");
	lua_newtable(L);
	lua_pushvalue(L, -1);
	lua_setfield(L, -3, PS_METHODS);
	lua_pushvalue(L, -1);
	lua_setfield(L, -3, "__index");	/* unless there is an operator of that name */
	for (row = methods; row->method.name; row++)
		add_method(L, row);
	lua_pop(L, 2);
}

int ps_library_answer(lua_State *L, const char *why_not)
{
	if (!why_not) {
		lua_pushboolean(L, true);
		return 1;
	}
	lua_pushnil(L);
	lua_pushstring(L, why_not);
	return 2;
}
