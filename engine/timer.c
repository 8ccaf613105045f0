/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#define LUA_LIB
#include "lprefix.h"

#include <string.h>

#include "lua.h"
#include "lauxlib.h"

#include "access.h"
#include "callable.h"
#include "defer.h"
#include "library.h"
#include "script.h"
#include "timer.h"

#define TYPE	"timer"

/* Of a function: all of them are upvalues of the closure that keeps them. */
#define ARGUMENTS_MAX	200

/* Its address is the registry's key of a table: of what keeps each timer that is pending, by its ref. */
static const char pending;

struct ps_timer {
	struct ps_object object;
	struct ps_due due;
	int ref;
};

static const struct ps_class class = { .name = TYPE };

/* Calls the function, with its arguments. Upvalues: the timer, the function, its arguments. */
static int fire(lua_State *L)
{
	int n = 0;

	while (!lua_isnone(L, lua_upvalueindex(2 + n)))
		n++;
	luaL_checkstack(L, n, NULL);
	for (int i = 0; i < n; i++)
		lua_pushvalue(L, lua_upvalueindex(2 + i));
	lua_call(L, n - 1, 0);
	return 0;
}

/* Takes it out of what is pending. What it holds is on the stack then, in place of nothing. Allocates nothing. */
static void take(lua_State *L, struct ps_timer *timer)
{
	struct ps_bind *bind = ps_bind_of(L);
	size_t bytes = bind->timers.heap.bytes;

	ps_heap_remove(&bind->timers.heap, &timer->due);
	bind->rt.memory -= bytes - bind->timers.heap.bytes;
	lua_rawgetp(L, LUA_REGISTRYINDEX, &pending);
	lua_rawgeti(L, -1, timer->ref);
	luaL_unref(L, -2, timer->ref);
	lua_remove(L, -2);
}

static struct ps_timer *timer_of(struct ps_due *due)
{
	return (struct ps_timer *)((char *)due - offsetof(struct ps_timer, due));
}

/* Makes room in the heap and puts it there; what that needs is the state's. */
static bool add(struct ps_bind *bind, struct ps_timer *timer)
{
	struct ps_heap *heap = &bind->timers.heap;
	size_t bytes = heap->bytes;
	bool is_added = bind->rt.memory + 2 * PS_HEAP_BLOCK <= bind->rt.memory_max && ps_heap_add(heap, &timer->due);

	bind->rt.memory += heap->bytes - bytes;
	return is_added;
}

int ps_timer_new(lua_State *L)
{
	struct ps_bind *bind = ps_bind_of(L);
	uint64_t delay = ps_defer_check_delay(L, 1);
	int n = lua_gettop(L) - 1;
	struct ps_timer *timer;

	luaL_checktype(L, 2, LUA_TFUNCTION);
	if (ps_runtime_context(&bind->rt) != PS_CONTEXT_PACKET)
		return luaL_error(L, "nf.timer is for where packets are handled (IS_INTERRUPT is true): deferred work has "
				     "nf.schedule");
	luaL_argcheck(L, n - 1 <= ARGUMENTS_MAX, ARGUMENTS_MAX + 3, "a timer's function has at most 200 arguments");
	if (bind->timers.is_closed)
		return luaL_error(L, "no timer is made any more: the state closes");
	timer = ps_bind_new(L, sizeof(*timer), &class, TYPE);
	memset(&timer->due, 0, sizeof(timer->due));
	lua_insert(L, 1);
	lua_pushvalue(L, 1);
	lua_replace(L, 2);			/* in place of the delay */
	lua_pushcclosure(L, fire, n + 1);
	lua_rawgetp(L, LUA_REGISTRYINDEX, &pending);
	lua_insert(L, -2);
	timer->ref = luaL_ref(L, -2);
	timer->due.at = ps_host_time() + delay;
	if (!add(bind, timer) && (lua_gc(L, LUA_GCCOLLECT), !add(bind, timer))) {	/* garbage may have taken the memory */
		luaL_unref(L, -1, timer->ref);
		return luaL_error(L, "not enough memory for one more timer: %d are pending", (int)bind->timers.heap.n);
	}
	if (bind->timers.wake && ps_heap_first(&bind->timers.heap) == &timer->due)
		bind->timers.wake(&bind->timers, timer->due.at);
	lua_settop(L, 1);
	return 1;
}

/* timer:cancel() */
static int cancel(lua_State *L)
{
	struct ps_timer *timer = ps_arg_object(L, 1, &class);
	bool is_pending;

	if (!timer)
		return luaL_typeerror(L, 1, TYPE);
	is_pending = timer->due.place && !ps_bind_of(L)->timers.is_closed;
	if (is_pending)
		take(L, timer);
	lua_pushboolean(L, is_pending);
	return 1;
}

bool ps_timer_run(struct ps_script *s, uint64_t now, bool *later, int *err)
{
	struct ps_timers *timers = &s->bind.timers;
	struct ps_guard *guard = &s->bind.rt.guard;

	*later = false;
	*err = 0;
	if (timers->is_closed || ps_heap_at(&timers->heap) > now)
		return false;
	if (guard->refused && ps_watch_is_refused(guard)) {
		*later = true;
		return false;
	}
	take(s->bind.rt.L, timer_of(ps_heap_first(&timers->heap)));
	*err = ps_script_call(s, 0, NULL, ps_watch_packet_ms(guard));
	timers->run++;
	timers->failed += *err != 0;
	return true;
}

void ps_timers_cancel(struct ps_bind *bind, uint64_t number)
{
	struct ps_heap *heap = &bind->timers.heap;
	lua_State *L = bind->rt.L;
	bool is_done;
	uint32_t i;

	/* what is moved within the heap may be missed once */
	do {
		is_done = true;
		for (i = 0; i < heap->n;) {
			struct ps_due *due = ps_heap_get(heap, i);

			if (due->number < number) {
				i++;
				continue;
			}
			take(L, timer_of(due));
			lua_pop(L, 1);
			is_done = false;
		}
	} while (!is_done);
}

void ps_timers_close(struct ps_bind *bind)
{
	bind->timers.is_closed = true;
}

void ps_timers_clean(struct ps_bind *bind)
{
	bind->rt.memory -= bind->timers.heap.bytes;
	ps_heap_clean(&bind->timers.heap);
}

const struct ps_callable ps_timer_methods[] = {
	{ { "cancel", cancel }, PS_OF_TIMER, { { NULL } }, PS_LUA_BOOLEAN, NULL,
	  "its function is not called any more: whether it was still to be" },
	{ { NULL } },
};

void ps_timer_open(lua_State *L)
{
	ps_library_new_type(L, TYPE, ps_timer_methods);
	lua_newtable(L);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &pending);
}
