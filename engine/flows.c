/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#define LUA_LIB
#include "lprefix.h"

#include <string.h>

#include "lua.h"
#include "lauxlib.h"

#include "access.h"
#include "callable.h"
#include "carry.h"
#include "conntrack.h"
#include "flows.h"
#include "library.h"
#include "memory.h"
#include "script.h"
#include "tuple.h"

#define TYPE	"flow"
#define MS	1000000ull
#define FRAGMENTS_TIMEOUT	(30000 * MS)

/*
 * Tables of flows are in blocks: a block is a Lua table, which keeps them, and is their metatable, too. So a table leads to its
 * flow without another entry anywhere. The array of a block has the tables, the flows, and what no other metatable has.
 */
#define PLACES	32
enum { FLOWS = PLACES, MARK = 2 * PLACES, ARRAY };

/* Its address is in each block's array. */
static const char mark;

/* Its address is the registry's key of a table that keeps the blocks; and the names of scripts. */
static const char blocks;

/* What is remembered of a connection. */
struct ps_flow {
	struct ps_entry record;	/* first */
	struct ps_tuple tuple;
	uint32_t cut[PS_FLOW_CUTTERS];	/* of each script, as encode() has it; 0: it is not cut */
	Table *block;			/* where its table is, at place; NULL: it has never had one. Stays for the next flow here */
	uint8_t place;
	uint8_t kind;			/* enum ps_flow_kind: the list that it is in */
	bool is_cut;			/* by any script */
};

/* The ports of a packet whose fragments come. */
struct fragmented {
	struct ps_entry record;	/* first */
	struct ps_tuple tuple;
	uint16_t ports[2];
};

static const struct option {
	const char *name;
	lua_Integer otherwise;	/* milliseconds */
} kinds[PS_FLOW_KINDS] = {
	[PS_FLOW_TCP] = { "tcp", 3600 * 1000 },
	[PS_FLOW_CLOSING] = { "closing", 60 * 1000 },
	[PS_FLOW_UDP] = { "udp", 180 * 1000 },
	[PS_FLOW_ICMP] = { "icmp", 30 * 1000 },
	[PS_FLOW_OTHER] = { "other", 600 * 1000 },
};

enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };

static enum ps_flow_kind kind_of(uint8_t protocol)
{
	switch (protocol) {
	case PS_IP_TCP:
		return PS_FLOW_TCP;
	case PS_IP_UDP:
	case PS_IP_UDPLITE:
		return PS_FLOW_UDP;
	case PS_IP_ICMP:
	case PS_IP_ICMP6:
		return PS_FLOW_ICMP;
	default:
		return PS_FLOW_OTHER;
	}
}

/*
 * Fragments.
 */
static struct fragmented *find_fragmented(struct ps_flows *flows, const struct ps_tuple *tuple, uint64_t hash, uint64_t now)
{
	struct ps_entry *record = ps_recent_first(&flows->fragments, hash);

	while (record && (record->hash != hash || !ps_tuple_is(&((struct fragmented *)record)->tuple, tuple)))
		record = record->next;
	return record && now - record->used < FRAGMENTS_TIMEOUT ? (struct fragmented *)record : NULL;
}

/* Those that follow belong where this one does. Without memory they belong nowhere. */
static void remember_ports(struct ps_flows *flows, const struct ps_tuple_seen *seen, uint64_t now)
{
	struct ps_recent *fragments = &flows->fragments;
	struct fragmented *f;
	struct ps_tuple tuple;
	uint64_t hash;

	ps_tuple_make_fragment(&tuple, seen);
	hash = ps_tuple_hash(&tuple);
	f = find_fragmented(flows, &tuple, hash, now);
	if (!f && fragments->n == fragments->max)
		ps_recent_remove(fragments, fragments->lists[0].oldest, 0);
	if (!f)
		f = (struct fragmented *)ps_recent_add(fragments, hash, 0, now);
	if (!f)
		return;
	f->tuple = tuple;
	memcpy(f->ports, seen->ports, sizeof(f->ports));
	ps_recent_use(fragments, &f->record, 0, now);
}

static bool recall_ports(struct ps_flows *flows, struct ps_tuple_seen *seen, uint64_t now)
{
	struct ps_tuple tuple;
	struct fragmented *f;

	ps_tuple_make_fragment(&tuple, seen);
	f = find_fragmented(flows, &tuple, ps_tuple_hash(&tuple), now);
	if (f)
		memcpy(seen->ports, f->ports, sizeof(f->ports));
	return f;
}

/* What the packet is of. False: that cannot be told. */
static ps_inline bool see(struct ps_flows *flows, struct ps_packet *pkt, struct ps_tuple_seen *seen, struct ps_tuple *tuple,
			  uint64_t now)
{
	if (!ps_tuple_see(pkt, seen))
		return false;
	if (ps_unlikely(seen->part == PS_TUPLE_LATER) && !recall_ports(flows, seen, now))
		return false;
	if (ps_unlikely(seen->part == PS_TUPLE_FIRST))
		remember_ports(flows, seen, now);
	ps_tuple_make(tuple, seen);
	return true;
}

/*
 * Flows.
 */
static ps_inline struct ps_flow *find(const struct ps_flows *flows, const struct ps_tuple *tuple, uint64_t hash)
{
	struct ps_entry *record = ps_recent_first(&flows->known, hash);

	while (record && (record->hash != hash || !ps_tuple_is(&((struct ps_flow *)record)->tuple, tuple)))
		record = record->next;
	return (struct ps_flow *)record;
}

/* Whether the connection has ended, and what is seen now, with these flags, is of another one. */
static ps_inline bool is_over(const struct ps_flows *flows, const struct ps_flow *flow, uint8_t tcp_flags, uint64_t now)
{
	return now - flow->record.used >= flows->timeout[flow->kind] ||
	       (ps_unlikely(flow->kind == PS_FLOW_CLOSING) && (tcp_flags & (SYN | ACK)) == SYN);
}

static void change_kind(struct ps_flows *flows, struct ps_flow *flow, enum ps_flow_kind kind)
{
	if (flow->kind == kind)
		return;
	ps_recent_move(&flows->known, &flow->record, flow->kind, kind);
	flow->kind = kind;
}

static ps_inline void use(struct ps_flows *flows, struct ps_flow *flow, uint8_t tcp_flags, uint64_t now)
{
	if (ps_unlikely(tcp_flags & (FIN | RST)))
		change_kind(flows, flow, PS_FLOW_CLOSING);
	ps_recent_use(&flows->known, &flow->record, flow->kind, now);
}

static TValue *place_of(const struct ps_flow *flow)
{
	return &flow->block->array[flow->place];
}

/* Nothing is left of what scripts have said of it. Allocates nothing: the table is garbage. */
static void forget(struct ps_flows *flows, struct ps_flow *flow)
{
	if (flow->block)
		setnilvalue(place_of(flow));
	flows->ncut -= flow->is_cut;
	flow->is_cut = false;
	memset(flow->cut, 0, sizeof(flow->cut));
	if (flows->of_packet == flow)
		flows->of_packet = NULL;
}

static void remove_flow(struct ps_flows *flows, struct ps_flow *flow)
{
	forget(flows, flow);
	ps_recent_remove(&flows->known, &flow->record, flow->kind);
	flows->surplus -= flows->surplus > 0;
}

/* The flow that was idle longest, or NULL. */
static struct ps_flow *oldest(const struct ps_flows *flows)
{
	int kind = ps_recent_oldest(&flows->known);

	return kind < 0 ? NULL : (struct ps_flow *)flows->known.lists[kind].oldest;
}

/* Removes one flow that has been idle too long. False: there is none. */
static bool remove_idle(struct ps_flows *flows, uint64_t now)
{
	struct ps_entry *record;
	int kind;

	for (kind = 0; kind < PS_FLOW_KINDS; kind++) {
		record = flows->known.lists[kind].oldest;
		if (record && now - record->used >= flows->timeout[kind]) {
			remove_flow(flows, (struct ps_flow *)record);
			return true;
		}
	}
	return false;
}

/* Removes so many of those that are too many, at most. */
static void remove_surplus(struct ps_flows *flows, uint32_t n)
{
	struct ps_flow *flow = oldest(flows);

	for (; n && flows->surplus && flow && flow != flows->of_packet; n--) {	/* that one's table may be in the making */
		remove_flow(flows, flow);
		flow = oldest(flows);
	}
}

void ps_flows_make_room(struct ps_runtime *rt)
{
	struct ps_flows *flows = &((struct ps_bind *)rt)->flows;

	if (G(rt->L)->GCestimate < rt->memory_max / 4)	/* it is garbage that takes the memory */
		return;
	flows->surplus = flows->known.n / 4;	/* so that it is seldom done; the others go when new ones come */
	remove_surplus(flows, PS_FLOWS_AT_ONCE);
}

static ps_noinline struct ps_flow *new_flow(lua_State *L, struct ps_flows *flows, const struct ps_tuple *tuple, uint64_t hash,
					    enum ps_flow_kind kind, uint64_t now)
{
	struct ps_flow *flow;

	if (remove_idle(flows, now))	/* two for each that comes: so none is kept for long */
		remove_idle(flows, now);
	remove_surplus(flows, 2);
	flow = (struct ps_flow *)ps_recent_add(&flows->known, hash, kind, now);
	if (!flow && flows->known.n) {
		remove_flow(flows, oldest(flows));
		flow = (struct ps_flow *)ps_recent_add(&flows->known, hash, kind, now);
	}
	if (!flow)
		luaL_error(L, "not enough memory");
	flow->tuple = *tuple;
	flow->kind = kind;
	return flow;
}

/*
 * Tables.
 */
static void push_table(lua_State *L, Table *t)
{
	sethvalue2s(L, PS_STACK_TOP(L), t);
	PS_STACK_TOP(L)++;
}

static void new_block(lua_State *L, struct ps_flows *flows)
{
	int i;

	lua_createtable(L, ARRAY, 4);
	for (i = 0; i < MARK; i++) {
		lua_pushboolean(L, false);
		lua_rawseti(L, -2, i + 1);
	}
	lua_pushlightuserdata(L, (void *)&mark);
	lua_rawseti(L, -2, MARK + 1);
	push_table(L, flows->methods);
	lua_setfield(L, -2, "__index");
	lua_pushliteral(L, TYPE);
	lua_setfield(L, -2, "__metatable");
	lua_pushliteral(L, TYPE);
	lua_setfield(L, -2, "__name");
	lua_rawgetp(L, LUA_REGISTRYINDEX, &blocks);
	lua_pushvalue(L, -2);
	lua_rawseti(L, -2, lua_rawlen(L, -2) + 1);
	lua_pop(L, 1);
	flows->block = hvalue(s2v(PS_STACK_TOP(L) - 1));
	flows->taken = 0;
	lua_pop(L, 1);
}

/* Gives it a place for its table, for as long as the state lasts. */
static void take_place(lua_State *L, struct ps_flows *flows, struct ps_flow *flow)
{
	if (!flows->block || flows->taken == PLACES)
		new_block(L, flows);
	flow->place = flows->taken++;
	flow->block = flows->block;
	setpvalue(&flow->block->array[FLOWS + flow->place], flow);
	setnilvalue(place_of(flow));
}

static ps_noinline void new_table(lua_State *L, struct ps_flows *flows, struct ps_flow *flow)
{
	luaL_checkstack(L, 5, NULL);
	if (!flow->block)
		take_place(L, flows, flow);
	push_table(L, flow->block);
	lua_newtable(L);
	lua_pushvalue(L, -2);
	lua_setmetatable(L, -2);
	lua_pushvalue(L, -1);
	lua_rawseti(L, -3, flow->place + 1);
	lua_remove(L, -2);
}

/* Pushes the flow's table. May raise; then it is made the next time. */
static void push_flow(lua_State *L, struct ps_flows *flows, struct ps_flow *flow)
{
	if (ps_likely(flow->block && ttistable(place_of(flow)))) {
		setobj2s(L, PS_STACK_TOP(L), place_of(flow));
		PS_STACK_TOP(L)++;
	} else {
		new_table(L, flows, flow);
	}
}

/* The flow whose table argument 1 is; NULL: that is gone. Raises if it is no such table. */
static struct ps_flow *check_flow(lua_State *L)
{
	const TValue *v = ps_arg(L, 1);
	const Table *t = v && ttistable(v) ? hvalue(v) : NULL, *block = t ? t->metatable : NULL;
	int i;

	if (!block || block->alimit < ARRAY || !ttislightuserdata(&block->array[MARK]) ||
	    pvalue(&block->array[MARK]) != &mark)
		luaL_typeerror(L, 1, TYPE);
	for (i = 0; i < PLACES; i++) {
		if (ttistable(&block->array[i]) && hvalue(&block->array[i]) == t)
			return pvalue(&block->array[FLOWS + i]);
	}
	return NULL;
}

/*
 * What scripts call.
 */

/* One that is known, has its table and goes on. */
int ps_flow_call(lua_State *L, struct ps_bind *bind, StkId func)
{
	struct ps_flows *flows = &bind->flows;
	struct ps_flow *flow = flows->packet == bind->serial ? flows->of_packet : NULL;
	struct ps_tuple_seen seen ps_uninit;
	struct ps_tuple tuple ps_uninit;
	uint64_t now;

	if (!flow) {
		now = ps_host_time();
		if (!see(flows, bind->pkt, &seen, &tuple, now))
			return -1;
		flow = find(flows, &tuple, ps_tuple_hash(&tuple));
		if (ps_unlikely(!flow || is_over(flows, flow, seen.tcp_flags, now)))
			return -1;
		use(flows, flow, seen.tcp_flags, now);
		flows->packet = bind->serial;
		flows->of_packet = flow;
	}
	if (ps_unlikely(!flow->block || !ttistable(place_of(flow))))
		return -1;
	setobj2s(L, func, place_of(flow));
	return 1;
}

static struct ps_flow *find_or_make(lua_State *L, struct ps_flows *flows, struct ps_packet *pkt)
{
	uint64_t now = ps_host_time(), hash;
	struct ps_tuple_seen seen;
	struct ps_tuple tuple;
	struct ps_flow *flow;

	if (!see(flows, pkt, &seen, &tuple, now))
		return NULL;
	hash = ps_tuple_hash(&tuple);
	flow = find(flows, &tuple, hash);
	if (ps_unlikely(!flow)) {
		flow = new_flow(L, flows, &tuple, hash, kind_of(seen.protocol), now);
	} else if (ps_unlikely(is_over(flows, flow, seen.tcp_flags, now))) {
		forget(flows, flow);
		change_kind(flows, flow, kind_of(seen.protocol));
	}
	use(flows, flow, seen.tcp_flags, now);
	return flow;
}

int ps_flow_of(lua_State *L)
{
	struct ps_bind *bind = ps_bind_of(L);
	struct ps_flows *flows = &bind->flows;

	if (ps_view_check(L)->place.flags & PS_VIEW_MEMORY)
		return luaL_error(L, "bytes that are no packet have no flow");
	if (ps_runtime_context(&bind->rt) != PS_CONTEXT_PACKET)
		return luaL_error(L, "flows are for where packets are handled (IS_INTERRUPT is true)");
	if (flows->packet != bind->serial || !flows->of_packet) {
		flows->packet = bind->serial;
		flows->of_packet = find_or_make(L, flows, bind->pkt);
	}
	if (flows->of_packet)
		push_flow(L, flows, flows->of_packet);
	else
		lua_pushnil(L);
	return 1;
}

#define AN_ANSWER	0x40	/* beside these, a verdict, and 1; in the upper half a queue */

/* Argument 2, for ps_flow.cut: what holds. */
static uint32_t encode(lua_State *L)
{
	const struct ps_packet *pkt = ps_bind_of(L)->pkt;
	lua_Integer value;
	enum ps_verdict verdict;
	uint16_t queue = 0;

	if (lua_isnoneornil(L, 2) && pkt && pkt->ops->is_read_only)
		return AN_ANSWER;
	if (lua_isboolean(L, 2))
		return AN_ANSWER | lua_toboolean(L, 2);
	value = luaL_optinteger(L, 2, PS_XT_CONTINUE);
	verdict = ps_verdict_of(value, &queue);
	luaL_argcheck(L, verdict != PS_VERDICT_REPEAT, 2, "NF_REPEAT asks for the script, which is not run any more");
	luaL_argcheck(L, verdict != PS_VERDICT_TX && verdict != PS_VERDICT_REDIRECT, 2, "packets of a connection that is cut are sent to no device");
	luaL_argcheck(L, verdict != PS_VERDICT_ERROR, 2, "no verdict: give NF_DROP, NF_ACCEPT, NF_STOLEN, NF_QUEUE, XT_CONTINUE "
							  "or XT_RETURN, or of a match true or false");
	return (uint32_t)queue << 16 | (verdict + 1);
}

/* The number of the script whose handler or timer is under way: that of the outermost function which is of one. */
static int running_script(lua_State *L)
{
	const struct ps_flows *flows = &ps_bind_of(L)->flows;
	int level, i, script = -1;
	lua_Debug ar;

	for (level = 1; lua_getstack(L, level, &ar); level++) {
		ps_guard_tick(L);
		lua_getinfo(L, "S", &ar);
		for (i = 0; i < PS_FLOW_CUTTERS && flows->scripts[i]; i++) {
			if (!strcmp(getstr(flows->scripts[i]), ar.source))
				script = i;
		}
	}
	return script;
}

static void set_cut(struct ps_flows *flows, struct ps_flow *flow, unsigned int script, uint32_t code)
{
	flows->ncut += !flow->is_cut;
	flow->is_cut = true;
	flow->cut[script] = code;
}

static int cut(lua_State *L)
{
	struct ps_flow *flow = check_flow(L);
	uint32_t code = encode(L);
	int script = running_script(L);

	if (script < 0)
		return luaL_error(L, "no function of a script runs that may cut flows: up to %d scripts of a state may, whose "
				     "functions rules name", PS_FLOW_CUTTERS);
	lua_pushboolean(L, flow != NULL);
	if (flow)
		set_cut(&ps_bind_of(L)->flows, flow, script, code);
	return 1;
}

/* The flow is one of the packet that is handled: what comes of it is known of no other. */
static int offload(lua_State *L)
{
	struct ps_flow *flow = check_flow(L);
	struct ps_bind *bind = ps_bind_of(L);
	const struct ps_flows *flows = &bind->flows;

	ps_memory_leave(bind);
	if (!flow || !bind->pkt || flows->packet != bind->serial || flows->of_packet != flow)
		return ps_library_answer(L, "no packet of the connection is handled");
	ps_bind_check_writable(L);
	return ps_library_answer(L, ps_ct_offload(bind->pkt));
}

static int count(lua_State *L)
{
	struct ps_flows *flows = &ps_bind_of(L)->flows;
	uint64_t now = ps_host_time();

	while (remove_idle(flows, now))
		ps_guard_tick(L);
	lua_pushinteger(L, flows->known.n);
	return 1;
}

static lua_Integer check_number(lua_State *L, const char *name, lua_Integer max)
{
	lua_Integer value = lua_isinteger(L, -1) ? lua_tointeger(L, -1) : 0;

	if (value < 1 || value > max)
		luaL_error(L, "flow.options: %s is an integer from 1 to %I", name, (LUAI_UACINT)max);
	return value;
}

#define TIMEOUT_MAX	(365ll * 24 * 3600 * 1000)

static int options(lua_State *L)
{
	struct ps_flows *flows = &ps_bind_of(L)->flows;
	const char *name;
	int kind;

	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 1);
	lua_pushnil(L);
	while (lua_next(L, 1)) {
		name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : luaL_typename(L, -2);
		for (kind = 0; kind < PS_FLOW_KINDS && strcmp(name, kinds[kind].name); kind++)
			;
		if (kind < PS_FLOW_KINDS)
			flows->timeout[kind] = check_number(L, name, TIMEOUT_MAX) * MS;
		else if (!strcmp(name, "size"))
			flows->known.max = check_number(L, name, PS_FLOWS_MAX);
		else
			luaL_error(L, "flow.options: there is no option '%s': there are size, tcp, closing, udp, icmp and other", name);
		lua_pop(L, 1);
	}
	while (flows->known.n > flows->known.max) {
		remove_flow(flows, oldest(flows));
		ps_guard_tick(L);
	}
	return 0;
}

bool ps_flows_find_cut(struct ps_bind *bind, struct ps_packet *pkt, unsigned int script, struct ps_flow_cut *cut)
{
	struct ps_flows *flows = &bind->flows;
	uint64_t now = ps_host_time();
	struct ps_tuple_seen seen ps_uninit;
	struct ps_tuple tuple ps_uninit;
	struct ps_flow *flow;
	uint32_t code;

	if (script >= PS_FLOW_CUTTERS || !see(flows, pkt, &seen, &tuple, now))
		return false;
	flow = find(flows, &tuple, ps_tuple_hash(&tuple));
	if (!flow)
		return false;
	if (ps_unlikely(is_over(flows, flow, seen.tcp_flags, now))) {	/* the next packet does not tell that it was */
		remove_flow(flows, flow);
		return false;
	}
	if (!flow->cut[script])
		return false;
	use(flows, flow, seen.tcp_flags, now);
	code = flow->cut[script];
	cut->is_answer = code & AN_ANSWER;
	cut->answer = code & 1;
	cut->verdict = (code & (AN_ANSWER - 1)) - 1;
	cut->queue = code >> 16;
	return true;
}

/*
 * Going over.
 */

/* A flow as it is written; what its table has follows. */
struct image {
	struct ps_tuple tuple;
	uint32_t cut[PS_FLOW_CUTTERS];
	uint8_t kind;
	bool has_table;
};

/* Neither raises nor allocates in the old Lua state. What cannot be written is left out. */
static void write_flow(struct ps_old *old, const struct ps_flow *flow)
{
	lua_State *L = old->script->bind.rt.L;
	struct image image = { .tuple = flow->tuple, .kind = flow->kind };
	size_t len = old->len;
	const char *why;

	memcpy(image.cut, flow->cut, sizeof(image.cut));
	image.has_table = flow->block && ttistable(place_of(flow)) && lua_checkstack(L, 8);
	why = ps_carry_put(old, &image, sizeof(image));
	if (!why && image.has_table) {
		push_table(L, hvalue(place_of(flow)));
		why = ps_carry_put_fields(old);
		lua_pop(L, 1);
	}
	if (why)
		old->len = len;
}

/* Those of a bucket. False: there is no such bucket. */
static bool write_bucket(struct ps_old *old, uint32_t i)
{
	const struct ps_recent *known = &old->script->bind.flows.known;
	const struct ps_entry *record;

	old->len = 0;
	if (i >= known->nbuckets)
		return false;
	for (record = known->chunks[i / PS_RECENT_CHUNK][i % PS_RECENT_CHUNK]; record; record = record->next)
		write_flow(old, (const struct ps_flow *)record);
	return true;
}

/* Moves the fields of the table below to the one on top of the stack. */
static void copy_fields(lua_State *L)
{
	lua_pushnil(L);
	while (lua_next(L, -3)) {
		lua_pushvalue(L, -2);
		lua_insert(L, -2);
		lua_rawset(L, -4);
	}
}

static const uint8_t *take_flow(lua_State *L, const uint8_t *at, const unsigned int script[PS_FLOW_CUTTERS], uint64_t now)
{
	struct ps_flows *flows = &ps_bind_of(L)->flows;
	struct ps_flow *flow;
	struct image image;
	uint64_t hash;
	int i;

	memcpy(&image, at, sizeof(image));
	at += sizeof(image);
	if (image.has_table)
		at = ps_carry_get(L, at);
	hash = ps_tuple_hash(&image.tuple);
	if (find(flows, &image.tuple, hash))	/* the bucket that it was in has been split meanwhile */
		return at;
	flow = new_flow(L, flows, &image.tuple, hash, image.kind, now);
	for (i = 0; i < PS_FLOW_CUTTERS; i++) {
		if (image.cut[i] && script[i] < PS_FLOW_CUTTERS)
			set_cut(flows, flow, script[i], image.cut[i]);
	}
	if (image.has_table) {
		flows->of_packet = flow;	/* so that it stays while its table is made */
		push_flow(L, flows, flow);
		flows->of_packet = NULL;
		copy_fields(L);
	}
	return at;
}

#define BUCKETS	64	/* that are taken over at a time */

void ps_flows_take(lua_State *L, struct ps_old *old, uint32_t *at)
{
	const struct ps_flows *from = &old->script->bind.flows;
	unsigned int script[PS_FLOW_CUTTERS] = { 0 }, i;
	uint64_t now = ps_host_time();
	const uint8_t *next;
	int top = lua_gettop(L);
	bool is_there = true;

	luaL_checkstack(L, 8, NULL);
	for (i = 0; i < PS_FLOW_CUTTERS && from->scripts[i]; i++)
		script[i] = ps_flows_script(L, getstr(from->scripts[i]) + 1);
	for (i = 0; i < BUCKETS && is_there; i++) {
		old->lock(old);
		is_there = write_bucket(old, *at);
		old->unlock(old);
		*at = is_there ? *at + 1 : 0;
		for (next = old->bytes; next != old->bytes + old->len;) {
			next = take_flow(L, next, script, now);
			lua_settop(L, top);
		}
	}
}

/*
 * Setup.
 */
unsigned int ps_flows_script(lua_State *L, const char *path)
{
	struct ps_flows *flows = &ps_bind_of(L)->flows;
	unsigned int i;

	for (i = 0; i < PS_FLOW_CUTTERS && flows->scripts[i]; i++) {
		if (!strcmp(getstr(flows->scripts[i]) + 1, path))
			return i;
	}
	if (i == PS_FLOW_CUTTERS)
		return i;
	lua_rawgetp(L, LUA_REGISTRYINDEX, &blocks);
	lua_pushfstring(L, "@%s", path);
	lua_pushvalue(L, -1);
	lua_rawseti(L, -3, -1 - (int)i);	/* below the blocks. May raise: then nobody keeps the string */
	flows->scripts[i] = tsvalue(s2v(PS_STACK_TOP(L) - 1));
	lua_pop(L, 2);
	return i;
}

const struct ps_callable ps_flow_methods[] = {
	{ { "cut", cut }, PS_OF_FLOW, { { "verdict", PS_LUA_VERDICT, true } }, PS_LUA_BOOLEAN, NULL,
	  "later packets of the connection get the verdict (XT_CONTINUE) without the script; whether the connection is still there" },
	{ { "offload", offload }, PS_OF_FLOW, { { NULL } }, PS_LUA_BOOLEAN, "it cannot be; the second result is why",
	  "the kernel carries the packets of the connection from now on, without rules and scripts: see below" },
	{ { NULL } },
};

const struct ps_callable ps_flow_library[] = {
	{ { "count", count }, PS_OF_LIBRARY, { { NULL } }, PS_LUA_INTEGER, NULL, "how many connections there are" },
	{ { "options", options }, PS_OF_LIBRARY, { { "options", PS_LUA_FLOW_OPTIONS } }, PS_LUA_NOTHING, NULL,
	  "how many connections there may be, and after what time idle ones end: see below" },
	{ { NULL } },
};

void ps_flows_limit(struct ps_bind *bind)
{
	bind->flows.known.memory_max = bind->rt.memory_max / 4;
	bind->flows.fragments.memory_max = bind->rt.memory_max / 4;
}

void ps_flows_open(lua_State *L)
{
	struct ps_bind *bind = ps_bind_of(L);
	struct ps_flows *flows = &bind->flows;
	size_t memory = bind->rt.memory_max / 4;
	const struct ps_callable *row;
	int kind;

	bind->rt.make_room = ps_flows_make_room;
	ps_recent_init(&flows->known, &bind->rt, sizeof(struct ps_flow), PS_FLOWS, memory);
	ps_recent_init(&flows->fragments, &bind->rt, sizeof(struct fragmented), PS_FLOW_FRAGMENTED, memory);
	for (kind = 0; kind < PS_FLOW_KINDS; kind++)
		flows->timeout[kind] = kinds[kind].otherwise * MS;
	lua_newtable(L);
	lua_newtable(L);
	for (row = ps_flow_methods; row->method.name; row++) {
		lua_pushcfunction(L, row->method.call);
		lua_setfield(L, -2, row->method.name);
	}
	flows->methods = hvalue(s2v(PS_STACK_TOP(L) - 1));
	lua_rawseti(L, -2, 0);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &blocks);
}

int ps_flow_open_library(lua_State *L)
{
	ps_library_push(L, ps_flow_library);
	return 1;
}

void ps_flows_clean(struct ps_bind *bind)
{
	ps_recent_clean(&bind->flows.known);
	ps_recent_clean(&bind->flows.fragments);
}
