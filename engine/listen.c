/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#define LUA_LIB
#include "lprefix.h"

#include <string.h>

#include "lua.h"
#include "lauxlib.h"

#include "access.h"
#include "listen.h"
#include "script.h"
#include "shared.h"
#include "shared_store.h"

/*
 * The addresses are the registry's keys of tables: of the function of each ear, and of what it was before the script that loads. False
 * is none, so that an entry stays once it is there, and no memory is needed where it is set.
 */
static const char functions, before;

/* What listens to one queue. It stays as long as the Lua state. */
struct ps_ear {
	struct ps_listener listener;	/* first */
	struct ps_ear *next;
	struct ps_listening *of;
	struct ps_shared_queue *q;
	bool is_open;			/* there is a function */
	bool has_changed;		/* since a script is being loaded */
};

static struct ps_ear *ear_of(struct ps_listener *listener)
{
	return (struct ps_ear *)listener;
}

static bool wake(struct ps_listener *listener)
{
	struct ps_listening *listening = ear_of(listener)->of;

	return !listening->wake || listening->wake(listening);
}

void ps_listen_open(lua_State *L)
{
	lua_newtable(L);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &functions);
	lua_newtable(L);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &before);
}

static struct ps_ear *ear_for(lua_State *L, struct ps_shared_queue *q)
{
	struct ps_bind *bind = ps_bind_of(L);
	struct ps_ear *ear;

	for (ear = bind->listening.ears; ear; ear = ear->next) {
		if (ear->q == q)
			return ear;
	}
	ear = ps_host_realloc(NULL, sizeof(*ear));
	if (!ear)
		luaL_error(L, "not enough memory to listen to one more queue");
	*ear = (struct ps_ear){ .listener.wake = wake, .next = bind->listening.ears, .of = &bind->listening, .q = q };
	bind->listening.ears = ear;
	return ear;
}

static void open_or_close(struct ps_ear *ear, bool is_open)
{
	if (is_open && !ear->is_open)
		ps_queue_listen(ear->q, &ear->listener);
	if (!is_open && ear->is_open)
		ps_queue_leave(ear->q, &ear->listener);
	ear->is_open = is_open;
}

/* What a script that fails has to give back. */
static void keep_before(lua_State *L, struct ps_ear *ear)
{
	lua_rawgetp(L, LUA_REGISTRYINDEX, &before);
	lua_rawgetp(L, LUA_REGISTRYINDEX, &functions);
	if (lua_rawgetp(L, -1, ear) == LUA_TNIL) {
		lua_pop(L, 1);
		lua_pushboolean(L, false);
		lua_pushvalue(L, -1);
		lua_rawsetp(L, -3, ear);
	}
	lua_rawsetp(L, -3, ear);
	lua_pop(L, 2);
	ear->has_changed = true;
}

void ps_listen_on(lua_State *L, struct ps_shared_queue *q)
{
	struct ps_bind *bind = ps_bind_of(L);
	struct ps_ear *ear;

	if (!lua_isnoneornil(L, 2))
		luaL_checktype(L, 2, LUA_TFUNCTION);
	lua_settop(L, 2);
	if (bind->listening.is_closed)
		luaL_error(L, "nobody listens to a queue any more: this Lua state closes");
	ear = ear_for(L, q);
	if (bind->rt.guard.is_loading && !ear->has_changed)
		keep_before(L, ear);
	lua_rawgetp(L, LUA_REGISTRYINDEX, &functions);
	if (lua_isnil(L, 2))
		lua_pushboolean(L, false);
	else
		lua_pushvalue(L, 2);
	lua_rawsetp(L, -2, ear);
	open_or_close(ear, !lua_isnil(L, 2));
}

/* There are entries: setting them allocates nothing, which nobody would catch here. */
static void take_back(lua_State *L, struct ps_ear *ear)
{
	lua_rawgetp(L, LUA_REGISTRYINDEX, &functions);
	lua_rawgetp(L, LUA_REGISTRYINDEX, &before);
	lua_rawgetp(L, -1, ear);
	open_or_close(ear, lua_toboolean(L, -1));
	lua_rawsetp(L, -3, ear);
	lua_pop(L, 2);
}

static void forget_before(lua_State *L, struct ps_ear *ear)
{
	lua_rawgetp(L, LUA_REGISTRYINDEX, &before);
	lua_pushnil(L);
	lua_rawsetp(L, -2, ear);
	lua_pop(L, 1);
}

void ps_listen_settle(struct ps_bind *bind, bool is_loaded)
{
	struct ps_ear *ear;

	for (ear = bind->listening.ears; ear; ear = ear->next) {
		if (!ear->has_changed)
			continue;
		if (!is_loaded)
			take_back(bind->rt.L, ear);
		forget_before(bind->rt.L, ear);
		ear->has_changed = false;
	}
}

bool ps_listen_is_awake(const struct ps_listening *listening)
{
	const struct ps_ear *ear = listening->ears;

	while (ear && !ps_listener_is_awake(&ear->listener))
		ear = ear->next;
	return ear;
}

uint64_t ps_listen_pending(const struct ps_listening *listening)
{
	const struct ps_ear *ear;
	uint64_t n = 0;

	for (ear = listening->ears; ear; ear = ear->next)
		n += ear->is_open ? ps_queue_count(ear->q) : 0;
	return n;
}

/* The value of the first ear that has one, which is the last one then: none waits for the others. */
static struct ps_shared_value take(struct ps_listening *listening, const struct ps_ear **by)
{
	struct ps_shared_value value = { PS_SHARED_NOTHING };
	struct ps_ear **at = &listening->ears, *ear;

	while (*at && !value.type) {
		ear = *at;
		if (ps_listener_is_awake(&ear->listener))
			value = ps_queue_take(ear->q, &ear->listener);
		at = value.type ? at : &ear->next;
	}
	*by = ear = *at;
	if (!ear)
		return value;
	*at = ear->next;
	while (*at)
		at = &(*at)->next;
	*at = ear;
	ear->next = NULL;
	return value;
}

struct call {
	const struct ps_ear *ear;
	struct ps_shared_value value;
};

/* Calls the function. The bytes of the value are the state's by now. */
static int deliver(lua_State *L)
{
	const struct call *call = lua_touserdata(L, 1);

	lua_rawgetp(L, LUA_REGISTRYINDEX, &functions);
	lua_rawgetp(L, -1, call->ear);
	ps_shared_push(L, call->value);
	lua_call(L, 1, 0);
	return 0;
}

bool ps_listen_run(struct ps_script *s, bool *later, int *err)
{
	struct ps_bind *bind = &s->bind;
	struct ps_listening *listening = &bind->listening;
	const bool is_work = ps_runtime_context(&bind->rt) == PS_CONTEXT_WORK;
	struct call call;

	*err = 0;
	if (!listening->ears || !ps_listen_is_awake(listening))
		return false;
	if (bind->rt.guard.refused && ps_watch_is_refused(&bind->rt.guard)) {
		*later = true;
		ps_listen_pass_on(listening);
		return false;
	}
	call.value = take(listening, &call.ear);
	if (!call.value.type)
		return false;
	ps_shared_hold(bind, call.value);
	lua_pushcfunction(bind->rt.L, deliver);
	lua_pushlightuserdata(bind->rt.L, &call);
	*err = ps_script_call(s, 1, NULL, is_work ? ps_limits.work_ms : ps_watch_packet_ms(&bind->rt.guard));
	listening->run++;
	listening->failed += *err != 0;
	return true;
}

void ps_listen_pass_on(struct ps_listening *listening)
{
	struct ps_ear *ear;

	for (ear = listening->ears; ear; ear = ear->next) {
		if (ps_listener_is_awake(&ear->listener))
			ps_queue_pass_on(ear->q);
	}
}

void ps_listen_close(struct ps_bind *bind)
{
	struct ps_ear *ear;

	bind->listening.is_closed = true;
	for (ear = bind->listening.ears; ear; ear = ear->next)
		open_or_close(ear, false);
}

void ps_listen_clean(struct ps_bind *bind)
{
	struct ps_ear *next;

	ps_listen_close(bind);
	for (; bind->listening.ears; bind->listening.ears = next) {
		next = bind->listening.ears->next;
		ps_host_realloc(bind->listening.ears, 0);
	}
}
