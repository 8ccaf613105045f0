// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * The library fifo: a queue of bytes between runtimes. Any context.
 */
#include <linux/kfifo.h>
#include <linux/log2.h>
#include <linux/slab.h>

#include <lunatik.h>

struct fifo_object {
	struct kfifo fifo;	/* within the object's lock */
	void *buffer;
};

static const struct lunatik_class class;

static void release(lunatik_object_t *object)
{
	struct fifo_object *fifo = object->private;

	kfree(fifo->buffer);
}

/* f:push(string): all of it, or none */
static int push(lua_State *L)
{
	lunatik_object_t *object = lunatik_checkobject(L, 1, &class);
	struct fifo_object *fifo = object->private;
	size_t len;
	const char *string = luaL_checklstring(L, 2, &len);
	bool fits;

	lunatik_lock(object);
	fits = len <= kfifo_avail(&fifo->fifo);
	if (fits)
		kfifo_in(&fifo->fifo, string, len);
	lunatik_unlock(object);
	luaL_argcheck(L, fits, 2, "not enough space");
	return 0;
}

/* f:pop(size): a string of as many bytes, or as there are, and its length */
static int pop(lua_State *L)
{
	lunatik_object_t *object = lunatik_checkobject(L, 1, &class);
	struct fifo_object *fifo = object->private;
	lua_Integer max = luaL_checkinteger(L, 2);
	luaL_Buffer buffer;
	unsigned int n;
	char *bytes;

	luaL_argcheck(L, max >= 0, 2, "must not be negative");
	max = min_t(lua_Integer, max, kfifo_size(&fifo->fifo));
	bytes = luaL_buffinitsize(L, &buffer, max);
	lunatik_lock(object);
	n = kfifo_out(&fifo->fifo, bytes, max);
	lunatik_unlock(object);
	luaL_pushresultsize(&buffer, n);
	lua_pushinteger(L, n);
	return 2;
}

/* How long the message is that comes next. Returns 1; 0 if there is none; -EBADMSG: what comes next is none. Within the lock. */
static int peek(struct fifo_object *fifo, size_t *len)
{
	unsigned int n = kfifo_out_peek(&fifo->fifo, (void *)len, sizeof(*len));

	if (!n)
		return 0;
	return n == sizeof(*len) && *len <= kfifo_len(&fifo->fifo) - n ? 1 : -EBADMSG;
}

/*
 * f:popmessage(): what string.pack("s", message) has been pushed of, or nil. In one go, so that two who receive do not share one
 * message.
 */
static int pop_message(lua_State *L)
{
	lunatik_object_t *object = lunatik_checkobject(L, 1, &class);
	struct fifo_object *fifo = object->private;
	size_t room = 0, len;
	void *bytes = NULL;
	int is;

	for (;;) {
		lunatik_lock(object);
		is = peek(fifo, &len);
		if (is == 1 && bytes && len <= room) {
			is = kfifo_out(&fifo->fifo, (void *)&len, sizeof(len)) + kfifo_out(&fifo->fifo, bytes, len) ==
				     sizeof(len) + len ? 1 : -EBADMSG;
			lunatik_unlock(object);
			break;
		}
		lunatik_unlock(object);
		if (is != 1)
			break;
		room = len;
		lua_settop(L, 1);
		bytes = lua_newuserdatauv(L, max_t(size_t, room, 1), 0);
	}
	if (is < 0)
		return luaL_error(L, "malformed message");
	if (!is)
		return 0;
	lua_pushlstring(L, bytes, len);
	return 1;
}

static int close(lua_State *L)
{
	lunatik_checkobject(L, 1, &class);
	lunatik_closeobject(L, 1);
	return 0;
}

static const luaL_Reg methods[] = {
	{ "push", push },
	{ "pop", pop },
	{ "popmessage", pop_message },
	{ "close", close },
	{ NULL, NULL }
};

static const struct lunatik_class class = {
	.name = "fifo",
	.methods = methods,
	.release = release,
	.is_atomic = true,
	.owner = THIS_MODULE,
};

/* fifo.new(size): bytes, rounded up to a power of 2 */
static int new(lua_State *L)
{
	lua_Integer size = luaL_checkinteger(L, 1);
	struct fifo_object *fifo;
	lunatik_object_t *object;

	luaL_argcheck(L, size >= 1 && size <= KMALLOC_MAX_SIZE, 1, "must be from 1 to what the kernel has in a piece, 4 MiB");
	size = max_t(lua_Integer, roundup_pow_of_two(size), 2);
	object = lunatik_newobject(L, &class, sizeof(*fifo));
	lunatik_charge(L, &object->charge, size);
	fifo = object->private;
	fifo->buffer = kmalloc(size, lunatik_gfp(L) | __GFP_NOWARN);
	if (!fifo->buffer)
		return luaL_error(L, "not enough memory");
	kfifo_init(&fifo->fifo, fifo->buffer, size);
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

static struct lunatik_library library = { "fifo", open, THIS_MODULE };

module_lunatik(library, "fifo");
MODULE_DESCRIPTION("Lua library fifo");
MODULE_LICENSE("Dual MIT/GPL");
MODULE_VERSION(PS_VERSION);
