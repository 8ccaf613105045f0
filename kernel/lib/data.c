// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * The library data: bytes, and integers of them in the machine's order. Any context.
 *
 * An object has bytes of its own, which do not change until it is released and are anybody's; or somebody else's for the time
 * of a callback, which only the runtime that is called may reach: its lock keeps them from going meanwhile. So there is no
 * lock here.
 */
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "bind.h"
#include "compat.h"
#include "data.h"
#include "reference.h"

struct own {
	struct rcu_head rcu;	/* may be freed where one must not sleep */
	u8 bytes[];
};

struct data {
	struct ps_window window;	/* bytes: NULL: they are gone */
	const lunatik_object_t *runtime;	/* whose callback they are for; only compared; or NULL: anybody's */
	struct own *own;
	const struct luadata_source *source;	/* of the packets that they are; or NULL */
	void *of;			/* the packet, for the time of a callback; or NULL */
};

static void release(lunatik_object_t *object)
{
	struct data *data = object->private;

	if (!data->own)
		return;
	if (is_vmalloc_addr(data->own))
		kvfree_rcu(data->own, rcu);
	else
		kfree(data->own);
}

static const struct lunatik_class class;

/*
 * For other modules.
 */
lunatik_object_t *luadata_new(lua_State *L)
{
	lunatik_object_t *object = lunatik_newobject(L, &class, sizeof(struct data));
	struct data *data = object->private;

	data->runtime = lunatik_toruntime(L);
	return object;
}
EXPORT_SYMBOL_GPL(luadata_new);

void luadata_reset(lunatik_object_t *object, void *bytes, size_t size, bool is_readonly)
{
	struct data *data = object->private;

	data->window.bytes = bytes;
	data->window.size = size;
	data->window.writable = is_readonly ? 0 : size;
}
EXPORT_SYMBOL_GPL(luadata_reset);

void **luadata_offer(lunatik_object_t *object, const struct luadata_source *source)
{
	struct data *data = object->private;

	data->source = source;
	return &data->of;
}
EXPORT_SYMBOL_GPL(luadata_offer);

struct ps_window *luadata_window(lunatik_object_t *object)
{
	struct data *data = object->private;

	return &data->window;
}
EXPORT_SYMBOL_GPL(luadata_window);

void luadata_withdraw(lunatik_object_t *object)
{
	struct data *data = object->private;

	WRITE_ONCE(data->source, NULL);
}
EXPORT_SYMBOL_GPL(luadata_withdraw);

void luadata_clear(lunatik_object_t *object)
{
	luadata_reset(object, NULL, 0, true);
}
EXPORT_SYMBOL_GPL(luadata_clear);

/*
 * Access.
 */
static __always_inline bool is_anothers(lua_State *L, const struct data *data)
{
	return data->runtime && data->runtime != lunatik_toruntime(L);
}

/* The bytes of a packet that nobody has asked for yet. */
static bool open_bytes(struct data *data)
{
	const struct luadata_source *source = READ_ONCE(data->source);

	return source && source->open(data->of);
}

/* Has bytes there, or raises. */
static noinline void reach(lua_State *L, struct data *data, bool is_written)
{
	if (is_anothers(L, data))
		luaL_error(L, "the data is another runtime's, for the time of a callback");
	if (!data->window.bytes && !open_bytes(data))
		luaL_error(L, "the data is gone: it was there for the time of a callback; or there is no memory for the packet");
	if (is_written && !data->window.writable && data->window.size)
		luaL_error(L, "the data is readonly");
}

static __always_inline struct data *check(lua_State *L, int arg, bool is_written)
{
	struct data *data = lunatik_checkobject(L, arg, &class)->private;

	if (unlikely(is_anothers(L, data) || !data->window.bytes || (is_written && !data->window.writable)))
		reach(L, data, is_written);
	return data;
}

void *luadata_check(lua_State *L, int arg, size_t *size, bool is_written)
{
	struct data *data = check(L, arg, is_written);

	*size = data->window.size;
	return data->window.bytes;
}
EXPORT_SYMBOL_GPL(luadata_check);

static noinline int refuse_bounds(lua_State *L, lua_Integer offset, lua_Integer n, size_t size)
{
	return luaL_error(L, "out of bounds: %I bytes at offset %I of %I", n, offset, (lua_Integer)size);
}

/* The n bytes at the offset that is argument 2. */
static __always_inline u8 *at(lua_State *L, size_t n, bool is_written)
{
	struct data *data = check(L, 1, is_written);
	lua_Integer offset = luaL_checkinteger(L, 2);

	if (unlikely(n > data->window.size || (lua_Unsigned)offset > data->window.size - n))
		refuse_bounds(L, offset, n, data->window.size);
	return data->window.bytes + offset;
}

static int push(lua_State *L, lua_Integer integer)
{
	lua_pushinteger(L, integer);
	return 1;
}

static int get_int8(lua_State *L)
{
	return push(L, *(s8 *)at(L, 1, false));
}

static int get_uint8(lua_State *L)
{
	return push(L, *at(L, 1, false));
}

static int set_8(lua_State *L)
{
	u8 value = luaL_checkinteger(L, 3);

	*at(L, 1, true) = value;
	return 0;
}

static int get_int16(lua_State *L)
{
	return push(L, get_unaligned((s16 *)at(L, 2, false)));
}

static int get_uint16(lua_State *L)
{
	return push(L, get_unaligned((u16 *)at(L, 2, false)));
}

static int set_16(lua_State *L)
{
	u16 value = luaL_checkinteger(L, 3);

	put_unaligned(value, (u16 *)at(L, 2, true));
	return 0;
}

static int get_int32(lua_State *L)
{
	return push(L, get_unaligned((s32 *)at(L, 4, false)));
}

static int get_uint32(lua_State *L)
{
	return push(L, get_unaligned((u32 *)at(L, 4, false)));
}

static int set_32(lua_State *L)
{
	u32 value = luaL_checkinteger(L, 3);

	put_unaligned(value, (u32 *)at(L, 4, true));
	return 0;
}

static int get_int64(lua_State *L)
{
	return push(L, get_unaligned((s64 *)at(L, 8, false)));
}

static int set_64(lua_State *L)
{
	u64 value = luaL_checkinteger(L, 3);

	put_unaligned(value, (u64 *)at(L, 8, true));
	return 0;
}

/* d:getstring(offset [, length]) */
static int get_string(lua_State *L)
{
	struct data *data = check(L, 1, false);
	lua_Integer offset = luaL_checkinteger(L, 2), length;
	size_t left;

	if ((lua_Unsigned)offset > data->window.size)
		return refuse_bounds(L, offset, 0, data->window.size);
	left = data->window.size - offset;
	length = luaL_optinteger(L, 3, left);
	if ((lua_Unsigned)length > left)
		return refuse_bounds(L, offset, length, data->window.size);
	lua_pushlstring(L, data->window.bytes + offset, length);
	return 1;
}

/* d:setstring(offset, s) */
static int set_string(lua_State *L)
{
	size_t len;
	const char *string = luaL_checklstring(L, 3, &len);

	memcpy(at(L, len, true), string, len);
	return 0;
}

static int size(lua_State *L)
{
	return push(L, check(L, 1, false)->window.size);
}

/* d:packet() */
static int packet(lua_State *L)
{
	struct data *data = lunatik_checkobject(L, 1, &class)->private;
	const struct luadata_source *source;
	void *block;

	if (is_anothers(L, data) || !data->window.bytes)
		reach(L, data, false);
	source = READ_ONCE(data->source);
	if (!source)
		return luaL_error(L, "the data is no packet");
	block = source->packet(L, data->of);
	if (!block)
		return luaL_error(L, "there is no memory for the packet, or it is too short to be one");
	luaL_checkstack(L, 1, NULL);
	ps_bind_push_whole(L);
	return 1;
}

/*
 * The same without a frame: what is simple, or nothing.
 */
static __always_inline struct data *quick_data(lua_State *L, void *target)
{
	const lunatik_object_t *object = target;
	struct data *data = object->private;

	return object->class == &class && !is_anothers(L, data) ? data : NULL;
}

/* Of those with a width: there are bytes in the window. */
static int quick_open(lua_State *L, void *target, const lua_Integer *arguments, int nargs, union ps_quick_result *result)
{
	struct data *data = quick_data(L, target);

	return data && open_bytes(data) ? 0 : -1;
}

static int quick_packet(lua_State *L, void *target, const lua_Integer *arguments, int nargs, union ps_quick_result *result)
{
	struct data *data = quick_data(L, target);
	const struct luadata_source *source;

	if (unlikely(!data || nargs))
		return -1;
	source = READ_ONCE(data->source);
	if (unlikely(!source))
		return -1;
	result->block = source->packet(L, data->of);
	return likely(result->block) ? PS_QUICK_BLOCK : -1;
}

#define READS(name, function, width, is_signed)	{ { name, function, PS_OP_QUICK }, quick_open, width, is_signed, false }
#define WRITES(name, function, width)		{ { name, function, PS_OP_QUICK }, quick_open, width, false, true }

static const struct ps_quick quick[] = {
	READS("getnumber", get_int64, 8, true),	WRITES("setnumber", set_64, 8),	/* a Lua integer */
	READS("getbyte", get_uint8, 1, false),	WRITES("setbyte", set_8, 1),
	READS("getint8", get_int8, 1, true),	WRITES("setint8", set_8, 1),
	READS("getuint8", get_uint8, 1, false),	WRITES("setuint8", set_8, 1),
	READS("getint16", get_int16, 2, true),	WRITES("setint16", set_16, 2),
	READS("getuint16", get_uint16, 2, false),	WRITES("setuint16", set_16, 2),
	READS("getint32", get_int32, 4, true),	WRITES("setint32", set_32, 4),
	READS("getuint32", get_uint32, 4, false),	WRITES("setuint32", set_32, 4),
	READS("getint64", get_int64, 8, true),	WRITES("setint64", set_64, 8),
	{ { "packet", packet, PS_OP_QUICK }, quick_packet, .is_packet = true },
	{ { NULL } }
};

static const luaL_Reg methods[] = {
	{ "getstring", get_string },	{ "setstring", set_string },
	{ "__len", size },
	{ NULL, NULL }
};

/* What is for a callback only its runtime may reach. */
static const struct ps_window *window(lua_State *L, const void *private)
{
	const struct data *data = private;

	return is_anothers(L, data) ? NULL : &data->window;
}

static const struct lunatik_class class = {
	.name = "data",
	.methods = methods,
	.quick = quick,
	.window = window,
	.release = release,
	.is_atomic = true,
	.owner = THIS_MODULE,
};

/*
 * Bytes of their own.
 */
static struct own *allocate(lua_State *L, size_t n)
{
	gfp_t gfp = lunatik_gfp(L) | __GFP_ZERO | __GFP_NOWARN;

	if (gfpflags_allow_blocking(gfp))
		return kvmalloc(struct_size((struct own *)NULL, bytes, n), gfp | __GFP_RETRY_MAYFAIL);
	return kmalloc(struct_size((struct own *)NULL, bytes, n), gfp);
}

/* data.new(size) */
static int new(lua_State *L)
{
	lua_Integer n = luaL_checkinteger(L, 1);
	lunatik_object_t *object;
	struct data *data;

	luaL_argcheck(L, n >= 1 && n <= INT_MAX, 1, "must be from 1 to 2147483647");
	object = lunatik_newobject(L, &class, sizeof(*data));
	lunatik_charge(L, &object->charge, struct_size(data->own, bytes, n));
	data = object->private;
	data->own = allocate(L, n);
	if (!data->own) {
		lua_gc(L, LUA_GCCOLLECT);
		data->own = allocate(L, n);
	}
	if (!data->own)
		return luaL_error(L, "not enough memory");
	data->window.size = data->window.writable = n;
	data->window.bytes = data->own->bytes;
	return 1;
}

static const luaL_Reg functions[] = {
	{ "new", new },
	{ NULL, NULL }
};

static int open(lua_State *L)
{
	luaL_newlib(L, functions);
	return 1;
}

static struct lunatik_library library = { "data", open, THIS_MODULE };

module_lunatik(library, "data");
MODULE_DESCRIPTION("Lua library data");
MODULE_LICENSE("Dual MIT/GPL");
MODULE_VERSION(PS_VERSION);
