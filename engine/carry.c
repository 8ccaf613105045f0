/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#define LUA_LIB
#include "lprefix.h"

#include <string.h>

#include "lua.h"
#include "lauxlib.h"

#include "carry.h"
#include "host.h"
#include "internals.h"
#include "script.h"

/* How a value is written: one of these, and what follows it. */
enum mark {
	NIL,
	FALSE,
	TRUE,
	INTEGER,	/* 8 bytes */
	STRING,		/* 4 bytes: its length, and its bytes */
	TABLE,		/* key, value, key, value … NIL */
};

static const char other[] = "only strings, integers, booleans, and tables of these without metatables go over";
static const char deep[] = "tables within tables go over at most 8 deep";
static const char large[] = "it is too large to go over: keep in shared tables what is more than some thousand entries";
static const char memory[] = "not enough memory";

/*
 * Writing. What is called here neither raises nor allocates in the old Lua state, whose owner may be in the middle of anything. Each
 * returns NULL, or why the value cannot go over.
 */
struct writing {
	lua_State *L;
	struct ps_old *to;
	unsigned int places;
};

static const char *put(struct ps_old *to, const void *bytes, size_t n)
{
	size_t room = to->room ? to->room : 256;
	void *larger;

	if (n > PS_CARRY_BYTES - to->len)
		return large;
	while (room < to->len + n)
		room *= 2;
	if (room != to->room) {
		larger = ps_host_realloc(to->bytes, room);
		if (!larger)
			return memory;
		to->bytes = larger;
		to->room = room;
	}
	memcpy(to->bytes + to->len, bytes, n);
	to->len += n;
	return NULL;
}

static const char *put_mark(struct ps_old *to, enum mark mark)
{
	uint8_t byte = mark;

	return put(to, &byte, 1);
}

static const char *write_integer(struct writing *w)
{
	lua_Integer value = lua_tointeger(w->L, -1);
	const char *why = put_mark(w->to, INTEGER);

	return why ? why : put(w->to, &value, sizeof(value));
}

static const char *write_string(struct writing *w)
{
	size_t len;
	const char *string = lua_tolstring(w->L, -1, &len), *why = put_mark(w->to, STRING);
	uint32_t n = len;

	if (!why && len > PS_CARRY_BYTES)
		why = large;
	if (!why)
		why = put(w->to, &n, sizeof(n));
	return why ? why : put(w->to, string, len);
}

static const char *write(struct writing *w, int depth);

static const char *write_key(struct writing *w)
{
	return lua_type(w->L, -1) == LUA_TTABLE ? other : write(w, 0);
}

/* Looking through a table takes as long as it has places. */
static const char *write_table(struct writing *w, int depth)
{
	lua_State *L = w->L;
	const Table *t = hvalue(s2v(PS_STACK_TOP(L) - 1));
	const char *why = NULL;

	if (lua_getmetatable(L, -1)) {
		lua_pop(L, 1);
		return other;
	}
	if (depth >= PS_CARRY_DEPTH)
		return deep;
	if (luaH_realasize(t) > PS_CARRY_PLACES || sizenode(t) > PS_CARRY_PLACES)
		return large;
	w->places += luaH_realasize(t) + sizenode(t);
	if (w->places > PS_CARRY_PLACES)
		return large;
	if (!lua_checkstack(L, 4))
		return memory;
	why = put_mark(w->to, TABLE);
	lua_pushnil(L);
	while (!why && lua_next(L, -2)) {
		lua_pushvalue(L, -2);
		why = write_key(w);
		lua_pop(L, 1);
		if (!why)
			why = write(w, depth + 1);
		lua_pop(L, 1);
	}
	if (why)
		lua_pop(L, 1);	/* the key */
	return why ? why : put_mark(w->to, NIL);
}

/* Writes the value on top of the stack. */
static const char *write(struct writing *w, int depth)
{
	switch (lua_type(w->L, -1)) {
	case LUA_TBOOLEAN:
		return put_mark(w->to, lua_toboolean(w->L, -1) ? TRUE : FALSE);
	case LUA_TNUMBER:
		return write_integer(w);
	case LUA_TSTRING:
		return write_string(w);
	case LUA_TTABLE:
		return write_table(w, depth);
	}
	return other;
}

const char *ps_carry_put(struct ps_old *old, const void *bytes, size_t n)
{
	return put(old, bytes, n);
}

const char *ps_carry_put_fields(struct ps_old *old)
{
	struct writing w = { old->script->bind.rt.L, old, 0 };
	const Table *t = hvalue(s2v(PS_STACK_TOP(w.L) - 1));
	const char *why = put_mark(old, TABLE), *field;
	unsigned int places;
	size_t len;

	if (!why && (luaH_realasize(t) > PS_CARRY_PLACES || sizenode(t) > PS_CARRY_PLACES))
		return put_mark(old, NIL);	/* packets wait meanwhile: so nothing of it is looked through */
	lua_pushnil(w.L);
	while (!why && lua_next(w.L, -2)) {
		len = old->len;
		places = w.places;
		lua_pushvalue(w.L, -2);
		field = write_key(&w);
		lua_pop(w.L, 1);
		if (!field)
			field = write(&w, 1);
		lua_pop(w.L, 1);
		if (field) {
			old->len = len;
			w.places = places;
		}
	}
	if (why)
		lua_pop(w.L, 1);	/* the key */
	return why ? why : put_mark(old, NIL);
}

/* Pushes the global of this name, or nil. To make a string of the name would allocate. */
static void find_global(lua_State *L, const char *name, size_t len)
{
	const char *key;
	size_t n;

	lua_pushglobaltable(L);
	lua_pushnil(L);
	while (lua_next(L, -2)) {
		key = lua_type(L, -2) == LUA_TSTRING ? lua_tolstring(L, -2, &n) : NULL;
		if (key && n == len && !memcmp(key, name, len))
			return;
		lua_pop(L, 1);
	}
	lua_pushnil(L);
}

static const char *write_global(struct ps_old *old, const char *name, size_t len)
{
	lua_State *L = old->script->bind.rt.L;
	struct writing w = { L, old, 0 };
	int top = lua_gettop(L);
	const char *why = memory;

	old->len = 0;
	if (lua_checkstack(L, 8)) {
		find_global(L, name, len);
		why = lua_isnil(L, -1) ? put_mark(old, NIL) : write(&w, 0);
		lua_settop(L, top);
	}
	return why;
}

/*
 * Reading. May raise.
 */
static const uint8_t *read_value(lua_State *L, const uint8_t *at);

static const uint8_t *read_integer(lua_State *L, const uint8_t *at)
{
	lua_Integer value;

	memcpy(&value, at, sizeof(value));
	lua_pushinteger(L, value);
	return at + sizeof(value);
}

static const uint8_t *read_string(lua_State *L, const uint8_t *at)
{
	uint32_t n;

	memcpy(&n, at, sizeof(n));
	at += sizeof(n);
	lua_pushlstring(L, (const char *)at, n);
	return at + n;
}

static const uint8_t *read_table(lua_State *L, const uint8_t *at)
{
	luaL_checkstack(L, 3, NULL);
	lua_newtable(L);
	while (*at != NIL) {
		at = read_value(L, at);
		at = read_value(L, at);
		lua_rawset(L, -3);
	}
	return at + 1;
}

/* Pushes the value, and returns where the next one begins. */
static const uint8_t *read_value(lua_State *L, const uint8_t *at)
{
	enum mark mark = *at++;

	switch (mark) {
	case NIL:
		lua_pushnil(L);
		return at;
	case FALSE:
	case TRUE:
		lua_pushboolean(L, mark == TRUE);
		return at;
	case INTEGER:
		return read_integer(L, at);
	case STRING:
		return read_string(L, at);
	case TABLE:
		break;
	}
	return read_table(L, at);
}

const uint8_t *ps_carry_get(lua_State *L, const uint8_t *at)
{
	return read_value(L, at);
}

/* __index of old: a value is copied when it is asked for, and is there from then on. */
static int get(lua_State *L)
{
	struct ps_old *old = ((struct ps_script *)ps_bind_of(L))->old;
	const char *name, *why;
	size_t len;

	if (!old)
		return luaL_error(L, "what was before the reload is there only while on_reload() runs: copy it there");
	name = luaL_checklstring(L, 2, &len);
	old->lock(old);
	why = write_global(old, name, len);
	old->unlock(old);
	if (why)
		return luaL_error(L, "the global '%s' of before: %s", name, why);
	read_value(L, old->bytes);
	lua_pushvalue(L, 2);
	lua_pushvalue(L, -2);
	lua_rawset(L, 1);
	return 1;
}

void ps_carry_push(lua_State *L)
{
	lua_newtable(L);
	lua_newtable(L);
	lua_pushcfunction(L, get);
	lua_setfield(L, -2, "__index");
	lua_setmetatable(L, -2);
}
