// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * A plugin of iptables that is a script: its text is in here, and what it gives to luaxt.match() or luaxt.target() is asked for what
 * iptables wants to know. Built as libxt_<name>.so with LUAXT_NAME and LUAXT_SCRIPT, by luaxt.mk.
 */
#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <xtables.h>

#include "lua_xtable.h"

/* The script's bytes. */
__asm__(".section .rodata\n"
	"luaxt_script: .incbin \"" LUAXT_SCRIPT "\"\n"
	"luaxt_script_end: .byte 0\n"
	".previous\n");
extern const char luaxt_script[] __attribute__((visibility("hidden")));
extern const char luaxt_script_end[] __attribute__((visibility("hidden")));

#define OPTIONS_MAX	32

/* Families that xtables.h may lack. */
#define NFPROTO_INET_	1
#define NFPROTO_NETDEV_	5

static lua_State *L;
static int opts = LUA_NOREF;
static struct option options[OPTIONS_MAX + 1];
static unsigned int parse_flags;

static void fail(const char *message)
{
	xtables_error(PARAMETER_PROBLEM, "%s: %s", LUAXT_NAME, message ? message : "error");
}

/* Pushes the function; false: the script has none of that name. */
static bool push_function(const char *name)
{
	lua_settop(L, 0);
	lua_rawgeti(L, LUA_REGISTRYINDEX, opts);
	if (lua_getfield(L, -1, name) == LUA_TFUNCTION)
		return true;
	lua_settop(L, 0);
	return false;
}

static void call(int nargs)
{
	if (lua_pcall(L, nargs, 0, 0) != LUA_OK)
		fail(luaL_tolstring(L, -1, NULL));
	fflush(stdout);
}

static void call_with_userargs(const char *name, const struct lua_xtable_info *info)
{
	if (!push_function(name))
		return;
	lua_pushlstring(L, info->userargs, strnlen(info->userargs, sizeof(info->userargs)));
	call(1);
}

/* The table par, which the script changes: what is in the rule, and flags. It stays on the stack. */
static void push_par(const struct lua_xtable_info *info)
{
	lua_newtable(L);
	lua_pushlstring(L, info->userargs, strnlen(info->userargs, sizeof(info->userargs)));
	lua_setfield(L, -2, "userargs");
	lua_pushinteger(L, parse_flags);
	lua_setfield(L, -2, "flags");
}

static void take_par(int index, struct lua_xtable_info *info)
{
	const char *userargs;
	size_t len;

	lua_getfield(L, index, "userargs");
	userargs = lua_tolstring(L, -1, &len);
	if (!userargs || len >= sizeof(info->userargs) || strlen(userargs) != len)
		fail("par.userargs has to be a string of at most 255 bytes, without zeros");
	memset(info->userargs, 0, sizeof(info->userargs));
	memcpy(info->userargs, userargs, len);
	lua_getfield(L, index, "flags");
	parse_flags = lua_tointeger(L, -1);
}

/* function(par), where par is at the stack's bottom, too. */
static void call_with_par(struct lua_xtable_info *info, int option, const char *value, bool is_inverted)
{
	push_par(info);
	if (option >= 0) {
		lua_pushstring(L, options[option].name);
		lua_setfield(L, -2, "option");
		lua_pushstring(L, value);
		lua_setfield(L, -2, "value");
		lua_pushboolean(L, is_inverted);
		lua_setfield(L, -2, "invert");
	}
	lua_insert(L, 1);
	lua_pushvalue(L, 1);
	call(1);
	take_par(1, info);
}

static void help(void)
{
	if (push_function("help"))
		call(0);
}

static void init_info(struct lua_xtable_info *info)
{
	parse_flags = 0;
	memset(info, 0, sizeof(*info));
	if (push_function("init"))
		call_with_par(info, -1, NULL, false);
}

static int parse_info(struct lua_xtable_info *info, int c, int invert, unsigned int *flags)
{
	if (c < 0 || c >= OPTIONS_MAX || !options[c].name || !push_function("parse"))
		return 0;
	parse_flags = *flags;
	call_with_par(info, c, optarg, invert);
	*flags = parse_flags;
	return 1;
}

static void final_check(unsigned int flags)
{
	if (!push_function("final_check"))
		return;
	lua_pushinteger(L, flags);
	call(1);
}

static void init_match(struct xt_entry_match *match)
{
	init_info((struct lua_xtable_info *)match->data);
}

static int parse_match(int c, char **argv, int invert, unsigned int *flags, const void *entry, struct xt_entry_match **match)
{
	(void)argv, (void)entry;
	return parse_info((struct lua_xtable_info *)(*match)->data, c, invert, flags);
}

static void print_match(const void *entry, const struct xt_entry_match *match, int numeric)
{
	(void)entry, (void)numeric;
	call_with_userargs("print", (const struct lua_xtable_info *)match->data);
}

static void save_match(const void *entry, const struct xt_entry_match *match)
{
	(void)entry;
	call_with_userargs("save", (const struct lua_xtable_info *)match->data);
}

static void init_target(struct xt_entry_target *target)
{
	init_info((struct lua_xtable_info *)target->data);
}

static int parse_target(int c, char **argv, int invert, unsigned int *flags, const void *entry, struct xt_entry_target **target)
{
	(void)argv, (void)entry;
	return parse_info((struct lua_xtable_info *)(*target)->data, c, invert, flags);
}

static void print_target(const void *entry, const struct xt_entry_target *target, int numeric)
{
	(void)entry, (void)numeric;
	call_with_userargs("print", (const struct lua_xtable_info *)target->data);
}

static void save_target(const void *entry, const struct xt_entry_target *target)
{
	(void)entry;
	call_with_userargs("save", (const struct lua_xtable_info *)target->data);
}

static struct xtables_match match_plugin = {
	.version = XTABLES_VERSION,
	.name = LUAXT_NAME,
	.size = XT_ALIGN(sizeof(struct lua_xtable_info)),
	.userspacesize = offsetof(struct lua_xtable_info, can_return),
	.help = help,
	.init = init_match,
	.parse = parse_match,
	.final_check = final_check,
	.print = print_match,
	.save = save_match,
	.extra_opts = options,
};

static struct xtables_target target_plugin = {
	.version = XTABLES_VERSION,
	.name = LUAXT_NAME,
	.size = XT_ALIGN(sizeof(struct lua_xtable_info)),
	.userspacesize = offsetof(struct lua_xtable_info, can_return),
	.help = help,
	.init = init_target,
	.parse = parse_target,
	.final_check = final_check,
	.print = print_target,
	.save = save_target,
	.extra_opts = options,
};

/*
 * What the script calls.
 */
static lua_Integer integer_field(const char *name, lua_Integer max)
{
	lua_Integer value;
	int is_integer;

	lua_getfield(L, 1, name);
	value = lua_tointegerx(L, -1, &is_integer);
	if (!is_integer || value < 0 || value > max)
		luaL_error(L, "bad field '%s': 0 to %I expected", name, (LUAI_UACINT)max);
	lua_pop(L, 1);
	return value;
}

static void check_functions(void)
{
	static const char *const names[] = { "help", "init", "print", "save", "parse", "final_check" };
	size_t i;
	int type;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		type = lua_getfield(L, 1, names[i]);
		if (type != LUA_TFUNCTION && type != LUA_TNIL)
			luaL_error(L, "bad field '%s': function expected, got %s", names[i], lua_typename(L, type));
		lua_pop(L, 1);
	}
}

/* options = { name = whether it has a value }: --name [value] */
static void read_options(void)
{
	int n = 0;

	if (lua_getfield(L, 1, "options") == LUA_TNIL)
		return;
	luaL_argcheck(L, lua_istable(L, -1), 1, "bad field 'options': table expected");
	for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
		if (n == OPTIONS_MAX || lua_type(L, -2) != LUA_TSTRING)
			luaL_error(L, "bad field 'options': at most %d names expected", OPTIONS_MAX);
		options[n].name = strdup(lua_tostring(L, -2));
		options[n].has_arg = lua_toboolean(L, -1) ? required_argument : no_argument;
		options[n].val = n;
		n++;
	}
}

static void read_opts(void)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	if (opts != LUA_NOREF)
		luaL_error(L, "a plugin has one match or one target");
	check_functions();
	match_plugin.revision = target_plugin.revision = integer_field("revision", 255);
	match_plugin.family = target_plugin.family = integer_field("family", NFPROTO_NUMPROTO - 1);
	if (match_plugin.family == NFPROTO_INET_)	/* of both: tables have no such family */
		match_plugin.family = target_plugin.family = NFPROTO_UNSPEC;
	read_options();
	lua_pushvalue(L, 1);
	opts = luaL_ref(L, LUA_REGISTRYINDEX);
}

/* luaxt.match(opts) */
static int new_match(lua_State *unused)
{
	(void)unused;
	read_opts();
	xtables_register_match(&match_plugin);
	lua_pushvalue(L, 1);
	return 1;
}

/* luaxt.target(opts) */
static int new_target(lua_State *unused)
{
	(void)unused;
	read_opts();
	xtables_register_target(&target_plugin);
	lua_pushvalue(L, 1);
	return 1;
}

static int open_luaxt(lua_State *unused)
{
	static const luaL_Reg functions[] = { { "match", new_match }, { "target", new_target }, { NULL, NULL } };
	static const struct { const char *name; int value; } families[] = {
		{ "UNSPEC", NFPROTO_UNSPEC }, { "INET", NFPROTO_INET_ }, { "IPV4", NFPROTO_IPV4 }, { "IPV6", NFPROTO_IPV6 }, { "ARP", NFPROTO_ARP },
		{ "NETDEV", NFPROTO_NETDEV_ }, { "BRIDGE", NFPROTO_BRIDGE },
	};
	size_t i;

	(void)unused;
	luaL_newlib(L, functions);
	lua_newtable(L);
	for (i = 0; i < sizeof(families) / sizeof(*families); i++) {
		lua_pushinteger(L, families[i].value);
		lua_setfield(L, -2, families[i].name);
	}
	lua_setfield(L, -2, "family");
	return 1;
}

/* iptables has loaded this file. */
static void __attribute__((constructor)) load(void)
{
	L = luaL_newstate();
	if (!L)
		xtables_error(RESOURCE_PROBLEM, "%s: not enough memory", LUAXT_NAME);
	luaL_openlibs(L);
	luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
	lua_pushcfunction(L, open_luaxt);
	lua_setfield(L, -2, "luaxt");
	lua_settop(L, 0);
	if (luaL_loadbufferx(L, luaxt_script, luaxt_script_end - luaxt_script, "@libxt_" LUAXT_NAME ".lua", "t") != LUA_OK ||
	    lua_pcall(L, 0, 0, 0) != LUA_OK)
		fail(lua_tostring(L, -1));
	if (opts == LUA_NOREF)
		fail("the script calls neither luaxt.match() nor luaxt.target()");
	lua_settop(L, 0);
}
