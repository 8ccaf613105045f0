/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The math library, as far as integers go. What needs floats (pi, huge, sin, sqrt …) is
 * absent, so that using it is an error and not a wrong number.
 */
#define LUA_LIB
#include "lprefix.h"

#include "lua.h"
#include "lauxlib.h"
#include "lualib.h"

#include "runtime.h"

static int math_abs(lua_State *L)
{
	lua_Integer n = luaL_checkinteger(L, 1);

	lua_pushinteger(L, n < 0 ? (lua_Integer)(0u - (lua_Unsigned)n) : n);
	return 1;
}

/* floor and ceil */
static int math_same(lua_State *L)
{
	lua_pushinteger(L, luaL_checkinteger(L, 1));
	return 1;
}

static int math_fmod(lua_State *L)
{
	lua_Integer n = luaL_checkinteger(L, 1);
	lua_Integer d = luaL_checkinteger(L, 2);

	luaL_argcheck(L, d != 0, 2, "zero");
	lua_pushinteger(L, d == -1 ? 0 : n % d);	/* mininteger % -1 overflows in C */
	return 1;
}

/* The largest argument if sign is 1, the smallest if it is -1. */
static int extreme(lua_State *L, int sign)
{
	lua_Integer best = luaL_checkinteger(L, 1);
	int i, n = lua_gettop(L);

	for (i = 2; i <= n; i++) {
		lua_Integer v;

		ps_guard_tick(L);	/* each may be a numeral of any length */
		v = luaL_checkinteger(L, i);
		if (sign > 0 ? v > best : v < best)
			best = v;
	}
	lua_pushinteger(L, best);
	return 1;
}

static int math_max(lua_State *L)
{
	return extreme(L, 1);
}

static int math_min(lua_State *L)
{
	return extreme(L, -1);
}

static int math_tointeger(lua_State *L)
{
	int is_integer;
	lua_Integer n = lua_tointegerx(L, 1, &is_integer);

	luaL_checkany(L, 1);
	if (is_integer)
		lua_pushinteger(L, n);
	else
		luaL_pushfail(L);
	return 1;
}

static int math_type(lua_State *L)
{
	luaL_checkany(L, 1);
	if (lua_type(L, 1) == LUA_TNUMBER)
		lua_pushliteral(L, "integer");
	else
		luaL_pushfail(L);
	return 1;
}

static int math_ult(lua_State *L)
{
	lua_pushboolean(L, (lua_Unsigned)luaL_checkinteger(L, 1) <
			   (lua_Unsigned)luaL_checkinteger(L, 2));
	return 1;
}

/* random(0): all bits; random(m): 1 to m; random(m, n): m to n. random() would be a float. */
static int math_random(lua_State *L)
{
	lua_Integer low = 1, high = luaL_checkinteger(L, 1);
	lua_Unsigned random = ps_host_random(), range;

	if (!lua_isnoneornil(L, 2)) {
		low = high;
		high = luaL_checkinteger(L, 2);
	} else if (high == 0) {
		lua_pushinteger(L, (lua_Integer)random);
		return 1;
	}
	luaL_argcheck(L, low <= high, lua_isnoneornil(L, 2) ? 1 : 2, "interval is empty");
	range = (lua_Unsigned)high - (lua_Unsigned)low + 1;	/* 0: all of them */
	if (range)
		random %= range;
	lua_pushinteger(L, (lua_Integer)((lua_Unsigned)low + random));
	return 1;
}

int ps_open_math(lua_State *L)
{
	static const luaL_Reg functions[] = {
		{ "abs", math_abs },
		{ "ceil", math_same },
		{ "floor", math_same },
		{ "fmod", math_fmod },
		{ "max", math_max },
		{ "min", math_min },
		{ "random", math_random },
		{ "tointeger", math_tointeger },
		{ "type", math_type },
		{ "ult", math_ult },
		{ NULL, NULL },
	};

	luaL_newlib(L, functions);
	lua_pushinteger(L, LUA_MAXINTEGER);
	lua_setfield(L, -2, "maxinteger");
	lua_pushinteger(L, LUA_MININTEGER);
	lua_setfield(L, -2, "mininteger");
	return 1;
}
