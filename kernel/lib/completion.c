// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * The library completion: one tells that something is done, another one waits for it. complete(): any context.
 *
 * It is not the kernel's struct completion, whose waiters heed nothing but signals: these end with their runtime, too.
 */
#include <linux/wait.h>

#include "timeout.h"

struct completion_object {
	wait_queue_head_t queue;
	unsigned int done;	/* how many waits may end; within the object's lock */
};

static const struct lunatik_class class;

/* c:complete() */
static int complete_one(lua_State *L)
{
	lunatik_object_t *object = lunatik_checkobject(L, 1, &class);
	struct completion_object *completion = object->private;

	lunatik_lock(object);
	if (completion->done != UINT_MAX)
		completion->done++;
	lunatik_unlock(object);
	wake_up(&completion->queue);
	return 0;
}

static bool take(lunatik_object_t *object)
{
	struct completion_object *completion = object->private;
	bool is_done;

	lunatik_lock(object);
	is_done = completion->done;
	if (is_done)
		completion->done--;
	lunatik_unlock(object);
	return is_done;
}

/* c:wait([timeout]). Another visit may close the object meanwhile. */
static int wait(lua_State *L)
{
	lunatik_object_t *object = lunatik_checkobject(L, 1, &class);
	struct completion_object *completion = object->private;
	long timeout = luatimeout_check(L, 2), left;
	struct lunatik_entry *entry;
	bool is_done = false;

	lunatik_checksleep(L, "completion.wait()");
	lunatik_getobject(object);
	entry = lunatik_sleep(L);
	left = wait_event_interruptible_timeout(completion->queue, (is_done = take(object)) || lunatik_isstopping(entry),
						timeout);
	lunatik_awake(entry);
	lunatik_putobject(object);
	if (is_done) {
		lua_pushboolean(L, true);
		return 1;
	}
	lua_pushnil(L);
	lua_pushstring(L, left ? "interrupt" : "timeout");
	return 2;
}

static const luaL_Reg methods[] = {
	{ "complete", complete_one },
	{ "wait", wait },
	{ NULL, NULL }
};

static const struct lunatik_class class = {
	.name = "completion",
	.methods = methods,
	.is_atomic = true,
	.owner = THIS_MODULE,
};

/* completion.new() */
static int new(lua_State *L)
{
	struct completion_object *completion = lunatik_newobject(L, &class, sizeof(*completion))->private;

	init_waitqueue_head(&completion->queue);
	return 1;
}

static const luaL_Reg functions[] = {
	{ "new", new },
	{ "complete", complete_one },
	{ "wait", wait },
	{ NULL, NULL }
};

static int open(lua_State *L)
{
	luaL_newlib(L, functions);
	return 1;
}

static struct lunatik_library library = { "completion", open, THIS_MODULE };

module_lunatik(library, "completion");
MODULE_DESCRIPTION("Lua library completion");
MODULE_LICENSE("Dual MIT/GPL");
MODULE_VERSION(PS_VERSION);
