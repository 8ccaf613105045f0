/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * debug in runtimes: Lua's library without what would let a script change what belongs to functions in C, or the limits.
 */
#include <linux/string.h>

#include "env.h"

static const char *const absent[] = { "sethook", "getregistry", "setcstacklimit" };

/* Which function is meant: argument arg, as such or by its level in a coroutine, which may stand before it. */
struct subject {
	lua_State *of;
	int arg;
};

static struct subject find_subject(lua_State *L)
{
	return lua_isthread(L, 1) ? (struct subject){ lua_tothread(L, 1), 2 } : (struct subject){ L, 1 };
}

static void check_level(lua_State *L, struct subject s)
{
	lua_Debug ar;

	if (!lua_getstack(s.of, luaL_checkinteger(L, s.arg), &ar) || !lua_getinfo(s.of, "S", &ar))
		return;		/* out of range, which the function itself says */
	if (*ar.what == 'C')
		luaL_argerror(L, s.arg, "a function in C has no variables that may be looked at");
}

static void check_function(lua_State *L, struct subject s)
{
	if (lua_iscfunction(L, s.arg))
		luaL_argerror(L, s.arg, "a function in C has no variables that may be looked at");
	if (lua_isnumber(L, s.arg))	/* or a string that is one */
		check_level(L, s);
}

/* Lua's function, in whose place a guard is. */
static int call_guarded(lua_State *L)
{
	return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

/* Of functions in C nothing can be had or set. */
static int guarded(lua_State *L)
{
	check_function(L, find_subject(L));
	return call_guarded(L);
}

/*
 * Whether the variable of the function at a level is one that the script has named, or an argument behind those with names: what
 * the interpreter keeps besides is none, nor what functions in C have left there. Both numbers are int, as they are to Lua's
 * functions, which take the lower bits of larger ones.
 */
static bool is_variable(lua_State *L, struct subject s)
{
	int level = luaL_checkinteger(L, s.arg), n = luaL_checkinteger(L, s.arg + 1);
	const char *name;
	lua_Debug ar;

	if (!lua_checkstack(s.of, 1))
		luaL_error(L, "stack overflow");
	if (!lua_getstack(s.of, level, &ar))
		return true;	/* out of range, which the function itself says */
	name = lua_getlocal(s.of, &ar, n);
	if (!name)
		return true;
	lua_pop(s.of, 1);
	return *name != '(' || !strcmp(name, "(vararg)");
}

static int guarded_getlocal(lua_State *L)
{
	struct subject s = find_subject(L);

	check_function(L, s);
	if (!lua_isfunction(L, s.arg) && !is_variable(L, s))
		return 0;
	return call_guarded(L);
}

/* The interpreter goes by what it has put there itself. */
static int guarded_setlocal(lua_State *L)
{
	struct subject s = find_subject(L);

	if (!is_variable(L, s))
		luaL_argerror(L, s.arg + 1, "no variable of the script");
	return guarded(L);
}

/* Functions in C that call others take for granted who calls them: who finds one by its level gets all but the function. */
static int guarded_getinfo(lua_State *L)
{
	bool is_level = !lua_isfunction(L, find_subject(L).arg);
	int n = call_guarded(L);

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

/* The metatables of objects belong to their classes. */
static int guarded_metatable(lua_State *L)
{
	if (lua_isuserdata(L, 1))
		luaL_argerror(L, 1, "the metatable of an object of the kernel is not the script's");
	return call_guarded(L);
}

static int refused(lua_State *L)
{
	return luaL_error(L, "debug.%s is not available in the kernel", lua_tostring(L, lua_upvalueindex(1)));
}

static const luaL_Reg guards[] = {
	{ "getlocal", guarded_getlocal }, { "setlocal", guarded_setlocal }, { "getinfo", guarded_getinfo },
	{ "getupvalue", guarded }, { "setupvalue", guarded },
	{ "getmetatable", guarded_metatable }, { "setmetatable", guarded_metatable },
};

int ps_open_debug(lua_State *L)
{
	size_t i;

	luaL_requiref(L, LUA_DBLIBNAME, luaopen_debug, 1);
	for (i = 0; i < ARRAY_SIZE(guards); i++) {
		lua_getfield(L, -1, guards[i].name);
		lua_pushcclosure(L, guards[i].func, 1);	/* with the function that was there as its upvalue */
		lua_setfield(L, -2, guards[i].name);
	}
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
