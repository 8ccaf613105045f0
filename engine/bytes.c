/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#define LUA_LIB
#include "lprefix.h"

#include <string.h>

#include "lua.h"
#include "lauxlib.h"

#include "access.h"
#include "bytes.h"
#include "callable.h"
#include "library.h"
#include "memory.h"
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
	if (l_unlikely(!ps_bytes_are_there(bind, array)))
		ps_memory_enter(L, NULL);
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

/* Makes a new array one of memory, which owner has; NULL: it has that itself. */
static void own_memory(struct ps_bytes *array, const struct ps_object *owner, uint8_t *memory, uint32_t len)
{
	array->len = len;
	array->packet = 0;
	array->readable = array->writable = 0;
	array->off = 0;
	array->owner = owner;
	array->own = memory;
}

static struct ps_bytes *push_own(lua_State *L, lua_Integer len)
{
	struct ps_bytes *array;

	if (len < 0 || len > (lua_Integer)ps_runtime_of(L)->memory_max)
		luaL_error(L, "a byte array cannot have %I bytes", (LUAI_UACINT)len);
	array = ps_bind_new(L, sizeof(*array) + len, &ps_class_bytes, TYPE);
	own_memory(array, NULL, array->memory, len);
	return array;
}

uint8_t *ps_bytes_push_new(lua_State *L, size_t len)
{
	return push_own(L, len)->own;
}

/* Bytes of an array, which has them: not a copy. */
static void push_part(lua_State *L, struct ps_bytes *of, struct ps_range part)
{
	struct ps_bytes *array;

	if (of->packet) {
		part.off += of->off;
		ps_bytes_push(L, part);
		return;
	}
	array = ps_bind_new(L, sizeof(*array), &ps_class_bytes, TYPE);
	own_memory(array, of->owner ? of->owner : &of->object, of->own + part.off, part.len);
}

const struct ps_object *ps_bytes_holds(const struct ps_object *object, unsigned int n)
{
	return n ? NULL : ((const struct ps_bytes *)object)->owner;
}

void ps_bytes_push(lua_State *L, struct ps_range range)
{
	struct ps_bind *bind = ps_bind_of(L);
	struct ps_bytes *array;

	if (bind->memory) {
		push_part(L, bind->memory->array, range);
		return;
	}
	array = ps_bind_take(L, &bind->bytes, sizeof(*array), &ps_class_bytes, TYPE);

	ps_bytes_bind(bind, array, range);
}

uint8_t *ps_bytes_push_copy(lua_State *L, struct ps_range range)
{
	struct ps_bytes *copy = push_own(L, range.len);
	const uint8_t *p = ps_packet_read(ps_bind_of(L)->pkt, range.off, range.len);

	if (!p)
		luaL_error(L, "no memory to read the packet");
	memcpy(copy->own, p, range.len);
	return copy->own;
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
	struct ps_memory *looked_at = ps_bind_of(L)->memory;
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
	ps_memory_enter(L, looked_at);
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
		return ps_bind_not_written(L);
	}
}

static int bytes_newindex(lua_State *L)
{
	struct ps_bytes *array = check(L, 1);
	lua_Integer i = luaL_checkinteger(L, 2), v = luaL_checkinteger(L, 3);
	struct ps_range byte = { array->off + i, 1 };

	if (array->packet)
		ps_bind_check_writable(L);
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
	if (!array->packet) {
		setivalue(result, array->own[i]);
		return true;
	}
	p = ps_packet_reach(bind->pkt, array->off + i, 1);
	if (!p)
		return false;
	array->readable = count_within(array, bind->pkt->readable);
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
	if (!array->packet) {
		array->own[i] = ivalue(value);
		return true;
	}
	if (pkt->partial && array->off + i < pkt->partial + 2)
		return false;	/* that may count in a checksum that is completed later */
	p = ps_packet_own(pkt, array->off + i, 1);
	if (!p)
		return false;
	if (!pkt->partial || array->off >= pkt->partial + 2)
		array->writable = count_within(array, pkt->writable);
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

/*
 * Arguments 2 and 3 as a part of the array: from where on, and how many; without them from the beginning, and up to the
 * end. False: not all of these are there.
 */
static bool check_part(lua_State *L, const struct ps_bytes *array, struct ps_range *part)
{
	lua_Integer off = luaL_optinteger(L, 2, 0), len = luaL_optinteger(L, 3, 0);

	if (off < 0 || off > array->len)
		return false;
	if (lua_isnoneornil(L, 3))
		len = array->len - off;
	part->off = off;
	part->len = len;
	return len >= 0 && len <= array->len - off;
}

static int bytes_string(lua_State *L)
{
	struct ps_bytes *array = check(L, 1);
	struct ps_range part;

	if (check_part(L, array, &part))
		lua_pushlstring(L, (const char *)read_bytes(L, array, part.off, part.len), part.len);
	else
		lua_pushnil(L);
	return 1;
}

static int bytes_slice(lua_State *L)
{
	struct ps_bytes *array = check(L, 1);
	struct ps_range part;

	if (check_part(L, array, &part))
		push_part(L, array, part);
	else
		lua_pushnil(L);
	return 1;
}

/*
 * Numbers in network byte order.
 */
static uint64_t load(const uint8_t *p, unsigned int size)
{
	return size == 2 ? ps_load16(p) : size == 4 ? ps_load32(p) : ps_load64(p);
}

static void store(uint8_t *p, unsigned int size, uint64_t value)
{
	if (size == 2)
		ps_store16(p, value);
	else if (size == 4)
		ps_store32(p, value);
	else
		ps_store64(p, value);
}

/* Whether an integer of Lua, which has a sign, is a number of so many bytes; of 8, each is. */
static bool fits(lua_Integer value, unsigned int size)
{
	return !(l_castS2U(value) >> (8 * size - 1) >> 1);
}

static int write_number(lua_State *L, struct ps_bytes *array, lua_Integer i, unsigned int size)
{
	lua_Integer value = luaL_checkinteger(L, 3);
	uint8_t bytes[8];

	if (i < 0 || i > (lua_Integer)array->len - size)
		return luaL_error(L, "%d bytes from %I on are not all within a byte array of %d bytes", (int)size,
				  (LUAI_UACINT)i, (int)array->len);
	if (!fits(value, size))
		return luaL_error(L, "%I does not fit into %d bits", (LUAI_UACINT)value, (int)size * 8);
	store(bytes, size, value);
	if (array->packet) {
		struct ps_range range = { array->off + i, size };

		ps_bytes_written(L, ps_write_as_is(ps_bind_of(L)->pkt, &range, bytes));
	} else {
		memcpy(array->own + i, bytes, size);
	}
	lua_settop(L, 3);
	return 1;
}

static int number(lua_State *L, unsigned int size)
{
	struct ps_bytes *array = check(L, 1);
	lua_Integer i = luaL_checkinteger(L, 2);

	if (lua_gettop(L) > 2)
		return write_number(L, array, i, size);
	if (i < 0 || i > (lua_Integer)array->len - size)
		lua_pushnil(L);
	else
		lua_pushinteger(L, load(read_bytes(L, array, i, size), size));
	return 1;
}

static int bytes_u16(lua_State *L)
{
	return number(L, 2);
}

static int bytes_u32(lua_State *L)
{
	return number(L, 4);
}

static int bytes_u64(lua_State *L)
{
	return number(L, 8);
}

/* The bytes [i, i + size), if they can be had without an error. */
static const uint8_t *reach(const struct ps_bind *bind, struct ps_bytes *array, lua_Unsigned i, unsigned int size)
{
	const uint8_t *p;

	if (ps_likely(ps_bytes_near(bind, array, i, array->readable) && array->readable - i >= size))
		return bind->pkt->data + array->off + i;
	if (i >= array->len || array->len - i < size || !ps_bytes_are_there(bind, array))
		return NULL;
	if (!array->packet)
		return array->own + i;
	p = ps_packet_reach(bind->pkt, array->off + i, size);
	if (p)
		array->readable = count_within(array, bind->pkt->readable);
	return p;
}

/* The same for writing, where nothing else has to follow. */
static uint8_t *own(const struct ps_bind *bind, const struct ps_bytes *array, lua_Unsigned i, unsigned int size)
{
	if (array->packet)
		return ps_bytes_near(bind, array, i, array->writable) && array->writable - i >= size ?
		       bind->pkt->data + array->off + i : NULL;
	return i < array->len && array->len - i >= size ? array->own + i : NULL;
}

/* array:string(), if Lua has that string already. */
static int give_string(lua_State *L, const struct ps_bind *bind, struct ps_bytes *array, StkId func)
{
	const uint8_t *p = reach(bind, array, 0, array->len);
	TString *s = p ? ps_known_string(L, (const char *)p, array->len) : NULL;

	if (!s)
		return -1;
	setsvalue2s(L, func, s);
	return 1;
}

int ps_bytes_call(lua_State *L, const struct ps_method *method, StkId func, int nargs)
{
	struct ps_bytes *array = (struct ps_bytes *)ps_object_of(s2v(func + 1));
	unsigned int size;
	const TValue *i = s2v(func + 2), *value = s2v(func + 3);
	const struct ps_bind *bind = ps_bind_of(L);
	const uint8_t *p;
	uint8_t *to;

	if (method->op == PS_OP_STRING && nargs == 1)
		return give_string(L, bind, array, func);
	if (method->op < PS_OP_U16 || method->op > PS_OP_U64 || nargs < 2 || nargs > 3 || !ttisinteger(i))
		return -1;
	size = 2u << (method->op - PS_OP_U16);
	if (nargs == 2) {
		p = reach(bind, array, ivalue(i), size);
		if (!p)
			return -1;
		setivalue(s2v(func), load(p, size));
		return 1;
	}
	to = ttisinteger(value) && fits(ivalue(value), size) ? own(bind, array, ivalue(i), size) : NULL;
	if (!to)
		return -1;
	store(to, size, ivalue(value));
	setobj(L, s2v(func), value);
	return 1;
}

/*
 * Finding text.
 */
#define BYTES_OF_1	0x0101010101010101ull

static inline bool has_zero_byte(uint64_t word)
{
	return (word - BYTES_OF_1) & ~word & BYTES_OF_1 << 7;
}

/* The first of the places from p to before end where text begins, or NULL; also if the time is up. */
static const uint8_t *look_closely(lua_State *L, const uint8_t *p, const uint8_t *end, const uint8_t *text, size_t n)
{
	for (; p < end && !ps_guard_is_expired(L); p++) {
		if (*p == *text && p[n - 1] == text[n - 1] && !memcmp(p, text, n))
			return p;
	}
	return NULL;
}

/*
 * The same, at 8 places at once: most of them have neither the first byte of text where they are, nor the last one where that
 * would be. All of text would lie within memory at each of them.
 */
static const uint8_t *find(lua_State *L, const uint8_t *p, const uint8_t *end, const uint8_t *text, size_t n)
{
	uint64_t first = BYTES_OF_1 * text[0], last = BYTES_OF_1 * text[n - 1];
	const uint8_t *found;

	for (; end - p >= 8; p += 8) {
		if (ps_likely(!has_zero_byte((ps_load64_raw(p) ^ first) | (ps_load64_raw(p + n - 1) ^ last))))
			continue;
		found = look_closely(L, p, p + 8, text, n);
		if (found || ps_guard_is_expired(L))
			return found;
	}
	return look_closely(L, p, end, text, n);
}

static int bytes_find(lua_State *L)
{
	struct ps_bytes *array = check(L, 1);
	lua_Integer from = luaL_optinteger(L, 3, 0);
	const uint8_t *text, *bytes, *found;
	size_t n;

	text = ps_bytes_check(L, 2, &n);
	if (from < 0 || from > array->len || (lua_Integer)n > array->len - from) {
		lua_pushnil(L);
		return 1;
	}
	bytes = read_bytes(L, array, 0, array->len);
	found = n ? find(L, bytes + from, bytes + array->len - n + 1, text, n) : bytes + from;
	ps_guard_tick(L);
	if (found)
		lua_pushinteger(L, found - bytes);
	else
		lua_pushnil(L);
	return 1;
}

static const char digits[] = "0123456789abcdef";

static int bytes_tostring(lua_State *L)
{
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

#define DUMPED		16	/* bytes that a line shows */
#define DUMP_LINE	(6 + 2 + 3 * DUMPED + 2 + DUMPED + 2)

/* "00001a  61 62 …  |ab…|", and a newline; returns the end. */
static char *dump_line(char *to, uint32_t off, const uint8_t *bytes, uint32_t n)
{
	uint32_t i;
	int shift;

	for (shift = 20; shift >= 0; shift -= 4)
		*to++ = digits[off >> shift & 15];
	*to++ = ' ';
	for (i = 0; i < DUMPED; i++) {
		*to++ = ' ';
		*to++ = i < n ? digits[bytes[i] >> 4] : ' ';
		*to++ = i < n ? digits[bytes[i] & 15] : ' ';
	}
	*to++ = ' ';
	*to++ = ' ';
	*to++ = '|';
	for (i = 0; i < n; i++)
		*to++ = bytes[i] >= ' ' && bytes[i] <= '~' ? bytes[i] : '.';
	*to++ = '|';
	*to++ = '\n';
	return to;
}

static int bytes_hexdump(lua_State *L)
{
	struct ps_bytes *array = check(L, 1);
	uint32_t off, n;
	luaL_Buffer b;
	char *line;

	luaL_buffinit(L, &b);
	for (off = 0; off < array->len; off += n) {
		ps_guard_tick(L);
		n = array->len - off < DUMPED ? array->len - off : DUMPED;
		line = luaL_prepbuffsize(&b, DUMP_LINE);
		luaL_addsize(&b, dump_line(line, off, read_bytes(L, array, off, n), n) - line);
	}
	luaL_pushresult(&b);
	return 1;
}

static int bytes_eq(lua_State *L)
{
	struct ps_bytes *a = check(L, 1), *b = check(L, 2);
	const uint8_t *bytes;
	bool same = a->len == b->len;

	/* reading what is further back may move the bytes before, but not those of an array's own */
	if (same && a->packet && b->packet && a->off < b->off)
		read_bytes(L, b, 0, b->len);
	if (same) {
		bytes = read_bytes(L, a, 0, a->len);
		same = !memcmp(bytes, read_bytes(L, b, 0, b->len), a->len);
	}
	lua_pushboolean(L, same);
	return 1;
}

bool ps_bytes_is_part(lua_State *L, int arg)
{
	return lua_type(L, arg) == LUA_TSTRING || to_array(L, arg);
}

size_t ps_bytes_part_len(lua_State *L, int arg)
{
	size_t len;

	if (lua_type(L, arg) != LUA_TSTRING)
		return check(L, arg)->len;
	lua_tolstring(L, arg, &len);
	return len;
}

size_t ps_bytes_part_copy(lua_State *L, int arg, uint8_t *to, size_t room)
{
	size_t len = ps_bytes_part_len(L, arg);

	if (len > room)
		luaL_error(L, "bytes have become more");
	if (lua_type(L, arg) == LUA_TSTRING)
		memcpy(to, lua_tostring(L, arg), len);
	else
		memcpy(to, read_bytes(L, check(L, arg), 0, len), len);
	return len;
}

static int bytes_concat(lua_State *L)
{
	size_t left = ps_bytes_part_len(L, 1), right = ps_bytes_part_len(L, 2);
	uint8_t *to = push_own(L, left + right)->own;

	ps_bytes_part_copy(L, 1, to, left);
	ps_bytes_part_copy(L, 2, to + left, right);
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
	uint8_t *to, *end;

	luaL_checktype(L, 1, LUA_TTABLE);
	n = lua_rawlen(L, 1);
	for (i = 1; i <= n; i++) {
		ps_guard_tick(L);
		lua_rawgeti(L, 1, i);
		if (!ps_bytes_is_part(L, -1))
			return luaL_error(L, "element %I: byte array expected, got %s", (LUAI_UACINT)i,
					  luaL_typename(L, -1));
		len += ps_bytes_part_len(L, -1);
		lua_pop(L, 1);
	}
	to = push_own(L, len)->own;
	end = to + len;
	for (i = 1; i <= n; i++) {
		ps_guard_tick(L);
		lua_rawgeti(L, 1, i);
		to += ps_bytes_part_copy(L, -1, to, end - to);
		lua_pop(L, 1);
	}
	return 1;
}

/* As packets, and back: these are no copies. */
static int bytes_to_packet(lua_State *L)
{
	struct ps_bytes *array = check(L, 1);
	struct ps_range range = { array->off, array->len };

	luaL_checkinteger(L, 2);
	if (!array->packet)
		ps_memory_make(L, array);
	return ps_view_of_bytes(L, range);
}

static int bytes_to_bytes(lua_State *L)
{
	const struct ps_view *v = ps_view_check(L);

	if (!lua_isnoneornil(L, 2))
		luaL_checkinteger(L, 2);
	ps_bytes_push(L, ps_place_range(&v->place));
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
	{ { "string", bytes_string, PS_OP_STRING }, PS_OF_ARRAY, { { "i", PS_LUA_INTEGER, true }, { "n", PS_LUA_INTEGER, true } },
	  PS_LUA_STRING, "they are not all there", "`n` bytes from `i` on as a Lua string; without `n` up to the end, without `i` all" },
	{ { "slice", bytes_slice }, PS_OF_ARRAY, { { "i", PS_LUA_INTEGER, true }, { "n", PS_LUA_INTEGER, true } },
	  PS_LUA_ARRAY, "they are not all there", "these bytes, not a copy: both arrays have them in common" },
	{ { "find", bytes_find }, PS_OF_ARRAY, { { "text", PS_LUA_TEXT }, { "from", PS_LUA_INTEGER, true } },
	  PS_LUA_INTEGER, "it is not there", "where the first place from `from` on (0) is at which these bytes are; no pattern" },
	{ { "u16", bytes_u16, PS_OP_U16 }, PS_OF_ARRAY, { { "i", PS_LUA_INTEGER }, { "value", PS_LUA_INTEGER, true } },
	  PS_LUA_INTEGER, "they are not all there",
	  "the 2 bytes from `i` on as a number, in network byte order; with a value, writes that; raises if there is no room" },
	{ { "u32", bytes_u32, PS_OP_U32 }, PS_OF_ARRAY, { { "i", PS_LUA_INTEGER }, { "value", PS_LUA_INTEGER, true } },
	  PS_LUA_INTEGER, "they are not all there", "the same of 4 bytes" },
	{ { "u64", bytes_u64, PS_OP_U64 }, PS_OF_ARRAY, { { "i", PS_LUA_INTEGER }, { "value", PS_LUA_INTEGER, true } },
	  PS_LUA_INTEGER, "they are not all there", "the same of 8 bytes; from 2^63 on it is negative, as Lua's integers are" },
	{ { "hexdump", bytes_hexdump }, PS_OF_ARRAY, { { NULL } }, PS_LUA_STRING, NULL,
	  "lines that show 16 bytes each: where they are, their digits, their text" },
	{ { NULL } },
};

const struct ps_callable ps_bytes_library[] = {
	{ { "new", bytes_new }, PS_OF_LIBRARY, { { "length", PS_LUA_INTEGER } }, PS_LUA_ARRAY, NULL,
	  "`length` bytes of 0" },
	{ { "new_from_string", bytes_new_from_string }, PS_OF_LIBRARY, { { "text", PS_LUA_STRING } }, PS_LUA_ARRAY, NULL,
	  "the bytes of `text` and a final 0: its length is `#text + 1`" },
	{ { "many_to_one", bytes_many_to_one }, PS_OF_LIBRARY, { { "list", PS_LUA_TEXTS } }, PS_LUA_ARRAY, NULL,
	  "a new one with the bytes of all byte arrays and strings in the list" },
	{ { "to_packet", bytes_to_packet }, PS_OF_LIBRARY, { { "array", PS_LUA_ARRAY }, { "protocol", PS_LUA_PROTOCOL } },
	  PS_LUA_PACKET, "it is too short for such a header", "the bytes as a view of `protocol`, not a copy, whatever they are" },
	{ { "to_bytes", bytes_to_bytes }, PS_OF_LIBRARY, { { "view", PS_LUA_VIEW }, { "protocol", PS_LUA_PROTOCOL, true } },
	  PS_LUA_ARRAY, NULL, "the bytes of a view, not a copy, as `:get()` of raw views gives; `:to_bytes()` copies" },
	{ { NULL } },
};

int ps_bytes_open(lua_State *L)
{
	ps_library_new_type(L, TYPE, ps_array_methods);
	ps_library_push(L, ps_bytes_library);
	return 1;
}
