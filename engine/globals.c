/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#define LUA_LIB
#include "lprefix.h"

#include <string.h>

#include "lua.h"
#include "lauxlib.h"
#include "ldebug.h"
#include "lopcodes.h"
#include "internals.h"

#include "bind.h"
#include "globals.h"
#include "protos.h"
#include "spelling.h"

#define PREFIX		"packet_"
#define NO_UPVALUE	(-1)

/* A use of a global whose name the code has. */
struct use {
	const TString *name;
	bool is_write;
};

static const TString *constant_name(const Proto *p, int k)
{
	return ttisstring(&p->k[k]) ? tsvalue(&p->k[k]) : NULL;
}

/*
 * Whether the instruction reads or writes a global; env is the upvalue that has them. A field of that
 * name that is written to any table counts as one, since it may be the table of globals.
 */
static bool uses_global(const Proto *p, Instruction i, int env, struct use *use)
{
	use->is_write = true;
	switch (GET_OPCODE(i)) {
	case OP_GETTABUP:
		use->is_write = false;
		use->name = GETARG_B(i) == env ? constant_name(p, GETARG_C(i)) : NULL;
		break;
	case OP_SETTABUP:
		use->name = GETARG_A(i) == env ? constant_name(p, GETARG_B(i)) : NULL;
		break;
	case OP_SETFIELD:
		use->name = constant_name(p, GETARG_B(i));
		break;
	default:
		return false;
	}
	return use->name;
}

/* The upvalue of an inner function that is upvalue env of the outer one. */
static int inherited(const Proto *inner, int env)
{
	int i;

	for (i = 0; i < inner->sizeupvalues; i++) {
		if (!inner->upvalues[i].instack && inner->upvalues[i].idx == env)
			return i;
	}
	return NO_UPVALUE;
}

static bool begins_so(const TString *name)
{
	return !strncmp(getstr(name), PREFIX, sizeof(PREFIX) - 1);
}

/* Whether the table at index has a value of that name. */
static bool has(lua_State *L, int index, const TString *name)
{
	bool found;

	lua_pushlstring(L, getstr(name), tsslen(name));
	found = lua_rawget(L, index) != LUA_TNIL;
	lua_pop(L, 1);
	return found;
}

/* The protocol that is meant, or NULL. */
static const char *similar(const struct ps_registry *registry, const char *name)
{
	struct ps_guess guess = { .name = name };
	unsigned int i;

	for (i = 0; i < registry->n; i++)
		ps_guess_try(&guess, registry->protos[i]->name);
	return guess.best;
}

static void raise(lua_State *L, const Proto *p, int pc, const char *name)
{
	const char *meant = similar(&ps_bind_of(L)->registry, name);
	char source[LUA_IDSIZE];

	luaO_chunkid(source, getstr(p->source), tsslen(p->source));
	if (meant)
		lua_pushfstring(L, "%s:%d: there is no protocol '%s'; did you mean '%s'?", source,
				luaG_getfuncline(p, pc), name, meant);
	else
		lua_pushfstring(L, "%s:%d: there is no protocol '%s', and no global of that name "
				   "(supported_protocols has those there are)", source, luaG_getfuncline(p, pc), name);
	lua_error(L);	/* luaL_error() would put the place in front that required a module */
}

/* What ps_globals_check() has on the stack. */
enum { MAIN = 1, ASSIGNED, GLOBALS };

static void note(lua_State *L, const TString *name)
{
	lua_pushlstring(L, getstr(name), tsslen(name));
	lua_pushboolean(L, true);
	lua_rawset(L, ASSIGNED);
}

/* Notes what a function, and those in it, assign to; then looks at what they read. */
static void look(lua_State *L, const Proto *p, int env, bool at_reads)
{
	struct use use;
	int i;

	luaL_checkstack(L, 4, NULL);
	for (i = 0; i < p->sizecode; i++) {
		if (!uses_global(p, p->code[i], env, &use) || use.is_write == at_reads ||
		    !begins_so(use.name))
			continue;
		if (use.is_write)
			note(L, use.name);
		else if (!has(L, ASSIGNED, use.name) && !has(L, GLOBALS, use.name))
			raise(L, p, i, getstr(use.name));
	}
	for (i = 0; i < p->sizep; i++)
		look(L, p->p[i], inherited(p->p[i], env), at_reads);
}

int ps_globals_check(lua_State *L)
{
	const Proto *main = ((const LClosure *)lua_topointer(L, MAIN))->p;

	lua_newtable(L);
	lua_pushglobaltable(L);
	look(L, main, 0, false);
	look(L, main, 0, true);
	return 0;
}
