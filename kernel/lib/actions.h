/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * netfilter.action: what scripts of netfilter and xtable say of a packet.
 */
#ifndef LUA_ACTIONS_H
#define LUA_ACTIONS_H

#include <linux/netfilter.h>
#include <linux/netfilter/x_tables.h>
#include <lunatik.h>

/* What lunatik_enter() returns where a script is being loaded, or has been stopped: packets pass, as if it were not there. */
static inline bool action_has_nobody(int err)
{
	return err == -EAGAIN || err == -ENXIO;
}

#define ACTION_REPEATS	16	/* after which REPEAT is an error */

static inline bool action_is_known(lua_Integer action)
{
	switch (action) {
	case NF_DROP:
	case NF_ACCEPT:
	case NF_STOLEN:
	case NF_QUEUE:
	case NF_REPEAT:
	case NF_STOP:
	case (lua_Integer)XT_CONTINUE:
	case (lua_Integer)XT_RETURN:
		return true;
	default:
		return false;
	}
}

static inline int action_refuse(lua_State *L)
{
	return luaL_error(L, "returned %s, which is none of netfilter.action", luaL_tolstring(L, 1, NULL));
}

/* Pops the value on top. False: it is no action, and the log says so. */
static inline bool action_take(lua_State *L, const char *what, lua_Integer *action)
{
	if (likely(lua_isinteger(L, -1))) {
		*action = lua_tointeger(L, -1);
		if (likely(action_is_known(*action))) {
			lua_pop(L, 1);
			return true;
		}
	}
	lua_pushcfunction(L, action_refuse);
	lua_insert(L, -2);
	lunatik_call(L, 1, 0, what);
	return false;
}

/* The log says so of what a function has returned, which is on the stack unless it is an integer. False. */
static inline bool action_refuse_result(lua_State *L, bool is_integer, lua_Integer result, const char *what)
{
	if (is_integer)
		lua_pushinteger(L, result);
	lua_pushcfunction(L, action_refuse);
	lua_insert(L, -2);
	lunatik_callanew(L, 1, 0, what);
	return false;
}

/* Field on_error of the table at index. */
static inline lua_Integer action_on_error(lua_State *L, int index)
{
	lua_Integer action = NF_DROP;

	if (lua_getfield(L, index, "on_error") != LUA_TNIL) {
		if (lua_isinteger(L, -1))
			action = lua_tointeger(L, -1);
		else
			action = -1;
		if (!action_is_known(action) || action == NF_REPEAT)
			luaL_error(L, "bad field 'on_error': one of netfilter.action but REPEAT expected");
	}
	lua_pop(L, 1);
	return action;
}

#endif
