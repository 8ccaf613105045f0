/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#define LUA_LIB
#include "lprefix.h"

#include <stddef.h>
#include <string.h>

#include "lua.h"
#include "lauxlib.h"
#include "lopcodes.h"

#include "access.h"
#include "bytes.h"
#include "callable.h"
#include "company.h"
#include "conntrack.h"
#include "defer.h"
#include "dynamic.h"
#include "host.h"
#include "memory.h"
#include "nf.h"
#include "resize.h"
#include "set.h"
#include "shared.h"
#include "spelling.h"
#include "verdict.h"
#include "write.h"

#define FIELD_TYPE	"packet_field"

static void ensure_open(lua_State *L, unsigned int id);

static const char anchors;	/* the address is the registry's key of a table of pooled objects */
static const char names;	/* the same of the table of their names in p.udp */
static const char supported;	/* the same of the table of protocols' names */

/*
 * Objects.
 */

/*
 * The classes. Here and not where their functions are: who wants to see what these are worth, or whether they do the
 * same as the other way, puts others in their place.
 */
const struct ps_class ps_class_view = {
	.name = "packet object",
	.call = ps_object_call,
	.read = ps_object_read,
	.write = ps_object_write,
	.get_byte = ps_object_get_view_byte,
	.set_byte = ps_object_set_view_byte,
	.holds = ps_view_holds,
};

const struct ps_class ps_class_bytes = {
	.name = "byte array",
	.call = ps_bytes_call,
	.get_byte = ps_object_get_byte,
	.set_byte = ps_object_set_byte,
	.holds = ps_bytes_holds,
};

const struct ps_class ps_class_set = {
	.name = "set",
	.call = ps_set_call,
	.holds = ps_set_holds,
};

const struct ps_class ps_class_shared_table = {
	.name = "shared table",
	.call = ps_shared_call,
	.read = ps_shared_read,
	.write = ps_shared_write,
	.get_byte = ps_shared_read_at,
	.set_byte = ps_shared_write_at,
};

const struct ps_class ps_class_shared_queue = {
	.name = "shared queue",
};

void *ps_bind_new(lua_State *L, size_t size, const struct ps_class *class, const char *type)
{
	struct ps_object *object = lua_newuserdatauv(L, size, 0);

	object->methods = NULL;
	luaL_setmetatable(L, type);
	if (luaL_getmetafield(L, -1, PS_METHODS) != LUA_TNIL) {
		object->methods = (Table *)lua_topointer(L, -1);
		lua_pop(L, 1);
	}
	ps_userdata_of(object)->class = class;
	return object;
}

/* The same of the packet that is being handled, whatever is looked at. */
static void *take(lua_State *L, struct ps_pool *pool, size_t size, const struct ps_class *class, const char *type)
{
	struct ps_bind *bind = ps_bind_of(L);
	void *block;

	if (l_likely(ps_pool_has(bind, pool))) {
		block = pool->block[pool->used++];
		ps_push_block(L, block);
		return block;
	}

	block = ps_bind_new(L, size, class, type);
	memset((struct ps_object *)block + 1, 0, size - sizeof(struct ps_object));
	if (pool->made < PS_POOL_SIZE) {
		lua_rawgetp(L, LUA_REGISTRYINDEX, &anchors);
		lua_pushvalue(L, -2);
		luaL_ref(L, -2);
		lua_pop(L, 1);
		pool->block[pool->made++] = block;
		pool->used++;
	}
	return block;
}

void *ps_bind_take(lua_State *L, struct ps_pool *pool, size_t size, const struct ps_class *class,
		   const char *type)
{
	struct ps_memory_view *v;

	if (l_likely(!ps_bind_of(L)->memory))
		return take(L, pool, size, class, type);
	v = ps_bind_new(L, sizeof(*v), class, type);
	memset(&v->view.object + 1, 0, sizeof(*v) - sizeof(struct ps_object));
	return v;
}

struct ps_packet *ps_bind_check_packet(lua_State *L, uint64_t serial)
{
	struct ps_bind *bind = ps_bind_of(L);

	if (l_unlikely(serial != bind->serial || !bind->pkt))
		luaL_error(L, "packet is gone (views last as long as the handler runs; keep "
			      "what :to_bytes() gives)");
	return bind->pkt;
}

void ps_bind_bytes_are_gone(lua_State *L)
{
	luaL_error(L, "these bytes are gone: the packet has got another length since (get them anew)");
}

/* A field that lies where its header says: a text before it may have got another length. */
static void find_located(lua_State *L, struct ps_place *at)
{
	const struct ps_header *header = &at->layer->header;

	at->flags &= ~PS_VIEW_ABSENT;
	if (!ps_proto_field(ps_bind_of(L)->pkt, header, at->field, &at->within)) {
		at->flags |= PS_VIEW_ABSENT;
		at->within = header->range;
		at->within.len = 0;
	}
	at->within.off -= header->range.off;
}

/* Whether a view of the place has to be found anew once the packet has got another length. */
static bool is_found(const struct ps_place *at)
{
	return at->flags & (PS_VIEW_BYTES | PS_VIEW_KEYED) || (at->field && at->field->flags & PS_LOCATED);
}

void ps_bind_check_writable(lua_State *L)
{
	if (l_unlikely(ps_bind_of(L)->pkt->ops->is_read_only))
		luaL_error(L, "the packet is read-only: a match says whether it is one of those it looks for, and only a "
			      "target may change it");
}

int ps_bind_not_written(lua_State *L)
{
	ps_bind_check_writable(L);
	return luaL_error(L, "no memory to write the packet");
}

/* Bytes that were found before the packet has got another length. */
static void find_bytes(lua_State *L, struct ps_place *at)
{
	if (at->field && !(at->flags & PS_VIEW_KEYED)) {
		find_located(L, at);
		return;
	}
	if (!(at->flags & PS_VIEW_PAYLOAD) || !ps_layer_payload_range(ps_bind_of(L)->pkt, at->layer, &at->within))
		ps_bind_bytes_are_gone(L);
}

/* A view of this packet, that was made before layers were let go: has its own gone with them? */
static void check_layer(lua_State *L, struct ps_view *v)
{
	struct ps_bind *bind = ps_bind_of(L);
	const struct ps_layer *layer = v->place.layer;
	bool is_memory = v->place.flags & PS_VIEW_MEMORY;

	ps_memory_enter(L, is_memory ? ((struct ps_memory_view *)v)->memory : NULL);
	if (!is_memory)
		ps_bind_check_packet(L, v->stamp >= bind->serial && v->stamp <= bind->stamp ? bind->serial : 0);
	if (layer->flags & PS_LAYER_GONE)
		luaL_error(L, "%s is gone: what the header before it says of what follows has been written since (get it "
			      "anew, with :data())", layer->header.proto->name);
	if (is_memory)
		return;
	if (v->stamp < bind->arrays && is_found(&v->place))
		find_bytes(L, &v->place);
	v->stamp = bind->stamp;
}

const struct ps_object *ps_view_holds(const struct ps_object *object, unsigned int n)
{
	const struct ps_memory_view *v = (const struct ps_memory_view *)object;

	return !n && v->view.place.flags & PS_VIEW_MEMORY ? &v->memory->object : NULL;
}

struct ps_view *ps_view_check_at(lua_State *L, int arg)
{
	struct ps_view *v = ps_arg_object(L, arg, &ps_class_view);

	if (l_unlikely(!v))
		luaL_typeerror(L, arg, ps_class_view.name);
	if (l_unlikely(!ps_access_view(ps_bind_of(L), &v->object)))
		check_layer(L, v);
	return v;
}

struct ps_view *ps_view_check(lua_State *L)
{
	return ps_view_check_at(L, 1);
}

/* Binds a view to a place of the packet that is looked at. */
static void bind_view(const struct ps_bind *bind, struct ps_view *v, const struct ps_place *place)
{
	v->stamp = bind->stamp;
	v->place = *place;
	if (l_unlikely(bind->memory)) {
		v->stamp = 0;
		v->place.flags |= PS_VIEW_MEMORY;
		((struct ps_memory_view *)v)->memory = bind->memory;
	}
}

static void push_header(lua_State *L, unsigned int id, const struct ps_place *place)
{
	struct ps_bind *bind = ps_bind_of(L);
	struct ps_view *v;

	ensure_open(L, id);
	v = ps_bind_take(L, ps_views_of(bind, id), sizeof(*v), &ps_class_view, bind->registry.protos[id]->name);
	bind_view(bind, v, place);
}

/*
 * Methods of all views.
 */
static int view_raw(lua_State *L)
{
	const struct ps_place *at = &ps_view_check(L)->place;
	struct ps_range range = ps_place_range(at);
	lua_Integer off = luaL_checkinteger(L, 2), len = luaL_checkinteger(L, 3);
	struct ps_place bytes;

	if (off < 0 || len < 0 || off > range.len || len > range.len - off) {
		lua_pushnil(L);
		return 1;
	}
	range.off += off - at->layer->header.range.off;
	range.len = len;
	ps_place_bytes(&bytes, at->layer, range);
	push_header(L, PS_ID_RAW, &bytes);
	return 1;
}

static unsigned int opt_proto(lua_State *L, int arg)
{
	const TValue *v = ps_arg(L, arg);
	lua_Integer id;

	if (!v)
		return 0;
	luaL_argcheck(L, !ttisnil(v), arg, "nil is no protocol (is its name misspelt? the payload as "
					   "bytes is :data() without argument)");
	id = l_likely(ttisinteger(v)) ? ivalue(v) : luaL_checkinteger(L, arg);
	luaL_argcheck(L, id >= 0 && id < ps_bind_of(L)->registry.n, arg, "no such protocol");
	return id;
}

/* Pushes what has been found as the protocol of that id, or nil. */
static int push_found(lua_State *L, unsigned int id, enum ps_layer_found found, const struct ps_place *place)
{
	const struct ps_proto *proto = ps_bind_of(L)->registry.protos[id];

	switch (found) {
	case PS_LAYER_FOUND:
		push_header(L, id, place);
		if (!ps_proto_is_scripted(proto))
			return 1;
		if (ps_dynamic_locate(L, place->layer))
			place->layer->flags |= PS_LAYER_LOCATED;
		else
			lua_pushnil(L);
		return 1;
	case PS_LAYER_NONE:
		lua_pushnil(L);
		return 1;
	case PS_LAYER_TOO_DEEP:
		return luaL_error(L, "more than %d nested headers in one packet", PS_NESTED_MAX);
	default:
		return luaL_error(L, "not enough memory for all headers that were looked for in this packet");
	}
}

static int view_data(lua_State *L)
{
	struct ps_bind *bind = ps_bind_of(L);
	struct ps_view *v = ps_view_check(L);
	unsigned int id = opt_proto(L, 2);
	const struct ps_proto *proto = bind->registry.protos[id];
	enum ps_layer_found found;
	struct ps_place payload;

	if (ps_dynamic_decides(&v->place, proto))
		found = ps_dynamic_payload(L, id, &payload);
	else
		found = ps_view_payload(bind, &v->place, id, &payload);
	return push_found(L, id, found, &payload);
}

int ps_view_of_bytes(lua_State *L, struct ps_range range)
{
	struct ps_place place;

	lua_settop(L, 2);
	ps_place_bytes(&place, &ps_bind_of(L)->layers.packet, range);
	push_header(L, PS_ID_RAW, &place);
	lua_replace(L, 1);	/* nothing is left of the array but what the view holds */
	return view_data(L);
}

int ps_view_at(lua_State *L)
{
	struct ps_bind *bind = ps_bind_of(L);
	uint32_t at = lua_tointeger(L, 1);
	unsigned int id = lua_tointeger(L, 2);
	struct ps_place place;

	if (id != PS_ID_RAW && ps_view_find(bind, id, &place) == PS_LAYER_FOUND &&
	    (at == PS_WORK_FIRST || ps_place_range(&place).off == at)) {
		push_header(L, id, &place);
		return 1;
	}
	if (at == PS_WORK_FIRST)
		at = 0;
	return ps_view_of_bytes(L, (struct ps_range){ at, bind->pkt->len - at });
}

static int view_to_bytes(lua_State *L)
{
	struct ps_view *v = ps_view_check(L);

	ps_bytes_push_copy(L, ps_place_range(&v->place));
	return 1;
}

static int view_get_offset(lua_State *L)
{
	lua_pushinteger(L, ps_place_range(&ps_view_check(L)->place).off);
	return 1;
}

static int view_get_size(lua_State *L)
{
	lua_pushinteger(L, ps_place_range(&ps_view_check(L)->place).len);
	return 1;
}

/* Whether the place, which is absent, is of a link layer that no packet on this hook has. */
static bool is_of_absent_link(lua_State *L, const struct ps_place *at)
{
	return at->layer->header.proto->is_link && !ps_bind_of(L)->pkt->has_link;
}

static int view_tostring(lua_State *L)
{
	const struct ps_place *at = &ps_view_check(L)->place;
	struct ps_range range = ps_place_range(at);

	lua_pushstring(L, at->flags & PS_VIEW_BYTES ? ps_proto_raw.name : at->layer->header.proto->name);
	if (at->field) {
		lua_pushfstring(L, ".%s", at->field->name);
		lua_concat(L, 2);
	}
	if (at->flags & PS_VIEW_ABSENT)
		lua_pushstring(L, is_of_absent_link(L, at) ? " (no link-layer header)" :
							     " (not there)");
	else
		lua_pushfstring(L, " offset %d length %d", (int)range.off, (int)range.len);
	lua_concat(L, 2);
	return 1;
}

static int view_write(lua_State *L)
{
	const struct ps_place *at = &ps_view_check(L)->place;
	struct ps_range range = ps_place_range(at);
	lua_Integer off = luaL_optinteger(L, 3, 0);
	struct ps_bind *bind = ps_bind_of(L);
	const uint8_t *bytes;
	size_t len;

	ps_bind_check_writable(L);
	bytes = ps_bytes_check(L, 2, &len);
	if (off < 0 || off > range.len || (lua_Integer)len > range.len - off)
		return luaL_error(L, "%I bytes from %I on are not all within a view of %d bytes",
				  (LUAI_UACINT)len, (LUAI_UACINT)off, (int)range.len);
	range.off += off;
	range.len = len;
	ps_layers_expose(&bind->layers);
	return ps_bytes_written(L, ps_write_bytes(bind->pkt, &at->layer->header, &range, bytes));
}

/* Bytes: raw views, headers, and fields that are just bytes. */
static int bytes_get(lua_State *L)
{
	struct ps_view *v = ps_view_check(L);

	ps_bytes_push(L, ps_place_range(&v->place));
	return 1;
}

static int fill(lua_State *L, const struct ps_place *at, int index)
{
	struct ps_range range = ps_place_range(at);
	struct ps_bind *bind = ps_bind_of(L);
	lua_Integer byte = luaL_checkinteger(L, index);

	ps_bind_check_writable(L);
	luaL_argcheck(L, byte >= 0 && byte <= 255, index, "not a byte (0 to 255)");
	ps_layers_expose(&bind->layers);
	return ps_bytes_written(L, ps_write_fill(bind->pkt, &range, byte));
}

int ps_view_replaced(lua_State *L, int err, const char *what, size_t len)
{
	struct ps_bind *bind = ps_bind_of(L);

	switch (err) {
	case 0:
		bind->arrays = ++bind->stamp;
		return 0;
	case PS_FIELD_SHAPE:
		return luaL_error(L, "%s keeps its length: the network header is in it, or not all headers around it "
				     "are known, or one of them does not say how long it is, or sums up a part of it", what);
	case PS_FIELD_PARTIAL:
		return luaL_error(L, "%s keeps its length: the rest of it is in another fragment, or was not "
				     "captured", what);
	case PS_FIELD_LATER:
		return luaL_error(L, "%s keeps its length: a checksum within it is completed later (offload; "
				     "ethtool -K switches it off)", what);
	case PS_FIELD_LONG:
		return luaL_error(L, "%I bytes do not fit: a packet has at most %d", (LUAI_UACINT)len, PS_PACKET_MAX);
	case PS_FIELD_TRACKED:
		return luaL_error(L, "%s keeps its length: the sequence numbers of its connection cannot follow, since no rule of "
				     "a script had its first packet", what);
	case PS_FIELD_SENT:
		return luaL_error(L, "%s keeps its length: an earlier segment that got another one has not been acknowledged yet, "
				     "or this one is older", what);
	default:
		return ps_bytes_written(L, err);
	}
}

/* Puts argument 2 in the place of a payload. */
static int replace(lua_State *L, struct ps_view *v)
{
	struct ps_bind *bind = ps_bind_of(L);
	const uint8_t *bytes;
	size_t len;
	int err;

	ps_bind_check_writable(L);
	bytes = ps_bytes_check(L, 2, &len);
	find_bytes(L, &v->place);	/* lengths may have been written since it was found */
	if (len > PS_PACKET_MAX)
		err = PS_FIELD_LONG;
	else
		err = ps_layer_replace(&bind->layers, bind->pkt, v->place.layer, v->place.within, bytes, len);
	ps_view_replaced(L, err, "this payload", len);
	v->place.within.len = len;
	ps_view_renew(bind, v);
	return 0;
}

static int bytes_set(lua_State *L)
{
	struct ps_view *v = ps_view_check(L);

	if (lua_type(L, 2) != LUA_TNUMBER && v->place.flags & PS_VIEW_PAYLOAD)
		return replace(L, v);
	luaL_argcheck(L, lua_type(L, 2) != LUA_TSTRING || lua_isnumber(L, 2), 2,
		      "not a byte (0 to 255): :write() puts text there, and only the payload that :data() of a header gives "
		      "gets another length");
	return fill(L, &v->place, 2);
}

/*
 * Fields.
 */
static const struct ps_place *check_field(lua_State *L)
{
	const struct ps_place *at = &ps_view_check(L)->place;

	if (!at->field)
		luaL_typeerror(L, 1, "field");
	return at;
}

/*
 * Makes of a header the place of one of its fields, which is absent if the header has not got it.
 * False: the header is malformed.
 */
static bool find_field(struct ps_bind *bind, struct ps_place *at, const struct ps_field *field)
{
	const struct ps_header *header = &at->layer->header;
	struct ps_field moved;

	at->field = field;
	at->plain = NULL;
	at->within.off = at->within.len = 0;
	if ((at->flags & PS_VIEW_CAREFUL || field->flags & PS_LOCATED) &&
	    !ps_proto_here(bind->pkt, header, field, &moved))
		at->flags |= PS_VIEW_ABSENT;
	if (at->flags & PS_VIEW_ABSENT)
		return true;
	if (!ps_proto_field(bind->pkt, header, field, &at->within))
		return false;
	at->within.off -= header->range.off;
	return true;
}

/* The options of a header as a header of their own. */
static int push_options(lua_State *L, struct ps_layer *layer)
{
	struct ps_bind *bind = ps_bind_of(L);
	const struct ps_proto *proto = layer->header.proto->options;
	struct ps_layer *options;
	struct ps_place place;

	if (layer->flags) {
		lua_pushnil(L);
		return 1;
	}
	switch (ps_layer_options(&bind->layers, bind->pkt, layer, &options)) {
	case PS_LAYER_FOUND:
		ps_place_header(&place, options, proto, options->flags);
		push_header(L, ps_proto_id(&bind->registry, proto), &place);
		return 1;
	case PS_LAYER_NO_MEMORY:
		return luaL_error(L, "not enough memory for all headers that were looked for in this packet");
	default:
		lua_pushnil(L);
		return 1;
	}
}

void ps_view_push_field(lua_State *L, struct ps_field_method *m, const struct ps_place *at)
{
	struct ps_view *f = ps_bind_take(L, &m->pool, sizeof(*f), &ps_class_view, FIELD_TYPE);

	bind_view(ps_bind_of(L), f, at);
}

/* Pushes the field of a view, whose method it is. */
static int push_field(lua_State *L, struct ps_view *v, struct ps_field_method *method)
{
	const struct ps_field *field = method->field;
	struct ps_bind *bind = ps_bind_of(L);
	struct ps_place place = v->place;

	if (!ps_view_has_field(&v->place, field))
		return luaL_error(L, "%s is not a field of this %s", field->name,
				  v->place.layer->header.proto->name);
	if (field->flags & PS_HEADER)
		return push_options(L, place.layer);
	if (find_field(bind, &place, field))
		ps_view_push_field(L, method, &place);
	else
		lua_pushnil(L);
	return 1;
}

static int view_field(lua_State *L)
{
	return push_field(L, ps_view_check(L), pvalue(ps_upvalue(L, 0)));
}

/* The same by a name that the script has made. */
static int view_field_named(lua_State *L)
{
	struct ps_view *v = ps_view_check(L);
	const char *name = luaL_checkstring(L, 2);
	const TString *key = tsvalue(ps_arg(L, 2));
	struct ps_field_method *method = key->tt == LUA_VSHRSTR ? ps_access_named(v->object.methods, key) : NULL;

	if (!method)
		return luaL_error(L, "%s has no field '%s'", v->place.layer->header.proto->name, name);
	return push_field(L, v, method);
}

/*
 * Addresses as text, both ways. Each entry keeps its string in the table of anchors, at a place
 * of its own below 0, where luaL_ref() puts nothing.
 */
enum { PARSED_SLOT = -1, FORMATTED_SLOT = -1 - PS_ADDRESSES };

static void keep(lua_State *L, int arg, const struct ps_address *entry,
		 const struct ps_address *first, int slot)
{
	lua_rawgetp(L, LUA_REGISTRYINDEX, &anchors);
	lua_pushvalue(L, arg < 0 ? arg - 1 : arg);
	lua_rawseti(L, -2, slot - (entry - first));
	lua_pop(L, 1);
}

int ps_view_push_address(lua_State *L, struct ps_value value, const struct ps_type *type)
{
	struct ps_bind *bind = ps_bind_of(L);
	struct ps_address *known = ps_formatted_entry(bind, value);
	char text[PS_TEXT_SIZE];

	if (l_likely(known->text && known->type == type && ps_value_is(known->value, value))) {
		ps_push_string(L, known->text);
		return 1;
	}
	known->text = NULL;
	lua_pushlstring(L, text, type->format(text, value));
	keep(L, -1, known, bind->formatted, FORMATTED_SLOT);
	known->text = lua_tostring(L, -1);
	known->value = value;
	known->type = type;
	return 1;
}

/* The place as it lies in its header: *moved, unless it is where the table says. NULL: it is not there. */
static const struct ps_field *place_here(lua_State *L, const struct ps_place *at, struct ps_field *moved)
{
	if (at->flags & PS_VIEW_ABSENT)
		return NULL;
	if (at->flags & PS_VIEW_KEYED) {
		*moved = *at->field;
		moved->at = (struct ps_bits){ at->within.off * 8, at->within.len * 8 };
		return moved;
	}
	return ps_proto_here(ps_bind_of(L)->pkt, &at->layer->header, at->field, moved);
}

bool ps_view_value(lua_State *L, const struct ps_place *at, struct ps_value *value)
{
	struct ps_packet *pkt = ps_bind_of(L)->pkt;
	struct ps_field moved;
	const struct ps_field *field = place_here(L, at, &moved);

	if (!field)
		return false;
	if (ps_field_get_value(pkt, at->layer->header.range.off, field, value))
		luaL_error(L, "no memory to read the packet");
	return true;
}

int ps_view_push_value(lua_State *L, const struct ps_place *at)
{
	const struct ps_type *type = at->field->type;
	const struct ps_field *here;
	struct ps_field moved;
	struct ps_value value;

	if (at->field->flags & PS_SCRIPTED && ps_dynamic_push_value(L, at))
		return 1;
	if (type->is_text) {
		here = place_here(L, at, &moved);
		if (here)
			return ps_view_push_text(L, at, here);
		lua_pushnil(L);
		return 1;
	}
	if (type->is_bytes && !(at->flags & PS_VIEW_ABSENT))
		ps_bytes_push(L, ps_place_range(at));
	else if (!ps_view_value(L, at, &value))
		lua_pushnil(L);
	else if (type->format)
		return ps_view_push_address(L, value, type);
	else
		lua_pushinteger(L, value.low);
	return 1;
}

static int field_get(lua_State *L)
{
	return ps_view_push_value(L, check_field(L));
}

static int field_int(lua_State *L)
{
	const struct ps_place *at = check_field(L);
	struct ps_value value;

	if (at->field->flags & PS_SCRIPTED && at->field->type->is_bytes && !(at->flags & PS_VIEW_ABSENT)) {
		ps_dynamic_push_integer(L, at);
		return 1;
	}
	if (at->field->type->is_bytes || (at->field->type->is_text && !at->field->type->is_decimal))
		return luaL_error(L, "%s is not an integer", at->field->name);
	if (at->field->type->is_text)
		return ps_view_push_value(L, at);
	if (!at->field->type->has_int)
		return luaL_error(L, "%s has %d bits, more than an integer: read the text with :get()",
				  at->field->name, at->field->at.width);
	if (ps_view_value(L, at, &value))
		lua_pushinteger(L, value.low);
	else
		lua_pushnil(L);
	return 1;
}

/*
 * The value of argument index for a field: an integer, or the text of an address. Texts that have
 * been parsed are remembered by the address of the string, which is kept, so that it stays one.
 */
static struct ps_value check_value(lua_State *L, int index, const struct ps_field *field)
{
	const struct ps_type *type = field->type;
	const TValue *arg = ps_arg(L, index);
	const struct ps_value *before;
	struct ps_address *known;
	struct ps_value value;
	const char *text;
	size_t len;

	if (type->has_int && (!type->parse || (arg && ttisinteger(arg))))
		return (struct ps_value){ 0, luaL_checkinteger(L, index) };
	text = luaL_checklstring(L, index, &len);
	before = ps_known_address(ps_bind_of(L), text, type);
	if (before)
		return *before;
	if (!type->parse(text, len, &value))
		luaL_error(L, "%s: '%s' is not %s", field->name, text, type->example);
	known = ps_parsed_entry(ps_bind_of(L), text);
	known->text = NULL;
	keep(L, index, known, ps_bind_of(L)->parsed, PARSED_SLOT);
	known->text = text;
	known->value = value;
	known->type = type;
	return value;
}

/* Sets a field, which is where it says. */
static int set_field(struct ps_bind *bind, struct ps_layer *layer, const struct ps_field *field, struct ps_value value)
{
	if (!field->type->has_int)
		return ps_field_set_value(bind->pkt, &layer->header, field, value);
	return value.high ? PS_FIELD_RANGE : ps_view_set(bind, layer, field, value.low);
}

/* Whether the header, which has not got the field, may get it. */
static bool can_make_room(const struct ps_place *at)
{
	return at->field->flags & PS_LOCATED && at->layer->header.proto->make_room && !at->layer->flags;
}

/* Sets a field, of which v is a view or NULL, to argument index. */
static int set_value(lua_State *L, struct ps_view *v, const struct ps_place *at, int index)
{
	const struct ps_field *field = at->field, *here = NULL;
	struct ps_packet *pkt = ps_bind_of(L)->pkt;
	struct ps_field moved;
	int err;

	if (field->flags & PS_READ_ONLY)
		return luaL_error(L, "%s can only be read", field->name);
	ps_bind_check_writable(L);
	if (field->type->is_bytes && !(at->flags & PS_VIEW_ABSENT))
		here = field;
	else
		here = place_here(L, at, &moved);
	if (!here && can_make_room(at) && !ps_value_fits(check_value(L, index, field), field->at.width))
		return luaL_error(L, "%s: the value does not fit into %d bits", field->name, field->at.width);
	if (!here && can_make_room(at) && at->layer->header.proto->make_room(pkt, &at->layer->header, field))
		here = ps_proto_here(pkt, &at->layer->header, field, &moved);
	if (!here)
		return luaL_error(L, is_of_absent_link(L, at) ?
				  "%s: there is no link-layer header on this hook" :
				  "%s: the header of this packet has no such field, or ends before it",
				  field->name);
	if (field->flags & PS_SCRIPTED && ps_dynamic_set_value(L, at, index))
		return 0;
	if (field->type->is_bytes)
		return fill(L, at, index);
	if (field->type->is_text)
		return ps_view_set_text(L, v, at, here, index);
	if (field->flags & PS_CHECKSUM && lua_isnoneornil(L, index))
		err = ps_field_checksum(pkt, &at->layer->header);
	else
		err = set_field(ps_bind_of(L), at->layer, here, check_value(L, index, field));

	switch (err) {
	case 0:
		return 0;
	case PS_FIELD_RANGE:
		return luaL_error(L, "%s: the value does not fit into %d bits", field->name,
				  field->at.width);
	case PS_FIELD_SEGMENTS:
		return luaL_error(L, "%s: segments will be made of this packet, with checksums of their "
				     "own", field->name);
	case PS_FIELD_PARTIAL:
		return luaL_error(L, "%s: cannot be computed: a fragment, a truncated packet, or "
				     "no network header", field->name);
	default:
		return ps_bind_not_written(L);
	}
}

static int field_set(lua_State *L)
{
	const struct ps_place *at = check_field(L);

	return set_value(L, ps_view_check(L), at, 2);
}

/*
 * The shorthand: ip.ttl is ip:ttl():get(). A method that is called, ip:ttl(), is found before
 * (lua/vm.c), so that this sees only names which are not called. Upvalue: the methods, of which
 * each field is one. Leaves the method of that name, or nil, on the stack.
 */
static const struct ps_field *named_field(lua_State *L)
{
	const struct ps_method *method;

	lua_pushvalue(L, 2);
	if (lua_rawget(L, lua_upvalueindex(1)) == LUA_TNIL)
		return NULL;
	method = ps_method_of(ps_arg(L, lua_gettop(L)));
	return method->op == PS_OP_FIELD ? ((const struct ps_field_method *)method)->field : NULL;
}

/* Byte i of a view, which the argument is; or nil. */
static int push_byte(lua_State *L, const struct ps_place *at, lua_Integer i)
{
	struct ps_range range = ps_place_range(at);
	const uint8_t *p;

	if (i < 0 || i >= range.len) {
		lua_pushnil(L);
		return 1;
	}
	p = ps_packet_read(ps_bind_of(L)->pkt, range.off + i, 1);
	if (!p)
		return luaL_error(L, "no memory to read the packet");
	lua_pushinteger(L, *p);
	return 1;
}

static int set_byte(lua_State *L, const struct ps_place *at, lua_Integer i)
{
	struct ps_range range = ps_place_range(at);
	lua_Integer byte = luaL_checkinteger(L, 3);
	struct ps_bind *bind = ps_bind_of(L);

	if (i < 0 || i >= range.len)
		return luaL_error(L, "index %I is outside of a view of %d bytes", (LUAI_UACINT)i, (int)range.len);
	if (byte < 0 || byte > 255)
		return luaL_error(L, "%I is not a byte (0 to 255)", (LUAI_UACINT)byte);
	range.off += i;
	range.len = 1;
	ps_layers_expose(&bind->layers);
	return ps_bytes_written(L, ps_write_fill(bind->pkt, &range, byte));
}

/* Whether the Lua function that runs looks for a method. */
static bool is_call(lua_State *L)
{
	const CallInfo *ci = L->ci->previous;

	return isLua(ci) && GET_OPCODE(ci->u.l.savedpc[-1]) == OP_SELF;
}

/*
 * Raises if the name, which the protocol does not have, is nearly that of a field, or of a method if one is called: then
 * nil would be wrong without a word. Names that resemble none may be meant for views of another protocol: they give the nil on
 * top of the stack.
 */
static int refuse_misspelt(lua_State *L, const struct ps_proto *proto)
{
	const struct ps_callable *row = ps_view_methods;
	const struct ps_field *field;
	const char *name, *meant = NULL;

	if (lua_type(L, 2) != LUA_TSTRING)
		return 1;
	name = lua_tostring(L, 2);
	for (field = proto->fields; field < proto->fields + proto->nfields && !meant; field++) {
		if (ps_spelling_is_near(name, field->name))
			meant = field->name;
	}
	for (; row->method.name && !meant && is_call(L); row++) {
		if (ps_spelling_is_near(name, row->method.name))
			meant = row->method.name;
	}
	if (meant)
		return luaL_error(L, "%s has no '%s'; did you mean '%s'?", proto->name, name, meant);
	return 1;
}

/* The id of the protocol that p has a header of under this name, which is argument 2; below 0: there is none. */
static int protocol_named(lua_State *L)
{
	int id;

	lua_rawgetp(L, LUA_REGISTRYINDEX, &names);
	lua_pushvalue(L, 2);
	id = lua_rawget(L, -2) == LUA_TNIL ? -1 : (int)lua_tointeger(L, -1);
	lua_pop(L, 2);
	return id;
}

/* Keeps the candidate, if it is nearer to the name than what is best so far. */
static void try_name(const char *name, const char *candidate, const char **best, unsigned int *distance)
{
	unsigned int d = ps_spelling_distance(name, candidate);

	if (d < *distance) {
		*best = candidate;
		*distance = d;
	}
}

/* p.ttl: the first protocol that has a field of that name, or NULL. */
static const struct ps_proto *proto_with_field(const struct ps_registry *registry, const char *name)
{
	unsigned int i;

	for (i = 0; i < registry->n; i++) {
		if (ps_field_named(registry->protos[i], name))
			return registry->protos[i];
	}
	return NULL;
}

static int unknown_header(lua_State *L, const char *name)
{
	const struct ps_registry *registry = &ps_bind_of(L)->registry;
	const struct ps_proto *proto = proto_with_field(registry, name);
	size_t len = strlen(name);
	unsigned int distance = len < 3 ? 1 : len < 6 ? 2 : 3, i;	/* nearer than that */
	const char *best = NULL;

	if (proto)
		return luaL_error(L, "a packet has no '%s': did you mean '%s.%s'?", name, ps_proto_short_name(proto), name);
	proto = ps_registry_named(registry, name);
	if (proto)
		return luaL_error(L, "a packet has no '%s': did you mean '%s'?", name, ps_proto_short_name(proto));
	for (i = 0; i < registry->n; i++)
		try_name(name, ps_proto_short_name(registry->protos[i]), &best, &distance);
	for (i = 0; ps_view_methods[i].method.name; i++) {
		if (ps_view_methods[i].of & PS_OF_RAW && !ps_callable_is_operator(&ps_view_methods[i]))
			try_name(name, ps_view_methods[i].method.name, &best, &distance);
	}
	if (best)
		return luaL_error(L, "a packet has no '%s': did you mean '%s'?", name, best);
	return luaL_error(L, "a packet has no '%s': neither a protocol of supported_protocols nor a method is called so", name);
}

/* Pushes a view of the layer, which is a header. */
static void push_layer(lua_State *L, struct ps_layer *layer)
{
	const struct ps_proto *proto = layer->header.proto;
	struct ps_place place;

	ps_place_header(&place, layer, proto, layer->flags);
	push_header(L, ps_proto_id(&ps_bind_of(L)->registry, proto), &place);
}

#define ASKED_MAX	16	/* headers whose scripts are asked for one look-up */

/*
 * The same of a protocol that a script has described. No table tells where such a header is: it has been looked for already,
 * or is the payload of one that has been, as the script of that says.
 */
static int scripted_header(lua_State *L, unsigned int id)
{
	struct ps_layers *layers = &ps_bind_of(L)->layers;
	struct ps_layer *layer = ps_layers_located(layers, ps_bind_of(L)->registry.protos[id], 0);
	unsigned int n;

	if (layer) {
		push_layer(L, layer);
		return 1;
	}
	for (n = 0; n < ASKED_MAX && lua_isnil(L, -1); n++) {
		layer = ps_layers_located(layers, NULL, n);
		if (!layer)
			return 1;
		lua_pushcfunction(L, view_data);
		push_layer(L, layer);
		lua_pushinteger(L, id);
		ps_memory_call(L, 2, 1);
	}
	return 1;
}

/* p.udp, of what the handler was given, which has no field and no method of that name. nil is on top of the stack. */
static int header_named(lua_State *L, const struct ps_place *given)
{
	int id = lua_type(L, 2) == LUA_TSTRING ? protocol_named(L) : -1;
	struct ps_place place;

	if (id >= (int)ps_nprotos)
		return scripted_header(L, id);
	if (id >= 0)
		return push_found(L, id, ps_view_find(ps_bind_of(L), id, &place), &place);
	if (!(given->flags & PS_VIEW_WHOLE))
		return refuse_misspelt(L, given->layer->header.proto);
	return lua_type(L, 2) == LUA_TSTRING ? unknown_header(L, lua_tostring(L, 2)) : 1;
}

static int view_index(lua_State *L)
{
	struct ps_place at = ps_view_check(L)->place;
	const struct ps_field *field;

	if (lua_isinteger(L, 2))
		return push_byte(L, &at, lua_tointeger(L, 2));
	field = named_field(L);

	if (!field && lua_isnil(L, -1))
		return ps_place_is_given(&at) ? header_named(L, &at) : refuse_misspelt(L, at.layer->header.proto);
	if (!field)
		return 1;
	if (find_field(ps_bind_of(L), &at, field))
		return ps_view_push_value(L, &at);
	lua_pushnil(L);
	return 1;
}

static int refuse_unknown(lua_State *L, const struct ps_proto *proto)
{
	struct ps_guess guess = { .name = luaL_tolstring(L, 2, NULL) };
	unsigned int i;

	for (i = 0; i < proto->nfields; i++) {
		if (!(proto->fields[i].flags & PS_PAYLOAD))
			ps_guess_try(&guess, proto->fields[i].name);
	}
	if (guess.best)
		return luaL_error(L, "%s has no field '%s'; did you mean '%s'?", proto->name, guess.name, guess.best);
	return luaL_error(L, "%s has no field '%s'", proto->name, guess.name);
}

static int view_newindex(lua_State *L)
{
	struct ps_place at = ps_view_check(L)->place;
	const struct ps_field *field;

	if (lua_isinteger(L, 2))
		return set_byte(L, &at, lua_tointeger(L, 2));
	field = named_field(L);
	if (!field && ps_place_is_given(&at) && protocol_named(L) >= 0)
		return luaL_error(L, "a header cannot be assigned: assign its fields, p.%s.field = value", lua_tostring(L, 2));
	if (!field)
		return refuse_unknown(L, at.layer->header.proto);
	if (!find_field(ps_bind_of(L), &at, field))
		return luaL_error(L, "%s: the header is malformed", field->name);
	return set_value(L, NULL, &at, 3);
}

#define NO_PACKET	"it is no packet on its way"

/*
 * What scripts may call. Each type of view has all operators; what they cannot do on one, they refuse. All fields have the
 * same methods: of those with one name the last, which does what the others do to fields.
 */
const struct ps_callable ps_view_methods[] = {
	{ { "raw", view_raw, PS_OP_RAW }, PS_OF_VIEW, { { "offset", PS_LUA_INTEGER }, { "length", PS_LUA_INTEGER } },
	  PS_LUA_RAW, "they are not all within it",
	  "the bytes from `offset` on, counted from the view's start" },
	{ { "data", view_data, PS_OP_DATA }, PS_OF_VIEW, { { "protocol", PS_LUA_PROTOCOL, true } },
	  PS_LUA_PAYLOAD, "it is not of that protocol, or too short for its header",
	  "the payload of a header, the bytes of anything else, as a view of `protocol`, without argument as a raw view; "
	  "raises if the argument is nil, or no protocol" },
	{ { "get", bytes_get, PS_OP_GET }, PS_OF_RAW | PS_OF_HEADER | PS_OF_BYTES, { { NULL } },
	  PS_LUA_ARRAY, "it is a field that the packet does not have",
	  "the same bytes, not a copy: writing to them writes the packet" },
	{ { "get", field_get, PS_OP_GET }, PS_OF_VALUE, { { NULL } },
	  PS_LUA_VALUE, "the packet does not have the field", "an integer, or an address as a string" },
	{ { "int", field_int, PS_OP_INT }, PS_OF_VALUE, { { NULL } },
	  PS_LUA_NUMBER, "the packet does not have the field", "the value, of addresses up to 64 bits, too" },
	{ { "set", bytes_set }, PS_OF_PAYLOAD, { { "content", PS_LUA_CONTENT } }, PS_LUA_NOTHING, NULL,
	  "a string or a byte array takes the place of the payload: the packet grows or shrinks, and lengths and checksums of "
	  "all headers around follow; raises, and changes nothing, if that cannot be; a byte fills the payload" },
	{ { "set", bytes_set }, PS_OF_RAW | PS_OF_HEADER | PS_OF_BYTES, { { "byte", PS_LUA_BYTE } }, PS_LUA_NOTHING, NULL,
	  "fills every byte of the view, and changes nothing else" },
	{ { "set", field_set, PS_OP_SET }, PS_OF_VALUE, { { "value", PS_LUA_VALUE, true } }, PS_LUA_NOTHING, NULL,
	  "writes the value and keeps checksums right; without a value computes the checksum that the field is" },
	{ { "write", view_write, PS_OP_WRITE }, PS_OF_VIEW, { { "bytes", PS_LUA_TEXT }, { "offset", PS_LUA_INTEGER, true } },
	  PS_LUA_NOTHING, NULL,
	  "puts the bytes into the packet, from `offset` on (0), and keeps checksums right; raises if they are not all "
	  "within the view" },
	{ { "flow", ps_flow_of, PS_OP_FLOW }, PS_OF_VIEW, { { NULL } }, PS_LUA_FLOW, "it is of no connection",
	  "the table of the connection that the packet is of: [flow](#connections-flow)" },
	{ { "mark", ps_company_of, PS_OP_MARK }, PS_OF_VIEW, { { "mark", PS_LUA_SETTING, true } }, PS_LUA_INTEGER, NO_PACKET,
	  "the packet's firewall mark, which rules and routing know it by; with an argument, 0 to 0xFFFFFFFF, sets and gives it: "
	  "[company](#what-goes-along-with-a-packet)" },
	{ { "priority", ps_company_of, PS_OP_PRIORITY }, PS_OF_VIEW, { { "priority", PS_LUA_SETTING, true } }, PS_LUA_INTEGER, NO_PACKET,
	  "the packet's priority in the queues of devices; with an argument, 0 to 0xFFFFFFFF, sets and gives it" },
	{ { "dev_in", ps_company_of, PS_OP_DEV_IN }, PS_OF_VIEW, { { NULL } }, PS_LUA_STRING, "there is none, or none yet",
	  "the name of the device that the packet came in by" },
	{ { "dev_out", ps_company_of, PS_OP_DEV_OUT }, PS_OF_VIEW, { { NULL } }, PS_LUA_STRING, "there is none, or none yet",
	  "the name of the device that the packet leaves by" },
	{ { "hook", ps_company_of, PS_OP_HOOK }, PS_OF_VIEW, { { NULL } }, PS_LUA_STRING, "the packet is on none",
	  "where the packet is: `\"PREROUTING\"`, `\"INPUT\"`, `\"FORWARD\"`, `\"OUTPUT\"`, `\"POSTROUTING\"`, `\"BROUTING\"`, "
	  "`\"INGRESS\"` or `\"EGRESS\"`" },
	{ { "uid", ps_company_of, PS_OP_UID }, PS_OF_VIEW, { { NULL } }, PS_LUA_INTEGER, "no process of this machine sends it",
	  "the number of the user whose process sends the packet, in OUTPUT, POSTROUTING and EGRESS" },
	{ { "len", ps_company_of, PS_OP_LEN }, PS_OF_VIEW, { { NULL } }, PS_LUA_INTEGER, NULL,
	  "the whole packet's length in bytes, with its link layer if there is one, of whatever the view is: `#p` of a raw packet" },
	{ { "ct", ps_ct_of }, PS_OF_VIEW, { { NULL } }, PS_LUA_CT, "nothing tracks connections where the packet is",
	  "what the kernel's connection tracking knows of the packet's connection: [ct](#connection-tracking-ct)" },
	{ { "field", view_field_named }, PS_OF_HEADER, { { "name", PS_LUA_NAME } }, PS_LUA_FIELD,
	  "it is `options` of a header whose length is malformed",
	  "the field of that name, for names that a script makes: `ip:field(\"ttl\")` is `ip:ttl()`" },
	{ { "to_bytes", view_to_bytes }, PS_OF_VIEW, { { NULL } }, PS_LUA_ARRAY, NULL,
	  "a copy of the bytes, which may be kept" },
	{ { "get_offset", view_get_offset }, PS_OF_VIEW, { { NULL } }, PS_LUA_INTEGER, NULL,
	  "where the view begins, in bytes from the packet's start" },
	{ { "get_size", view_get_size, PS_OP_SIZE }, PS_OF_VIEW, { { NULL } }, PS_LUA_SIZE, NULL,
	  "the view's length in bytes; a bit field has that of the bytes which hold it" },
	{ { "__len", view_get_size }, PS_OF_VIEW, { { NULL } }, PS_LUA_SIZE, NULL, "the same" },
	{ { "__index", view_index }, PS_OF_VIEW, { { "i", PS_LUA_INTEGER } }, PS_LUA_BYTE, "there is no such byte",
	  "byte `i` of the view, from 0" },
	{ { "__newindex", view_newindex }, PS_OF_VIEW, { { "i", PS_LUA_INTEGER }, { "byte", PS_LUA_BYTE } },
	  PS_LUA_NOTHING, NULL, "writes a byte, 0 to 255, and changes nothing else; raises if there is none to write" },
	{ { "__index", view_index }, PS_OF_HEADER, { { "field", PS_LUA_NAME } },
	  PS_LUA_VALUE, "the packet does not have the field", "short for `v:field():get()`" },
	{ { "__newindex", view_newindex }, PS_OF_HEADER, { { "field", PS_LUA_NAME }, { "value", PS_LUA_VALUE } },
	  PS_LUA_NOTHING, NULL, "short for `v:field():set(value)`" },
	{ { "__tostring", view_tostring }, PS_OF_VIEW, { { NULL } }, PS_LUA_STRING, NULL,
	  "for instance `packet_ip.saddr offset 26 length 4`" },
	{ { NULL } },
};

const struct ps_callable ps_field_getter = {
	{ "field", view_field, PS_OP_FIELD }, PS_OF_HEADER, { { NULL } },
	PS_LUA_FIELD, "it is `options` of a header whose length is malformed",
	"the field of that name as a view: `ip:ttl()`",
};

const struct ps_library ps_libraries[] = {
	{ "bytes", ps_bytes_library },
	{ "set", ps_set_library },
	{ "nf", ps_nf_library },
	{ "shared", ps_shared_library },
	{ "flow", ps_flow_library },
	{ NULL },
};

/*
 * Setup.
 */

/* Pushes the method of a row, which all types have in common. */
static void push_method(lua_State *L, const struct ps_callable *row)
{
	if (lua_rawgetp(L, LUA_REGISTRYINDEX, row) != LUA_TNIL)
		return;
	lua_pop(L, 1);
	ps_push_method(L, &row->method);
	lua_pushvalue(L, -1);
	lua_rawsetp(L, LUA_REGISTRYINDEX, row);
}

/*
 * Adds what is of owner to the tables on top of the stack, the metatable and its methods. An operator that is given a
 * name looks for it in these.
 */
static void add_methods(lua_State *L, unsigned int owner)
{
	const struct ps_callable *row;

	for (row = ps_view_methods; row->method.name; row++) {
		if (ps_callable_is_operator(row)) {
			bool has_name = row->arguments[0].type == PS_LUA_NAME;

			if (has_name)
				lua_pushvalue(L, -1);
			lua_pushcclosure(L, row->method.call, has_name);
			lua_setfield(L, -3, row->method.name);
		} else if (row->of & owner) {
			push_method(L, row);
			lua_setfield(L, -2, row->method.name);
		}
	}
}

/* Makes the metatable type, or goes on with one that was begun, and leaves its methods on the stack. */
static void new_type(lua_State *L, const char *type, unsigned int owner)
{
	luaL_newmetatable(L, type);
	lua_pushstring(L, type);
	lua_setfield(L, -2, "__metatable");
	if (lua_getfield(L, -1, PS_METHODS) == LUA_TNIL) {
		lua_pop(L, 1);
		lua_newtable(L);
		lua_pushvalue(L, -1);
		lua_setfield(L, -3, PS_METHODS);
	}
	add_methods(L, owner);
	lua_remove(L, -2);
}

/* Memory outside of what Lua collects, which has been at block; may raise. */
static void *reallocate(lua_State *L, void *block, size_t size)
{
	block = ps_host_realloc(block, size);
	if (!block)
		luaL_error(L, "not enough memory");
	return block;
}

/*
 * Makes the first view of a pool, so that packets find it there, the one that is being handled, too. ps_bind_packet() counts on
 * that: it is called where nothing may raise.
 */
static void fill_pool(lua_State *L, struct ps_pool *pool, const char *type)
{
	if (pool->made)
		return;
	take(L, pool, sizeof(struct ps_view), &ps_class_view, type);
	pool->used = 0;
	lua_pop(L, 1);
}

/* The payload has the method :data(), and if its name is another one, a method of that, too. */
static void add_payload(lua_State *L, const struct ps_field *field)
{
	if (!strcmp(field->name, "data"))
		return;
	lua_getfield(L, -1, "data");
	lua_setfield(L, -2, field->name);
}

/* Adds a method that knows what it gives to those on top of the stack, and fills its pool. */
static void add_getter(lua_State *L, struct ps_field_method *m, const struct ps_callable *row, const char *name,
		       struct ps_field_method what)
{
	if (!m->method.name)
		*m = what;
	m->method = row->method;
	m->method.name = name;
	if (m->field)
		fill_pool(L, &m->pool, FIELD_TYPE);
	ps_push_method(L, &m->method);
	lua_setfield(L, -2, name);
}

/* The type of a protocol's headers, and its fields, whose methods know their pools. */
static void open_proto(lua_State *L, const struct ps_proto *proto, struct ps_proto_objects *objects)
{
	struct ps_field_method *m = objects->fields;
	unsigned int i;

	new_type(L, proto->name, proto == &ps_proto_raw ? PS_OF_RAW | PS_OF_PAYLOAD : PS_OF_HEADER);
	for (i = 0; i < proto->nfields; i++) {
		const struct ps_field *field = &proto->fields[i];

		if (field->flags & PS_PAYLOAD)
			add_payload(L, field);
		else
			add_getter(L, m++, &ps_field_getter, field->name, (struct ps_field_method){ .proto = proto, .field = field });
	}
	for (i = 0; i < proto->nkeyed; i++) {
		const struct ps_keyed *keyed = &proto->keyed[i];

		add_getter(L, m++, &ps_keyed_getter, keyed->name,
			   (struct ps_field_method){ .proto = proto, .field = &keyed->field, .keyed = keyed });
	}
	for (i = 0; i < proto->nlists; i++)
		add_getter(L, m++, &ps_list_getter, proto->lists[i].name,
			   (struct ps_field_method){ .proto = proto, .list = &proto->lists[i] });
	fill_pool(L, &objects->views, proto->name);	/* last: views are taken from there without a look at the rest */
	lua_pop(L, 1);
}

/* Makes what is not there yet: something may have raised in the middle before. */
static void ensure_open(lua_State *L, unsigned int id)
{
	struct ps_bind *bind = ps_bind_of(L);
	struct ps_proto_objects *objects = bind->objects[id];

	if (objects->is_open)
		return;
	open_proto(L, bind->registry.protos[id], objects);
	objects->is_open = true;
}

static int open_protocol(lua_State *L)
{
	ensure_open(L, lua_tointeger(L, 1));
	return 0;
}

bool ps_bind_open_protocol(lua_State *L, unsigned int id)
{
	int top = lua_gettop(L);

	if (ps_bind_of(L)->objects[id]->is_open)
		return true;
	if (!lua_checkstack(L, 4))
		return false;
	lua_pushcfunction(L, open_protocol);
	lua_pushinteger(L, id);
	lua_pcall(L, 1, 0, 0);
	lua_settop(L, top);
	return ps_bind_of(L)->objects[id]->is_open;
}

bool ps_bind_has_method(const char *name)
{
	const struct ps_callable *row = ps_view_methods;

	while (row->method.name && (ps_company_has(&row->method) || strcmp(row->method.name, name)))
		row++;
	return row->method.name;
}

/* Makes room for one more protocol, and the memory of its objects: the state's own, if a script has asked for it. */
static struct ps_proto_objects *new_objects(lua_State *L, const struct ps_proto *proto)
{
	struct ps_bind *bind = ps_bind_of(L);
	struct ps_registry *registry = &bind->registry;
	struct ps_proto_objects *objects;
	size_t n = proto->nfields + proto->nkeyed + proto->nlists, size = sizeof(*objects) + n * sizeof(objects->fields[0]);

	registry->protos = reallocate(L, registry->protos, (registry->n + 1) * sizeof(*registry->protos));
	bind->objects = reallocate(L, bind->objects, (registry->n + 1) * sizeof(*bind->objects));
	objects = registry->n < ps_nprotos ? ps_host_realloc(NULL, size) : ps_bind_allocate(bind, size);
	if (!objects)
		luaL_error(L, "not enough memory");
	memset(objects, 0, size);
	objects->next = bind->all_objects;	/* also if what follows raises: methods know them then */
	bind->all_objects = objects;
	return objects;
}

void ps_bind_add_protocol(lua_State *L, const struct ps_proto *proto)
{
	struct ps_bind *bind = ps_bind_of(L);
	struct ps_registry *registry = &bind->registry;
	struct ps_proto_objects *objects = new_objects(L, proto);

	lua_rawgetp(L, LUA_REGISTRYINDEX, &supported);
	lua_pushstring(L, proto->name);
	lua_rawseti(L, -2, registry->n);
	lua_pushglobaltable(L);
	lua_pushstring(L, proto->name);
	lua_pushinteger(L, registry->n);
	lua_rawset(L, -3);
	lua_pop(L, 2);
	if (registry->n != PS_ID_RAW) {
		lua_rawgetp(L, LUA_REGISTRYINDEX, &names);
		lua_pushinteger(L, registry->n);
		lua_setfield(L, -2, ps_proto_short_name(proto));
		lua_pop(L, 1);
	}
	registry->protos[registry->n] = proto;
	bind->objects[registry->n++] = objects;
}

void ps_bind_forget_protocol(lua_State *L, const struct ps_proto *proto)
{
	struct ps_registry *registry = &ps_bind_of(L)->registry;

	if (registry->protos[registry->n - 1] == proto)
		registry->n--;
	lua_rawgetp(L, LUA_REGISTRYINDEX, &supported);
	lua_pushnil(L);
	lua_rawseti(L, -2, registry->n);
	lua_pushglobaltable(L);
	lua_pushstring(L, proto->name);
	lua_pushnil(L);
	lua_rawset(L, -3);
	lua_pop(L, 2);
	lua_pushnil(L);
	lua_setfield(L, LUA_REGISTRYINDEX, proto->name);
}

static void add_constant(luaL_Buffer *b, const char *name, lua_Integer value)
{
	lua_pushfstring(b->L, "local %s <const> = %I;", name, (LUAI_UACINT)value);
	luaL_addvalue(b);
}

void ps_bind_push_constants(lua_State *L)
{
	luaL_Buffer b;
	size_t i;

	luaL_buffinit(L, &b);
	for (i = 0; i < ps_nprotos; i++)
		add_constant(&b, ps_protos[i]->name, i);
	for (i = 0; i < PS_VERDICT_ERROR; i++)
		add_constant(&b, ps_verdicts[i].name, ps_verdicts[i].value);
	luaL_pushresult(&b);
}

/* The view that handlers get. No pool has it. */
static struct ps_view *new_whole(lua_State *L)
{
	struct ps_view *v = ps_bind_new(L, sizeof(*v), &ps_class_view, ps_proto_raw.name);

	v->stamp = 0;
	v->place = (struct ps_place){ .layer = &ps_bind_of(L)->layers.packet, .flags = PS_VIEW_WHOLE };
	luaL_ref(L, LUA_REGISTRYINDEX);
	return v;
}

static struct ps_bind *bind_of_layers(struct ps_layers *layers)
{
	return (void *)((char *)layers - offsetof(struct ps_bind, layers));
}

static struct ps_layer_block *new_block(struct ps_layers *layers)
{
	return ps_bind_allocate(bind_of_layers(layers), sizeof(struct ps_layer_block));
}

static void free_block(struct ps_layers *layers, struct ps_layer_block *block)
{
	struct ps_bind *bind = bind_of_layers(layers);

	ps_host_realloc(block, 0);
	bind->allocated -= sizeof(*block);
	bind->rt.memory -= sizeof(*block);
}

int ps_bind_open_packets(lua_State *L)
{
	struct ps_bind *bind = ps_bind_of(L);
	size_t i;

	bind->serial = bind->stamp = 1;
	ps_layers_init(&bind->layers, new_block, free_block);

	lua_newtable(L);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &anchors);

	new_type(L, FIELD_TYPE, PS_OF_FIELD);
	lua_pop(L, 1);

	lua_createtable(L, 0, ps_nprotos);
	bind->names = lua_topointer(L, -1);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &names);
	lua_createtable(L, ps_nprotos, 0);
	lua_pushvalue(L, -1);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &supported);
	lua_setglobal(L, "supported_protocols");
	for (i = 0; i < ps_nprotos; i++)
		ps_bind_add_protocol(L, ps_protos[i]);
	ensure_open(L, PS_ID_RAW);
	luaL_requiref(L, "bytes", ps_bytes_open, 0);
	luaL_requiref(L, "set", ps_set_open, 0);
	lua_pop(L, 2);
	ps_flows_open(L);	/* views have a method that looks there first */
	bind->whole = new_whole(L);
	bind->serial = 0;		/* the first views are free */
	bind->stamp++;
	return 0;
}

int ps_bind_open(lua_State *L)
{
	size_t i;

	ps_bind_open_packets(L);
	for (i = 0; i < PS_VERDICT_ERROR; i++) {
		lua_pushinteger(L, ps_verdicts[i].value);
		lua_setglobal(L, ps_verdicts[i].name);
	}
	lua_pushcfunction(L, ps_dynamic_register);
	lua_setglobal(L, "register_dynamic_protbuf");
	luaL_requiref(L, "bytes", ps_bytes_open, 1);
	luaL_requiref(L, "set", ps_set_open, 1);
	ps_timer_open(L);
	ps_listen_open(L);
	ps_limit_open(L);
	luaL_requiref(L, "nf", ps_nf_open, 1);
	luaL_requiref(L, "shared", ps_shared_open_library, 1);
	luaL_requiref(L, "flow", ps_flow_open_library, 1);
	lua_pop(L, 5);
	return 0;
}

void ps_bind_open_guest(lua_State *L)
{
	struct ps_bind *bind = ps_bind_of(L);

	if (bind->whole)
		return;
	if (bind->registry.n)
		luaL_error(L, "not enough memory for the objects of packets, which were not all made before");
	ps_bind_open_packets(L);
	luaL_requiref(L, "set", ps_set_open, 0);
	lua_pushnil(L);
	lua_setfield(L, -2, "file");
	lua_pushnil(L);
	lua_setfield(L, -2, "names_file");
	lua_pushnil(L);
	lua_setfield(L, -2, "named");
	lua_pop(L, 1);
}

void *ps_bind_begin_guest(lua_State *L, struct ps_packet *pkt)
{
	struct ps_bind *bind = ps_bind_of(L);

	ps_memory_leave(bind);
	if (l_likely(bind->pkt != pkt))
		ps_bind_packet(bind, pkt);
	return bind->whole;
}

void ps_bind_push_whole(lua_State *L)
{
	ps_push_block(L, ps_bind_of(L)->whole);
}

void ps_bind_end_guest(lua_State *L)
{
	struct ps_bind *bind = ps_bind_of(L);

	ps_memory_leave(bind);
	ps_bind_release(bind);
}

void *ps_bind_allocate(struct ps_bind *bind, size_t size)
{
	void *block = ps_runtime_allocate(&bind->rt, size);

	if (block)
		bind->allocated += size;
	return block;
}

void ps_bind_clean(struct ps_bind *bind)
{
	struct ps_proto_objects *next;

	ps_listen_clean(bind);
	ps_shared_leave(bind);
	ps_timers_clean(bind);
	ps_limit_clean(bind);
	ps_count_clean(bind);
	ps_flows_clean(bind);
	ps_layers_shrink(&bind->layers);
	bind->rt.memory -= bind->allocated;
	bind->allocated = 0;
	for (; bind->all_objects; bind->all_objects = next) {
		next = bind->all_objects->next;
		ps_host_realloc(bind->all_objects, 0);
	}
	ps_host_realloc(bind->objects, 0);
	ps_host_realloc(bind->registry.protos, 0);
	bind->objects = NULL;
	bind->registry = (struct ps_registry){ 0 };
}
