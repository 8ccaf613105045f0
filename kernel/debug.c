/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * debug in runtimes: Lua's library without what would let a script change what belongs to functions in C, or the limits.
 */
#include <linux/string.h>

#include "env.h"

/* Of functions in C, given as such or by a level, nothing can be had or set. */
static const char *const of_functions[] = { "getupvalue", "setupvalue" };

static const char *const of_metatables[] = { "getmetatable", "setmetatable" };

static const char *const absent[] = { "sethook", "getregistry", "setcstacklimit" };

static void check_level(lua_State *L, lua_State *of, int arg)
{
	lua_Debug ar;

	if (!lua_getstack(of, luaL_checkinteger(L, arg), &ar) || !lua_getinfo(of, "S", &ar))
		return;		/* out of range, which the function itself says */
	if (*ar.what == 'C')
		luaL_argerror(L, arg, "a function in C has no variables that may be looked at");
}

static void check_function(lua_State *L)
{
	lua_State *of = lua_isthread(L, 1) ? lua_tothread(L, 1) : L;
	int arg = lua_isthread(L, 1) ? 2 : 1;

	if (lua_iscfunction(L, arg))
		luaL_argerror(L, arg, "a function in C has no variables that may be looked at");
	if (lua_isnumber(L, arg))	/* or a string that is one */
		check_level(L, of, arg);
}

static int guarded(lua_State *L)
{
	check_function(L);
	return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

/*
 * Whether variable n of the function at the level, in the coroutine, is one that the script has named, or an argument behind
 * those with names: what the interpreter keeps besides is none, nor what functions in C have left there. Both numbers are int,
 * as they are to Lua's functions, which take the lower bits of larger ones.
 */
static bool is_variable(lua_State *L, lua_State *of, int level, int n)
{
	const char *name;
	lua_Debug ar;

	if (!lua_checkstack(of, 1))
		luaL_error(L, "stack overflow");
	if (!lua_getstack(of, level, &ar))
		return true;	/* out of range, which the function itself says */
	name = lua_getlocal(of, &ar, n);
	if (!name)
		return true;
	lua_pop(of, 1);
	return *name != '(' || !strcmp(name, "(vararg)");
}

static int guarded_getlocal(lua_State *L)
{
	lua_State *of = lua_isthread(L, 1) ? lua_tothread(L, 1) : L;
	int arg = lua_isthread(L, 1) ? 2 : 1;

	check_function(L);
	if (!lua_isfunction(L, arg) && !is_variable(L, of, luaL_checkinteger(L, arg), luaL_checkinteger(L, arg + 1)))
		return 0;
	return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

/* The interpreter goes by what it has put there itself. */
static int guarded_setlocal(lua_State *L)
{
	lua_State *of = lua_isthread(L, 1) ? lua_tothread(L, 1) : L;
	int arg = lua_isthread(L, 1) ? 2 : 1;

	if (!is_variable(L, of, luaL_checkinteger(L, arg), luaL_checkinteger(L, arg + 1)))
		luaL_argerror(L, arg + 1, "no variable of the script");
	return guarded(L);
}

/* Functions in C that call others take for granted who calls them: who finds one by its level gets all but the function. */
static int guarded_getinfo(lua_State *L)
{
	bool is_level = !lua_isfunction(L, lua_isthread(L, 1) ? 2 : 1);
	int n = lua_tocfunction(L, lua_upvalueindex(1))(L);

	if (!is_level || !lua_istable(L, -1))
		return n;
	lua_getfield(L, -1, "func");
	if (lua_iscfunction(L, -1)) {
		lua_pushnil(L);
		lua_setfield(L, -3, "func");
	}
	lua_pop(L, 1);
	return n;
}

/* The metatables of objects belong to their classes. Upvalue: Lua's function. */
static int guarded_metatable(lua_State *L)
{
	if (lua_isuserdata(L, 1))
		luaL_argerror(L, 1, "the metatable of an object of the kernel is not the script's");
	return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

static int refused(lua_State *L)
{
	return luaL_error(L, "debug.%s is not available in the kernel", lua_tostring(L, lua_upvalueindex(1)));
}

/* Puts guard, with the function that was there as its upvalue, in its place. */
static void wrap_one(lua_State *L, const char *name, lua_CFunction guard)
{
	lua_getfield(L, -1, name);
	lua_pushcclosure(L, guard, 1);
	lua_setfield(L, -2, name);
}

static void wrap(lua_State *L, const char *const *names, size_t n, lua_CFunction guard)
{
	size_t i;

	for (i = 0; i < n; i++)
		wrap_one(L, names[i], guard);
}

int ps_open_debug(lua_State *L)
{
	size_t i;

	luaL_requiref(L, LUA_DBLIBNAME, luaopen_debug, 1);
	wrap(L, of_functions, ARRAY_SIZE(of_functions), guarded);
	wrap_one(L, "getlocal", guarded_getlocal);
	wrap_one(L, "setlocal", guarded_setlocal);
	wrap_one(L, "getinfo", guarded_getinfo);
	wrap(L, of_metatables, ARRAY_SIZE(of_metatables), guarded_metatable);
	for (i = 0; i < ARRAY_SIZE(absent); i++) {
		lua_pushstring(L, absent[i]);
		lua_pushcclosure(L, refused, 1);
		lua_setfield(L, -2, absent[i]);
	}
	lua_pushnil(L);
	lua_setfield(L, -2, "debug");	/* there is nobody to type lines */
	lua_pop(L, 1);
	return 0;
}
