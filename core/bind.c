/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#define LUA_LIB
#include "lprefix.h"

#include <string.h>

#include "lua.h"
#include "lauxlib.h"
#include "inside.h"
#include "ltable.h"

#include "bind.h"
#include "bytes.h"
#include "field.h"
#include "host.h"
#include "verdict.h"

#define FIELD_TYPE	"packet_field"
/* A metatable's own names for these; scripts can't get at it. */
#define METHODS		"methods"
#define FIELDS		"fields"

enum view_flags {
	VIEW_WHOLE = 1,		/* the raw view that the handler gets */
	VIEW_ABSENT = 2,	/* a link-layer header that this hook does not have */
};

/* A header, just bytes (the header's protocol is raw), or a field of a header. */
struct ps_view {
	struct ps_object object;	/* PS_OBJECT_VIEW */
	uint32_t flags;
	uint64_t packet;		/* serial */
	struct ps_header header;
	const struct ps_field *field;	/* NULL: the header itself */
	struct ps_range range;		/* its bytes */
};

static const struct ps_access access;	/* below: names that are not called */
static const char anchors;	/* the address is the registry's key of a table of pooled objects */

/*
 * Objects.
 */

/* An object that this packet has not used, or NULL. */
static inline void *pool_next(const struct ps_bind *bind, struct ps_pool *pool)
{
	if (pool->packet != bind->serial) {
		pool->packet = bind->serial;
		pool->used = 0;
	}
	return l_likely(pool->used < pool->made) ? pool->block[pool->used++] : NULL;
}

void ps_bind_object(lua_State *L, struct ps_object *object, uint32_t kind, const char *type)
{
	memset(object, 0, sizeof(*object));
	object->kind = kind;
	luaL_setmetatable(L, type);
	if (luaL_getmetafield(L, -1, METHODS) == LUA_TNIL)
		return;
	object->methods = (Table *)lua_topointer(L, -1);
	luaL_getmetafield(L, -2, FIELDS);
	object->fields = (Table *)lua_topointer(L, -1);
	object->access = &access;
	lua_pop(L, 2);
}

void *ps_bind_take(lua_State *L, struct ps_pool *pool, size_t size, uint32_t kind,
		   const char *type)
{
	struct ps_bind *bind = ps_bind_of(L);
	void *block = pool_next(bind, pool);

	if (l_likely(block)) {
		ps_push_block(L, block);
		return block;
	}

	block = lua_newuserdatauv(L, size, 0);
	memset(block, 0, size);
	ps_bind_object(L, block, kind, type);
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

struct ps_packet *ps_bind_check_packet(lua_State *L, uint64_t serial)
{
	struct ps_bind *bind = ps_bind_of(L);

	if (l_unlikely(serial != bind->serial || !bind->pkt))
		luaL_error(L, "packet is gone (views last as long as the handler runs; keep "
			      "what :to_bytes() gives)");
	return bind->pkt;
}

static struct ps_view *check_view(lua_State *L)
{
	struct ps_view *v = ps_arg_block(L, 1);

	if (l_unlikely(!v || v->object.kind != PS_OBJECT_VIEW))
		luaL_typeerror(L, 1, "packet object");
	ps_bind_check_packet(L, v->packet);
	return v;
}

/* Binds a view to a header of the packet, or to a field of one. */
static inline void bind_view(const struct ps_bind *bind, struct ps_view *v,
			     const struct ps_header *header, const struct ps_field *field,
			     const struct ps_range *range, uint32_t flags)
{
	v->flags = flags;
	v->packet = bind->serial;
	v->header = *header;
	v->field = field;
	v->range = *range;
}

static void push_header(lua_State *L, unsigned int id, const struct ps_header *header,
			uint32_t flags)
{
	struct ps_bind *bind = ps_bind_of(L);
	struct ps_view *v = ps_bind_take(L, &bind->views[id], sizeof(*v), PS_OBJECT_VIEW,
					 header->proto->name);

	bind_view(bind, v, header, NULL, &header->range, flags);
}

/*
 * The view's header as something that others lie in: kept until the packet's end. Headers
 * without a checksum don't matter to what they enclose. False: there are too many.
 */
static bool find_outer(struct ps_bind *bind, const struct ps_view *v,
		       const struct ps_header **outer)
{
	struct ps_header *h = bind->headers;
	unsigned int i;

	*outer = v->header.outer;
	if (!v->header.proto->csum.kind)
		return true;
	*outer = h;
	for (i = 0; i < bind->nheaders; i++, *outer = ++h) {
		if (h->proto == v->header.proto && h->range.off == v->header.range.off &&
		    h->range.len == v->header.range.len && h->outer == v->header.outer)
			return true;
	}
	if (bind->nheaders == PS_HEADERS_MAX)
		return false;
	*h = v->header;
	bind->nheaders++;
	return true;
}

static const struct ps_header *as_outer(lua_State *L, const struct ps_view *v)
{
	const struct ps_header *outer;

	if (!find_outer(ps_bind_of(L), v, &outer))
		luaL_error(L, "more than %d nested headers in one packet", PS_HEADERS_MAX);
	return outer;
}

/*
 * Methods of all views.
 */
static int view_raw(lua_State *L)
{
	struct ps_view *v = check_view(L);
	lua_Integer off = luaL_checkinteger(L, 2), len = luaL_checkinteger(L, 3);
	struct ps_header bytes;

	if (off < 0 || len < 0 || off > v->range.len || len > v->range.len - off) {
		lua_pushnil(L);
		return 1;
	}
	bytes.proto = &ps_proto_raw;
	bytes.range.off = v->range.off + off;
	bytes.range.len = len;
	bytes.outer = as_outer(L, v);
	push_header(L, 0, &bytes, 0);
	return 1;
}

static unsigned int opt_proto(lua_State *L, int arg)
{
	const TValue *v = ps_arg(L, arg);
	lua_Integer id;

	if (!v || ttisnil(v))
		return 0;
	id = l_likely(ttisinteger(v)) ? ivalue(v) : luaL_checkinteger(L, arg);
	luaL_argcheck(L, id >= 0 && id < ps_nprotos, arg, "no such protocol");
	return id;
}

/*
 * Whether the bytes of the view may be seen as payload->proto, and then at which bytes. The link
 * layer may be absent: flags says so.
 */
static bool find_payload(struct ps_packet *pkt, const struct ps_view *v,
			 struct ps_header *payload, uint32_t *flags)
{
	const struct ps_next *row;

	*flags = 0;
	payload->range = v->range;
	if (l_unlikely(v->flags & VIEW_ABSENT)) {
		payload->range.len = pkt->len - pkt->network;
		for (row = v->header.proto->next; row->proto != payload->proto; row++) {
			if (!row->proto)
				return payload->proto == &ps_proto_raw;
		}
		return row->value == pkt->protocol && ps_proto_fits(pkt, payload);
	}
	if (payload->proto->is_link && v->flags & VIEW_WHOLE && !pkt->has_link) {
		payload->range.off = pkt->network;
		payload->range.len = 0;
		*flags = VIEW_ABSENT;
		return true;
	}
	if (!v->field && v->header.proto != &ps_proto_raw &&
	    (!ps_proto_carries(pkt, &v->header, payload->proto) ||
	     !ps_proto_payload(pkt, &v->header, &payload->range)))
		return false;
	return ps_proto_fits(pkt, payload);
}

static int view_data(lua_State *L)
{
	struct ps_view *v = check_view(L);
	unsigned int id = opt_proto(L, 2);
	struct ps_header payload = { .proto = ps_protos[id] };
	uint32_t flags;

	if (find_payload(ps_bind_of(L)->pkt, v, &payload, &flags)) {
		payload.outer = as_outer(L, v);
		push_header(L, id, &payload, flags);
	} else {
		lua_pushnil(L);
	}
	return 1;
}

static int view_to_bytes(lua_State *L)
{
	struct ps_view *v = check_view(L);

	ps_bytes_push_copy(L, &v->range);
	return 1;
}

static int view_get_offset(lua_State *L)
{
	lua_pushinteger(L, check_view(L)->range.off);
	return 1;
}

static int view_get_size(lua_State *L)
{
	lua_pushinteger(L, check_view(L)->range.len);
	return 1;
}

static int view_tostring(lua_State *L)
{
	struct ps_view *v = check_view(L);

	lua_pushstring(L, v->header.proto->name);
	if (v->field) {
		lua_pushfstring(L, ".%s", v->field->name);
		lua_concat(L, 2);
	}
	if (v->flags & VIEW_ABSENT)
		lua_pushliteral(L, " (no link-layer header)");
	else
		lua_pushfstring(L, " offset %d length %d", (int)v->range.off, (int)v->range.len);
	lua_concat(L, 2);
	return 1;
}

/* Bytes: raw views, headers, and fields that are just bytes. */
static int bytes_get(lua_State *L)
{
	struct ps_view *v = check_view(L);

	ps_bytes_push(L, &v->range);
	return 1;
}

static int fill(lua_State *L, const struct ps_view *v, int index)
{
	lua_Integer byte = luaL_checkinteger(L, index);

	luaL_argcheck(L, byte >= 0 && byte <= 255, index, "not a byte (0 to 255)");
	if (ps_field_fill(ps_bind_of(L)->pkt, &v->range, byte))
		return luaL_error(L, "no memory to write the packet");
	return 0;
}

static int bytes_set(lua_State *L)
{
	return fill(L, check_view(L), 2);
}

/*
 * Fields.
 */
static struct ps_view *check_field(lua_State *L)
{
	struct ps_view *v = check_view(L);

	if (!v->field)
		luaL_typeerror(L, 1, "field");
	return v;
}

/* ip:daddr() */
struct ps_field_method {
	struct ps_method method;	/* first: that is what calls get */
	const struct ps_field *field;
	struct ps_pool pool;
};

/* True if v is a header that has the field. */
static inline bool has_field(const struct ps_view *v, const struct ps_field *field)
{
	const struct ps_proto *proto = v->header.proto;

	return !v->field && field >= proto->fields && field < proto->fields + proto->nfields;
}

static int view_field(lua_State *L)
{
	struct ps_field_method *method = pvalue(ps_upvalue(L, 0));
	const struct ps_field *field = method->field;
	struct ps_view *v = check_view(L);
	struct ps_bind *bind = ps_bind_of(L);
	struct ps_range range = { v->range.off, 0 };
	struct ps_view *f;

	if (!has_field(v, field))
		return luaL_error(L, "%s is not a field of this %s", field->name,
				  v->header.proto->name);
	if (!(v->flags & VIEW_ABSENT) && !ps_proto_field(bind->pkt, &v->header, field, &range)) {
		lua_pushnil(L);
		return 1;
	}
	f = ps_bind_take(L, &method->pool, sizeof(*f), PS_OBJECT_VIEW, FIELD_TYPE);
	bind_view(bind, f, &v->header, field, &range, v->flags);
	return 1;
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

static inline struct ps_address *formatted_entry(struct ps_bind *bind, uint64_t value)
{
	return &bind->formatted[(value ^ value >> 8 ^ value >> 16) % PS_ADDRESSES];
}

/* Pushes the text of an address. */
static int push_address(lua_State *L, uint64_t value, uint8_t type)
{
	struct ps_bind *bind = ps_bind_of(L);
	struct ps_address *known = formatted_entry(bind, value);
	char text[PS_ADDRESS_SIZE];

	if (l_likely(known->text && known->value == value && known->type == type)) {
		ps_push_string(L, known->text);
		return 1;
	}
	known->text = NULL;
	lua_pushlstring(L, text, type == PS_IPV4 ? ps_ipv4_format(text, value) :
						   ps_mac_format(text, value));
	keep(L, -1, known, bind->formatted, FORMATTED_SLOT);
	known->text = lua_tostring(L, -1);
	known->value = value;
	known->type = type;
	return 1;
}

static uint64_t field_value(lua_State *L, const struct ps_view *v)
{
	uint64_t value = 0;

	if (ps_field_get(ps_bind_of(L)->pkt, v->header.range.off, v->field->at, &value))
		luaL_error(L, "no memory to read the packet");
	return value;
}

/* Pushes the value of a field. v need not be an object. */
static int push_value(lua_State *L, const struct ps_view *v)
{
	if (v->flags & VIEW_ABSENT) {
		lua_pushnil(L);
		return 1;
	}
	switch (v->field->type) {
	case PS_UINT:
		lua_pushinteger(L, field_value(L, v));
		return 1;
	case PS_IPV4:
	case PS_MAC:
		return push_address(L, field_value(L, v), v->field->type);
	}
	ps_bytes_push(L, &v->range);
	return 1;
}

static int field_get(lua_State *L)
{
	return push_value(L, check_field(L));
}

static int field_int(lua_State *L)
{
	struct ps_view *v = check_field(L);

	if (v->field->type == PS_BYTES)
		return luaL_error(L, "%s is not an integer", v->field->name);
	if (v->flags & VIEW_ABSENT)
		lua_pushnil(L);
	else
		lua_pushinteger(L, field_value(L, v));
	return 1;
}

static inline struct ps_address *parsed_entry(struct ps_bind *bind, const char *text)
{
	return &bind->parsed[(uintptr_t)text / 16 % PS_ADDRESSES];
}

static inline bool known_address(struct ps_bind *bind, const char *text, uint8_t type,
				 uint64_t *value)
{
	const struct ps_address *known = parsed_entry(bind, text);

	*value = known->value;
	return known->text == text && known->type == type;
}

/*
 * The value of argument index for a field: an integer, or the text of an address. Texts that have been
 * parsed are remembered by the address of the string, which is kept, so that it stays one.
 */
static uint64_t check_value(lua_State *L, int index, const struct ps_field *field)
{
	const TValue *arg = ps_arg(L, index);
	struct ps_address *known;
	size_t len;
	const char *text;
	uint64_t value;

	if (arg && ttisinteger(arg))
		return ivalue(arg);
	if (field->type == PS_UINT)
		return luaL_checkinteger(L, index);
	text = luaL_checklstring(L, index, &len);
	if (known_address(ps_bind_of(L), text, field->type, &value))
		return value;
	if (field->type == PS_IPV4 ? !ps_ipv4_parse(text, len, &value) :
				     !ps_mac_parse(text, len, &value))
		luaL_error(L, "%s: '%s' is not %s", field->name, text,
			   field->type == PS_IPV4 ? "an IPv4 address such as 192.0.2.1" :
						    "a MAC address such as 00:00:5E:00:53:01");
	known = parsed_entry(ps_bind_of(L), text);
	known->text = NULL;
	keep(L, index, known, ps_bind_of(L)->parsed, PARSED_SLOT);
	known->text = text;
	known->value = value;
	known->type = field->type;
	return value;
}

/* Sets a field to argument index. v need not be an object. */
static int set_value(lua_State *L, const struct ps_view *v, int index)
{
	const struct ps_field *field = v->field;
	struct ps_packet *pkt = ps_bind_of(L)->pkt;
	int err;

	if (v->flags & VIEW_ABSENT)
		return luaL_error(L, "%s: there is no link-layer header on this hook", field->name);
	if (field->type == PS_BYTES)
		return fill(L, v, index);
	if (field->flags & PS_CHECKSUM && lua_isnoneornil(L, index))
		err = ps_field_checksum(pkt, &v->header);
	else
		err = ps_field_set(pkt, &v->header, field, check_value(L, index, field));

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
		return luaL_error(L, "no memory to write the packet");
	}
}

static int field_set(lua_State *L)
{
	return set_value(L, check_field(L), 2);
}

/*
 * The shorthand: ip.ttl is ip:ttl():get(). A method that is called, ip:ttl(), is found before
 * (lua/vm.c), so that this sees only names which are not called. Upvalues: the methods; fields
 * by name.
 */
static bool named_field(lua_State *L, const struct ps_view *v, struct ps_view *f)
{
	struct ps_range range = { v->range.off, 0 };

	lua_pushvalue(L, 2);
	if (lua_rawget(L, lua_upvalueindex(2)) != LUA_TLIGHTUSERDATA)
		return false;
	f->field = lua_touserdata(L, -1);
	if (!(v->flags & VIEW_ABSENT))
		ps_proto_field(ps_bind_of(L)->pkt, &v->header, f->field, &range);
	bind_view(ps_bind_of(L), f, &v->header, f->field, &range, v->flags);
	return true;
}

static int view_index(lua_State *L)
{
	struct ps_view *v = check_view(L), field;

	if (named_field(L, v, &field))
		return push_value(L, &field);
	lua_pushvalue(L, 2);
	lua_rawget(L, lua_upvalueindex(1));
	return 1;
}

static int view_newindex(lua_State *L)
{
	struct ps_view *v = check_view(L), field;

	if (!named_field(L, v, &field))
		return luaL_error(L, "%s has no field '%s'", v->header.proto->name,
				  luaL_tolstring(L, 2, NULL));
	return set_value(L, &field, 3);
}

/*
 * The same methods as the interpreter tries them first (struct ps_method): only the simple cases.
 */
static inline struct ps_view *direct_view(lua_State *L, const TValue *self)
{
	const struct ps_bind *bind = ps_bind_of(L);
	struct ps_view *v = ps_block_of(self);

	if (!v || v->object.kind != PS_OBJECT_VIEW || v->packet != bind->serial || !bind->pkt)
		return NULL;
	return v;
}

/* Makes object the result of the call. */
static inline int direct_object(lua_State *L, StkId func, void *block)
{
	setuvalue(L, s2v(func), ps_userdata_of(block));
	return 1;
}

static int direct_data(lua_State *L, const struct ps_method *method, StkId func, int nargs)
{
	struct ps_bind *bind = ps_bind_of(L);
	const struct ps_view *v = nargs == 2 ? direct_view(L, s2v(func + 1)) : NULL;
	const TValue *id = s2v(func + 2);
	struct ps_header payload;
	struct ps_view *made;
	uint32_t flags;

	(void)method;
	if (!v || !ttisinteger(id) || (lua_Unsigned)ivalue(id) >= ps_nprotos)
		return -1;
	payload.proto = ps_protos[ivalue(id)];
	if (!find_payload(bind->pkt, v, &payload, &flags)) {
		setnilvalue(s2v(func));
		return 1;
	}
	if (!find_outer(bind, v, &payload.outer))
		return -1;
	made = pool_next(bind, &bind->views[ivalue(id)]);
	if (!made)
		return -1;
	bind_view(bind, made, &payload, NULL, &payload.range, flags);
	return direct_object(L, func, made);
}

static int direct_field(lua_State *L, const struct ps_method *method, StkId func, int nargs)
{
	struct ps_field_method *m = (struct ps_field_method *)method;
	const struct ps_bind *bind = ps_bind_of(L);
	const struct ps_view *v = nargs == 1 ? direct_view(L, s2v(func + 1)) : NULL;
	struct ps_range range;
	struct ps_view *f;

	if (!v || !has_field(v, m->field) || v->flags & VIEW_ABSENT ||
	    !ps_proto_field(bind->pkt, &v->header, m->field, &range))
		return -1;
	f = pool_next(bind, &m->pool);
	if (!f)
		return -1;
	bind_view(bind, f, &v->header, m->field, &range, v->flags);
	return direct_object(L, func, f);
}

/* The value of a field that is there, if nothing has to be made for it. */
static inline bool direct_value(lua_State *L, uint32_t header, const struct ps_field *field,
				TValue *result)
{
	struct ps_bind *bind = ps_bind_of(L);
	const struct ps_address *known;
	uint64_t value;

	if (field->type == PS_BYTES || ps_field_get(bind->pkt, header, field->at, &value))
		return false;
	if (field->type == PS_UINT) {
		setivalue(result, value);
		return true;
	}
	known = formatted_entry(bind, value);
	if (!known->text || known->value != value || known->type != field->type)
		return false;
	setsvalue(L, result, ps_string_of(known->text));
	return true;
}

/* Sets a field that is there. What fails now fails the other way too, and says why. */
static inline bool direct_assign(lua_State *L, const struct ps_header *header,
				 const struct ps_field *field, const TValue *arg)
{
	struct ps_bind *bind = ps_bind_of(L);
	uint64_t value;

	if (field->type == PS_BYTES)
		return false;
	if (ttisinteger(arg))
		value = ivalue(arg);
	else if (field->type == PS_UINT || !ttisstring(arg) ||
		 !known_address(bind, getstr(tsvalue(arg)), field->type, &value))
		return false;
	return !ps_field_set(bind->pkt, header, field, value);
}

static int direct_get(lua_State *L, const struct ps_method *method, StkId func, int nargs)
{
	const struct ps_view *v = nargs == 1 ? direct_view(L, s2v(func + 1)) : NULL;

	(void)method;
	if (!v || !v->field || v->flags & VIEW_ABSENT ||
	    !direct_value(L, v->header.range.off, v->field, s2v(func)))
		return -1;
	return 1;
}

static int direct_set(lua_State *L, const struct ps_method *method, StkId func, int nargs)
{
	const struct ps_view *v = nargs == 2 ? direct_view(L, s2v(func + 1)) : NULL;

	(void)method;
	if (!v || !v->field || v->flags & VIEW_ABSENT ||
	    !direct_assign(L, &v->header, v->field, s2v(func + 2)))
		return -1;
	return 0;
}

/* The field of that name of a header that is there, or NULL. */
static inline const struct ps_field *direct_name(lua_State *L, const struct ps_object *object,
						 TString *name)
{
	const struct ps_view *v = (const struct ps_view *)object;
	const struct ps_bind *bind = ps_bind_of(L);
	const TValue *field;

	if (v->packet != bind->serial || !bind->pkt || v->flags & VIEW_ABSENT)
		return NULL;
	field = luaH_getshortstr(object->fields, name);
	return ttislightuserdata(field) ? pvalue(field) : NULL;
}

static bool direct_read(lua_State *L, struct ps_object *object, TString *name, TValue *result)
{
	const struct ps_field *field = direct_name(L, object, name);

	return field && direct_value(L, ((struct ps_view *)object)->header.range.off, field, result);
}

static bool direct_write(lua_State *L, struct ps_object *object, TString *name,
			 const TValue *value)
{
	const struct ps_field *field = direct_name(L, object, name);

	return field && direct_assign(L, &((struct ps_view *)object)->header, field, value);
}

static const struct ps_access access = {
	.read = direct_read,
	.write = direct_write,
};

/*
 * Setup.
 */
static const struct ps_method view_methods[] = {
	{ "raw", view_raw, NULL },
	{ "data", view_data, direct_data },
	{ "to_bytes", view_to_bytes, NULL },
	{ "get_offset", view_get_offset, NULL },
	{ "get_size", view_get_size, NULL },
	{ "get", bytes_get, NULL },
	{ "set", bytes_set, NULL },
	{ NULL, NULL, NULL },
};

static const struct ps_method field_methods[] = {
	{ "get", field_get, direct_get },
	{ "set", field_set, direct_set },
	{ "int", field_int, NULL },
	{ NULL, NULL, NULL },
};

/* Adds methods to the table on the stack. */
static void add_methods(lua_State *L, const struct ps_method *method)
{
	for (; method->name; method++) {
		ps_push_method(L, method);
		lua_setfield(L, -2, method->name);
	}
}

static const luaL_Reg view_metamethods[] = {
	{ "__len", view_get_size },
	{ "__tostring", view_tostring },
	{ NULL, NULL },
};

/* Sets a metamethod that knows methods and fields: the tables on top of the metatable. */
static void set_accessor(lua_State *L, const char *name, lua_CFunction f)
{
	lua_pushvalue(L, -2);
	lua_pushvalue(L, -2);
	lua_pushcclosure(L, f, 2);
	lua_setfield(L, -4, name);
}

/* Makes the metatable type, and leaves on the stack its methods and its fields by name. */
static void new_type(lua_State *L, const char *type)
{
	luaL_newmetatable(L, type);
	luaL_setfuncs(L, view_metamethods, 0);
	lua_pushstring(L, type);
	lua_setfield(L, -2, "__metatable");
	lua_newtable(L);
	add_methods(L, view_methods);
	lua_pushvalue(L, -1);
	lua_setfield(L, -3, METHODS);
	lua_newtable(L);
	lua_pushvalue(L, -1);
	lua_setfield(L, -4, FIELDS);
	set_accessor(L, "__index", view_index);
	set_accessor(L, "__newindex", view_newindex);
	lua_remove(L, -3);
}

/* An array of zeros, outside of what Lua collects. */
static void *new_array(lua_State *L, size_t count, size_t size)
{
	void *array = ps_host_realloc(NULL, count * size);

	if (!array)
		luaL_error(L, "not enough memory");
	memset(array, 0, count * size);
	return array;
}

static unsigned int count_fields(void)
{
	unsigned int id, n = 0;

	for (id = 0; id < ps_nprotos; id++)
		n += ps_protos[id]->nfields;
	return n;
}

/*
 * Makes the first view of a pool, so that packets find it there. ps_bind_packet() counts on
 * that: it is called where nothing may raise.
 */
static void fill_pool(lua_State *L, struct ps_pool *pool, const char *type)
{
	ps_bind_take(L, pool, sizeof(struct ps_view), PS_OBJECT_VIEW, type);
	lua_pop(L, 1);
}

/*
 * The type of a protocol's headers; its global; its fields, whose methods begin at *method and
 * know their pools.
 */
static void open_proto(lua_State *L, unsigned int id, struct ps_field_method **method)
{
	const struct ps_proto *proto = ps_protos[id];
	struct ps_pool *pools = ps_bind_of(L)->views;
	unsigned int i;

	new_type(L, proto->name);
	fill_pool(L, &pools[id], proto->name);
	for (i = 0; i < proto->nfields; i++, ++*method) {
		const struct ps_field *field = &proto->fields[i];
		struct ps_field_method *m = *method;

		if (field->flags & PS_PAYLOAD)
			continue;	/* :data() is the payload */
		m->method.name = field->name;
		m->method.call = view_field;
		m->method.direct = direct_field;
		m->field = field;
		fill_pool(L, &m->pool, FIELD_TYPE);
		ps_push_method(L, &m->method);
		lua_setfield(L, -3, field->name);
		lua_pushlightuserdata(L, (void *)field);
		lua_setfield(L, -2, field->name);
	}
	lua_pop(L, 2);

	lua_pushinteger(L, id);
	lua_setglobal(L, proto->name);
}

static const struct {
	const char *name;
	lua_Integer value;
} verdicts[] = {
	{ "NF_DROP", PS_NF_DROP },
	{ "NF_ACCEPT", PS_NF_ACCEPT },
	{ "NF_STOLEN", PS_NF_STOLEN },
	{ "NF_QUEUE", PS_NF_QUEUE },
	{ "NF_REPEAT", PS_NF_REPEAT },
	{ "XT_CONTINUE", PS_XT_CONTINUE },
	{ "XT_RETURN", PS_XT_RETURN },
};

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
	for (i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++)
		add_constant(&b, verdicts[i].name, verdicts[i].value);
	luaL_pushresult(&b);
}

int ps_bind_open(lua_State *L)
{
	struct ps_bind *bind = ps_bind_of(L);
	struct ps_field_method *method;
	size_t i;

	bind->serial = 1;
	bind->views = new_array(L, ps_nprotos, sizeof(*bind->views));
	bind->fields = new_array(L, count_fields(), sizeof(*bind->fields));
	method = bind->fields;

	lua_newtable(L);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &anchors);

	new_type(L, FIELD_TYPE);
	lua_pop(L, 1);
	add_methods(L, field_methods);
	lua_pop(L, 1);

	lua_createtable(L, ps_nprotos, 0);
	for (i = 0; i < ps_nprotos; i++) {
		open_proto(L, i, &method);
		lua_pushstring(L, ps_protos[i]->name);
		lua_rawseti(L, -2, i);
	}
	lua_setglobal(L, "supported_protocols");

	for (i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
		lua_pushinteger(L, verdicts[i].value);
		lua_setglobal(L, verdicts[i].name);
	}
	luaL_requiref(L, "bytes", ps_bytes_open, 1);
	lua_pop(L, 1);
	bind->serial++;		/* the first views are free */
	return 0;
}

void ps_bind_clean(struct ps_bind *bind)
{
	ps_host_realloc(bind->views, 0);
	ps_host_realloc(bind->fields, 0);
	bind->views = NULL;
	bind->fields = NULL;
}

void *ps_bind_packet(struct ps_bind *bind, struct ps_packet *pkt)
{
	struct ps_pool *pool = &bind->views[0];
	struct ps_view *v = pool->block[0];
	const struct ps_header whole = { &ps_proto_raw, { 0, pkt->len }, NULL };

	bind->pkt = pkt;
	bind->nheaders = 0;
	pool->packet = bind->serial;
	pool->used = 1;
	bind_view(bind, v, &whole, NULL, &whole.range, VIEW_WHOLE);
	return v;
}
