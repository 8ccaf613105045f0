/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#define LUA_LIB
#include "lprefix.h"

#include <stdint.h>
#include <string.h>

#include "lua.h"
#include "lauxlib.h"

#include "access.h"
#include "callable.h"
#include "conntrack.h"
#include "library.h"
#include "memory.h"

#define TYPE		"ct"
#define TUPLE_TYPE	"ct tuple"

struct ps_ct_object {
	struct ps_object object;
	uint64_t serial;	/* of the packet, as in struct ps_bind */
	bool is_reply;		/* of a direction: which one */
};

static const struct ps_class class = { .name = TYPE };
static const struct ps_class tuple_class = { .name = TUPLE_TYPE };

/* By their bits; as nft and conntrack call them. NULL: only the kernel itself has use for it. */
static const char *const status_names[] = {
	"expected", "seen-reply", "assured", "confirmed", "snat", "dnat", "seq-adjust", NULL, NULL, "dying", "fixed-timeout", NULL,
	NULL, "helper", "offload", "hw-offload",
};

#define NSTATUS	(int)(sizeof(status_names) / sizeof(status_names[0]))

/* The number of the bit, or -1. */
static int status_named(const char *name)
{
	int bit;

	for (bit = 0; bit < NSTATUS; bit++) {
		if (status_names[bit] && !strcmp(status_names[bit], name))
			return bit;
	}
	return -1;
}

bool ps_ct_knows(const char *word)
{
	return status_named(word) >= 0;
}

/*
 * Asking.
 */
static const struct ps_ct_ops *ops_of(const struct ps_packet *pkt)
{
	return pkt->ops->company ? pkt->ops->company->ct : NULL;
}

static bool find_number(struct ps_packet *pkt, enum ps_ct_number what, bool reply, uint64_t *value)
{
	const struct ps_ct_ops *ops = ops_of(pkt);

	return ops && ops->number(pkt, what, reply, value);
}

/* The object that is argument 1, while its packet is handled; that is what is looked at then. */
static const struct ps_ct_object *check(lua_State *L, const struct ps_class *of)
{
	const struct ps_ct_object *ct = ps_arg_object(L, 1, of);

	if (!ct)
		luaL_typeerror(L, 1, of->name);
	ps_memory_leave(ps_bind_of(L));
	ps_bind_check_packet(L, ct->serial);
	return ct;
}

static int push_number(lua_State *L, enum ps_ct_number what, bool reply)
{
	uint64_t value;

	if (find_number(ps_bind_of(L)->pkt, what, reply, &value))
		lua_pushinteger(L, value);
	else
		lua_pushnil(L);
	return 1;
}

static enum ps_ct_info check_info(lua_State *L)
{
	uint64_t info;

	check(L, &class);
	return find_number(ps_bind_of(L)->pkt, PS_CT_INFO, false, &info) ? info : PS_CT_INVALID;
}

static int state(lua_State *L)
{
	static const char *const names[] = {
		[PS_CT_ESTABLISHED] = "established",
		[PS_CT_RELATED] = "related",
		[PS_CT_NEW] = "new",
		[PS_CT_ESTABLISHED_REPLY] = "established",
		[PS_CT_RELATED_REPLY] = "related",
		[PS_CT_UNTRACKED] = "untracked",
		[PS_CT_INVALID] = "invalid",
	};
	enum ps_ct_info info = check_info(L);

	lua_pushstring(L, info <= PS_CT_INVALID && names[info] ? names[info] : names[PS_CT_INVALID]);
	return 1;
}

static int direction(lua_State *L)
{
	enum ps_ct_info info = check_info(L);

	if (info >= PS_CT_UNTRACKED)
		lua_pushnil(L);
	else
		lua_pushstring(L, info >= PS_CT_ESTABLISHED_REPLY ? "reply" : "original");
	return 1;
}

static int mark(lua_State *L)
{
	struct ps_packet *pkt;
	lua_Integer value;

	check(L, &class);
	if (lua_isnone(L, 2))
		return push_number(L, PS_CT_MARK, false);
	value = luaL_checkinteger(L, 2);
	ps_bind_check_writable(L);
	if (value < 0 || value > 0xFFFFFFFF)
		return luaL_error(L, "mark: the value does not fit into 32 bits");
	pkt = ps_bind_of(L)->pkt;
	if (!ops_of(pkt)->set_mark(pkt, value))
		return luaL_error(L, "mark: the packet has no connection that could have one (its state is \"invalid\" or "
				     "\"untracked\", or the kernel has no marks of connections)");
	lua_pushinteger(L, value);
	return 1;
}

static int status(lua_State *L)
{
	luaL_Buffer names;
	uint64_t bits;
	int bit;

	check(L, &class);
	if (!find_number(ps_bind_of(L)->pkt, PS_CT_STATUS, false, &bits)) {
		lua_pushnil(L);
		return 1;
	}
	luaL_buffinit(L, &names);
	for (bit = 0; bit < NSTATUS; bit++) {
		if (!status_names[bit] || !(bits >> bit & 1))
			continue;
		if (luaL_bufflen(&names))
			luaL_addchar(&names, ',');
		luaL_addstring(&names, status_names[bit]);
	}
	luaL_pushresult(&names);
	return 1;
}

static int is(lua_State *L)
{
	const char *name;
	uint64_t bits;
	int bit;

	check(L, &class);
	name = luaL_checkstring(L, 2);
	bit = status_named(name);
	if (bit < 0)
		return luaL_argerror(L, 2, lua_pushfstring(L, "a ct's status has no bit '%s': there are expected, seen-reply, assured, "
							     "confirmed, snat, dnat, seq-adjust, dying, fixed-timeout, helper, "
							     "offload and hw-offload", name));
	lua_pushboolean(L, find_number(ps_bind_of(L)->pkt, PS_CT_STATUS, false, &bits) && bits >> bit & 1);
	return 1;
}

static int id(lua_State *L)
{
	check(L, &class);
	return push_number(L, PS_CT_ID, false);
}

static int zone(lua_State *L)
{
	check(L, &class);
	return push_number(L, PS_CT_ZONE, false);
}

static int expiration(lua_State *L)
{
	check(L, &class);
	return push_number(L, PS_CT_EXPIRATION, false);
}

/* What both directions have together. */
static int push_sum(lua_State *L, enum ps_ct_number what)
{
	struct ps_packet *pkt;
	uint64_t there, back;

	check(L, &class);
	pkt = ps_bind_of(L)->pkt;
	if (find_number(pkt, what, false, &there) && find_number(pkt, what, true, &back))
		lua_pushinteger(L, there + back);
	else
		lua_pushnil(L);
	return 1;
}

static int bytes(lua_State *L)
{
	return push_sum(L, PS_CT_BYTES);
}

static int packets(lua_State *L)
{
	return push_sum(L, PS_CT_PACKETS);
}

/*
 * Translation: nf.nat(p, { … })
 */
#define OPTIONS	2	/* where the table is on the stack */

static const char *string_value(lua_State *L, const char *name, size_t *len)
{
	if (lua_type(L, -1) != LUA_TSTRING)
		luaL_error(L, "nat: %s is a string, not %s", name, luaL_typename(L, -1));
	return lua_tolstring(L, -1, len);
}

static bool boolean_value(lua_State *L, const char *name)
{
	if (!lua_isboolean(L, -1))
		luaL_error(L, "nat: %s is true or false, not %s", name, luaL_typename(L, -1));
	return lua_toboolean(L, -1);
}

/* Where a range of two is divided, or its end. */
static size_t first_of(const char *text, size_t len)
{
	const char *dash = memchr(text, '-', len);

	return dash ? (size_t)(dash - text) : len;
}

static bool parse_address(const char *text, size_t len, uint8_t version, uint8_t address[16])
{
	const struct ps_type *type = version == 4 ? PS_IPV4 : PS_IPV6;
	struct ps_value value;

	if (!type->parse(text, len, &value))
		return false;
	if (version == 4) {
		ps_store32(address, value.low);
	} else {
		ps_store64(address, value.high);
		ps_store64(address + 8, value.low);
	}
	return true;
}

static bool parse_addresses(const char *text, size_t len, uint8_t version, struct ps_ct_nat *nat)
{
	size_t first = first_of(text, len), rest = first < len ? first + 1 : 0;

	nat->version = version;
	return parse_address(text, first, version, nat->address[0]) &&
	       parse_address(text + rest, len - rest, version, nat->address[1]);
}

static void take_addresses(lua_State *L, const char *name, struct ps_ct_nat *nat)
{
	const char *text;
	size_t len;

	text = string_value(L, name, &len);
	if (!parse_addresses(text, len, 4, nat) && !parse_addresses(text, len, 6, nat))
		luaL_error(L, "nat: %s is an address, or two as in \"10.0.0.5-10.0.0.9\", not '%s'", name, text);
	if (memcmp(nat->address[0], nat->address[1], sizeof(nat->address[0])) > 0)
		luaL_error(L, "nat: the first address of '%s' is not the lower one", text);
}

/* A port in decimal digits, or -1. */
static lua_Integer parse_port(const char *text, size_t len)
{
	lua_Integer port = 0;
	size_t i;

	if (!len || len > 5)
		return -1;
	for (i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		port = 10 * port + text[i] - '0';
	}
	return port;
}

static void take_ports(lua_State *L, struct ps_ct_nat *nat)
{
	lua_Integer first, last;
	const char *text;
	size_t len, end;

	if (lua_isinteger(L, -1)) {
		first = last = lua_tointeger(L, -1);
	} else {
		text = string_value(L, "port", &len);
		end = first_of(text, len);
		first = parse_port(text, end);
		last = end < len ? parse_port(text + end + 1, len - end - 1) : first;
	}
	if (first < 1 || last > 0xFFFF || first > last)
		luaL_error(L, "nat: port is an integer from 1 to 65535, or two as in \"8000-8099\", the lower one first");
	nat->has_ports = true;
	nat->port[0] = first;
	nat->port[1] = last;
}

/* Takes an option: its name is at -2, its value at -1. Returns how many of those it is that say what becomes another. */
static int take_option(lua_State *L, struct ps_ct_nat *nat)
{
	const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : luaL_typename(L, -2);

	if (!strcmp(name, "dnat") || !strcmp(name, "snat")) {
		nat->is_source |= name[0] == 's';
		take_addresses(L, name, nat);
		return 1;
	}
	if (!strcmp(name, "masquerade")) {
		nat->is_masquerade = boolean_value(L, name);
		nat->is_source |= nat->is_masquerade;
		return nat->is_masquerade;
	}
	if (!strcmp(name, "port"))
		take_ports(L, nat);
	else if (!strcmp(name, "random"))
		nat->is_random = boolean_value(L, name);
	else if (!strcmp(name, "persistent"))
		nat->is_persistent = boolean_value(L, name);
	else
		luaL_error(L, "nat: there is no '%s': there are dnat, snat, masquerade, port, random and persistent", name);
	return 0;
}

static void take_options(lua_State *L, struct ps_ct_nat *nat)
{
	int kinds = 0;

	memset(nat, 0, sizeof(*nat));
	luaL_checktype(L, OPTIONS, LUA_TTABLE);
	lua_settop(L, OPTIONS);
	lua_pushnil(L);
	while (lua_next(L, OPTIONS)) {
		ps_guard_tick(L);
		kinds += take_option(L, nat);
		lua_pop(L, 1);
	}
	if (kinds != 1)
		luaL_error(L, "nat: give one of dnat = \"…\", snat = \"…\" and masquerade = true");
}

int ps_ct_translate(lua_State *L)
{
	const struct ps_ct_ops *ops;
	struct ps_ct_nat nat;
	struct ps_packet *pkt;

	ps_view_check(L);
	pkt = ps_bind_of(L)->pkt;	/* or bytes that the view is of */
	ps_bind_check_writable(L);
	take_options(L, &nat);
	ops = ops_of(pkt);
	return ps_library_answer(L, ops && ops->nat ? ops->nat(pkt, &nat) : "connections are not translated here");
}

const char *ps_ct_offload(struct ps_packet *pkt)
{
	const struct ps_ct_ops *ops = ops_of(pkt);

	return ops && ops->offload ? ops->offload(pkt) : "connections are not handed over here";
}

/*
 * Directions.
 */

/* The direction that argument 1 is. False: the packet has no connection. */
static bool check_tuple(lua_State *L, struct ps_ct_tuple *tuple)
{
	const struct ps_ct_object *d = check(L, &tuple_class);
	struct ps_packet *pkt = ps_bind_of(L)->pkt;

	memset(tuple, 0, sizeof(*tuple));
	return ops_of(pkt)->tuple(pkt, d->is_reply, tuple);
}

static int push_address(lua_State *L, int which)
{
	struct ps_ct_tuple tuple;
	const uint8_t *address = tuple.address[which];

	if (!check_tuple(L, &tuple)) {
		lua_pushnil(L);
		return 1;
	}
	if (tuple.version == 4)
		return ps_view_push_address(L, (struct ps_value){ 0, ps_load32(address) }, PS_IPV4);
	return ps_view_push_address(L, (struct ps_value){ ps_load64(address), ps_load64(address + 8) }, PS_IPV6);
}

static int push_port(lua_State *L, int which)
{
	struct ps_ct_tuple tuple;

	if (check_tuple(L, &tuple) && tuple.has_ports)
		lua_pushinteger(L, tuple.port[which]);
	else
		lua_pushnil(L);
	return 1;
}

static int saddr(lua_State *L)
{
	return push_address(L, 0);
}

static int daddr(lua_State *L)
{
	return push_address(L, 1);
}

static int sport(lua_State *L)
{
	return push_port(L, 0);
}

static int dport(lua_State *L)
{
	return push_port(L, 1);
}

static int protocol(lua_State *L)
{
	struct ps_ct_tuple tuple;

	if (check_tuple(L, &tuple))
		lua_pushinteger(L, tuple.protocol);
	else
		lua_pushnil(L);
	return 1;
}

static int tuple_bytes(lua_State *L)
{
	return push_number(L, PS_CT_BYTES, check(L, &tuple_class)->is_reply);
}

static int tuple_packets(lua_State *L)
{
	return push_number(L, PS_CT_PACKETS, check(L, &tuple_class)->is_reply);
}

/*
 * Objects.
 */
enum { OBJECT_CT, OBJECT_ORIGINAL, OBJECT_REPLY };

static struct ps_ct_object *make(lua_State *L, const struct ps_class *of, bool is_reply)
{
	struct ps_ct_object *ct = ps_bind_new(L, sizeof(*ct), of, of->name);

	ct->serial = 0;
	ct->is_reply = is_reply;
	luaL_ref(L, LUA_REGISTRYINDEX);
	return ct;
}

/* Makes all of them, when a script first asks; the state keeps them. If something raises in between, the next one begins anew. */
static void ensure_made(lua_State *L)
{
	struct ps_bind *bind = ps_bind_of(L);

	if (l_likely(bind->ct[OBJECT_CT]))
		return;
	ps_library_new_type(L, TYPE, ps_ct_methods);
	ps_library_new_type(L, TUPLE_TYPE, ps_ct_tuple_methods);
	bind->ct[OBJECT_ORIGINAL] = make(L, &tuple_class, false);
	bind->ct[OBJECT_REPLY] = make(L, &tuple_class, true);
	bind->ct[OBJECT_CT] = make(L, &class, false);
}

/* Pushes it, for the packet that is handled. */
static int push(lua_State *L, int which)
{
	struct ps_bind *bind = ps_bind_of(L);
	struct ps_ct_object *ct = bind->ct[which];

	ct->serial = bind->serial;
	ps_push_block(L, ct);
	return 1;
}

int ps_ct_of(lua_State *L)
{
	uint64_t info;

	ps_view_check(L);
	if (!find_number(ps_bind_of(L)->pkt, PS_CT_INFO, false, &info)) {
		lua_pushnil(L);
		return 1;
	}
	ensure_made(L);
	return push(L, OBJECT_CT);
}

static int original(lua_State *L)
{
	check(L, &class);
	return push(L, OBJECT_ORIGINAL);
}

static int reply(lua_State *L)
{
	check(L, &class);
	return push(L, OBJECT_REPLY);
}

#define NO_CONNECTION	"it has no connection: its state is `\"invalid\"` or `\"untracked\"`"
#define NO_COUNT	"connections are not counted (`sysctl net.netfilter.nf_conntrack_acct`)"

const struct ps_callable ps_ct_methods[] = {
	{ { "state", state }, PS_OF_CT, { { NULL } }, PS_LUA_STRING, NULL,
	  "of the packet: `\"new\"`, `\"established\"`, `\"related\"`, `\"invalid\"` or `\"untracked\"`" },
	{ { "direction", direction }, PS_OF_CT, { { NULL } }, PS_LUA_STRING, NO_CONNECTION,
	  "of the packet: `\"original\"`, which is that of the connection's first packet, or `\"reply\"`" },
	{ { "mark", mark }, PS_OF_CT, { { "mark", PS_LUA_SETTING, true } }, PS_LUA_INTEGER, NO_CONNECTION,
	  "the connection's mark (`-m connmark`); with an argument, 0 to 0xFFFFFFFF, sets and gives it" },
	{ { "status", status }, PS_OF_CT, { { NULL } }, PS_LUA_STRING, NO_CONNECTION,
	  "the names of all bits that are set, such as `\"seen-reply,assured,confirmed\"`" },
	{ { "is", is }, PS_OF_CT, { { "status", PS_LUA_CT_STATUS } }, PS_LUA_BOOLEAN, NULL,
	  "whether this bit of the status is set" },
	{ { "original", original }, PS_OF_CT, { { NULL } }, PS_LUA_CT_TUPLE, NULL, "the direction of the first packet" },
	{ { "reply", reply }, PS_OF_CT, { { NULL } }, PS_LUA_CT_TUPLE, NULL,
	  "the direction back: with NAT, as the answers are before they are translated" },
	{ { "id", id }, PS_OF_CT, { { NULL } }, PS_LUA_INTEGER, "it is not known here", "what `conntrack -o id` shows" },
	{ { "zone", zone }, PS_OF_CT, { { NULL } }, PS_LUA_INTEGER, NO_CONNECTION, "the zone of connections, 0 unless rules say so" },
	{ { "expiration", expiration }, PS_OF_CT, { { NULL } }, PS_LUA_INTEGER, "the connection is not confirmed yet, or there is none",
	  "the seconds until the connection ends if no packet comes" },
	{ { "bytes", bytes }, PS_OF_CT, { { NULL } }, PS_LUA_INTEGER, NO_COUNT, "of both directions" },
	{ { "packets", packets }, PS_OF_CT, { { NULL } }, PS_LUA_INTEGER, NO_COUNT, "of both directions" },
	{ { NULL } },
};

const struct ps_callable ps_ct_tuple_methods[] = {
	{ { "saddr", saddr }, PS_OF_CT_TUPLE, { { NULL } }, PS_LUA_STRING, NO_CONNECTION, "the source's address" },
	{ { "daddr", daddr }, PS_OF_CT_TUPLE, { { NULL } }, PS_LUA_STRING, NO_CONNECTION, "the destination's" },
	{ { "sport", sport }, PS_OF_CT_TUPLE, { { NULL } }, PS_LUA_INTEGER, "the protocol has no ports", "the source's port" },
	{ { "dport", dport }, PS_OF_CT_TUPLE, { { NULL } }, PS_LUA_INTEGER, "the protocol has no ports", "the destination's" },
	{ { "protocol", protocol }, PS_OF_CT_TUPLE, { { NULL } }, PS_LUA_INTEGER, NO_CONNECTION, "the number of IP's protocol" },
	{ { "bytes", tuple_bytes }, PS_OF_CT_TUPLE, { { NULL } }, PS_LUA_INTEGER, NO_COUNT, "of this direction" },
	{ { "packets", tuple_packets }, PS_OF_CT_TUPLE, { { NULL } }, PS_LUA_INTEGER, NO_COUNT, "of this direction" },
	{ { NULL } },
};
