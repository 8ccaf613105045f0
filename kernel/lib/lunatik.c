/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The library lunatik: runtimes, from Lua. Process context, but resume().
 */
#include <linux/slab.h>
#include <linux/string.h>

#include "env.h"

#define VALUES	32	/* that may go to another runtime, or come back, at a time */

/* What a function has while it is outside of its runtime: so that nothing is lost, it is in a userdata, and freed with that. */
struct passed {
	struct lunatik_value args[VALUES], results[VALUES];
	char error[PS_RUNTIME_ERROR];
};

static enum lunatik_context to_context(lua_State *L, int arg)
{
	static const char *const names[] = { "process", "softirq", "hardirq", NULL };

	if (lua_isnoneornil(L, arg))
		return LUNATIK_PROCESS;
	if (lua_isboolean(L, arg))
		return lua_toboolean(L, arg) ? LUNATIK_PROCESS : LUNATIK_SOFTIRQ;
	return luaL_checkoption(L, arg, NULL, names);
}

/* lunatik.runtime(script [, sleep]) */
static int new_runtime(lua_State *L)
{
	const char *script = luaL_checkstring(L, 1);
	enum lunatik_context context = to_context(L, 2);
	char *error = lua_newuserdatauv(L, PS_RUNTIME_ERROR, 0);
	lunatik_object_t *runtime;
	struct lunatik_entry *entry;
	int err;

	lunatik_checksleep(L, "lunatik.runtime()");
	lunatik_pushempty(L);
	*error = 0;
	entry = lunatik_sleep(L);
	err = ps_env_new(&runtime, entry, script, context, error, PS_RUNTIME_ERROR);
	lunatik_awake(entry);
	if (err) {
		lunatik_closeobject(L, -1);	/* nothing collects what is empty */
		return luaL_error(L, "%s", error);
	}
	lunatik_fillempty(L, runtime);
	return 1;
}

/* lunatik.find(script): its runtime, or nil */
static int find_runtime(lua_State *L)
{
	const char *script = luaL_checkstring(L, 1);
	lunatik_object_t *runtime = ps_env_find(script);

	if (!runtime)
		return 0;
	lunatik_putobject(runtime);	/* until there is a userdata for it, for which there may be no memory */
	lunatik_pushempty(L);
	runtime = ps_env_find(script);
	if (!runtime) {
		lunatik_closeobject(L, -1);
		return 0;
	}
	lunatik_fillempty(L, runtime);
	return 1;
}

/* runtime:stop() */
static int stop(lua_State *L)
{
	lunatik_object_t *runtime = lunatik_checkobject(L, 1, &ps_env_class);
	struct lunatik_entry *entry;
	int err;

	lunatik_checksleep(L, "stop()");
	lunatik_getobject(runtime);	/* another visit may close the userdata meanwhile */
	entry = lunatik_sleep(L);
	err = ps_env_stop(runtime, entry);
	ps_objects_flush();
	lunatik_awake(entry);
	lunatik_putobject(runtime);
	if (err == -EDEADLK)
		return luaL_error(L, "a runtime cannot stop itself");
	if (err)
		return luaL_error(L, "stopped");
	lunatik_closeobject(L, 1);
	return 0;
}

/* lunatik.stopall() */
static int stop_all(lua_State *L)
{
	struct lunatik_entry *entry;
	int err;

	lunatik_checksleep(L, "lunatik.stopall()");
	entry = lunatik_sleep(L);
	err = ps_env_stop_all(entry);
	ps_objects_flush();
	lunatik_awake(entry);
	return err ? luaL_error(L, "stopped") : 0;
}

static void put_values(struct lunatik_value *values, int n)
{
	while (n > 0)
		lunatik_putvalue(values + --n);
}

static int take_args(lua_State *L)
{
	struct passed *passed = lua_touserdata(L, lua_upvalueindex(1));
	int n = lua_gettop(L), i;

	for (i = 0; i < n; i++)
		lunatik_checkvalue(L, i + 1, passed->args + i);
	return 0;
}

static int push_results(lua_State *L)
{
	struct passed *passed = lua_touserdata(L, 1);
	int n = lua_tointeger(L, 2), i;

	luaL_checkstack(L, n, NULL);
	for (i = 0; i < n; i++)
		lunatik_pushvalue(L, passed->results + i);
	return n;
}

/* runtime:resume([value, ...]) */
static int resume(lua_State *L)
{
	lunatik_object_t *runtime = lunatik_checkobject(L, 1, &ps_env_class);
	int nargs = lua_gettop(L) - 1, n, status;
	struct lunatik_entry *entry;
	struct passed *passed;
	bool is_over;

	if (nargs > VALUES)
		return luaL_error(L, "too many values");
	passed = lua_newuserdatauv(L, sizeof(*passed), 0);
	memset(passed, 0, sizeof(*passed));
	lua_insert(L, 2);
	lua_pushvalue(L, 2);
	lua_pushcclosure(L, take_args, 1);
	lua_insert(L, 3);
	status = lua_pcall(L, nargs, 0, 0);
	if (status != LUA_OK) {
		put_values(passed->args, nargs);
		return lua_error(L);
	}
	lunatik_getobject(runtime);	/* another visit may close the userdata meanwhile */
	entry = lunatik_sleep(L);
	n = ps_env_resume(runtime, entry, entry->context, NULL, passed->args, nargs, passed->results, VALUES, &is_over, passed->error,
			   sizeof(passed->error));
	lunatik_awake(entry);
	lunatik_putobject(runtime);
	put_values(passed->args, nargs);
	if (n < 0)
		return luaL_error(L, "%s", passed->error);
	n = min(n, VALUES);
	lua_pushcfunction(L, push_results);
	lua_pushlightuserdata(L, passed);
	lua_pushinteger(L, n);
	status = lua_pcall(L, 2, n, 0);
	put_values(passed->results, n);
	return status == LUA_OK ? n : lua_error(L);
}

const luaL_Reg ps_env_methods[] = {
	{ "stop", stop },
	{ "resume", resume },
	{ NULL, NULL }
};

static const luaL_Reg functions[] = {
	{ "runtime", new_runtime },
	{ "find", find_runtime },
	{ "stop", stop },
	{ "stopall", stop_all },
	{ "resume", resume },
	{ NULL, NULL }
};

static int open(lua_State *L)
{
	luaL_newlib(L, functions);
	return 1;
}

struct lunatik_library ps_lunatik_library = { "lunatik", open, THIS_MODULE };
