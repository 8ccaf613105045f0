/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Views as bind.c makes them. Include after lua.h.
 */
#ifndef PS_VIEW_H
#define PS_VIEW_H

#include "internals.h"

#include "bind.h"
#include "field.h"

enum ps_view_flags {
	PS_VIEW_WHOLE = 1,	/* the raw view that the handler gets */
	PS_VIEW_ABSENT = 2,	/* a link-layer header, or a field, that is not there */
	PS_VIEW_CAREFUL = 4,	/* fields may be missing: look for each whether it is there */
	PS_VIEW_LACKING = PS_VIEW_ABSENT | PS_VIEW_CAREFUL,
};

/* A header, just bytes (the header's protocol is raw), or a field of a header. */
struct ps_place {
	struct ps_header header;
	const struct ps_field *field;	/* NULL: the header itself */
	struct ps_range range;		/* of a field: its bytes */
	uint32_t flags;
};

struct ps_view {
	struct ps_object object;	/* of ps_class_view */
	uint64_t packet;		/* serial */
	struct ps_place place;
};

/* What a method of a view does. 0: only its C function tells. */
enum ps_view_op {
	PS_OP_DATA = 1,
	PS_OP_FIELD,	/* struct ps_field_method */
	PS_OP_GET,
	PS_OP_SET,
	PS_OP_INT,
};

/* ip:daddr() */
struct ps_field_method {
	struct ps_method method;	/* first */
	const struct ps_proto *proto;
	const struct ps_field *field;
	struct ps_pool pool;
};

static inline const struct ps_range *ps_place_range(const struct ps_place *at)
{
	return at->field ? &at->range : &at->header.range;
}

/* True if at is a header that has the field. */
static inline bool ps_view_has_field(const struct ps_place *at, const struct ps_field *field)
{
	const struct ps_proto *proto = at->header.proto;

	return !at->field && field >= proto->fields && field < proto->fields + proto->nfields;
}

/* An object that this packet has not used, or NULL. */
static inline void *ps_pool_next(const struct ps_bind *bind, struct ps_pool *pool)
{
	if (pool->packet != bind->serial) {
		pool->packet = bind->serial;
		pool->used = 0;
	}
	return l_likely(pool->used < pool->made) ? pool->block[pool->used++] : NULL;
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
	bind->nheaders = 0;
	v->packet = bind->serial;
	v->place.header.range.len = pkt->len;
	return v;
}

/* Ends it: all views are gone. */
static inline void ps_bind_release(struct ps_bind *bind)
{
	bind->pkt = NULL;
	bind->serial++;
}

/*
 * The header as something that others lie in: kept until the packet's end. Headers that no
 * checksum has to do with don't matter to what they enclose. False: there are too many, or no memory for more.
 */
bool ps_view_keep_outer(struct ps_bind *bind, const struct ps_header *header,
			const struct ps_header **outer);

static inline bool ps_view_outer(struct ps_bind *bind, const struct ps_header *header,
				 const struct ps_header **outer)
{
	*outer = header->outer;
	return !header->proto->csum.kind || ps_view_keep_outer(bind, header, outer);
}

/* ps_class_view; engine/object.c. */
int ps_object_call(lua_State *L, const struct ps_method *method, StkId func, int nargs);
bool ps_object_read(lua_State *L, const struct ps_object *object, const TString *name,
		    TValue *result);
bool ps_object_write(lua_State *L, const struct ps_object *object, const TString *name,
		     const TValue *value);

/* ps_class_bytes; engine/bytes.c. */
bool ps_object_get_byte(lua_State *L, const struct ps_object *object, lua_Unsigned i,
			TValue *result);
bool ps_object_set_byte(lua_State *L, struct ps_object *object, lua_Unsigned i,
			const TValue *value);

/* at:data(id). 1: to has it; 0: there is none; -1: its header can't be kept. */
int ps_view_payload(struct ps_bind *bind, const struct ps_place *at, unsigned int id,
		    struct ps_place *to);

#endif
