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
	u8 *bytes;			/* or NULL: they are gone */
	size_t size;
	bool is_readonly;
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

	data->bytes = bytes;
	data->size = size;
	data->is_readonly = is_readonly;
}
EXPORT_SYMBOL_GPL(luadata_reset);

void **luadata_offer(lunatik_object_t *object, const struct luadata_source *source)
{
	struct data *data = object->private;

	data->source = source;
	return &data->of;
}
EXPORT_SYMBOL_GPL(luadata_offer);

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
	if (!data->bytes && !open_bytes(data))
		luaL_error(L, "the data is gone: it was there for the time of a callback; or there is no memory for the packet");
	if (is_written && data->is_readonly)
		luaL_error(L, "the data is readonly");
}

static __always_inline struct data *check(lua_State *L, int arg, bool is_written)
{
	struct data *data = lunatik_checkobject(L, arg, &class)->private;

	if (unlikely(is_anothers(L, data) || !data->bytes || (is_written && data->is_readonly)))
		reach(L, data, is_written);
	return data;
}

void *luadata_check(lua_State *L, int arg, size_t *size, bool is_written)
{
	struct data *data = check(L, arg, is_written);

	*size = data->size;
	return data->bytes;
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

	if (unlikely(n > data->size || (lua_Unsigned)offset > data->size - n))
		refuse_bounds(L, offset, n, data->size);
	return data->bytes + offset;
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

	if ((lua_Unsigned)offset > data->size)
		return refuse_bounds(L, offset, 0, data->size);
	left = data->size - offset;
	length = luaL_optinteger(L, 3, left);
	if ((lua_Unsigned)length > left)
		return refuse_bounds(L, offset, length, data->size);
	lua_pushlstring(L, data->bytes + offset, length);
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
	return push(L, check(L, 1, false)->size);
}

/* d:packet() */
static int packet(lua_State *L)
{
	struct data *data = lunatik_checkobject(L, 1, &class)->private;
	const struct luadata_source *source;
	void *block;

	if (is_anothers(L, data) || !data->bytes)
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

static __always_inline u8 *quick_at(lua_State *L, void *target, const lua_Integer *arguments, int nargs, int wanted, size_t n)
{
	struct data *data = quick_data(L, target);
	bool is_written = wanted == 2;

	if (unlikely(!data || nargs != wanted || (!data->bytes && !open_bytes(data)) || (is_written && data->is_readonly)))
		return NULL;
	if (unlikely(n > data->size || (lua_Unsigned)arguments[0] > data->size - n))
		return NULL;
	return data->bytes + arguments[0];
}

static __always_inline int quick_get(lua_State *L, void *target, const lua_Integer *arguments, int nargs, size_t n, bool is_signed,
				     union ps_quick_result *result)
{
	const u8 *at = quick_at(L, target, arguments, nargs, 1, n);

	if (unlikely(!at))
		return -1;
	switch (n) {
	case 1:
		result->integer = is_signed ? *(s8 *)at : *at;
		return 1;
	case 2:
		result->integer = get_unaligned((u16 *)at);
		if (is_signed)
			result->integer = (s16)result->integer;
		return 1;
	case 4:
		result->integer = get_unaligned((u32 *)at);
		if (is_signed)
			result->integer = (s32)result->integer;
		return 1;
	default:
		result->integer = get_unaligned((s64 *)at);
		return 1;
	}
}

static __always_inline int quick_set(lua_State *L, void *target, const lua_Integer *arguments, int nargs, size_t n)
{
	u8 *at = quick_at(L, target, arguments, nargs, 2, n);

	if (unlikely(!at))
		return -1;
	switch (n) {
	case 1:
		*at = arguments[1];
		return 0;
	case 2:
		put_unaligned(arguments[1], (u16 *)at);
		return 0;
	case 4:
		put_unaligned(arguments[1], (u32 *)at);
		return 0;
	default:
		put_unaligned(arguments[1], (u64 *)at);
		return 0;
	}
}

#define QUICK_GET(name, n, is_signed)										\
static int name(lua_State *L, void *target, const lua_Integer *arguments, int nargs, union ps_quick_result *result)	\
{														\
	return quick_get(L, target, arguments, nargs, n, is_signed, result);					\
}

#define QUICK_SET(name, n)											\
static int name(lua_State *L, void *target, const lua_Integer *arguments, int nargs, union ps_quick_result *result)	\
{														\
	return quick_set(L, target, arguments, nargs, n);							\
}

QUICK_GET(quick_int8, 1, true)
QUICK_GET(quick_uint8, 1, false)
QUICK_GET(quick_int16, 2, true)
QUICK_GET(quick_uint16, 2, false)
QUICK_GET(quick_int32, 4, true)
QUICK_GET(quick_uint32, 4, false)
QUICK_GET(quick_int64, 8, true)
QUICK_SET(quick_set_8, 1)
QUICK_SET(quick_set_16, 2)
QUICK_SET(quick_set_32, 4)
QUICK_SET(quick_set_64, 8)

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

#define QUICK(name, function, quick)	{ { name, function, PS_OP_QUICK }, quick }

static const struct ps_quick quick[] = {
	QUICK("getnumber", get_int64, quick_int64),	QUICK("setnumber", set_64, quick_set_64),	/* a Lua integer */
	QUICK("getbyte", get_uint8, quick_uint8),	QUICK("setbyte", set_8, quick_set_8),
	QUICK("getint8", get_int8, quick_int8),		QUICK("setint8", set_8, quick_set_8),
	QUICK("getuint8", get_uint8, quick_uint8),	QUICK("setuint8", set_8, quick_set_8),
	QUICK("getint16", get_int16, quick_int16),	QUICK("setint16", set_16, quick_set_16),
	QUICK("getuint16", get_uint16, quick_uint16),	QUICK("setuint16", set_16, quick_set_16),
	QUICK("getint32", get_int32, quick_int32),	QUICK("setint32", set_32, quick_set_32),
	QUICK("getuint32", get_uint32, quick_uint32),	QUICK("setuint32", set_32, quick_set_32),
	QUICK("getint64", get_int64, quick_int64),	QUICK("setint64", set_64, quick_set_64),
	QUICK("packet", packet, quick_packet),
	{ { NULL } }
};

static const luaL_Reg methods[] = {
	{ "getstring", get_string },	{ "setstring", set_string },
	{ "__len", size },
	{ NULL, NULL }
};

static const struct lunatik_class class = {
	.name = "data",
	.methods = methods,
	.quick = quick,
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

/*
 * data.new(size). Lua does not know of this memory: its collector is told to do as much as if it did, so objects that nobody
 * has any more do not fill the machine.
 */
static int new(lua_State *L)
{
	lua_Integer n = luaL_checkinteger(L, 1);
	struct data *data;

	luaL_argcheck(L, n >= 1 && n <= INT_MAX, 1, "must be from 1 to 2147483647");
	data = lunatik_newobject(L, &class, sizeof(*data))->private;
	lua_gc(L, LUA_GCSTEP, (int)(n / 1024) + 1);
	data->own = allocate(L, n);
	if (!data->own) {
		lua_gc(L, LUA_GCCOLLECT);
		data->own = allocate(L, n);
	}
	if (!data->own)
		return luaL_error(L, "not enough memory");
	data->size = n;
	data->bytes = data->own->bytes;
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
