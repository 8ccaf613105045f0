/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#define LUA_LIB
#include "testlib.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lua.h"
#include "lauxlib.h"

#include "buffer.h"
#include "build.h"
#include "message.h"
#include "capture.h"
#include "clock.h"
#include "dissect.h"
#include "link.h"
#include "field.h"
#include "internals.h"
#include "state.h"

#define MEMORY		(64 * 1024 * 1024)	/* bytes that a file of tests may hold */
#define CLOCKS_PER_MS	(CLOCKS_PER_SEC / 1000)
#define NS_PER_MS	1000000
#define CLOCK_STEP	(10 * 365 * 24 * 60 * 60 * 1000ll)	/* milliseconds that the scripts' clock goes on by at most */
#define PACKET_LIBRARY	"packet"
#define CLOCK_LIBRARY	"clock"
#define PACKET_TYPE	"packet"
#define SCRIPT_TYPE	"script"

#define NO_VERDICT	INT64_MIN

/* A file of tests that runs. */
struct suite {
	struct ps_runtime rt;	/* first: found through the lua_State */
	const char *path;
	const struct ps_test_options *options;
	ps_test_report *report;
	void *context;
	struct script *scripts;	/* all that it loaded */
	clock_t end;		/* clock() at which the running test has used up its time */
	struct ps_sent_list sent;	/* by the handler that was called last */
	long long verdict;	/* what a handler has returned last, or NO_VERDICT */
	uint8_t *packet;	/* room for the packet that a handler has */
	uint32_t room;
};

struct script {
	struct script *next;
	struct ps_state state;
	enum ps_given given;	/* what its functions get */
	char error[PS_SCRIPT_ERROR_SIZE + 64];
	char path[];
};

/* Userdata. */
struct packet {
	uint32_t len, network;
	uint32_t mark, priority;
	uint16_t protocol;
	uint8_t bytes[];
};

struct script_handle {
	struct script *script;
};

static struct suite *suite_of(lua_State *L)
{
	return (struct suite *)ps_runtime_of(L);
}

/* Gives all of the time to the test that begins, or to the code between tests. */
static void restart(struct suite *suite)
{
	ps_runtime_leave(&suite->rt);
	suite->end = clock() + (clock_t)suite->options->ms * CLOCKS_PER_MS;
	suite->verdict = NO_VERDICT;
	ps_runtime_enter(&suite->rt, suite->options->ms);
}

/* Goes on with a test after a script has run, which has limits of its own: the test has what is left of its time. */
static void resume(lua_State *L)
{
	struct suite *suite = suite_of(L);
	clock_t left = suite->end - clock();

	ps_runtime_enter(&suite->rt, left > 0 ? left / CLOCKS_PER_MS + 1 : 1);
	if (left <= 0)
		luaL_error(L, "time limit exceeded");
}

/*
 * Packets.
 */
static struct packet *push_packet(lua_State *L, const uint8_t *bytes, uint32_t len,
				  uint32_t network, uint16_t protocol)
{
	struct packet *p = lua_newuserdatauv(L, sizeof(*p) + len, 0);

	memset(p, 0, sizeof(*p));
	p->len = len;
	p->network = network;
	p->protocol = protocol;
	if (len)
		memcpy(p->bytes, bytes, len);
	luaL_setmetatable(L, PACKET_TYPE);
	return p;
}

/* Makes pkt of the object's bytes. */
static void open_packet(struct packet *p, struct ps_packet *pkt)
{
	ps_buffer_init(pkt, p->bytes, p->len, p->network, p->protocol);
}

static struct packet *check_packet(lua_State *L, int arg)
{
	return luaL_checkudata(L, arg, PACKET_TYPE);
}

/*
 * The bytes of the string on top of the stack, which comes from a table and so is not collected as long as that has it. So
 * numbers are refused: the string made of one is in no table.
 */
static const uint8_t *check_bytes(lua_State *L, const char *name, size_t *len)
{
	if (lua_type(L, -1) != LUA_TSTRING)
		luaL_error(L, "%s: string expected, got %s", name, luaL_typename(L, -1));
	return (const uint8_t *)lua_tolstring(L, -1, len);
}

/* The same, of a text that such a field can have. */
static const uint8_t *check_text(lua_State *L, const char *name, const struct ps_type *type, size_t *len)
{
	const uint8_t *bytes = check_bytes(L, name, len);
	uint8_t room[PS_ENCODED_MAX];

	if ((type->is_valid && !type->is_valid((const char *)bytes, *len)) ||
	    (type->coding && type->coding->encode && type->coding->encode((const char *)bytes, *len, room) < 0))
		luaL_error(L, "%s takes %s, not '%s'", name, type->example, bytes);
	return bytes;
}

static void set_value(lua_State *L, const struct ps_field *field, struct ps_build_value *value)
{
	const struct ps_type *type = field->type;
	const char *text;
	size_t len;

	if (type->is_decimal) {
		if (!lua_isinteger(L, -1) || lua_tointeger(L, -1) < 0 || lua_tointeger(L, -1) > 999999999)
			luaL_error(L, "%s takes %s", field->name, type->example);
		value->number.low = lua_tointeger(L, -1);
		value->is_set = true;
		return;
	}
	if (type->is_text) {
		value->bytes = check_text(L, field->name, type, &value->len);
		value->is_set = true;
		return;
	}
	if (type->is_bytes) {
		value->bytes = check_bytes(L, field->name, &value->len);
	} else if (type->has_int && lua_isinteger(L, -1)) {
		value->number = (struct ps_value){ 0, lua_tointeger(L, -1) };
	} else if (lua_type(L, -1) != LUA_TSTRING) {
		luaL_error(L, "%s: a %s is not what the field can be", field->name,
			   luaL_typename(L, -1));
	} else {
		text = lua_tolstring(L, -1, &len);
		if (!type->parse || !type->parse(text, len, &value->number))
			luaL_error(L, "%s: '%s' is not what the field can be", field->name, text);
	}
	if (!type->is_bytes && !ps_value_fits(value->number, field->at.width))
		luaL_error(L, "%s: the value does not fit into %d bits", field->name,
			   field->at.width);
	value->is_set = true;
}

static struct ps_build_item *add_item(lua_State *L, struct ps_build_layer *layer, const char *name)
{
	if (layer->nitems == PS_BUILD_ITEMS)
		luaL_error(L, "%s: more than %d", name, PS_BUILD_ITEMS);
	return &layer->item[layer->nitems++];
}

/* packet.dns{ answers = { "192.0.2.1" } } */
static void set_answers(lua_State *L, struct ps_build_layer *layer, const char *name)
{
	const struct ps_type *type = ps_field_named(layer->proto, "qname")->type;
	struct ps_build_item *item;
	lua_Integer i;

	for (i = 1; lua_rawgeti(L, -1, i) != LUA_TNIL; i++) {
		item = add_item(L, layer, name);
		item->bytes = check_text(L, name, type, &item->len);
		lua_pop(L, 1);
	}
	lua_pop(L, 1);
}

/* packet.http{ header = { host = "example.com" } }: from the key and value on top of the stack. */
static void set_keyed(lua_State *L, struct ps_build_layer *layer, const struct ps_keyed *keyed)
{
	struct ps_build_item *item = add_item(L, layer, keyed->name);

	if (keyed->is_number) {
		if (!lua_isinteger(L, -2) || lua_tointeger(L, -2) < 1 || lua_tointeger(L, -2) > 254)
			luaL_error(L, "%s: a %s is a number from 1 to 254", keyed->name, keyed->key);
		item->key.number = lua_tointeger(L, -2);
		item->bytes = check_bytes(L, keyed->name, &item->len);
		if (item->len > 255)
			luaL_error(L, "%s %d: more than 255 bytes", keyed->name, (int)item->key.number);
		return;
	}
	if (lua_type(L, -2) == LUA_TSTRING)
		item->key.name = lua_tolstring(L, -2, &item->key.len);
	if (!item->key.name || !PS_WORD_TEXT->is_valid(item->key.name, item->key.len) || strchr(item->key.name, ':'))
		luaL_error(L, "%s: a %s is a word without blanks and colons", keyed->name, keyed->key);
	item->bytes = check_text(L, keyed->name, keyed->field.type, &item->len);
}

static int by_key(const void *a, const void *b)
{
	const struct ps_key *x = &((const struct ps_build_item *)a)->key, *y = &((const struct ps_build_item *)b)->key;

	if (x->name)
		return strcmp(x->name, y->name);
	return (x->number > y->number) - (x->number < y->number);
}

/* What its header has any number of. With keys they are put in order, since a table has none. */
static void set_items(lua_State *L, struct ps_build_layer *layer, const char *name)
{
	if (!lua_istable(L, -1))
		luaL_error(L, "%s: table expected, got %s", name, luaL_typename(L, -1));
	if (!layer->proto->nkeyed) {
		set_answers(L, layer, name);
		return;
	}
	for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1))
		set_keyed(L, layer, layer->proto->keyed);
	qsort(layer->item, layer->nitems, sizeof(layer->item[0]), by_key);
}

/* packet.udp{ ip = { ttl = 3 } } */
static void set_layer(lua_State *L, struct ps_build_layer *layer)
{
	const struct ps_field *field;

	luaL_checktype(L, -1, LUA_TTABLE);
	lua_pushnil(L);
	while (lua_next(L, -2)) {
		const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?";

		field = ps_field_named(layer->proto, name);
		if (!field)
			luaL_error(L, "%s has no field '%s'", layer->proto->name, name);
		set_value(L, field, &layer->value[field - layer->proto->fields]);
		lua_pop(L, 1);
	}
}

static struct ps_build_layer *layer_named(struct ps_build *b, const char *name)
{
	int i;

	for (i = 0; i < b->nlayers; i++) {
		if (!strcmp(ps_proto_short(b->layer[i].proto), name))
			return &b->layer[i];
	}
	return NULL;
}

/* Takes one entry of the table that a packet is built from; its value is on top of the stack. */
static void set_name(lua_State *L, struct ps_build *b, const char *name)
{
	struct ps_build_layer *layer = layer_named(b, name);
	const char *items;
	struct packet *inner;
	unsigned int place;

	if (!strcmp(name, "payload")) {
		inner = luaL_testudata(L, -1, PACKET_TYPE);
		if (inner) {
			b->payload = inner->bytes;
			b->len = inner->len;
		} else {
			b->payload = check_bytes(L, name, &b->len);
		}
		return;
	}
	if (!strcmp(name, "eth") && lua_isboolean(L, -1))
		return;
	if (layer) {
		set_layer(L, layer);
		return;
	}
	layer = &b->layer[b->nlayers - 1];
	items = ps_message_items(layer->proto);
	if (items && !strcmp(name, items)) {
		set_items(L, layer, name);
		return;
	}
	if (!strcmp(name, "src"))
		name = "saddr";
	else if (!strcmp(name, "dst"))
		name = "daddr";
	layer = ps_build_field(b, name, &place);
	if (!layer)
		luaL_error(L, "no header of this packet has a field '%s'", name);
	set_value(L, &layer->proto->fields[place], &layer->value[place]);
}

/* The protocols, as bits, for which the table that a packet is built from has a table: ip6 = { hop_limit = 1 }. */
static uint64_t named_protos(lua_State *L)
{
	uint64_t named = 0;
	unsigned int i;

	for (i = 0; i < ps_nprotos && i < 64; i++) {
		if (lua_getfield(L, 1, ps_proto_short(ps_protos[i])) == LUA_TTABLE)
			named |= (uint64_t)1 << i;
		lua_pop(L, 1);
	}
	return named;
}

/* packet.<protocol>{ … }. Upvalue: the protocol. */
static int packet_build(lua_State *L)
{
	const struct ps_proto *proto = lua_touserdata(L, lua_upvalueindex(1));
	struct ps_build *b;
	struct ps_packet pkt;
	const char *wrong;
	uint8_t *bytes;
	bool has_link;

	if (lua_isnoneornil(L, 1)) {
		lua_settop(L, 0);
		lua_newtable(L);
	}
	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 1);
	has_link = lua_getfield(L, 1, "eth") != LUA_TBOOLEAN || lua_toboolean(L, -1);
	/* in userdata, which Lua collects: what follows may raise */
	b = lua_newuserdatauv(L, sizeof(*b), 0);
	bytes = lua_newuserdatauv(L, PS_BUILD_MAX, 0);
	ps_build_init(b, proto, named_protos(L), has_link);
	lua_pushnil(L);
	while (lua_next(L, 1)) {
		if (lua_type(L, -2) != LUA_TSTRING)
			luaL_error(L, "fields have names: { ttl = 3 }");
		set_name(L, b, lua_tostring(L, -2));
		lua_pop(L, 1);
	}
	wrong = ps_build_finish(b, bytes, &pkt);
	if (wrong)
		luaL_error(L, "%s", wrong);
	push_packet(L, bytes, pkt.len, pkt.network, pkt.protocol);
	return 1;
}

static int hex_digit(char c)
{
	const char *digits = "0123456789abcdefABCDEF", *at = memchr(digits, c, strlen(digits));

	if (!at)
		return -1;
	return at - digits < 16 ? at - digits : at - digits - 6;
}

/* packet.hex(text[, { eth = false }]) */
static int packet_hex(lua_State *L)
{
	size_t size;
	const char *text = luaL_checklstring(L, 1, &size), *end = text + size;
	uint8_t *bytes = lua_newuserdatauv(L, size / 2 + 1, 0);
	uint32_t len = 0, network = 14;
	int high = -1;

	for (; text < end; text++) {
		int digit = hex_digit(*text);

		if (*text && strchr(" \t\n:", *text))
			continue;
		if (digit < 0)
			return luaL_error(L, "hex: '%c' is no hexadecimal digit", *text);
		if (high < 0) {
			high = digit;
			continue;
		}
		bytes[len++] = high << 4 | digit;
		high = -1;
	}
	if (high >= 0)
		return luaL_error(L, "hex: half a byte at the end");
	if (lua_istable(L, 2) && lua_getfield(L, 2, "eth") == LUA_TBOOLEAN && !lua_toboolean(L, -1))
		network = 0;
	if (network > len)
		network = len;
	push_packet(L, bytes, len, network,
		    network == 14 ? ps_load16(bytes + 12) :
		    ps_link_ip_type(bytes, len));
	return 1;
}

/* Pushes the path, which is relative to the file of tests unless it is absolute. */
static const char *push_path(lua_State *L, const char *path)
{
	const char *own = suite_of(L)->path, *slash = strrchr(own, '/');

	if (path[0] == '/' || !slash)
		return lua_pushstring(L, path);
	lua_pushlstring(L, own, slash - own + 1);
	lua_pushstring(L, path);
	lua_concat(L, 2);
	return lua_tostring(L, -1);
}

/* Pushes an array of all packets. Argument: the capture. */
static int read_packets(lua_State *L)
{
	struct ps_capture_in *in = lua_touserdata(L, 1);
	struct ps_frame frame;
	int got, n = 0;

	lua_newtable(L);
	for (;;) {
		got = ps_capture_read(in, &frame);
		if (got < 0)
			return luaL_error(L, "%s", in->error);
		if (!got)
			return 1;
		push_packet(L, frame.record.bytes + frame.skip, frame.len, frame.network,
			    frame.protocol);
		lua_rawseti(L, -2, ++n);
	}
}

/* packet.pcap(path): an array of packets */
static int packet_pcap(lua_State *L)
{
	const char *path = push_path(L, luaL_checkstring(L, 1));
	struct ps_capture_in *in = lua_newuserdatauv(L, sizeof(*in), 0);
	int status;

	lua_pushcfunction(L, read_packets);
	lua_pushlightuserdata(L, in);
	if (ps_capture_open(in, path)) {
		ps_capture_close(in);
		return luaL_error(L, "%s", in->error);
	}
	/* protected: if there is not enough memory for all packets, the file has to be closed all the same */
	status = lua_pcall(L, 1, 1, 0);
	ps_capture_close(in);
	return status == LUA_OK ? 1 : lua_error(L);
}

/* Pushes the value of a field as scripts see it, bytes as a string; or nil. */
static void push_field(lua_State *L, struct ps_packet *pkt, const struct ps_header *header,
		       const struct ps_field *field)
{
	char text[PS_TEXT_SIZE], decoded[PS_DECODED_MAX];
	struct ps_field moved;
	struct ps_range range;
	const uint8_t *bytes;
	struct ps_value value;
	size_t len;

	if (field->type->is_text) {
		const char *read = ps_text_read(pkt, header, field, decoded, &len);

		if (read)
			lua_pushlstring(L, read, len);
		else
			lua_pushnil(L);
		if (read && field->type->is_decimal && field->type->is_valid(read, len)) {
			lua_pushinteger(L, lua_tointeger(L, -1));
			lua_remove(L, -2);
		}
		return;
	}
	if (field->type->is_bytes) {
		bytes = ps_proto_field(pkt, header, field, &range) ?
				ps_packet_read(pkt, range.off, range.len) : NULL;
		if (bytes)
			lua_pushlstring(L, (const char *)bytes, range.len);
		else
			lua_pushnil(L);
		return;
	}
	field = ps_proto_here(pkt, header, field, &moved);
	if (!field || ps_field_get_value(pkt, header->range.off, field, &value))
		lua_pushnil(L);
	else if (field->type->format)
		lua_pushlstring(L, text, field->type->format(text, value));
	else
		lua_pushinteger(L, value.low);
}

static void push_layer(lua_State *L, struct ps_packet *pkt, const struct ps_header *header)
{
	unsigned int i;

	lua_newtable(L);
	for (i = 0; i < header->proto->nfields; i++) {
		push_field(L, pkt, header, &header->proto->fields[i]);
		lua_setfield(L, -2, header->proto->fields[i].name);
	}
}

/* packet.ip: a table of its fields; packet.payload, packet.bytes, packet.layers, packet.mark, packet.priority */
static int packet_index(lua_State *L)
{
	struct packet *p = check_packet(L, 1);
	const char *name = luaL_checkstring(L, 2);
	struct ps_headers layers;
	struct ps_packet pkt;
	int i;

	open_packet(p, &pkt);
	if (!strcmp(name, "bytes")) {
		lua_pushlstring(L, (char *)p->bytes, p->len);
		return 1;
	}
	if (!strcmp(name, "mark") || !strcmp(name, "priority")) {
		lua_pushinteger(L, name[0] == 'm' ? p->mark : p->priority);
		return 1;
	}
	ps_dissect(&pkt, &layers);
	if (!strcmp(name, "payload")) {
		struct ps_range all = { 0, p->len };

		if (layers.n && !ps_proto_payload(&pkt, &layers.header[layers.n - 1], &all))
			all.len = 0;
		lua_pushlstring(L, (char *)p->bytes + all.off, all.len);
		return 1;
	}
	if (!strcmp(name, "layers")) {
		lua_newtable(L);
		for (i = 0; i < layers.n; i++) {
			push_layer(L, &pkt, &layers.header[i]);
			lua_pushstring(L, ps_proto_short(layers.header[i].proto));
			lua_setfield(L, -2, "name");
			lua_rawseti(L, -2, i + 1);
		}
		return 1;
	}
	for (i = 0; i < layers.n; i++) {
		if (!strcmp(ps_proto_short(layers.header[i].proto), name)) {
			push_layer(L, &pkt, &layers.header[i]);
			return 1;
		}
	}
	if (!ps_proto_named(name))
		return luaL_error(L, "a packet has no '%s': it has its protocols, payload, bytes, layers, mark, priority",
				  name);
	lua_pushnil(L);
	return 1;
}

static int packet_newindex(lua_State *L)
{
	return luaL_error(L, "packets are not changed in tests: build another");
}

static int packet_len(lua_State *L)
{
	lua_pushinteger(L, check_packet(L, 1)->len);
	return 1;
}

static bool same_packet(const struct packet *a, const struct packet *b)
{
	return a->len == b->len && a->network == b->network && a->protocol == b->protocol &&
	       !memcmp(a->bytes, b->bytes, a->len);
}

static int packet_eq(lua_State *L)
{
	const struct packet *a = luaL_testudata(L, 1, PACKET_TYPE);
	const struct packet *b = luaL_testudata(L, 2, PACKET_TYPE);

	lua_pushboolean(L, a && b && same_packet(a, b));
	return 1;
}

static int packet_tostring(lua_State *L)
{
	struct packet *p = check_packet(L, 1);
	struct ps_packet pkt;
	char line[256];

	open_packet(p, &pkt);
	ps_packet_line(&pkt, line, sizeof(line));
	lua_pushstring(L, line);
	return 1;
}

static const luaL_Reg packet_metamethods[] = {
	{ "__index", packet_index },
	{ "__newindex", packet_newindex },
	{ "__len", packet_len },
	{ "__eq", packet_eq },
	{ "__tostring", packet_tostring },
	{ NULL, NULL },
};

/*
 * Scripts.
 */
static int script_load(lua_State *L)
{
	struct suite *suite = suite_of(L);
	struct script_handle *handle;
	struct script *script;
	size_t memory = suite->options->memory;
	enum ps_given given = PS_GIVEN_RAW;
	bool is_match = false;
	lua_Integer id = 0;
	const char *path;
	int err;

	lua_settop(L, 2);
	path = push_path(L, luaL_checkstring(L, 1));
	if (!lua_isnoneornil(L, 2)) {
		luaL_checktype(L, 2, LUA_TTABLE);
		lua_getfield(L, 2, "state");
		id = luaL_optinteger(L, -1, 0);
		lua_getfield(L, 2, "memory");
		if (!lua_isnil(L, -1) && !ps_script_memory(luaL_checkstring(L, -1), &memory))
			return luaL_error(L, "memory = \"%s\": give 128K to 64M, as in 512K or 4M",
					  lua_tostring(L, -1));
		lua_getfield(L, 2, "object");
		if (!lua_isnil(L, -1) && !ps_given_named(luaL_checkstring(L, -1), &given))
			return luaL_error(L, "object = \"%s\": give raw, eth, arp, ip or ip6", lua_tostring(L, -1));
		lua_getfield(L, 2, "match");
		is_match = lua_toboolean(L, -1);
	}
	handle = lua_newuserdatauv(L, sizeof(*handle), 0);
	memset(handle, 0, sizeof(*handle));
	luaL_setmetatable(L, SCRIPT_TYPE);
	script = calloc(1, sizeof(*script) + strlen(path) + 1);
	if (!script)
		return luaL_error(L, "not enough memory");
	strcpy(script->path, path);
	script->next = suite->scripts;
	suite->scripts = script;
	handle->script = script;
	lua_newtable(L);	/* keeps what script_index() makes */
	lua_rawsetp(L, LUA_REGISTRYINDEX, script);

	ps_runtime_leave(&suite->rt);	/* runs don't nest */
	err = ps_state_load(&script->state, script->path, id, memory, script->error,
			    sizeof(script->error));
	resume(L);
	if (err)
		return luaL_error(L, "%s", script->error);
	script->given = given;
	script->state.is_match = is_match;
	ps_outbox_deliver(&script->state.outbox, ps_sent_keep, &suite->sent);
	return 1;
}

/* Makes room for a packet of so many bytes, which may get as long as any. */
static void make_room(lua_State *L, uint32_t len)
{
	struct suite *suite = suite_of(L);
	uint32_t room = len > PS_BUILD_MAX ? len : PS_BUILD_MAX;
	uint8_t *packet;

	if (room <= suite->room)
		return;
	packet = realloc(suite->packet, room);
	if (!packet)
		luaL_error(L, "not enough memory");
	suite->packet = packet;
	suite->room = room;
}

/* Pushes an array of what the handler has sent. */
static void push_sent(lua_State *L, struct ps_sent_list *sent)
{
	const struct ps_sent_packet *p;
	int n = 0;

	lua_newtable(L);
	for (p = sent->first; p; p = p->next) {
		push_packet(L, p->bytes, p->len, p->link, p->link ? ps_load16(p->bytes + p->link - 2) :
			    ps_link_ip_type(p->bytes, p->len));
		lua_rawseti(L, -2, ++n);
	}
}

/* Calls a handler. Upvalues: the script, its function. Arguments: [the script,] a packet. */
static int script_call(lua_State *L)
{
	struct suite *suite = suite_of(L);
	struct script_handle *handle = lua_touserdata(L, lua_upvalueindex(1));
	struct ps_state *state = &handle->script->state;
	int arg = luaL_testudata(L, 1, SCRIPT_TYPE) ? 2 : 1;
	const struct packet *before = check_packet(L, arg);
	struct packet *after;
	struct ps_buffer buffer;
	enum ps_verdict verdict;
	uint16_t queue = 0;

	make_room(L, before->len);
	memcpy(suite->packet, before->bytes, before->len);
	ps_buffer_init_room(&buffer, suite->packet, before->len, suite->room, before->network, before->protocol);
	ps_buffer_accompany(&buffer);
	buffer.mark = before->mark;
	buffer.priority = before->priority;
	state->handler = lua_tointeger(L, lua_upvalueindex(2));
	ps_sent_clean(&suite->sent);
	ps_runtime_leave(&suite->rt);
	verdict = ps_state_run(state, &buffer.pkt, &queue);
	resume(L);
	if (verdict == PS_VERDICT_ERROR)
		return luaL_error(L, "%s", state->script.error);
	if (state->is_match) {
		lua_pushboolean(L, verdict == PS_VERDICT_ACCEPT);
		push_sent(L, &suite->sent);
		return 2;
	}
	suite->verdict = ps_verdict_value(verdict, queue);
	lua_pushinteger(L, suite->verdict);
	after = push_packet(L, suite->packet, buffer.pkt.len, before->network, before->protocol);
	after->mark = buffer.mark;
	after->priority = buffer.priority;
	push_sent(L, &suite->sent);
	return 3;
}

/* script.name: a function that calls the script's function of that name. Made once, since each one takes a handler. */
static int script_index(lua_State *L)
{
	struct suite *suite = suite_of(L);
	struct script_handle *handle = luaL_checkudata(L, 1, SCRIPT_TYPE);
	struct ps_script *script = &handle->script->state.script;
	const char *name = luaL_checkstring(L, 2);
	int handler;

	lua_settop(L, 2);
	lua_rawgetp(L, LUA_REGISTRYINDEX, handle->script);
	lua_pushvalue(L, 2);
	if (lua_rawget(L, 3) != LUA_TNIL)
		return 1;
	ps_runtime_leave(&suite->rt);
	handler = ps_script_find_given(script, 0, name, handle->script->given);
	resume(L);
	if (handler < 0)
		return luaL_error(L, "%s", script->error);
	lua_pushvalue(L, 1);
	lua_pushinteger(L, handler);
	lua_pushcclosure(L, script_call, 2);
	lua_pushvalue(L, 2);
	lua_pushvalue(L, -2);
	lua_rawset(L, 3);
	return 1;
}

/* counter(script, name): what the script has counted by nf.count() */
static int counter(lua_State *L)
{
	const struct script_handle *handle = luaL_checkudata(L, 1, SCRIPT_TYPE);
	const struct ps_state *state = &handle->script->state;
	const char *name = luaL_checkstring(L, 2);
	lua_Integer count = 0;
	unsigned int i;

	for (i = 0; i < ps_counted_names(&state->counted); i++) {
		if (!strcmp(state->counted.names[i], name))
			count = ps_state_counted(state, i);
	}
	lua_pushinteger(L, count);
	return 1;
}

/*
 * Checks.
 */

/* Pushes a value as a failed check shows it. */
static void push_shown(lua_State *L, int arg)
{
	if (lua_type(L, arg) != LUA_TSTRING) {
		luaL_tolstring(L, arg, NULL);
		return;
	}
	lua_getglobal(L, "string");
	lua_getfield(L, -1, "format");
	lua_remove(L, -2);
	lua_pushliteral(L, "%q");
	lua_pushvalue(L, arg);
	lua_call(L, 2, 1);
}

/* Pushes a verdict as scripts name it, and its value. */
static void push_verdict(lua_State *L, long long value)
{
	uint16_t queue = 0;
	enum ps_verdict verdict = ps_verdict_of(value, &queue);
	const char *name = ps_verdicts[verdict].name;

	if (verdict == PS_VERDICT_QUEUE && queue)
		lua_pushfstring(L, "%s | %d << 16", name, queue);
	else
		lua_pushfstring(L, "%s (%I)", name, value);
}

/* True if the value at a is the verdict that a handler has returned last, and that at b is one, too. */
static bool are_verdicts(lua_State *L, int a, int b)
{
	uint16_t queue;

	return lua_isinteger(L, a) && lua_isinteger(L, b) &&
	       lua_tointeger(L, a) == suite_of(L)->verdict &&
	       ps_verdict_of(lua_tointeger(L, b), &queue) != PS_VERDICT_ERROR;
}

static void add_difference(void *context, const char *name, const char *got, const char *expected)
{
	lua_State *L = context;

	lua_pushfstring(L, "\n  %s: got %s, expected %s", name, got[0] ? got : "(none)",
			expected[0] ? expected : "(none)");
	lua_concat(L, 2);
}

/* Raises an error that names the fields in which two packets differ. */
static int packets_differ(lua_State *L, struct packet *got, struct packet *expected)
{
	struct ps_packet a, b;

	open_packet(got, &a);
	open_packet(expected, &b);
	luaL_where(L, 1);
	lua_pushliteral(L, "the packets differ");
	lua_concat(L, 2);
	if (got->network != expected->network)
		add_difference(L, "link layer", got->network ? "Ethernet" : "", 
			       expected->network ? "Ethernet" : "");
	if (got->len != expected->len) {
		lua_pushfstring(L, "\n  length: got %d, expected %d", (int)got->len,
				(int)expected->len);
		lua_concat(L, 2);
	}
	ps_diff(&a, &b, add_difference, L);
	return lua_error(L);
}

#define PATH_SIZE	128

/* Adds the key at index to the path of a value within tables. */
static void add_key(lua_State *L, int key, char path[PATH_SIZE])
{
	size_t len = strlen(path);

	if (lua_type(L, key) == LUA_TSTRING)
		snprintf(path + len, PATH_SIZE - len, ".%s", lua_tostring(L, key));
	else if (lua_isinteger(L, key))
		snprintf(path + len, PATH_SIZE - len, "[%lld]", lua_tointeger(L, key));
	else
		snprintf(path + len, PATH_SIZE - len, "[%s]", luaL_typename(L, key));
}

/* True if two values differ: pushes both as text, and path tells where they do. */
static bool differ(lua_State *L, int a, int b, char path[PATH_SIZE])
{
	size_t len = strlen(path);
	int top = lua_gettop(L), key, both[2] = { a, b }, i;

	luaL_checkstack(L, 8, "tables too deep");
	if (lua_compare(L, a, b, LUA_OPEQ))
		return false;
	if (are_verdicts(L, a, b)) {
		push_verdict(L, lua_tointeger(L, a));
		push_verdict(L, lua_tointeger(L, b));
		return true;
	}
	if (!lua_istable(L, a) || !lua_istable(L, b)) {
		push_shown(L, a);
		push_shown(L, b);
		return true;
	}
	for (i = 0; i < 2; i++) {	/* the keys of each */
		lua_pushnil(L);
		while (lua_next(L, both[i])) {
			key = lua_gettop(L) - 1;
			lua_pushvalue(L, key);
			lua_rawget(L, a);
			lua_pushvalue(L, key);
			lua_rawget(L, b);
			add_key(L, key, path);
			if (differ(L, key + 2, key + 3, path))
				return true;
			path[len] = 0;
			lua_settop(L, key);
		}
	}
	lua_settop(L, top);
	return false;
}

/* equal(got, expected): tables are equal if their contents are */
static int equal(lua_State *L)
{
	struct packet *a = luaL_testudata(L, 1, PACKET_TYPE), *b;
	char path[PATH_SIZE] = "";

	lua_settop(L, 2);
	b = luaL_testudata(L, 2, PACKET_TYPE);
	if (!differ(L, 1, 2, path))
		return 0;
	if (a && b)
		return packets_differ(L, a, b);
	return luaL_error(L, "%s%sgot %s, expected %s", path, path[0] ? ": " : "",
			  lua_tostring(L, -2), lua_tostring(L, -1));
}

/* raises(f, text): f raises an error that contains text */
static int raises(lua_State *L)
{
	const char *text = luaL_optstring(L, 2, ""), *message;

	luaL_checktype(L, 1, LUA_TFUNCTION);
	lua_pushvalue(L, 1);
	if (lua_pcall(L, 0, 0, 0) == LUA_OK)
		return luaL_error(L, "no error was raised");
	message = luaL_tolstring(L, -1, NULL);
	if (!strstr(message, text))
		return luaL_error(L, "the error is not about '%s' but: %s", text, message);
	return 0;
}

/* test(name, f) */
static int test(lua_State *L)
{
	struct suite *suite = suite_of(L);
	const char *name = luaL_checkstring(L, 1), *error = NULL;
	bool failed;

	luaL_checktype(L, 2, LUA_TFUNCTION);
	lua_settop(L, 2);
	if (suite->options->filter && !strstr(name, suite->options->filter))
		return 0;
	restart(suite);
	failed = lua_pcall(L, 0, 0, 0) != LUA_OK;
	restart(suite);
	if (failed)
		error = luaL_tolstring(L, -1, NULL);
	suite->report(suite->context, name, error);
	return 0;
}

/*
 * The clock.
 */

static bool has_time(void *context)
{
	return clock() < ((struct suite *)context)->end;
}

/* What is due until then, in any script that the file has loaded, is run in its turn; then raises the error of one that failed. */
static void pass(lua_State *L, uint64_t until)
{
	struct suite *suite = suite_of(L);
	struct script *script;
	size_t n = 0;
	struct ps_state **states;
	const char *error = NULL;

	for (script = suite->scripts; script; script = script->next)
		n++;
	states = calloc(n + 1, sizeof(*states));
	if (!states)
		luaL_error(L, "not enough memory");
	for (n = 0, script = suite->scripts; script; script = script->next)
		states[n++] = &script->state;
	ps_sent_clean(&suite->sent);
	ps_runtime_leave(&suite->rt);
	ps_states_pass(states, n, until, has_time, suite);
	free(states);
	resume(L);
	for (script = suite->scripts; script; script = script->next) {
		if (script->state.late_error[0])
			error = lua_pushstring(L, script->state.late_error);
		script->state.late_error[0] = 0;
	}
	if (error)
		luaL_error(L, "%s", error);
}

/* clock.advance(ms): the time that scripts see afterwards, in milliseconds, and what they have sent until then */
static int clock_advance(lua_State *L)
{
	lua_Integer ms = luaL_checkinteger(L, 1);

	if (ms < 0 || ms > CLOCK_STEP)
		return luaL_argerror(L, 1, "the clock goes on by 0 ms to 10 years");
	pass(L, ps_clock_now() + ms * NS_PER_MS);
	lua_pushinteger(L, ps_clock_now() / NS_PER_MS);
	push_sent(L, &suite_of(L)->sent);
	return 2;
}

static const luaL_Reg clock_functions[] = {
	{ "advance", clock_advance },
	{ NULL, NULL },
};

/*
 * Setup.
 */
static const luaL_Reg functions[] = {
	{ "test", test },
	{ "equal", equal },
	{ "raises", raises },
	{ "script", script_load },
	{ "counter", counter },
	{ NULL, NULL },
};

static void new_type(lua_State *L, const char *type, const luaL_Reg *metamethods)
{
	luaL_newmetatable(L, type);
	luaL_setfuncs(L, metamethods, 0);
	lua_pushstring(L, type);
	lua_setfield(L, -2, "__metatable");
	lua_pop(L, 1);
}

static void open_library(lua_State *L)
{
	static const luaL_Reg script_metamethods[] = {
		{ "__index", script_index },
		{ NULL, NULL },
	};
	unsigned int i;

	new_type(L, PACKET_TYPE, packet_metamethods);
	new_type(L, SCRIPT_TYPE, script_metamethods);
	lua_newtable(L);
	for (i = 0; i < ps_nprotos; i++) {
		if (!ps_protos[i]->header_min)
			continue;
		if (ps_protos[i]->nfields > PS_BUILD_FIELDS)
			luaL_error(L, "%s: PS_BUILD_FIELDS is too small", ps_protos[i]->name);
		lua_pushlightuserdata(L, (void *)ps_protos[i]);
		lua_pushcclosure(L, packet_build, 1);
		lua_setfield(L, -2, ps_proto_short(ps_protos[i]));
	}
	lua_pushcfunction(L, packet_hex);
	lua_setfield(L, -2, "hex");
	lua_pushcfunction(L, packet_pcap);
	lua_setfield(L, -2, "pcap");
	lua_setglobal(L, PACKET_LIBRARY);
	luaL_newlib(L, clock_functions);
	lua_setglobal(L, CLOCK_LIBRARY);
	for (i = 0; i < PS_VERDICT_ERROR; i++) {
		lua_pushinteger(L, ps_verdicts[i].value);
		lua_setglobal(L, ps_verdicts[i].name);
	}
	lua_pushglobaltable(L);
	luaL_setfuncs(L, functions, 0);
	lua_pop(L, 1);
}

bool ps_test_is_global(const char *name)
{
	const luaL_Reg *f;

	for (f = functions; f->name; f++) {
		if (!strcmp(f->name, name))
			return true;
	}
	return !strcmp(name, PACKET_LIBRARY) || !strcmp(name, CLOCK_LIBRARY);
}

struct source {
	const char *path;
	const char *text;
	size_t len;
};

static int run_file(lua_State *L)
{
	const struct source *source = lua_touserdata(L, 1);
	const size_t before = ps_script_begin(source->text, source->len);

	open_library(L);
	lua_pushfstring(L, "@%s", source->path);
	if (luaL_loadbufferx(L, source->text + before, source->len - before, lua_tostring(L, -1),
			     "t") != LUA_OK)
		return lua_error(L);
	lua_call(L, 0, 0);
	return 0;
}

static void free_scripts(struct suite *suite)
{
	struct script *script, *next;

	for (script = suite->scripts; script; script = next) {
		next = script->next;
		ps_state_clean(&script->state);
		free(script);
	}
}

int ps_test_file(const char *path, const struct ps_test_options *options, ps_test_report *report, void *context,
		 char *error, size_t size)
{
	struct suite suite = { .path = path, .options = options, .report = report, .context = context };
	struct source source = { path };
	const char *place, *message;
	int status = -1;
	char *text;

	text = ps_script_read(path, &source.len, error, size);
	if (!text)
		return -1;
	source.text = text;
	ps_clock_start();
	if (ps_runtime_init(&suite.rt, PS_CONTEXT_PACKET, 0, MEMORY, NULL)) {
		snprintf(error, size, "%s: not enough memory", path);
	} else {
		suite.end = clock() + (clock_t)options->ms * CLOCKS_PER_MS;
		status = ps_runtime_call(&suite.rt, run_file, &source, options->ms);
		if (status) {
			message = ps_runtime_error(&suite.rt, status, &place);
			snprintf(error, size, "%s%s", place, message);
		}
		ps_runtime_clean(&suite.rt);
	}
	free_scripts(&suite);
	ps_sent_clean(&suite.sent);
	free(suite.packet);
	free(text);
	return status ? -1 : 0;
}
