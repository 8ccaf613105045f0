/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#define LUA_LIB
#include "lprefix.h"

#include <string.h>

#include "lua.h"
#include "lauxlib.h"

#include "access.h"
#include "defer.h"
#include "library.h"
#include "script.h"

#define NS_PER_MS	1000000
#define SECOND		1000000000ull

/* Bytes that a copied packet may grow by. */
#define ROOM	512

void ps_work_free(struct ps_work *work)
{
	ps_host_realloc(work, 0);
}

void ps_defer_open(struct ps_defer *defer)
{
	defer->ops->lock(defer);
	defer->is = PS_DEFER_OPEN;
	defer->ops->unlock(defer);
}

/* Takes out what is first. */
static struct ps_work *take_first(struct ps_defer *defer)
{
	struct ps_work *work = (struct ps_work *)ps_heap_first(&defer->heap);

	ps_heap_remove(&defer->heap, &work->due);
	defer->bytes -= work->size;
	return work;
}

struct ps_work *ps_defer_take(struct ps_defer *defer, uint64_t now)
{
	struct ps_work *work = NULL;

	defer->ops->lock(defer);
	if (defer->is == PS_DEFER_OPEN && ps_heap_at(&defer->heap) <= now)	/* what is left when it closes is cancelled */
		work = take_first(defer);
	else if (defer->is == PS_DEFER_OPEN && defer->heap.n)
		defer->ops->wake(defer, ps_heap_at(&defer->heap));
	defer->ops->unlock(defer);
	return work;
}

uint64_t ps_defer_next(struct ps_defer *defer)
{
	uint64_t at;

	defer->ops->lock(defer);
	at = ps_heap_at(&defer->heap);
	defer->ops->unlock(defer);
	return at;
}

/* One by one, so that nobody waits long for the lock. */
void ps_defer_close(struct ps_defer *defer)
{
	struct ps_work *work;

	do {
		defer->ops->lock(defer);
		defer->is = PS_DEFER_CLOSED;
		work = defer->heap.n ? take_first(defer) : NULL;
		if (!work)
			ps_heap_clean(&defer->heap);
		defer->ops->unlock(defer);
		ps_work_free(work);
	} while (work);
}

void ps_defer_forgo(struct ps_defer *defer)
{
	defer->ops->lock(defer);
	defer->is = PS_DEFER_NONE;
	defer->ops->unlock(defer);
}

/*
 * Asking for it.
 */
uint64_t ps_defer_check_delay(lua_State *L, int arg)
{
	lua_Integer ms = luaL_checkinteger(L, arg);

	luaL_argcheck(L, ms >= 0 && ms <= PS_DELAY_MAX, arg, "a delay is 0 milliseconds or more, and at most 366 days");
	return ms * NS_PER_MS;
}

static const char *check_name(lua_State *L, int arg)
{
	size_t len;
	const char *name = luaL_checklstring(L, arg, &len);

	luaL_argcheck(L, len && len < PS_WORK_NAME && strlen(name) == len, arg,
		      "the name of a global function was expected, of at most 63 bytes");
	return name;
}

/* What goes along with the call. */
struct parcel {
	const struct ps_packet *pkt;	/* NULL: nothing */
	const uint8_t *bytes;
	uint32_t at;
	const char *protocol;
};

/* The packet whose view is argument 5, to be seen as the protocol that is argument 6; without that, as what it is. */
static struct parcel check_packet(lua_State *L)
{
	struct ps_bind *bind = ps_bind_of(L);
	struct parcel parcel = { NULL };
	const struct ps_view *v;
	lua_Integer id;

	if (lua_isnoneornil(L, 5)) {
		luaL_argcheck(L, lua_isnoneornil(L, 6), 5, "a packet was expected, since a protocol is given");
		return parcel;
	}
	v = ps_view_check_at(L, 5);
	parcel.protocol = ps_place_is_header(&v->place) ? v->place.layer->header.proto->name : ps_proto_raw.name;
	if (!lua_isnone(L, 6)) {
		id = luaL_checkinteger(L, 6);
		luaL_argcheck(L, id >= 0 && id < bind->registry.n, 6, "no such protocol");
		parcel.protocol = bind->registry.protos[id]->name;
	}
	luaL_argcheck(L, strlen(parcel.protocol) < PS_WORK_NAME, 6, "the protocol's name has more than 63 bytes");
	luaL_argcheck(L, !(v->place.flags & PS_VIEW_ABSENT), 5, "what is not there was given: the packet has no such header or field");
	parcel.pkt = bind->pkt;
	parcel.at = v->place.flags & PS_VIEW_WHOLE ? PS_WORK_FIRST : ps_place_range(&v->place).off;
	parcel.bytes = ps_packet_read(bind->pkt, 0, bind->pkt->len);
	if (!parcel.bytes)
		luaL_error(L, "no memory to read the packet");
	return parcel;
}

static void copy_packet(struct ps_work *work, const struct parcel *parcel, uint32_t room)
{
	const struct ps_packet *pkt = parcel->pkt;

	work->has_packet = true;
	work->at = parcel->at;
	strcpy(work->protocol, parcel->protocol);
	memcpy(work->bytes, parcel->bytes, pkt->len);
	ps_buffer_init_room(&work->buffer, work->bytes, pkt->len, room, pkt->network, pkt->protocol);
	work->buffer.pkt.has_link = pkt->has_link;
	work->buffer.pkt.partial = pkt->partial;
}

/* NULL: no memory. */
static struct ps_work *new_work(const char *function, long long id, const struct parcel *parcel)
{
	uint32_t room = parcel->pkt ? parcel->pkt->len + ROOM : 0;
	size_t size = sizeof(struct ps_work) + room;
	struct ps_work *work = ps_host_realloc(NULL, size);

	if (!work)
		return NULL;
	memset(work, 0, sizeof(*work));
	work->id = id;
	work->size = size;
	strcpy(work->function, function);
	if (parcel->pkt)
		copy_packet(work, parcel, room);
	return work;
}

/* With the lock held. NULL, or why it may not be pending. */
static const char *enter(struct ps_defer *defer, struct ps_work *work, uint64_t now)
{
	const unsigned int pending = ps_limits.pending, memory = ps_limits.pending_memory;

	if (defer->is != PS_DEFER_OPEN)
		return "this Lua state closes";
	if (now - defer->second >= SECOND) {
		defer->second = now;
		defer->asked = 0;
	}
	if (defer->asked >= ps_limits.schedule_rate)
		return "too many calls of deferred work in a second (parameter schedule_rate of the module)";
	if (defer->heap.n >= pending || defer->bytes + work->size > (size_t)memory * 1024 * 1024)
		return "too much work is pending (parameters pending and pending_memory of the module)";
	if (!ps_heap_add(&defer->heap, &work->due))
		return "not enough memory";
	defer->asked++;
	defer->bytes += work->size;
	if (ps_heap_first(&defer->heap) == &work->due)
		defer->ops->wake(defer, work->due.at);
	return NULL;
}

void ps_defer_move(struct ps_defer *from, struct ps_defer *to)
{
	struct ps_work *work;
	const char *why;

	while (from->heap.n) {
		work = take_first(from);
		to->ops->lock(to);
		why = enter(to, work, ps_host_time());
		to->refused += why != NULL;
		to->ops->unlock(to);
		if (why)
			ps_work_free(work);
	}
	ps_heap_clean(&from->heap);
}

/* Nothing raises once there is work that only we know of. */
int ps_defer_schedule(lua_State *L)
{
	struct ps_defer *defer = ps_bind_of(L)->defer;
	const char *function = check_name(L, 2), *why = "not enough memory";
	lua_Integer id = luaL_checkinteger(L, 3);
	uint64_t delay = ps_defer_check_delay(L, 4);
	uint64_t now = ps_host_time();
	struct parcel parcel;
	struct ps_work *work;

	if (!defer || defer->is == PS_DEFER_NONE)
		return luaL_error(L, "this state has no Lua state for deferred work: write nf.schedule or IS_INTERRUPT in the "
				     "script, as these names, so that it gets one when it is loaded");
	parcel = check_packet(L);
	work = new_work(function, id, &parcel);
	if (work)
		work->due.at = now + delay;
	defer->ops->lock(defer);
	if (work)
		why = enter(defer, work, now);
	defer->refused += why != NULL;
	defer->ops->unlock(defer);
	if (why)
		ps_work_free(work);
	return ps_library_answer(L, why);
}

/*
 * Doing it.
 */

/* The id of the protocol of this name. May raise: the two Lua states of a state load the same scripts, but these may differ. */
static unsigned int protocol_named(lua_State *L, const char *name)
{
	const struct ps_registry *registry = &ps_bind_of(L)->registry;
	const struct ps_proto *proto = ps_registry_named(registry, name);

	if (!proto)
		luaL_error(L, "there is no protocol %s in the Lua state for deferred work: register it whatever IS_INTERRUPT is",
			   name);
	return ps_proto_id(registry, proto);
}

/* Calls the function. */
static int work(lua_State *L)
{
	const struct ps_work *work = lua_touserdata(L, 1);

	lua_getglobal(L, work->function);
	if (!lua_isfunction(L, -1))
		return luaL_error(L, "nf.schedule: there is no global function '%s' in the Lua state for deferred work, where "
				     "IS_INTERRUPT is false", work->function);
	lua_pushnil(L);
	lua_pushinteger(L, work->id);
	if (work->has_packet) {
		lua_pushcfunction(L, ps_view_at);
		lua_pushinteger(L, work->at);
		lua_pushinteger(L, protocol_named(L, work->protocol));
		lua_call(L, 2, 1);
	}
	lua_call(L, work->has_packet ? 3 : 2, 0);
	return 0;
}

int ps_script_work(struct ps_script *s, struct ps_work *w)
{
	struct ps_defer *defer = s->bind.defer;
	lua_State *L = s->bind.rt.L;
	int err;

	lua_pushcfunction(L, work);
	lua_pushlightuserdata(L, w);
	err = ps_script_call(s, 1, w->has_packet ? &w->buffer.pkt : NULL, ps_limits.work_ms);
	defer->done++;
	defer->failed += err != 0;
	return err;
}
