/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * An object of a script is a reference to a thing of the space. The state has one for each name that it has used, until it closes,
 * and so no finalizer has to give it back.
 */
#define LUA_LIB
#include "lprefix.h"

#include <string.h>

#include "lua.h"
#include "lauxlib.h"

#include "access.h"
#include "bytes.h"
#include "library.h"
#include "listen.h"
#include "memory.h"
#include "shared.h"
#include "shared_store.h"

#define TABLE_TYPE	"shared.table"
#define QUEUE_TYPE	"shared.queue"
#define NAMES_MAX	256		/* that a state may use */
#define OLD_MAX		65536		/* bytes that are compared with a lock held */
#define TTL_MAX		315360000000	/* milliseconds: ten years */

static const char objects;	/* the address is the registry's key of a table: kind and name → object */

/* A name that the state has used. */
struct ps_shared_name {
	struct ps_shared_name *next;
	struct ps_shared_thing *thing;
};

struct ps_shared_object {
	struct ps_object object;	/* of ps_class_shared_table or ps_class_shared_queue */
	struct ps_shared_thing *thing;
};

void ps_shared_join(struct ps_bind *bind, struct ps_shared_space *space)
{
	bind->space = ps_shared_space_get(space);
}

/* Frees a value's bytes, which an error has left there at times. */
static void drop(struct ps_blob **held)
{
	ps_blob_let_go(*held);
	*held = NULL;
}

void ps_shared_leave(struct ps_bind *bind)
{
	struct ps_shared_name *next;

	drop(&bind->held);
	drop(&bind->held_old);
	for (; bind->shared_names; bind->shared_names = next) {
		next = bind->shared_names->next;
		ps_shared_put(bind->shared_names->thing);
		ps_host_realloc(bind->shared_names, 0);
	}
	if (bind->space)
		ps_shared_space_put(bind->space);
	bind->space = NULL;
}

static const char *type_of(const struct ps_shared_thing *thing)
{
	return thing->kind == PS_SHARED_TABLE ? TABLE_TYPE : QUEUE_TYPE;
}

static int refuse(lua_State *L, const struct ps_shared_thing *thing, enum ps_shared_result why)
{
	const char *type = type_of(thing);

	switch (why) {
	case PS_SHARED_TYPE:
		return luaL_error(L, "%s '%s': what is to be added to is no integer", type, thing->name);
	case PS_SHARED_SIZE:
		return luaL_error(L, "%s '%s' is full: it has %d entries, its size", type, thing->name, (int)thing->size);
	case PS_SHARED_LIMIT:
		return luaL_error(L, "%s '%s': all that is shared may take %d MiB (shared_mb), and does", type, thing->name,
				  (int)ps_shared_limits.shared_mb);
	default:
		return luaL_error(L, "%s '%s': the machine has no memory left for it", type, thing->name);
	}
}

/*
 * Values, as Lua has them.
 */

/* What needs no memory. False: the value does, or cannot be shared. */
static ps_inline bool to_simple(const TValue *v, struct ps_shared_value *value)
{
	switch (ttypetag(v)) {
	case LUA_VNUMINT:
		*value = (struct ps_shared_value){ PS_SHARED_INTEGER, { ivalue(v) } };
		return true;
	case LUA_VTRUE:
	case LUA_VFALSE:
		*value = (struct ps_shared_value){ PS_SHARED_BOOLEAN, { ttistrue(v) } };
		return true;
	case LUA_VNIL:
		*value = (struct ps_shared_value){ PS_SHARED_NOTHING };
		return true;
	}
	return false;
}

static ps_inline bool put_simple(struct ps_shared_value value, TValue *result)
{
	switch (value.type) {
	case PS_SHARED_INTEGER:
		setivalue(result, value.i);
		return true;
	case PS_SHARED_BOOLEAN:
		if (value.i)
			setbtvalue(result);
		else
			setbfvalue(result);
		return true;
	case PS_SHARED_NOTHING:
		setnilvalue(result);
		return true;
	default:
		return false;
	}
}

static ps_inline bool to_key(const TValue *v, struct ps_shared_key *key)
{
	if (ttisinteger(v)) {
		ps_shared_key_integer(key, ivalue(v));
		return true;
	}
	if (!ttisstring(v) || tsslen(tsvalue(v)) > PS_SHARED_KEY_MAX)
		return false;
	ps_shared_key_text(key, getstr(tsvalue(v)), tsslen(tsvalue(v)));
	return true;
}

static ps_inline struct ps_shared_value get(const struct ps_object *object, const struct ps_shared_key *key)
{
	struct ps_shared_value value;

	ps_host_read_begin();
	value = ps_table_get(ps_shared_table_of(((const struct ps_shared_object *)object)->thing), key);
	ps_host_read_end();
	return value;
}

/* The table's own ttl. */
static ps_inline enum ps_shared_result set(const struct ps_object *object, const struct ps_shared_key *key,
					   struct ps_shared_value value)
{
	struct ps_shared_table *t = ps_shared_table_of(((const struct ps_shared_object *)object)->thing);

	return ps_table_set(t, key, value, ps_table_ttl(t));
}

/*
 * As struct ps_class: what needs no memory of Lua's. Strings and arrays are left to the functions below.
 */
bool ps_shared_read(lua_State *L, const struct ps_object *object, const TString *name, TValue *result)
{
	struct ps_shared_key key;

	(void)L;
	if (tsslen(name) > PS_SHARED_KEY_MAX)
		return false;
	ps_shared_key_text(&key, getstr(name), tsslen(name));
	return put_simple(get(object, &key), result);
}

bool ps_shared_read_at(lua_State *L, const struct ps_object *object, lua_Unsigned i, TValue *result)
{
	struct ps_shared_key key;

	(void)L;
	ps_shared_key_integer(&key, i);
	return put_simple(get(object, &key), result);
}

bool ps_shared_write(lua_State *L, const struct ps_object *object, const TString *name, const TValue *v)
{
	struct ps_shared_value value;
	struct ps_shared_key key;

	(void)L;
	if (tsslen(name) > PS_SHARED_KEY_MAX || !to_simple(v, &value))
		return false;
	ps_shared_key_text(&key, getstr(name), tsslen(name));
	return !set(object, &key, value);
}

bool ps_shared_write_at(lua_State *L, struct ps_object *object, lua_Unsigned i, const TValue *v)
{
	struct ps_shared_value value;
	struct ps_shared_key key;

	(void)L;
	if (!to_simple(v, &value))
		return false;
	ps_shared_key_integer(&key, i);
	return !set(object, &key, value);
}

/* The ttl that is the last one of nargs arguments, if that is argument n. */
static ps_inline bool to_ttl(const struct ps_shared_table *t, StkId func, int nargs, int n, uint64_t *ttl)
{
	const TValue *v = s2v(func + n);

	*ttl = ps_table_ttl(t);
	if (nargs < n || ttisnil(v))
		return nargs <= n;
	if (!ttisinteger(v) || ivalue(v) < 1 || ivalue(v) > TTL_MAX)
		return false;
	*ttl = ivalue(v);
	return nargs == n;
}

static ps_noinline int call_set(struct ps_shared_table *t, const struct ps_shared_key *key, StkId func, int nargs)
{
	struct ps_shared_value value;
	uint64_t ttl;

	if (!to_simple(s2v(func + 3), &value) || !to_ttl(t, func, nargs, 4, &ttl) || ps_table_set(t, key, value, ttl))
		return -1;
	return 0;
}

static ps_noinline int call_cas(struct ps_shared_table *t, const struct ps_shared_key *key, StkId func, int nargs)
{
	struct ps_shared_value value, old;
	enum ps_shared_result result;

	if (nargs != 4 || !to_simple(s2v(func + 3), &old) || !to_simple(s2v(func + 4), &value))
		return -1;
	result = ps_table_cas(t, key, old, value, ps_table_ttl(t));
	if (result > PS_SHARED_DIFFERS)
		return -1;
	if (result)
		setbfvalue(s2v(func));
	else
		setbtvalue(s2v(func));
	return 1;
}

static ps_noinline int call_any(const struct ps_method *method, struct ps_shared_table *t, StkId func, int nargs)
{
	struct ps_shared_key key;
	uint64_t ttl;
	int64_t sum;

	if (nargs < 3 || !to_key(s2v(func + 2), &key))
		return -1;
	switch (method->op) {
	case PS_OP_SHARED_ADD:
		if (!ttisinteger(s2v(func + 3)) || !to_ttl(t, func, nargs, 4, &ttl) ||
		    ps_table_add(t, &key, ivalue(s2v(func + 3)), ttl, &sum))
			return -1;
		setivalue(s2v(func), sum);
		return 1;
	case PS_OP_SHARED_SET:
		return call_set(t, &key, func, nargs);
	case PS_OP_SHARED_CAS:
		return call_cas(t, &key, func, nargs);
	}
	return -1;
}

/* To count is what there is done most: t:add(i, n). */
int ps_shared_call(lua_State *L, const struct ps_method *method, StkId func, int nargs)
{
	const struct ps_shared_object *object = (const struct ps_shared_object *)ps_object_of(s2v(func + 1));
	struct ps_shared_table *t = ps_shared_table_of(object->thing);
	const TValue *key = s2v(func + 2), *n = s2v(func + 3);
	int64_t sum;

	(void)L;
	if (method->op != PS_OP_SHARED_ADD || nargs != 3 || !ttisinteger(key) || !ttisinteger(n) ||
	    !ps_table_add_quickly(t, ivalue(key), ivalue(n), &sum))
		return call_any(method, t, func, nargs);
	setivalue(s2v(func), sum);
	return 1;
}

/*
 * The same, of all values, and with errors.
 */
static struct ps_shared_thing *check_thing(lua_State *L, const struct ps_class *class)
{
	struct ps_shared_object *object = ps_arg_object(L, 1, class);

	if (!object)
		luaL_typeerror(L, 1, class->name);
	return object->thing;
}

static struct ps_shared_table *check_table(lua_State *L)
{
	return ps_shared_table_of(check_thing(L, &ps_class_shared_table));
}

static void check_key(lua_State *L, int arg, struct ps_shared_key *key)
{
	const TValue *v = ps_arg(L, arg);

	if (!v || (!ttisinteger(v) && !ttisstring(v)))
		luaL_typeerror(L, arg, "string or integer");
	if (!to_key(v, key))
		luaL_argerror(L, arg, "a key has 255 bytes at most");
}

static uint64_t check_ttl(lua_State *L, const struct ps_shared_table *t, int arg)
{
	lua_Integer ttl;

	if (lua_isnoneornil(L, arg))
		return ps_table_ttl(t);
	ttl = luaL_checkinteger(L, arg);
	luaL_argcheck(L, ttl >= 1 && ttl <= TTL_MAX, arg, "a time to live is 1 ms to ten years");
	return ttl;
}

/* Puts bytes into the blob from off on. In the end the time may be up. */
static void fill(lua_State *L, struct ps_blob *blob, uint32_t off, const uint8_t *from, size_t len)
{
	uint32_t n;

	for (; len; len -= n, off += n, from += n) {
		uint8_t *to = ps_blob_at(blob, off, &n);

		n = n < len ? n : len;
		memcpy(to, from, n);
		ps_guard_tick(L);
	}
}

/* Makes a blob that is the state's until it is given away. */
static struct ps_blob *hold_new(lua_State *L, const struct ps_shared_thing *thing, size_t len)
{
	struct ps_bind *bind = ps_bind_of(L);
	enum ps_shared_result why = PS_SHARED_MEMORY;

	if (len > PS_SHARED_VALUE_MAX)
		luaL_error(L, "%s '%s': a value has %d bytes at most, not %I", type_of(thing), thing->name,
			   (int)PS_SHARED_VALUE_MAX, (LUAI_UACINT)len);
	bind->held = ps_blob_begin(len, &why);
	while (bind->held && bind->held->made < bind->held->npieces) {
		ps_guard_tick(L);
		if (!ps_blob_extend(bind->held, &why))
			drop(&bind->held);
	}
	if (!bind->held)
		refuse(L, thing, why);
	return bind->held;
}

/* Where the bytes of a part of a list are, which is on top of the stack. */
static const uint8_t *check_part(lua_State *L, lua_Integer i, size_t *len)
{
	int top = lua_gettop(L);

	if (lua_type(L, top) != LUA_TSTRING && !ps_arg_object(L, top, &ps_class_bytes))
		luaL_error(L, "part %I: string or byte array expected, got %s", (LUAI_UACINT)i, luaL_typename(L, top));
	return ps_bytes_check(L, top, len);
}

/* Of a list of strings and byte arrays, all bytes. */
static struct ps_blob *hold_parts(lua_State *L, const struct ps_shared_thing *thing, int arg)
{
	lua_Integer i, n = lua_rawlen(L, arg);
	size_t len, total = 0, off = 0;
	int top = lua_gettop(L);
	struct ps_blob *blob;

	for (i = 1; i <= n && total <= PS_SHARED_VALUE_MAX; i++) {
		ps_guard_tick(L);
		lua_rawgeti(L, arg, i);
		check_part(L, i, &len);
		total += len;
		lua_settop(L, top);
	}
	blob = hold_new(L, thing, total);
	for (i = 1; i <= n; i++) {
		const uint8_t *from;

		lua_rawgeti(L, arg, i);
		from = check_part(L, i, &len);
		fill(L, blob, off, from, len);
		off += len;
		lua_settop(L, top);
	}
	return blob;
}

/* The value of argument arg. If it has bytes, these are what the state holds afterwards; if not, it holds none. */
static struct ps_shared_value check_value(lua_State *L, const struct ps_shared_thing *thing, int arg)
{
	struct ps_shared_value value = { PS_SHARED_NOTHING };
	const uint8_t *from;
	size_t len;

	drop(&ps_bind_of(L)->held);
	luaL_checkany(L, arg);
	if (to_simple(ps_arg(L, arg), &value))
		return value;
	value.type = lua_type(L, arg) == LUA_TSTRING ? PS_SHARED_STRING : PS_SHARED_ARRAY;
	if (lua_type(L, arg) == LUA_TTABLE) {
		value.blob = hold_parts(L, thing, arg);
		return value;
	}
	if (value.type == PS_SHARED_ARRAY && !ps_arg_object(L, arg, &ps_class_bytes))
		luaL_typeerror(L, arg, "string, integer, boolean, byte array or list of those with bytes");
	from = ps_bytes_check(L, arg, &len);
	value.blob = hold_new(L, thing, len);
	fill(L, value.blob, 0, from, len);
	return value;
}

/* The same, once it is in a table: what it was for has taken it, or not. */
static int end_change(lua_State *L, const struct ps_shared_thing *thing, enum ps_shared_result result)
{
	struct ps_bind *bind = ps_bind_of(L);

	if (!result)
		bind->held = NULL;
	else
		drop(&bind->held);
	return result > PS_SHARED_DIFFERS ? refuse(L, thing, result) : 0;
}

#define NEAR	128	/* bytes that are copied by way of the C stack */

/* Bytes of a value, copied to where Lua has room for them. */
struct copy {
	const struct ps_shared_key *key;
	uint32_t off, n;	/* which are wanted; afterwards, n are there */
	enum ps_shared_type type;
	uint8_t *to;		/* room for so many */
	uint32_t room;
};

/* False: there is not the room, which n tells. */
static bool copy_bytes(const struct ps_shared_table *t, struct copy *c, struct ps_shared_value *value)
{
	uint32_t want = c->n;
	bool fits = true;

	ps_host_read_begin();
	*value = ps_table_get(t, c->key);
	c->type = value->type;
	c->n = 0;
	if (ps_shared_has_bytes(value->type)) {
		if (c->off < value->blob->len)
			c->n = value->blob->len - c->off;
		c->n = c->n < want ? c->n : want;
		fits = c->n <= c->room;
		if (fits)
			ps_blob_read(value->blob, c->off, c->to, c->n);
	}
	ps_host_read_end();
	return fits;
}

static void push_simple(lua_State *L, struct ps_shared_value value)
{
	put_simple(value, s2v(PS_STACK_TOP(L)));
	PS_STACK_TOP(L)++;
}

/*
 * Pushes what the key has; of bytes, n from off on. Somebody may put another value there meanwhile: then there is another round.
 */
static int push_value(lua_State *L, const struct ps_shared_table *t, const struct ps_shared_key *key, uint32_t off, uint32_t n)
{
	struct ps_shared_value value;
	uint8_t near[NEAR];
	struct copy c = { .key = key, .off = off, .n = n, .to = near, .room = sizeof(near) };
	int top = lua_gettop(L);

	while (!copy_bytes(t, &c, &value)) {
		ps_guard_tick(L);
		lua_settop(L, top);
		c.room = c.n;
		c.to = ps_bytes_push_new(L, c.n);
		c.n = n;
	}
	if (!ps_shared_has_bytes(c.type))
		push_simple(L, value);
	else if (c.type == PS_SHARED_STRING)
		lua_pushlstring(L, (const char *)c.to, c.n);
	else if (c.to == near || c.n < c.room)
		memcpy(ps_bytes_push_new(L, c.n), c.to, c.n);
	lua_rotate(L, top + 1, 1);	/* the room that was made is not wanted any more */
	lua_settop(L, top + 1);
	return 1;
}

#define ALL	(~(uint32_t)0)

static int table_index(lua_State *L)
{
	struct ps_shared_table *t = check_table(L);
	struct ps_shared_key key;

	check_key(L, 2, &key);
	return push_value(L, t, &key, 0, ALL);
}

static int table_slice(lua_State *L)
{
	struct ps_shared_table *t = check_table(L);
	lua_Integer off = luaL_checkinteger(L, 3), n = luaL_checkinteger(L, 4);
	struct ps_shared_key key;

	check_key(L, 2, &key);
	luaL_argcheck(L, off >= 0 && off <= PS_SHARED_VALUE_MAX, 3, "outside of what a value may have");
	luaL_argcheck(L, n >= 0 && n <= PS_SHARED_VALUE_MAX, 4, "outside of what a value may have");
	return push_value(L, t, &key, off, n);
}

/*
 * Parts of a packet.
 */
enum { PART_TABLE = 1, PART_KEY, PART_OFFSET, PART_LENGTH };

/* The number at that place of the list, which is part i. */
static uint32_t part_number(lua_State *L, long long i, int place)
{
	lua_Integer n = -1;

	if (lua_rawgeti(L, -1, place) == LUA_TNUMBER && lua_isinteger(L, -1))
		n = lua_tointeger(L, -1);
	if (n < 0 || n > PS_SHARED_VALUE_MAX)
		luaL_error(L, "part %I: in { table, key, offset, length } the last two are integers from 0 to %d", (LUAI_UACINT)i,
			   (int)PS_SHARED_VALUE_MAX);
	lua_pop(L, 1);
	return n;
}

uint32_t ps_shared_part_len(lua_State *L, long long i)
{
	return part_number(L, i, PART_LENGTH);
}

/* With ps_host_read_begin(). */
static const char *give(struct ps_blob *blob, uint32_t off, uint32_t len, ps_shared_take *take, void *context)
{
	uint32_t n;

	if (off > blob->len || len > blob->len - off)
		return "the value in the shared table has not so many bytes";
	for (; len; len -= n, off += n) {
		const uint8_t *bytes = ps_blob_at(blob, off, &n);

		n = n < len ? n : len;
		if (!take(context, bytes, n))
			return "no memory";
	}
	return NULL;
}

const char *ps_shared_part_give(lua_State *L, long long i, ps_shared_take *take, void *context)
{
	const uint32_t off = part_number(L, i, PART_OFFSET), len = part_number(L, i, PART_LENGTH);
	const struct ps_shared_object *object;
	struct ps_shared_value value;
	struct ps_shared_key key;
	const char *why_not;

	lua_rawgeti(L, -1, PART_TABLE);
	object = ps_arg_object(L, lua_gettop(L), &ps_class_shared_table);
	if (!object)
		luaL_error(L, "part %I: a list of bytes begins with a shared table, not with a %s", (LUAI_UACINT)i, luaL_typename(L, -1));
	lua_rawgeti(L, -2, PART_KEY);
	if (!to_key(ps_arg(L, lua_gettop(L)), &key))
		luaL_error(L, "part %I: the key is a string of up to 255 bytes, or an integer", (LUAI_UACINT)i);
	ps_host_read_begin();
	value = ps_table_get(ps_shared_table_of(object->thing), &key);
	why_not = ps_shared_has_bytes(value.type) ? give(value.blob, off, len, take, context) :
						    "the shared table has no bytes by that key";
	ps_host_read_end();
	lua_pop(L, 2);
	return why_not;
}

static int do_set(lua_State *L, int ttl_at)
{
	struct ps_shared_table *t = check_table(L);
	struct ps_shared_thing *thing = check_thing(L, &ps_class_shared_table);
	uint64_t ttl = check_ttl(L, t, ttl_at);
	struct ps_shared_value value;
	struct ps_shared_key key;

	check_key(L, 2, &key);
	value = check_value(L, thing, 3);
	return end_change(L, thing, ps_table_set(t, &key, value, ttl));
}

static int table_newindex(lua_State *L)
{
	lua_settop(L, 3);
	return do_set(L, 4);
}

static int table_set(lua_State *L)
{
	luaL_checkany(L, 3);
	lua_settop(L, 4);
	return do_set(L, 4);
}

/* Of a table or queue. */
static int to_text(lua_State *L)
{
	const struct ps_shared_object *object = ps_arg_object(L, 1, &ps_class_shared_table);

	if (!object)
		object = ps_arg_object(L, 1, &ps_class_shared_queue);
	luaL_argexpected(L, object, 1, "shared table or queue");
	lua_pushfstring(L, "%s '%s'", type_of(object->thing), object->thing->name);
	return 1;
}

static int table_len(lua_State *L)
{
	lua_pushinteger(L, ps_table_count(check_table(L)));
	return 1;
}

static int table_add(lua_State *L)
{
	struct ps_shared_table *t = check_table(L);
	struct ps_shared_thing *thing = check_thing(L, &ps_class_shared_table);
	lua_Integer n = luaL_checkinteger(L, 3);
	uint64_t ttl = check_ttl(L, t, 4);
	struct ps_shared_key key;
	enum ps_shared_result result;
	int64_t sum;

	check_key(L, 2, &key);
	result = ps_table_add(t, &key, n, ttl, &sum);
	if (result)
		return refuse(L, thing, result);
	lua_pushinteger(L, sum);
	return 1;
}

static int table_cas(lua_State *L)
{
	struct ps_shared_table *t = check_table(L);
	struct ps_shared_thing *thing = check_thing(L, &ps_class_shared_table);
	struct ps_bind *bind = ps_bind_of(L);
	struct ps_shared_value old, value;
	struct ps_shared_key key;
	enum ps_shared_result result;

	check_key(L, 2, &key);
	drop(&bind->held_old);
	old = check_value(L, thing, 3);
	luaL_argcheck(L, !ps_shared_has_bytes(old.type) || old.blob->len <= OLD_MAX, 3, "what is replaced has 65536 bytes at most");
	bind->held_old = bind->held;
	bind->held = NULL;
	value = check_value(L, thing, 4);
	result = ps_table_cas(t, &key, old, value, ps_table_ttl(t));
	drop(&bind->held_old);
	lua_pushboolean(L, !result);
	end_change(L, thing, result);
	return 1;
}

/* f(key, value) of each entry, until it returns false. */
static int table_each(lua_State *L)
{
	struct ps_shared_table *t = check_table(L);
	struct ps_table_walk *walk;
	struct ps_shared_key key;
	bool ends = false;

	luaL_checktype(L, 2, LUA_TFUNCTION);
	lua_settop(L, 2);
	walk = lua_newuserdatauv(L, sizeof(*walk), 0);
	walk->at = 0;
	walk->is_over = false;
	while (!ends) {
		ps_guard_tick(L);
		if (!ps_table_next(t, walk)) {
			if (walk->is_over)
				break;
			continue;
		}
		lua_pushvalue(L, 2);
		if (walk->is_integer) {
			ps_shared_key_integer(&key, walk->i);
			lua_pushinteger(L, walk->i);
		} else {
			ps_shared_key_text(&key, walk->text, walk->len);
			lua_pushlstring(L, walk->text, walk->len);
		}
		push_value(L, t, &key, 0, ALL);
		ends = walk->is_over;
		if (lua_isnil(L, -1)) {	/* it has just gone */
			lua_settop(L, 3);
			continue;
		}
		ps_memory_call(L, 2, 1);
		ends |= lua_isboolean(L, -1) && !lua_toboolean(L, -1);
		lua_settop(L, 3);
	}
	return 0;
}

/*
 * Queues.
 */
static int queue_send(lua_State *L)
{
	struct ps_shared_thing *thing = check_thing(L, &ps_class_shared_queue);
	struct ps_shared_value value;
	enum ps_shared_result result;

	value = check_value(L, thing, 2);
	luaL_argcheck(L, value.type, 2, "nil is what an empty queue gives");
	result = ps_queue_send(ps_shared_queue_of(thing), value);
	if (result == PS_SHARED_SIZE)
		drop(&ps_bind_of(L)->held);
	else
		end_change(L, thing, result);
	lua_pushboolean(L, !result);
	return 1;
}

void ps_shared_hold(struct ps_bind *bind, struct ps_shared_value value)
{
	drop(&bind->held);
	if (ps_shared_has_bytes(value.type))
		bind->held = value.blob;
}

void ps_shared_push(lua_State *L, struct ps_shared_value value)
{
	uint8_t *to;

	if (!ps_shared_has_bytes(value.type)) {
		push_simple(L, value);
		return;
	}
	to = ps_bytes_push_new(L, value.blob->len);
	ps_blob_read(value.blob, 0, to, value.blob->len);
	if (value.type == PS_SHARED_STRING) {
		lua_pushlstring(L, (const char *)to, value.blob->len);
		lua_remove(L, -2);
	}
	drop(&ps_bind_of(L)->held);
}

static int queue_receive(lua_State *L)
{
	struct ps_shared_thing *thing = check_thing(L, &ps_class_shared_queue);
	struct ps_shared_value value = ps_queue_receive(ps_shared_queue_of(thing));

	ps_shared_hold(ps_bind_of(L), value);
	ps_shared_push(L, value);
	return 1;
}

static int queue_on(lua_State *L)
{
	ps_listen_on(L, ps_shared_queue_of(check_thing(L, &ps_class_shared_queue)));
	return 0;
}

static int queue_len(lua_State *L)
{
	lua_pushinteger(L, ps_queue_count(ps_shared_queue_of(check_thing(L, &ps_class_shared_queue))));
	return 1;
}

/*
 * Names.
 */
static struct ps_shared_thing *open_thing(lua_State *L, enum ps_shared_kind kind, const char *name)
{
	struct ps_bind *bind = ps_bind_of(L);
	struct ps_shared_name *used = bind->shared_names;
	enum ps_shared_result why = PS_SHARED_MEMORY;
	struct ps_shared_thing *thing;
	int n = 0;

	for (; used; used = used->next, n++) {
		if (used->thing->kind == kind && !strcmp(used->thing->name, name))
			return used->thing;
	}
	if (!bind->space)
		luaL_error(L, "nothing is shared here");
	if (n == NAMES_MAX)
		luaL_error(L, "the state uses %d names of what is shared, and may use no more", n);
	used = ps_host_realloc(NULL, sizeof(*used));
	thing = used ? ps_shared_open(bind->space, kind, name, &why) : NULL;
	if (!thing) {
		ps_host_realloc(used, 0);
		luaL_error(L, "'%s' cannot be made: %s", name, why == PS_SHARED_LIMIT ?
			   "all that is shared takes as much as it may (shared_mb)" : "the machine has no memory left for it");
	}
	used->thing = thing;
	used->next = bind->shared_names;
	bind->shared_names = used;
	return thing;
}

/* An integer from 1 to max in the table at 2, or 0: there is none. */
static lua_Integer option(lua_State *L, const char *name, lua_Integer max)
{
	lua_Integer value;

	if (lua_getfield(L, 2, name) == LUA_TNIL) {
		lua_pop(L, 1);
		return 0;
	}
	value = lua_isinteger(L, -1) ? lua_tointeger(L, -1) : 0;
	if (value < 1 || value > max)
		luaL_error(L, "%s is an integer from 1 to %I", name, (LUAI_UACINT)max);
	lua_pop(L, 1);
	return value;
}

static void check_options(lua_State *L)
{
	const char *name;

	lua_pushnil(L);
	while (lua_next(L, 2)) {
		name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : luaL_typename(L, -2);
		if (strcmp(name, "size") && strcmp(name, "ttl") && strcmp(name, "keep"))
			luaL_error(L, "there is no option '%s': there are size, ttl and keep", name);
		lua_pop(L, 1);
	}
}

/* Who names the table last says how it is to be. */
static void set_options(lua_State *L, struct ps_shared_thing *thing, lua_Integer size, lua_Integer ttl)
{
	if (size)
		thing->size = size;
	if (ttl)
		ps_table_set_ttl(ps_shared_table_of(thing), ttl);
	if (lua_getfield(L, 2, "keep") != LUA_TNIL)
		ps_shared_keep(thing, lua_toboolean(L, -1));
	lua_pop(L, 1);
}

/* Pushes the object that stands for the thing: the same one each time. */
static void push_object(lua_State *L, struct ps_shared_thing *thing, const struct ps_class *class, const char *type)
{
	struct ps_shared_object *object;

	lua_rawgetp(L, LUA_REGISTRYINDEX, &objects);
	if (lua_rawgetp(L, -1, thing) != LUA_TNIL)
		return;
	lua_pop(L, 1);
	object = ps_bind_new(L, sizeof(*object), class, type);
	object->thing = thing;
	lua_pushvalue(L, -1);
	lua_rawsetp(L, -3, thing);
}

static const char *check_name(lua_State *L)
{
	size_t len;
	const char *name;

	luaL_checktype(L, 1, LUA_TSTRING);
	name = lua_tolstring(L, 1, &len);
	luaL_argcheck(L, len && len <= PS_SHARED_NAME_MAX && !memchr(name, 0, len), 1, "a name has 1 to 63 bytes, none of them 0");
	return name;
}

struct ps_shared_thing *ps_shared_name(lua_State *L, enum ps_shared_kind kind)
{
	return open_thing(L, kind, check_name(L));
}

static int shared_table(lua_State *L)
{
	const char *name = check_name(L);
	struct ps_shared_thing *thing;
	lua_Integer size = 0, ttl = 0;
	bool has_options = !lua_isnoneornil(L, 2);

	if (has_options) {
		luaL_checktype(L, 2, LUA_TTABLE);
		check_options(L);
		size = option(L, "size", PS_SHARED_SIZE_MAX);
		ttl = option(L, "ttl", TTL_MAX);
	}
	thing = open_thing(L, PS_SHARED_TABLE, name);
	if (has_options)
		set_options(L, thing, size, ttl);
	push_object(L, thing, &ps_class_shared_table, TABLE_TYPE);
	return 1;
}

static int shared_queue(lua_State *L)
{
	const char *name = check_name(L);
	struct ps_shared_thing *thing;
	lua_Integer size = luaL_optinteger(L, 2, 0);

	luaL_argcheck(L, lua_isnoneornil(L, 2) || (size >= 1 && size <= PS_SHARED_SIZE_MAX), 2, "a size is 1 to 1073741824");
	thing = open_thing(L, PS_SHARED_QUEUE, name);
	if (size)
		thing->size = size;
	push_object(L, thing, &ps_class_shared_queue, QUEUE_TYPE);
	return 1;
}

const struct ps_callable ps_shared_table_methods[] = {
	{ { "__index", table_index }, PS_OF_SHARED_TABLE, { { "key", PS_LUA_KEY } }, PS_LUA_SHARED, "there is no entry",
	  "what the key has: a byte array is a copy" },
	{ { "__newindex", table_newindex }, PS_OF_SHARED_TABLE, { { "key", PS_LUA_KEY }, { "value", PS_LUA_SHAREABLE } },
	  PS_LUA_NOTHING, NULL, "short for `t:set(key, value)`" },
	{ { "__len", table_len }, PS_OF_SHARED_TABLE, { { NULL } }, PS_LUA_INTEGER, NULL,
	  "how many entries there are, also those that expired less than about a second ago" },
	{ { "set", table_set, PS_OP_SHARED_SET }, PS_OF_SHARED_TABLE,
	  { { "key", PS_LUA_KEY }, { "value", PS_LUA_SHAREABLE }, { "ttl", PS_LUA_INTEGER, true } }, PS_LUA_NOTHING, NULL,
	  "gives the key the value, for `ttl` milliseconds (the table's); nil takes the entry out" },
	{ { "add", table_add, PS_OP_SHARED_ADD }, PS_OF_SHARED_TABLE,
	  { { "key", PS_LUA_KEY }, { "amount", PS_LUA_INTEGER }, { "ttl", PS_LUA_INTEGER, true } }, PS_LUA_INTEGER, NULL,
	  "adds to the integer that the key has, and gives the sum, in one step for all CPUs; without an entry it makes one of "
	  "the amount, for `ttl` milliseconds (the table's)" },
	{ { "cas", table_cas, PS_OP_SHARED_CAS }, PS_OF_SHARED_TABLE,
	  { { "key", PS_LUA_KEY }, { "old", PS_LUA_SHAREABLE }, { "new", PS_LUA_SHAREABLE } }, PS_LUA_BOOLEAN, NULL,
	  "gives the key the value `new` if it has `old` (nil: if it has none), in one step for all CPUs, and tells whether" },
	{ { "slice", table_slice }, PS_OF_SHARED_TABLE,
	  { { "key", PS_LUA_KEY }, { "offset", PS_LUA_INTEGER }, { "length", PS_LUA_INTEGER } }, PS_LUA_SHARED,
	  "there is no entry", "of a string or a byte array those bytes, as far as there are any; another value whole" },
	{ { "each", table_each }, PS_OF_SHARED_TABLE, { { "f", PS_LUA_FUNCTION } }, PS_LUA_NOTHING, NULL,
	  "calls `f(key, value)` for each entry, until that returns false; it may change the table" },
	{ { "__tostring", to_text }, PS_OF_SHARED_TABLE, { { NULL } }, PS_LUA_STRING, NULL, "for instance `shared.table 't'`" },
	{ { NULL } },
};

const struct ps_callable ps_shared_queue_methods[] = {
	{ { "__tostring", to_text }, PS_OF_SHARED_QUEUE, { { NULL } }, PS_LUA_STRING, NULL, "for instance `shared.queue 'q'`" },
	{ { "__len", queue_len }, PS_OF_SHARED_QUEUE, { { NULL } }, PS_LUA_INTEGER, NULL, "how many values wait in it" },
	{ { "send", queue_send }, PS_OF_SHARED_QUEUE, { { "value", PS_LUA_SHAREABLE } }, PS_LUA_BOOLEAN, NULL,
	  "puts the value at the end; false: the queue is full" },
	{ { "receive", queue_receive }, PS_OF_SHARED_QUEUE, { { NULL } }, PS_LUA_SHARED, "the queue is empty",
	  "takes out the value that has waited longest" },
	{ { "on", queue_on }, PS_OF_SHARED_QUEUE, { { "f", PS_LUA_FUNCTION, true } }, PS_LUA_NOTHING, NULL,
	  "has `f(value)` called with each value that comes; without `f`, no longer" },
	{ { NULL } },
};

const struct ps_callable ps_shared_library[] = {
	{ { "table", shared_table }, PS_OF_LIBRARY, { { "name", PS_LUA_STRING }, { "options", PS_LUA_OPTIONS, true } },
	  PS_LUA_SHARED_TABLE, NULL, "the table of that name, which is made if need be" },
	{ { "queue", shared_queue }, PS_OF_LIBRARY, { { "name", PS_LUA_STRING }, { "size", PS_LUA_INTEGER, true } },
	  PS_LUA_SHARED_QUEUE, NULL, "the queue of that name, which is made if need be, for `size` values (1024)" },
	{ { NULL } },
};

int ps_shared_open_library(lua_State *L)
{
	lua_newtable(L);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &objects);
	ps_library_new_type(L, TABLE_TYPE, ps_shared_table_methods);
	ps_library_new_type(L, QUEUE_TYPE, ps_shared_queue_methods);
	ps_library_push(L, ps_shared_library);
	return 1;
}
