/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Views as bind.c makes them. Include after lua.h.
 */
#ifndef PS_VIEW_H
#define PS_VIEW_H

#include "internals.h"

#include "bind.h"
#include "field.h"
#include "layer.h"

enum ps_view_flags {
	PS_VIEW_BYTES = 1,	/* just bytes, of a layer */
	PS_VIEW_WHOLE = 2,	/* the raw view that the handler gets */
	PS_VIEW_ABSENT = 4,	/* a link-layer header, or a field, that is not there */
	PS_VIEW_CAREFUL = 8,	/* fields may be missing: look for each whether it is there */
	PS_VIEW_PAYLOAD = 16,	/* all of what a header carries: its length may change */
	PS_VIEW_KEYED = 32,	/* a field that was found by a key */
	PS_VIEW_MEMORY = 64,	/* not of the packet, but of a byte array: struct ps_memory_view */
	PS_VIEW_LACKING = PS_VIEW_ABSENT | PS_VIEW_CAREFUL,
};

/* A header, a field of a header, or just bytes. */
struct ps_place {
	struct ps_layer *layer;		/* the header, or what the bytes are of */
	const struct ps_proto *plain;	/* of a header that has all its fields: its protocol; else NULL */
	const struct ps_field *field;	/* NULL: no field */
	struct ps_range within;		/* of a field, and of bytes: from where the layer begins */
	uint32_t flags;			/* enum ps_view_flags */
};

struct ps_view {
	struct ps_object object;	/* of ps_class_view */
	uint64_t stamp;			/* as the one of struct ps_bind, when it was made, or was seen to be there */
	struct ps_place place;
};

/* What a method of an object does. 0: only its C function tells. */
enum ps_view_op {
	PS_OP_DATA = 1,
	PS_OP_FIELD,	/* struct ps_field_method */
	PS_OP_GET,
	PS_OP_SET,
	PS_OP_INT,
	PS_OP_RAW,
	PS_OP_WRITE,
	PS_OP_SIZE,
	PS_OP_FLOW,
	PS_OP_STRING,	/* of byte arrays */
	PS_OP_U16,	/* each twice the size of the one before */
	PS_OP_U32,
	PS_OP_U64,
	PS_OP_HAS,	/* of sets */
	PS_OP_SHARED_ADD,	/* of shared tables */
	PS_OP_SHARED_SET,
	PS_OP_SHARED_CAS,
	PS_OP_REDIRECT,	/* of the library nf, with a packet */
	PS_OP_MARK,	/* from here on in the order of enum ps_company */
	PS_OP_PRIORITY,
	PS_OP_UID,
	PS_OP_DEV_IN,
	PS_OP_DEV_OUT,
	PS_OP_HOOK,
	PS_OP_LEN,
};

/* ip:daddr(); also http:header(name) and dns:answers(), which are not PS_OP_FIELD. */
struct ps_field_method {
	struct ps_method method;	/* first */
	const struct ps_proto *proto;
	const struct ps_field *field;
	const struct ps_keyed *keyed;	/* whose field it is, or NULL */
	const struct ps_list *list;	/* or this, and no field */
	struct ps_pool pool;
};

/* The objects of a protocol, for as long as the state lasts. They are made when a script first needs one. */
struct ps_proto_objects {
	struct ps_proto_objects *next;
	bool is_open;		/* there is one of each */
	struct ps_pool views;
	struct ps_field_method fields[];	/* of each field, of what keys find, and of each list: its method, its pool */
};

/* Whose views the protocol of that id has. */
static inline struct ps_pool *ps_views_of(const struct ps_bind *bind, unsigned int id)
{
	return &bind->objects[id]->views;
}

static inline struct ps_range ps_place_range(const struct ps_place *at)
{
	if (at->field || at->flags & PS_VIEW_BYTES)
		return ps_layer_range(at->layer, at->within);
	return at->layer->header.range;
}

/* What flags of a layer (enum ps_layer_flags) mean to a view of it. */
static ps_inline uint32_t ps_place_flags(uint32_t flags)
{
	return (flags & PS_LAYER_ABSENT ? PS_VIEW_ABSENT : 0) | (flags & PS_LAYER_CAREFUL ? PS_VIEW_CAREFUL : 0);
}

/* The place is the header that the layer is, of proto, with these flags (enum ps_layer_flags). */
static ps_inline void ps_place_header(struct ps_place *at, struct ps_layer *layer, const struct ps_proto *proto,
				      uint32_t flags)
{
	at->layer = layer;
	at->field = NULL;
	at->flags = ps_place_flags(flags);
	at->plain = at->flags ? NULL : proto;
}

/* The place is bytes of a layer. */
static inline void ps_place_bytes(struct ps_place *at, struct ps_layer *layer, struct ps_range within)
{
	at->layer = layer;
	at->plain = NULL;
	at->field = NULL;
	at->within = within;
	at->flags = PS_VIEW_BYTES;
}

static inline bool ps_place_is_header(const struct ps_place *at)
{
	return !at->field && !(at->flags & (PS_VIEW_BYTES | PS_VIEW_WHOLE));
}

/* True if at is what the handler was given: all of the packet, or the header that it begins with. It has headers by name. */
static inline bool ps_place_is_given(const struct ps_place *at)
{
	return at->flags & PS_VIEW_WHOLE || (ps_place_is_header(at) && at->layer->flags & PS_LAYER_GIVEN);
}

/* True if at is a header of that protocol. */
static inline bool ps_place_is_of(const struct ps_place *at, const struct ps_proto *proto)
{
	return ps_place_is_header(at) && at->layer->header.proto == proto;
}

/* True if at is a header that has the field. */
static inline bool ps_view_has_field(const struct ps_place *at, const struct ps_field *field)
{
	const struct ps_proto *proto = at->layer->header.proto;

	return ps_place_is_header(at) && field >= proto->fields && field < proto->fields + proto->nfields;
}

/* Whether there is an object that this packet has not used: pool->block[pool->used++]. */
static inline bool ps_pool_has(const struct ps_bind *bind, struct ps_pool *pool)
{
	if (pool->packet != bind->serial) {
		pool->packet = bind->serial;
		pool->used = 0;
	}
	return l_likely(pool->used < pool->made);
}

/* The place of the value in the memory of addresses as text, and of the text in that of values. */
static inline struct ps_address *ps_formatted_entry(struct ps_bind *bind, struct ps_value value)
{
	uint64_t n = value.low ^ value.high;

	return &bind->formatted[(n ^ n >> 8 ^ n >> 16) % PS_ADDRESSES];
}

static inline struct ps_address *ps_parsed_entry(struct ps_bind *bind, const char *text)
{
	return &bind->parsed[(uintptr_t)text / 16 % PS_ADDRESSES];
}

/* What the text has been parsed to, or NULL. */
static inline const struct ps_value *ps_known_address(struct ps_bind *bind, const char *text,
						      const struct ps_type *type)
{
	const struct ps_address *known = ps_parsed_entry(bind, text);

	return known->text == text && known->type == type ? &known->value : NULL;
}

/* Begins a packet. Returns its raw view. */
static inline struct ps_view *ps_bind_packet(struct ps_bind *bind, struct ps_packet *pkt)
{
	struct ps_view *v = bind->whole;

	bind->pkt = pkt;
	bind->serial = bind->arrays = ++bind->stamp;	/* no view that was made before has it */
	ps_layers_begin(&bind->layers, pkt);
	v->stamp = bind->stamp;
	return v;
}

/* Ends it: all views are gone. */
static inline void ps_bind_release(struct ps_bind *bind)
{
	bind->pkt = NULL;
	bind->serial = bind->arrays = 0;
	bind->stamp++;
}

/* ps_class_view; engine/object.c. */
int ps_object_call(lua_State *L, const struct ps_method *method, StkId func, int nargs);
bool ps_object_read(lua_State *L, const struct ps_object *object, const TString *name,
		    TValue *result);
bool ps_object_write(lua_State *L, const struct ps_object *object, const TString *name,
		     const TValue *value);
bool ps_object_get_view_byte(lua_State *L, const struct ps_object *object, lua_Unsigned i, TValue *result);
bool ps_object_set_view_byte(lua_State *L, struct ps_object *object, lua_Unsigned i, const TValue *value);

/* ps_class_view; engine/bind.c. */
const struct ps_object *ps_view_holds(const struct ps_object *object, unsigned int n);

/* p:flow() of a view that is no memory's, as a class does it (lua/internals.h); engine/flows.c. */
int ps_flow_call(lua_State *L, struct ps_bind *bind, StkId func);

/* ps_class_set; engine/set.c. */
int ps_set_call(lua_State *L, const struct ps_method *method, StkId func, int nargs);
const struct ps_object *ps_set_holds(const struct ps_object *object, unsigned int n);

/* ps_class_shared_table; engine/shared.c. */
int ps_shared_call(lua_State *L, const struct ps_method *method, StkId func, int nargs);
bool ps_shared_read(lua_State *L, const struct ps_object *object, const TString *name, TValue *result);
bool ps_shared_write(lua_State *L, const struct ps_object *object, const TString *name, const TValue *v);
bool ps_shared_read_at(lua_State *L, const struct ps_object *object, lua_Unsigned i, TValue *result);
bool ps_shared_write_at(lua_State *L, struct ps_object *object, lua_Unsigned i, const TValue *v);

/* ps_class_bytes; engine/bytes.c. */
int ps_bytes_call(lua_State *L, const struct ps_method *method, StkId func, int nargs);
const struct ps_object *ps_bytes_holds(const struct ps_object *object, unsigned int n);
bool ps_object_get_byte(lua_State *L, const struct ps_object *object, lua_Unsigned i,
			TValue *result);
bool ps_object_set_byte(lua_State *L, struct ps_object *object, lua_Unsigned i,
			const TValue *value);

/* Pushes the text of an address, which the state remembers. Returns 1. May raise. */
int ps_view_push_address(lua_State *L, struct ps_value value, const struct ps_type *type);

/* ps_field_set() for fields that say how what follows reads. */
int ps_view_set_shape(struct ps_bind *bind, struct ps_layer *layer, const struct ps_field *field, uint64_t value);

/* The view, which is looked at, has been found anew. */
static inline void ps_view_renew(const struct ps_bind *bind, struct ps_view *v)
{
	if (!bind->memory)
		v->stamp = bind->stamp;
}

/* bytes.to_packet(array, protocol), of a range of the packet that is looked at. Pushes the view, or nil. */
int ps_view_of_bytes(lua_State *L, struct ps_range range);

/* The view that is argument 1, or arg; raises if it is none of this packet's. */
struct ps_view *ps_view_check(lua_State *L);
struct ps_view *ps_view_check_at(lua_State *L, int arg);

/*
 * Pushes a view of the packet that is handled, from a place on, as a protocol: the header that p.<protocol> finds, if that begins
 * there, else what :raw(at, …):data(protocol) gives. PS_WORK_FIRST: wherever that begins. Arguments: the place, the protocol's
 * id. A lua_CFunction.
 */
int ps_view_at(lua_State *L);

/* The number that the place is, which is a field. False: it is not there. May raise. */
bool ps_view_value(lua_State *L, const struct ps_place *at, struct ps_value *value);

/* Pushes what is read from the place, which is a field. */
int ps_view_push_value(lua_State *L, const struct ps_place *at);

/* Raises unless a payload, or what is called that, could be replaced (ps_layer_replace()) by len bytes. */
int ps_view_replaced(lua_State *L, int err, const char *what, size_t len);

/* Pushes a new view of a field, whose method is m. */
void ps_view_push_field(lua_State *L, struct ps_field_method *m, const struct ps_place *at);

/* Text, of any length, which the place is, as here says; engine/content.c. */
int ps_view_push_text(lua_State *L, const struct ps_place *at, const struct ps_field *here);
/* The string that Lua has of a text, if that is short, or NULL: it has none. Never raises. */
TString *ps_known_string(lua_State *L, const char *text, size_t len);

/*
 * The text of a field, which is where here says, if Lua has a string of it, so that nothing has to be made; it may have been
 * made for another packet, or stand in the script. Never raises.
 */
bool ps_view_known_text(lua_State *L, const struct ps_place *at, const struct ps_field *here, TValue *result);

int ps_view_set_text(lua_State *L, struct ps_view *v, const struct ps_place *at, const struct ps_field *here, int index);

/* Sets a field of a layer that has it and is an integer: 0, or an enum ps_field_error. */
static ps_inline int ps_view_set(struct ps_bind *bind, struct ps_layer *layer, const struct ps_field *field,
				 uint64_t value)
{
	if (ps_unlikely(field->flags & (PS_SHAPE | PS_COVERAGE)))
		return ps_view_set_shape(bind, layer, field, value);
	return ps_field_set(bind->pkt, &layer->header, field, value);
}

/* p.udp, of any protocol. */
static ps_inline enum ps_layer_found ps_view_header(struct ps_bind *bind, const struct ps_proto *proto, struct ps_layer **layer)
{
	*layer = ps_layer_known(&bind->layers, proto);
	return ps_likely(*layer) ? PS_LAYER_FOUND : ps_layer_find(&bind->layers, bind->pkt, &ps_proto_eth, proto, layer);
}

/* The same of that of an id: PS_LAYER_FOUND: to has it. */
enum ps_layer_found ps_view_find(struct ps_bind *bind, unsigned int id, struct ps_place *to);

/* at:data(id): PS_LAYER_FOUND: to has it. */
enum ps_layer_found ps_view_payload(struct ps_bind *bind, const struct ps_place *at, unsigned int id,
				    struct ps_place *to);

#endif
