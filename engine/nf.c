/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#define LUA_LIB
#include "nf.h"

#include <stdint.h>
#include <string.h>

#include "lua.h"
#include "lauxlib.h"

#include "company.h"
#include "conntrack.h"
#include "count.h"
#include "defer.h"
#include "host.h"
#include "internals.h"
#include "library.h"
#include "limit.h"
#include "runtime.h"
#include "send.h"
#include "timer.h"

/* Of time, in nanoseconds. */
static const struct unit {
	const char *name;
	lua_Integer ns;
} units[] = {
	{ "ms", 1000000 },
	{ "ns", 1 },
};

static const struct unit *unit_named(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (!strcmp(units[i].name, name))
			return &units[i];
	}
	return NULL;
}

/* Also the words of syslog for those that have a longer one. */
static int level_named(const char *name)
{
	int level;

	for (level = 0; level < PS_LOG_LEVELS; level++) {
		if (!strcmp(ps_log_levels[level], name))
			return level;
	}
	if (!strcmp(name, "error"))
		return PS_LOG_ERR;
	return !strcmp(name, "warn") ? PS_LOG_WARNING : -1;
}

bool ps_nf_knows(enum ps_lua_type type, const char *word)
{
	switch (type) {
	case PS_LUA_UNIT:
		return unit_named(word);
	case PS_LUA_LEVEL:
		return level_named(word) >= 0;
	default:
		return true;
	}
}

static int get_random(lua_State *L)
{
	lua_pushinteger(L, (uint32_t)ps_host_random());
	return 1;
}

static int get_random_directly(StkId func, int nargs)
{
	if (nargs)
		return -1;
	setivalue(s2v(func), (uint32_t)ps_host_random());
	return 1;
}

static int get_time(lua_State *L)
{
	const char *name = luaL_optstring(L, 1, units[0].name);
	const struct unit *unit = unit_named(name);

	if (!unit)
		return luaL_argerror(L, 1, lua_pushfstring(L, "there is no unit '%s': give \"ms\" or \"ns\"", name));
	lua_pushinteger(L, (lua_Integer)ps_host_time() / unit->ns);
	return 1;
}

static int get_time_directly(StkId func, int nargs)
{
	if (nargs)
		return -1;
	setivalue(s2v(func), (lua_Integer)ps_host_time() / units[0].ns);
	return 1;
}

static enum ps_log_level check_level(lua_State *L, int arg)
{
	lua_Integer level = lua_isinteger(L, arg) ? lua_tointeger(L, arg) : level_named(luaL_checkstring(L, arg));

	if (level < 0 || level >= PS_LOG_LEVELS)
		luaL_argerror(L, arg, "no level of the log: give emerg, alert, crit, err, warning, notice, info or debug, "
				      "or 0 to 7");
	return level;
}

static int log_values(lua_State *L)
{
	enum ps_log_level level = check_level(L, 1);

	lua_remove(L, 1);
	ps_runtime_log(L, level);
	return 0;
}

#define CANNOT	"it cannot be sent; the second result is why"

const struct ps_callable ps_nf_library[] = {
	{ { "schedule", ps_defer_schedule }, PS_OF_LIBRARY,
	  { { "skb", PS_LUA_ANYTHING }, { "function", PS_LUA_STRING }, { "id", PS_LUA_INTEGER }, { "delay", PS_LUA_INTEGER },
	    { "packet", PS_LUA_VIEW, true }, { "protocol", PS_LUA_PROTOCOL, true } }, PS_LUA_BOOLEAN,
	  "too much is pending", "calls the global function of this name, with nil, the id and a copy of the packet, "
	  "after so many milliseconds, in the Lua state for deferred work" },
	{ { "timer", ps_timer_new }, PS_OF_LIBRARY,
	  { { "delay", PS_LUA_INTEGER }, { "f", PS_LUA_FUNCTION }, { "…", PS_LUA_REST, true } }, PS_LUA_TIMER, NULL,
	  "calls the function, with what follows, after so many milliseconds" },
	{ { "limit", ps_limit }, PS_OF_LIBRARY, { { "options", PS_LUA_LIMIT }, { "key", PS_LUA_MEMBER, true } }, PS_LUA_BOOLEAN, NULL,
	  "takes a token of the bucket that the options and the key name, and tells whether there was one: see below" },
	{ { "count", ps_count }, PS_OF_LIBRARY, { { "name", PS_LUA_STRING }, { "n", PS_LUA_INTEGER, true } }, PS_LUA_NOTHING, NULL,
	  "adds `n`, 1 without it, to the state's counter of this name, which `packetscript stats` shows: see below" },
	{ { "nat", ps_ct_translate }, PS_OF_LIBRARY, { { "packet", PS_LUA_HANDLED }, { "options", PS_LUA_NAT } }, PS_LUA_BOOLEAN,
	  "it cannot be; the second result is why", "the packet's connection gets another source or destination, in this packet and in "
	  "all that follow: [below](#address-translation)" },
	{ { "redirect", ps_company_redirect, PS_OP_REDIRECT }, PS_OF_LIBRARY, { { "packet", PS_LUA_HANDLED }, { "device", PS_LUA_STRING } }, PS_LUA_INTEGER, NULL,
	  "the verdict by which the packet leaves by the device of this name, of packets at tc and XDP: `return nf.redirect(p, \"eth1\")`; raises if there is "
	  "none" },
	{ { "get_random", get_random, 0, get_random_directly }, PS_OF_LIBRARY, { { NULL } }, PS_LUA_INTEGER, NULL,
	  "a random number of 32 bits, the kernel's" },
	{ { "get_time", get_time, 0, get_time_directly }, PS_OF_LIBRARY, { { "unit", PS_LUA_UNIT, true } }, PS_LUA_INTEGER, NULL,
	  "milliseconds of a clock that nobody sets and that never goes back; with `\"ns\"` nanoseconds" },
	{ { "log", log_values }, PS_OF_LIBRARY, { { "level", PS_LUA_LEVEL }, { "…", PS_LUA_REST, true } }, PS_LUA_NOTHING, NULL,
	  "a line in the log, as by `print`, with a level of the kernel's: `\"emerg\"`, `\"alert\"`, `\"crit\"`, `\"err\"`, "
	  "`\"warning\"`, `\"notice\"`, `\"info\"`, `\"debug\"`, or 0 to 7" },
	{ { "send", ps_send }, PS_OF_LIBRARY, { { "parts", PS_LUA_PARTS } }, PS_LUA_BOOLEAN, CANNOT,
	  "sends the IP packet that the byte arrays and strings in the table make up, one behind the other: see below" },
	{ { "create_packet", ps_send_packet }, PS_OF_LIBRARY, { { "skb", PS_LUA_ANYTHING }, { "packet", PS_LUA_IP_PACKET } },
	  PS_LUA_BOOLEAN, CANNOT, "the same of one byte array or string; `skb` may be nil" },
	{ { NULL } },
};

int ps_nf_open(lua_State *L)
{
	ps_library_push(L, ps_nf_library);
	return 1;
}
