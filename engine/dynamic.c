/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#define LUA_LIB
#include "lprefix.h"

#include <string.h>

#include "lua.h"
#include "lauxlib.h"

#include "bytes.h"
#include "dynamic.h"
#include "memory.h"
#include "write.h"

#define NAME_MAX	LUAI_MAXSHORTLEN	/* longer strings are not found among methods */
#define FIELDS_MAX	255
#define PROTOCOLS_MAX	64
#define PLACES_KEPT	16	/* of a protocol, for the next packet */
#define CHANGE_MAX	((lua_Integer)1 << 32)	/* what is added to places: more is beyond any packet */

/*
 * A protocol: a userdata. The registry has, by its address, the table that keeps it, and what it needs: itself at SELF, its
 * functions from POLICY on, names by themselves, and the table of places at PLACES.
 */
struct dynamic {
	struct ps_proto proto;	/* first */
	uint64_t packet;	/* the serial for which places count */
	unsigned int made;	/* places that there are */
	unsigned int used;	/* of these, by that packet */
	bool is_lasting;	/* byte arrays have been seen as one: views of these may last as long as the state */
	struct ps_field fields[];
};

enum { SELF = 1, PLACES, POLICY, CHANGES, FUNCTIONS };	/* of field i: the getter at FUNCTIONS + 2 * i, then the setter */

static struct dynamic *dynamic_of(const struct ps_proto *proto)
{
	return (struct dynamic *)proto;
}

/* Pushes what the table of the protocol has at a key. */
static int push_kept(lua_State *L, const struct ps_proto *proto, int key)
{
	int type;

	lua_rawgetp(L, LUA_REGISTRYINDEX, proto);
	type = lua_rawgeti(L, -1, key);
	lua_remove(L, -2);
	return type;
}

/*
 * Registration.
 */
enum { ARGUMENT = 1, NAME, PAYLOAD, FIELDS, KEPT };	/* what is on the stack then */

static bool is_identifier(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		char c = name[i], letter = c | 0x20;

		if (c != '_' && !(letter >= 'a' && letter <= 'z') && !(i && c >= '0' && c <= '9'))
			return false;
	}
	return len && len <= NAME_MAX;
}

/* Pushes what the table at index has under the name; metatables are not asked. */
static int push_member(lua_State *L, int index, const char *name)
{
	lua_pushstring(L, name);
	return lua_rawget(L, index);
}

/* The value on top of the stack, of what, as a name. */
static const char *check_name(lua_State *L, const char *what)
{
	const char *name;
	size_t len;

	if (lua_type(L, -1) != LUA_TSTRING)
		luaL_error(L, "%s has to be a string, not %s", what, luaL_typename(L, -1));
	name = lua_tolstring(L, -1, &len);
	if (!is_identifier(name, len))
		luaL_error(L, "%s is no name of at most %d letters, digits and '_'", what, NAME_MAX);
	return name;
}

/* Keys that are misspelt would be left out silently. */
static void check_keys(lua_State *L)
{
	static const char *const keys[] = { "name", "payload_field", "protocol_fields", "has_protocol", "get_field_changes" };
	const char *key;
	size_t i;

	lua_pushnil(L);
	while (lua_next(L, ARGUMENT)) {
		lua_pop(L, 1);
		key = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
		for (i = 0; key && i < sizeof(keys) / sizeof(keys[0]) && strcmp(key, keys[i]); i++)
			;
		if (!key || i == sizeof(keys) / sizeof(keys[0]))
			luaL_error(L, "a protocol has no '%s' (there are name, payload_field, protocol_fields, has_protocol, "
				      "get_field_changes)", luaL_tolstring(L, -1, NULL));
	}
}

/* The protocol's name has to be free: among globals, and for its type. */
static void check_free(lua_State *L, const char *name)
{
	if (ps_registry_named(&ps_bind_of(L)->registry, name))
		luaL_error(L, "there is a protocol %s already", name);
	lua_pushglobaltable(L);
	if (push_member(L, lua_gettop(L), name) != LUA_TNIL ||
	    push_member(L, LUA_REGISTRYINDEX, name) != LUA_TNIL)
		luaL_error(L, "name: '%s' is in use already", name);
	lua_pop(L, 3);
}

/*
 * Pushes the function that the value on top of the stack, of what, stands for, in its place: it is one, or the name of a
 * global one; or nil, if it is that.
 */
static void take_function(lua_State *L, const char *what)
{
	const char *name;

	if (lua_isnil(L, -1) || lua_isfunction(L, -1))
		return;
	if (lua_type(L, -1) != LUA_TSTRING)
		luaL_error(L, "%s has to be a function or the name of one, not %s", what, luaL_typename(L, -1));
	name = lua_tostring(L, -1);
	lua_pushglobaltable(L);
	lua_pushvalue(L, -2);
	if (lua_rawget(L, -2) != LUA_TFUNCTION)
		luaL_error(L, "%s: there is no global function '%s' (define it before the protocol)", what, name);
	lua_replace(L, -3);
	lua_pop(L, 1);
}

/* Keeps the function that the protocol has under the name, at a key. Whether there is one. */
static bool keep_function(lua_State *L, const char *name, int key)
{
	bool found;

	push_member(L, ARGUMENT, name);
	take_function(L, name);
	found = !lua_isnil(L, -1);
	lua_rawseti(L, KEPT, key);
	return found;
}

/* Bits of a field, at index of the table on top of the stack. */
static uint32_t check_bits(lua_State *L, const char *field, int index, const char *what)
{
	lua_Integer bits;

	if (lua_rawgeti(L, -1, index) != LUA_TNUMBER || !lua_isinteger(L, -1))
		luaL_error(L, "field '%s': its %s has to be an integer, in bits, not %s", field, what, luaL_typename(L, -1));
	bits = lua_tointeger(L, -1);
	if (bits < 0 || bits > PS_PACKET_MAX * 8)
		luaL_error(L, "field '%s': its %s is %I bits, which is not from 0 to %d", field, what, (LUAI_UACINT)bits,
			   PS_PACKET_MAX * 8);
	lua_pop(L, 1);
	return bits;
}

/* Keeps the name on top of the stack, which nothing else of a header's view may have. */
static const char *keep_field_name(lua_State *L, int number, bool is_payload)
{
	const char *name;

	lua_pushfstring(L, "field %d: its name", number);
	lua_insert(L, -2);
	name = check_name(L, lua_tostring(L, -2));
	if (ps_bind_has_method(name) && !(is_payload && !strcmp(name, "data")))
		luaL_error(L, "field '%s': views have a method of that name (only the payload_field may be 'data')", name);
	lua_pushvalue(L, -1);
	if (lua_rawget(L, KEPT) != LUA_TNIL)
		luaL_error(L, "field '%s' is there twice", name);
	lua_pop(L, 1);
	lua_pushboolean(L, true);
	lua_rawset(L, KEPT);
	lua_pop(L, 1);
	return name;
}

static void check_place(lua_State *L, const struct ps_field *field)
{
	uint32_t end = field->at.bit + field->at.width;

	if (end > PS_PACKET_MAX * 8)
		luaL_error(L, "field '%s' ends at bit %d, behind the end of any packet (%d)", field->name, (int)end,
			   PS_PACKET_MAX * 8);
	if (field->type->is_bytes)
		return;
	if (field->flags & PS_PAYLOAD || !field->at.width)
		luaL_error(L, "field '%s' has to begin and end with a byte: %s", field->name,
			   field->at.width ? "it is the payload" : "it has no length of its own");
	if (field->at.width > PS_INT_BITS)
		luaL_error(L, "field '%s' has %d bits: what does not begin and end with a byte may have %d at most", field->name,
			   (int)field->at.width, PS_INT_BITS);
}

/* Fills in field i, whose table is on top of the stack, and keeps what it needs. */
static void take_field(lua_State *L, struct ps_field *field, int i)
{
	static const char *const functions[] = { "getter", "setter" };
	int f;

	if (!lua_istable(L, -1))
		luaL_error(L, "field %d has to be a table { name, bit_offset, bit_length, getter, setter }, not %s", i + 1,
			   luaL_typename(L, -1));
	lua_rawgeti(L, -1, 1);
	field->flags = PS_SCRIPTED | PS_LOCATED;
	if (lua_rawequal(L, -1, PAYLOAD))
		field->flags |= PS_PAYLOAD;
	field->name = keep_field_name(L, i + 1, field->flags & PS_PAYLOAD);
	field->at.bit = check_bits(L, field->name, 2, "offset");
	field->at.width = check_bits(L, field->name, 3, "length");
	field->type = field->at.bit % 8 || field->at.width % 8 ? PS_UINT : PS_BYTES;
	check_place(L, field);
	for (f = 0; f < 2; f++) {
		lua_pushfstring(L, "field '%s': its %s", field->name, functions[f]);
		lua_rawgeti(L, -2, 4 + f);
		if (field->flags & PS_PAYLOAD && !lua_isnil(L, -1))
			luaL_error(L, "%s: the payload is read and written with :data()", lua_tostring(L, -2));
		take_function(L, lua_tostring(L, -2));
		lua_rawseti(L, KEPT, FUNCTIONS + 2 * i + f);
		lua_pop(L, 1);
	}
}

/* Where declared fields end, in bytes: so many each header has at least. */
static uint32_t declared_end(const struct dynamic *d)
{
	uint32_t end = 0, field_end;
	unsigned int i;

	for (i = 0; i < d->proto.nfields; i++) {
		field_end = (d->fields[i].at.bit + d->fields[i].at.width + 7) / 8;
		if (field_end > end)
			end = field_end;
	}
	return end;
}

/* Makes the protocol of the table, checked, and keeps it in the table at KEPT; that is on top of the stack. */
static struct dynamic *make_protocol(lua_State *L)
{
	struct dynamic *d;
	bool has_payload = false;
	lua_Unsigned n, i;
	const char *name;
	size_t size;

	check_keys(L);
	push_member(L, ARGUMENT, "name");
	name = check_name(L, "name");
	check_free(L, name);
	if (push_member(L, ARGUMENT, "payload_field") != LUA_TNIL)
		check_name(L, "payload_field");
	if (push_member(L, ARGUMENT, "protocol_fields") != LUA_TTABLE)
		luaL_error(L, "protocol_fields has to be a table of fields, not %s", luaL_typename(L, FIELDS));
	n = lua_rawlen(L, FIELDS);
	if (!n || n > FIELDS_MAX)
		luaL_error(L, "protocol_fields has to have from 1 to %d fields, not %I", FIELDS_MAX, (LUAI_UACINT)n);

	lua_newtable(L);
	size = sizeof(*d) + n * sizeof(d->fields[0]);
	d = lua_newuserdatauv(L, size, 0);
	memset(d, 0, size);
	lua_rawseti(L, KEPT, SELF);
	lua_newtable(L);
	lua_rawseti(L, KEPT, PLACES);
	lua_pushvalue(L, NAME);
	lua_rawseti(L, KEPT, 0);
	d->proto = (struct ps_proto){ .name = name, .fields = d->fields, .nfields = n, .locate = ps_layer_locate };
	for (i = 0; i < n; i++) {
		lua_rawgeti(L, FIELDS, i + 1);
		take_field(L, &d->fields[i], i);
		has_payload |= d->fields[i].flags & PS_PAYLOAD;
		lua_settop(L, KEPT);
	}
	d->proto.header_min = declared_end(d);
	if (!has_payload && !lua_isnil(L, PAYLOAD))
		luaL_error(L, "payload_field: '%s' is none of protocol_fields", lua_tostring(L, PAYLOAD));
	if (!keep_function(L, "has_protocol", POLICY) && has_payload)
		luaL_error(L, "has_protocol is missing: a function (view, protocol) that says whether the payload may be of that "
			      "protocol");
	keep_function(L, "get_field_changes", CHANGES);
	return d;
}

/* Adds the protocol, whose address is the argument, and makes what its views need: a packet should not be the first to. */
static int add_protocol(lua_State *L)
{
	ps_bind_add_protocol(L, lua_touserdata(L, 1));
	if (!ps_bind_open_protocol(L, ps_bind_of(L)->registry.n - 1))
		return luaL_error(L, "not enough memory");
	return 0;
}

/* Takes it back. */
static void forget(lua_State *L, const struct dynamic *d)
{
	ps_bind_forget_protocol(L, &d->proto);
	if (d->is_lasting)
		return;
	lua_pushnil(L);
	lua_rawsetp(L, LUA_REGISTRYINDEX, d);
}

int ps_dynamic_forget(lua_State *L)
{
	const struct ps_registry *registry = &ps_bind_of(L)->registry;
	const unsigned int *before = lua_touserdata(L, 1);

	while (registry->n > *before)
		forget(L, dynamic_of(registry->protos[registry->n - 1]));
	return 0;
}

int ps_dynamic_register(lua_State *L)
{
	struct ps_bind *bind = ps_bind_of(L);
	struct dynamic *d;

	luaL_checktype(L, ARGUMENT, LUA_TTABLE);
	lua_settop(L, ARGUMENT);
	ps_memory_leave(bind);
	if (bind->pkt)
		return luaL_error(L, "protocols are registered while the script loads, not while it handles a packet");
	if (bind->registry.n - ps_nprotos >= PROTOCOLS_MAX)
		return luaL_error(L, "a state has no more than %d protocols of scripts", PROTOCOLS_MAX);
	d = make_protocol(L);
	lua_pushcfunction(L, add_protocol);
	lua_pushlightuserdata(L, d);
	lua_pushvalue(L, KEPT);
	lua_rawsetp(L, LUA_REGISTRYINDEX, d);
	if (lua_pcall(L, 1, 0, 0) != LUA_OK) {
		forget(L, d);
		return lua_error(L);
	}
	return 0;
}

/*
 * Headers.
 */

/* Fields are where they are declared. */
static void declare_places(const struct dynamic *d, struct ps_bits *places)
{
	unsigned int i;

	for (i = 0; i < d->proto.nfields; i++)
		places[i] = d->fields[i].at;
}

/* Where fields of one header are: memory that this packet has not used, and that the table of places keeps. */
static struct ps_bits *take_places(lua_State *L, struct dynamic *d)
{
	struct ps_bits *places;

	push_kept(L, &d->proto, PLACES);
	if (d->packet != ps_bind_of(L)->serial) {
		d->packet = ps_bind_of(L)->serial;
		d->used = 0;
		for (; d->made > PLACES_KEPT; d->made--) {
			lua_pushnil(L);
			lua_rawseti(L, -2, d->made);
		}
	}
	if (d->used < d->made) {
		lua_rawgeti(L, -1, d->used + 1);
	} else {
		lua_newuserdatauv(L, d->proto.nfields * sizeof(*places), 0);
		lua_pushvalue(L, -1);
		lua_rawseti(L, -3, d->made + 1);
		d->made++;
	}
	d->used++;
	places = lua_touserdata(L, -1);
	declare_places(d, places);
	lua_pop(L, 2);
	return places;
}

/*
 * A header in memory, which has few layers, and they last as long as it: one that is asked for again is the same, with its fields
 * found anew.
 */
static enum ps_layer_found find_in_memory(lua_State *L, struct ps_layer *parent, struct ps_range within, struct dynamic *d,
					  struct ps_layer **found)
{
	struct ps_bind *bind = ps_bind_of(L);
	struct ps_layer *known = ps_layer_scripted_again(&bind->layers, parent, within, &d->proto);
	struct ps_bits *places;

	if (known) {
		declare_places(d, known->places);
		known->flags = PS_LAYER_SCRIPTED;
		*found = known;
		return PS_LAYER_FOUND;
	}
	if (within.len < d->proto.header_min)
		return PS_LAYER_NONE;
	if (!ps_layers_have_room(&bind->layers))
		return PS_LAYER_NO_MEMORY;
	d->is_lasting = true;
	places = ps_memory_keep(L, d->proto.nfields * sizeof(*places));
	declare_places(d, places);
	return ps_layer_scripted(&bind->layers, bind->pkt, parent, within, &d->proto, places, found);
}

/* Finds bytes of a layer as a header of that protocol; its view has its fields where they are declared. */
static enum ps_layer_found find_header(lua_State *L, struct ps_layer *parent, struct ps_range within, struct dynamic *d,
				       struct ps_layer **found)
{
	struct ps_bind *bind = ps_bind_of(L);

	if (bind->memory)
		return find_in_memory(L, parent, within, d, found);
	return ps_layer_scripted(&bind->layers, bind->pkt, parent, within, &d->proto, take_places(L, d), found);
}

/* Whether the script says that what argument 1, a header of its protocol, carries may be of the protocol of that id. */
static bool is_allowed(lua_State *L, const struct ps_proto *proto, unsigned int id)
{
	bool allowed;

	if (push_kept(L, proto, POLICY) == LUA_TNIL) {
		lua_pop(L, 1);
		return false;
	}
	lua_pushvalue(L, 1);
	lua_pushinteger(L, id);
	ps_memory_call(L, 2, 1);
	allowed = lua_toboolean(L, -1);
	lua_pop(L, 1);
	return allowed;
}

enum ps_layer_found ps_dynamic_payload(lua_State *L, unsigned int id, struct ps_place *to)
{
	struct ps_bind *bind = ps_bind_of(L);
	const struct ps_place *at = &ps_view_check(L)->place;
	const struct ps_proto *outer = at->layer->header.proto, *proto = bind->registry.protos[id];
	bool is_header = ps_place_is_header(at), is_scripted = at->layer->flags & PS_LAYER_SCRIPTED;
	struct ps_range within = at->flags & PS_VIEW_WHOLE ? at->layer->header.range : at->within;
	enum ps_layer_found found;
	struct ps_layer *layer;

	if (is_header && !(is_scripted ? is_allowed(L, outer, id) : outer->any_next))
		return PS_LAYER_NONE;
	at = &ps_view_check(L)->place;	/* it may be gone by now */
	if (is_header ? !ps_layer_payload_range(bind->pkt, at->layer, &within) : at->flags & PS_VIEW_ABSENT)
		return PS_LAYER_NONE;
	if (ps_proto_is_scripted(proto))
		found = find_header(L, at->layer, within, dynamic_of(proto), &layer);
	else
		found = ps_layer_in_bytes(&bind->layers, bind->pkt, at->layer, within, proto, &layer);
	if (found == PS_LAYER_FOUND)
		ps_place_header(to, layer, proto, layer->flags);
	return found;
}

/* Element i of the vector at index, which what names. */
static lua_Integer check_change(lua_State *L, int index, unsigned int i, const struct ps_proto *proto, const char *what)
{
	lua_Integer change;

	if (lua_rawgeti(L, index, i + 1) != LUA_TNUMBER || !lua_isinteger(L, -1))
		luaL_error(L, "get_field_changes of %s: %s has to have an integer for each of %d fields, but at %d is %s",
			   proto->name, what, (int)proto->nfields, (int)i + 1, luaL_typename(L, -1));
	change = lua_tointeger(L, -1);
	lua_pop(L, 1);
	return change;
}

/* Whether what is declared with the change is something that a packet of so many bits can have: *to. */
static bool add_change(uint32_t declared, lua_Integer change, uint32_t bits, uint32_t *to)
{
	if (change < -CHANGE_MAX || change > CHANGE_MAX || change < -(lua_Integer)declared || change + declared > bits)
		return false;
	*to = change + declared;
	return true;
}

bool ps_dynamic_locate(lua_State *L, struct ps_layer *layer)
{
	const struct ps_proto *proto = layer->header.proto;
	int view = lua_gettop(L), offsets = view + 1, lengths = view + 2;
	bool fits = true;
	uint32_t bits;
	unsigned int i;

	if (push_kept(L, proto, CHANGES) == LUA_TNIL) {
		lua_pop(L, 1);
		return true;
	}
	lua_pushvalue(L, view);
	ps_memory_call(L, 1, 2);
	if (!lua_istable(L, offsets) || !lua_istable(L, lengths))
		luaL_error(L, "get_field_changes of %s has to return two tables, offsets and lengths, not %s and %s", proto->name,
			   luaL_typename(L, offsets), luaL_typename(L, lengths));
	bits = layer->header.range.len * 8;
	for (i = 0; i < proto->nfields; i++) {
		const struct ps_field *field = &proto->fields[i];
		lua_Integer offset = check_change(L, offsets, i, proto, "offsets");
		lua_Integer length = check_change(L, lengths, i, proto, "lengths");
		struct ps_bits at;

		if (!add_change(field->at.bit, offset, bits, &at.bit) ||
		    !add_change(field->at.width, length, bits - at.bit, &at.width) ||
		    (field->flags & PS_PAYLOAD && (at.bit % 8 || at.width % 8)))
			fits = false;
		else
			layer->places[i] = at;
	}
	lua_settop(L, view);
	return fits;
}

/*
 * Values.
 */

/* Pushes a function of the field. False: there is none. */
static bool push_function(lua_State *L, const struct ps_place *at, int which)
{
	const struct ps_proto *proto = at->layer->header.proto;

	if (push_kept(L, proto, FUNCTIONS + 2 * (at->field - proto->fields) + which) != LUA_TNIL)
		return true;
	lua_pop(L, 1);
	return false;
}

bool ps_dynamic_push_value(lua_State *L, const struct ps_place *at)
{
	if (at->flags & PS_VIEW_ABSENT || !push_function(L, at, 0))
		return false;
	ps_bytes_push(L, ps_place_range(at));
	ps_memory_call(L, 1, 1);
	return true;
}

/* Pushes bytes that argument index fills the field with: so many as it has, or one for all. */
static void push_content(lua_State *L, const struct ps_place *at, int index)
{
	lua_Integer byte;
	size_t len;

	if (!lua_isinteger(L, index)) {
		ps_bytes_check(L, index, &len);
		if (len != at->within.len)
			luaL_error(L, "%s has %d bytes, not %I", at->field->name, (int)at->within.len, (LUAI_UACINT)len);
		lua_pushvalue(L, index);
		return;
	}
	byte = lua_tointeger(L, index);
	if (byte < 0 || byte > 255)
		luaL_error(L, "%s: %I is not a byte (0 to 255), which fills the field; a setter would give it another meaning",
			   at->field->name, (LUAI_UACINT)byte);
	memset(ps_bytes_push_copy(L, ps_place_range(at)), byte, at->within.len);
}

bool ps_dynamic_set_value(lua_State *L, const struct ps_place *at, int index)
{
	struct ps_bind *bind = ps_bind_of(L);
	const struct ps_layer *layer = at->layer;
	struct ps_range range = ps_place_range(at);
	uint64_t arrays = bind->arrays;
	const uint8_t *bytes;
	size_t len;

	if (push_function(L, at, 1)) {
		ps_bytes_push_copy(L, range);
		lua_insert(L, -2);
		lua_pushvalue(L, -2);
		lua_pushvalue(L, index);
		ps_memory_call(L, 2, 0);
	} else if (at->field->type->is_bytes) {
		push_content(L, at, index);
	} else {
		return false;
	}
	if (bind->arrays != arrays || layer->flags & PS_LAYER_GONE)
		luaL_error(L, "%s is gone: its setter has changed the packet's length, or what a header before it says",
			   at->field->name);
	bytes = ps_bytes_check(L, lua_gettop(L), &len);
	ps_layers_expose(&bind->layers);
	ps_bytes_written(L, ps_write_bytes(bind->pkt, &layer->header, &range, bytes));
	return true;
}

void ps_dynamic_push_integer(lua_State *L, const struct ps_place *at)
{
	struct ps_range range = ps_place_range(at);
	uint64_t value = 0;
	const uint8_t *p;
	uint32_t i;

	if (range.len > sizeof(value))
		luaL_error(L, "%s has %d bytes, more than an integer", at->field->name, (int)range.len);
	p = ps_packet_read(ps_bind_of(L)->pkt, range.off, range.len);
	if (!p)
		luaL_error(L, "no memory to read the packet");
	for (i = 0; i < range.len; i++)
		value = value << 8 | p[i];
	lua_pushinteger(L, l_castU2S(value));
}
