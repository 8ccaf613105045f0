/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#define LUA_LIB
#include "lprefix.h"

#include <string.h>

#include "lua.h"
#include "lauxlib.h"

#include "access.h"
#include "bytes.h"
#include "callable.h"
#include "write.h"

#define TYPE	"bytes"

static struct ps_bytes *to_array(lua_State *L, int arg)
{
	return ps_arg_object(L, lua_absindex(L, arg), &ps_class_bytes);
}

static struct ps_bytes *check(lua_State *L, int arg)
{
	struct ps_bytes *array = to_array(L, arg);
	const struct ps_bind *bind = ps_bind_of(L);

	if (!array)
		luaL_typeerror(L, arg, ps_class_bytes.name);
	if (l_unlikely(!ps_bytes_are_there(bind, array))) {
		ps_bind_check_packet(L, bind->serial && array->packet >= bind->serial ? bind->serial : 0);
		ps_bind_bytes_are_gone(L);
	}
	return array;
}

/* The bytes [off, off + len) of an array, which has them. */
static const uint8_t *read_bytes(lua_State *L, struct ps_bytes *array, uint32_t off, uint32_t len)
{
	const uint8_t *p;

	if (!array->packet)
		return array->own + off;
	p = ps_packet_read(ps_bind_of(L)->pkt, array->off + off, len);
	if (!p)
		luaL_error(L, "no memory to read the packet");
	return p;
}

static struct ps_bytes *push_own(lua_State *L, lua_Integer len)
{
	struct ps_bytes *array;

	if (len < 0 || len > (lua_Integer)ps_runtime_of(L)->memory_max)
		luaL_error(L, "a byte array cannot have %I bytes", (LUAI_UACINT)len);
	array = ps_bind_new(L, sizeof(*array) + len, &ps_class_bytes, TYPE);
	array->len = len;
	array->packet = 0;
	array->readable = array->writable = 0;
	array->off = 0;
	return array;
}

void ps_bytes_push(lua_State *L, struct ps_range range)
{
	struct ps_bind *bind = ps_bind_of(L);
	struct ps_bytes *array = ps_bind_take(L, &bind->bytes, sizeof(*array), &ps_class_bytes, TYPE);

	ps_bytes_bind(bind, array, range);
}

void ps_bytes_push_copy(lua_State *L, struct ps_range range)
{
	struct ps_bytes *copy = push_own(L, range.len);
	const uint8_t *p = ps_packet_read(ps_bind_of(L)->pkt, range.off, range.len);

	if (!p)
		luaL_error(L, "no memory to read the packet");
	memcpy(copy->own, p, range.len);
}

static int bytes_index(lua_State *L)
{
	struct ps_bytes *array = check(L, 1);

	if (lua_isinteger(L, 2)) {
		lua_Integer i = lua_tointeger(L, 2);

		if (i < 0 || i >= array->len)
			lua_pushnil(L);
		else
			lua_pushinteger(L, *read_bytes(L, array, i, 1));
		return 1;
	}
	lua_pushvalue(L, 2);
	lua_rawget(L, lua_upvalueindex(1));
	return 1;
}

const uint8_t *ps_bytes_check(lua_State *L, int arg, size_t *len)
{
	struct ps_bytes *array;

	if (lua_type(L, arg) == LUA_TSTRING)
		return (const uint8_t *)lua_tolstring(L, arg, len);
	array = to_array(L, arg);
	if (!array)
		luaL_typeerror(L, arg, "string or byte array");
	check(L, arg);
	*len = array->len;
	if (!array->packet)
		return array->own;
	ps_bytes_push_copy(L, (struct ps_range){ array->off, array->len });
	return to_array(L, -1)->own;
}

int ps_bytes_written(lua_State *L, int err)
{
	switch (err) {
	case 0:
		return 0;
	case PS_FIELD_SHAPE:
		return luaL_error(L, "these bytes say how long the packet is, or what its checksum is of: "
				     "set the field");
	case PS_FIELD_PARTIAL:
		return luaL_error(L, "the checksum of these bytes is in the first fragment, which is "
				     "another packet");
	case PS_FIELD_SEGMENTS:
		return luaL_error(L, "segments will be made of this packet, with lengths and checksums of their own");
	case PS_FIELD_LATER:
		return luaL_error(L, "these bytes are a checksum that is completed later (offload), or may "
				     "count in one: set fields, or switch it off (ethtool -K)");
	default:
		return luaL_error(L, "no memory to write the packet");
	}
}

static int bytes_newindex(lua_State *L)
{
	struct ps_bytes *array = check(L, 1);
	lua_Integer i = luaL_checkinteger(L, 2), v = luaL_checkinteger(L, 3);
	struct ps_range byte = { array->off + i, 1 };

	if (i < 0 || i >= array->len)
		return luaL_error(L, "index %I is outside of a byte array of %d bytes",
				  (LUAI_UACINT)i, (int)array->len);
	if (v < 0 || v > 255)
		return luaL_error(L, "%I is not a byte (0 to 255)", (LUAI_UACINT)v);
	if (array->packet)
		return ps_bytes_written(L, ps_write_fill(ps_bind_of(L)->pkt, &byte, v));
	array->own[i] = v;
	return 0;
}

/* How many bytes of the array are among the first end ones of the packet. */
static uint64_t count_within(const struct ps_bytes *array, uint32_t end)
{
	uint32_t n = end > array->off ? end - array->off : 0;

	return n < array->len ? n : array->len;
}

/* As the two above, for what they do without an error. */
bool ps_bytes_get_any(const struct ps_bind *bind, const struct ps_object *object, lua_Unsigned i, TValue *result)
{
	struct ps_bytes *array = (struct ps_bytes *)object;
	const uint8_t *p;

	if (i >= array->len || !ps_bytes_are_there(bind, array))
		return false;
	p = array->own + i;
	if (array->packet) {
		p = ps_packet_reach(bind->pkt, array->off + i, 1);
		if (!p)
			return false;
		array->readable = count_within(array, bind->pkt->readable);
	}
	setivalue(result, *p);
	return true;
}

bool ps_bytes_set_any(const struct ps_bind *bind, struct ps_object *object, lua_Unsigned i, const TValue *value)
{
	struct ps_bytes *array = (struct ps_bytes *)object;
	struct ps_packet *pkt = bind->pkt;
	uint8_t *p;

	if (i >= array->len || !ttisinteger(value) || l_castS2U(ivalue(value)) > 255 || !ps_bytes_are_there(bind, array))
		return false;
	p = array->own + i;
	if (array->packet) {
		if (pkt->partial && array->off + i < pkt->partial + 2)
			return false;	/* that may count in a checksum that is completed later */
		p = ps_packet_own(pkt, array->off + i, 1);
		if (!p)
			return false;
		if (!pkt->partial || array->off >= pkt->partial + 2)
			array->writable = count_within(array, pkt->writable);
	}
	*p = ivalue(value);
	return true;
}

bool ps_object_get_byte(lua_State *L, const struct ps_object *object, lua_Unsigned i, TValue *result)
{
	return ps_bytes_get(ps_bind_of(L), object, i, result);
}

bool ps_object_set_byte(lua_State *L, struct ps_object *object, lua_Unsigned i, const TValue *value)
{
	return ps_bytes_set(ps_bind_of(L), object, i, value);
}

static int bytes_len(lua_State *L)
{
	lua_pushinteger(L, check(L, 1)->len);
	return 1;
}

static int bytes_string(lua_State *L)
{
	struct ps_bytes *array = check(L, 1);

	lua_pushlstring(L, (const char *)read_bytes(L, array, 0, array->len), array->len);
	return 1;
}

static int bytes_tostring(lua_State *L)
{
	static const char digits[] = "0123456789abcdef";
	struct ps_bytes *array = check(L, 1);
	luaL_Buffer b;
	const uint8_t *p;
	char *text;
	uint32_t i;

	text = luaL_buffinitsize(L, &b, 2 * (size_t)array->len);
	p = read_bytes(L, array, 0, array->len);
	for (i = 0; i < array->len; i++) {
		text[2 * i] = digits[p[i] >> 4];
		text[2 * i + 1] = digits[p[i] & 15];
	}
	luaL_pushresultsize(&b, 2 * (size_t)array->len);
	return 1;
}

static int bytes_eq(lua_State *L)
{
	struct ps_bytes *a = check(L, 1), *b = check(L, 2);
	bool same = a->len == b->len;
	uint32_t i;

	/* one byte at a time: a read may move the bytes of the one before */
	for (i = 0; same && i < a->len; i++) {
		uint8_t byte = *read_bytes(L, a, i, 1);

		same = byte == *read_bytes(L, b, i, 1);
	}
	lua_pushboolean(L, same);
	return 1;
}

/* Length of what can stand beside "..": a byte array, or a string. */
static size_t part_len(lua_State *L, int arg)
{
	size_t len;

	if (lua_type(L, arg) != LUA_TSTRING)
		return check(L, arg)->len;
	lua_tolstring(L, arg, &len);
	return len;
}

/* Copies the value at arg to *to, and moves *to behind it. */
static void part_copy(lua_State *L, int arg, uint8_t **to)
{
	size_t len = part_len(L, arg);

	if (lua_type(L, arg) == LUA_TSTRING)
		memcpy(*to, lua_tostring(L, arg), len);
	else
		memcpy(*to, read_bytes(L, check(L, arg), 0, len), len);
	*to += len;
}

static int bytes_concat(lua_State *L)
{
	size_t len = part_len(L, 1) + part_len(L, 2);
	uint8_t *to = push_own(L, len)->own;

	part_copy(L, 1, &to);
	part_copy(L, 2, &to);
	return 1;
}

/*
 * The library.
 */
static int bytes_new(lua_State *L)
{
	struct ps_bytes *array = push_own(L, luaL_checkinteger(L, 1));

	memset(array->own, 0, array->len);
	return 1;
}

static int bytes_new_from_string(lua_State *L)
{
	size_t len;
	const char *text = luaL_checklstring(L, 1, &len);

	memcpy(push_own(L, len + 1)->own, text, len + 1);
	return 1;
}

static int bytes_many_to_one(lua_State *L)
{
	lua_Integer i, n, len = 0;
	uint8_t *to;

	luaL_checktype(L, 1, LUA_TTABLE);
	n = lua_rawlen(L, 1);
	for (i = 1; i <= n; i++) {
		ps_guard_tick(L);
		lua_rawgeti(L, 1, i);
		if (lua_type(L, -1) != LUA_TSTRING && !to_array(L, -1))
			return luaL_error(L, "element %I: byte array expected, got %s", (LUAI_UACINT)i,
					  luaL_typename(L, -1));
		len += part_len(L, -1);
		lua_pop(L, 1);
	}
	to = push_own(L, len)->own;
	for (i = 1; i <= n; i++) {
		ps_guard_tick(L);
		lua_rawgeti(L, 1, i);
		part_copy(L, -1, &to);
		lua_pop(L, 1);
	}
	return 1;
}

const struct ps_callable ps_array_methods[] = {
	{ { "__index", bytes_index }, PS_OF_ARRAY, { { "i", PS_LUA_INTEGER } }, PS_LUA_BYTE, "there is no such byte",
	  "byte `i`, from 0" },
	{ { "__newindex", bytes_newindex }, PS_OF_ARRAY, { { "i", PS_LUA_INTEGER }, { "byte", PS_LUA_BYTE } },
	  PS_LUA_NOTHING, NULL, "writes a byte, 0 to 255; raises if there is none to write" },
	{ { "__len", bytes_len }, PS_OF_ARRAY, { { NULL } }, PS_LUA_SIZE, NULL, "how many bytes there are" },
	{ { "__eq", bytes_eq }, PS_OF_ARRAY, { { "b", PS_LUA_ARRAY } }, PS_LUA_BOOLEAN, NULL,
	  "whether both have the same bytes" },
	{ { "__concat", bytes_concat }, PS_OF_ARRAY, { { "b", PS_LUA_TEXT } }, PS_LUA_ARRAY, NULL,
	  "a new one with the bytes of both; one side may be a string" },
	{ { "__tostring", bytes_tostring }, PS_OF_ARRAY, { { NULL } }, PS_LUA_STRING, NULL,
	  "the bytes as hexadecimal digits" },
	{ { "string", bytes_string }, PS_OF_ARRAY, { { NULL } }, PS_LUA_STRING, NULL, "the bytes as a Lua string" },
	{ { NULL } },
};

const struct ps_callable ps_bytes_library[] = {
	{ { "new", bytes_new }, PS_OF_LIBRARY, { { "length", PS_LUA_INTEGER } }, PS_LUA_ARRAY, NULL,
	  "`length` bytes of 0" },
	{ { "new_from_string", bytes_new_from_string }, PS_OF_LIBRARY, { { "text", PS_LUA_STRING } }, PS_LUA_ARRAY, NULL,
	  "the bytes of `text` and a final 0: its length is `#text + 1`" },
	{ { "many_to_one", bytes_many_to_one }, PS_OF_LIBRARY, { { "list", PS_LUA_TEXTS } }, PS_LUA_ARRAY, NULL,
	  "a new one with the bytes of all byte arrays and strings in the list" },
	{ { NULL } },
};

/* Adds an operator to the metatable on the stack, with its methods on top; anything else to these. */
static void add_method(lua_State *L, const struct ps_callable *row)
{
	if (ps_callable_is_operator(row)) {
		lua_pushvalue(L, -1);	/* for __index */
		lua_pushcclosure(L, row->method.call, 1);
		lua_setfield(L, -3, row->method.name);
	} else {
		lua_pushcfunction(L, row->method.call);
		lua_setfield(L, -2, row->method.name);
	}
}

int ps_bytes_open(lua_State *L)
{
	const struct ps_callable *row;

	luaL_newmetatable(L, TYPE);
	lua_pushliteral(L, TYPE);
	lua_setfield(L, -2, "__metatable");
	lua_newtable(L);
	for (row = ps_array_methods; row->method.name; row++)
		add_method(L, row);
	lua_pop(L, 2);

	lua_newtable(L);
	for (row = ps_bytes_library; row->method.name; row++)
		add_method(L, row);
	return 1;
}
