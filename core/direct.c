/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Methods and fields of views as the interpreter tries them first (lua/inside.h): only what is
 * simple, without a frame, an object for what is between, or a way to raise.
 */
#define LUA_LIB
#include "lprefix.h"

#include "lua.h"
#include "code.h"

#include "view.h"

/* A link layer that is not there: its payload is what the packet is said to be. */
static bool absent_payload(struct ps_packet *pkt, const struct ps_header *link,
			   struct ps_header *payload)
{
	const struct ps_next *row = link->proto->next;

	payload->range.off = pkt->network;
	payload->range.len = pkt->len - pkt->network;
	while (row->proto != payload->proto) {
		if (!row->proto)
			return payload->proto == &ps_proto_raw;
		row++;
	}
	return row->value == pkt->protocol && ps_proto_fits(pkt, payload);
}

static inline bool find_payload(struct ps_packet *pkt, const struct ps_place *at,
				struct ps_place *to)
{
	struct ps_header *payload = &to->header;

	to->flags = 0;
	if (l_unlikely(at->flags)) {
		if (at->flags & PS_VIEW_ABSENT)
			return absent_payload(pkt, &at->header, payload);
		if (payload->proto->is_link && !pkt->has_link) {
			payload->range.off = pkt->network;
			payload->range.len = 0;
			to->flags = PS_VIEW_ABSENT;
			return true;
		}
	}
	if (at->field || at->header.proto == &ps_proto_raw) {
		payload->range = *ps_place_range(at);
		return ps_proto_fits(pkt, payload);
	}
	return ps_proto_carries(pkt, &at->header, payload->proto, &payload->range) &&
	       ps_proto_fits(pkt, payload);
}

int ps_view_payload(struct ps_bind *bind, const struct ps_place *at, unsigned int id,
		    struct ps_place *to)
{
	to->header.proto = ps_protos[id];
	to->field = NULL;
	if (!find_payload(bind->pkt, at, to))
		return 0;
	return ps_view_outer(bind, &at->header, &to->header.outer) ? 1 : -1;
}

bool ps_view_keep_outer(struct ps_bind *bind, const struct ps_header *header,
			const struct ps_header **outer)
{
	struct ps_header *h = bind->headers;
	unsigned int i;

	for (i = 0; i < bind->nheaders; i++, h++) {
		if (h->proto == header->proto && h->range.off == header->range.off &&
		    h->range.len == header->range.len && h->outer == header->outer)
			break;
	}
	if (i == PS_HEADERS_MAX)
		return false;
	if (i == bind->nheaders) {
		*h = *header;
		bind->nheaders++;
	}
	*outer = h;
	return true;
}

/* The value of a field that is there, if nothing has to be made for it. */
static inline bool get_value(lua_State *L, struct ps_bind *bind, uint32_t header,
			     const struct ps_field *field, TValue *result)
{
	const struct ps_address *known;
	uint64_t value;

	if (field->type == PS_BYTES || ps_field_get(bind->pkt, header, field->at, &value))
		return false;
	if (field->type == PS_UINT) {
		setivalue(result, value);
		return true;
	}
	known = ps_formatted_entry(bind, value);
	if (!known->text || known->value != value || known->type != field->type)
		return false;
	setsvalue(L, result, ps_string_of(known->text));
	return true;
}

static inline bool get_integer(struct ps_bind *bind, const struct ps_place *at, TValue *result)
{
	uint64_t value;

	if (at->field->type == PS_BYTES ||
	    ps_field_get(bind->pkt, at->header.range.off, at->field->at, &value))
		return false;
	setivalue(result, value);
	return true;
}

/* Sets a field that is there. What fails now fails the other way too, and says why. */
static inline bool set_value(struct ps_bind *bind, const struct ps_header *header,
			     const struct ps_field *field, const TValue *arg)
{
	uint64_t value;

	if (ttisinteger(arg))
		value = ivalue(arg);
	else if (field->type == PS_UINT || !ttisstring(arg) ||
		 !ps_known_address(bind, getstr(tsvalue(arg)), field->type, &value))
		return false;
	return field->type != PS_BYTES && !ps_field_set(bind->pkt, header, field, value);
}

/* What a method has given. */
enum outcome {
	ORDINARY,	/* nothing: call its C function */
	NOTHING,	/* no result */
	VALUE,
	PLACE,		/* of a view that is to be taken from a pool */
};

static inline __attribute__((always_inline)) enum outcome
step(lua_State *L, struct ps_bind *bind, const struct ps_method *method, const struct ps_place *at,
     const TValue *arg, TValue *result, struct ps_place *to, struct ps_pool **pool)
{
	struct ps_field_method *m;
	int found;

	switch (method->op) {
	case PS_OP_DATA:
		if (!arg || !ttisinteger(arg) || (lua_Unsigned)ivalue(arg) >= ps_nprotos)
			return ORDINARY;
		found = ps_view_payload(bind, at, ivalue(arg), to);
		if (found > 0) {
			*pool = &bind->views[ivalue(arg)];
			return PLACE;
		}
		if (found < 0)
			return ORDINARY;
		setnilvalue(result);
		return VALUE;
	case PS_OP_FIELD:
		m = (struct ps_field_method *)method;
		if (arg || at->flags & PS_VIEW_ABSENT || !ps_view_has_field(at, m->field) ||
		    !ps_proto_field(bind->pkt, &at->header, m->field, &to->range))
			return ORDINARY;
		to->header = at->header;
		to->field = m->field;
		to->flags = at->flags;
		*pool = &m->pool;
		return PLACE;
	}
	if (!at->field || at->flags & PS_VIEW_ABSENT)
		return ORDINARY;
	switch (method->op) {
	case PS_OP_GET:
		return !arg && get_value(L, bind, at->header.range.off, at->field, result) ?
		       VALUE : ORDINARY;
	case PS_OP_INT:
		return !arg && get_integer(bind, at, result) ? VALUE : ORDINARY;
	case PS_OP_SET:
		return arg && set_value(bind, &at->header, at->field, arg) ? NOTHING : ORDINARY;
	}
	return ORDINARY;
}

/* Makes a view of the place the value. False: the pool is used up. */
static inline bool make_view(lua_State *L, struct ps_bind *bind, struct ps_pool *pool,
			     const struct ps_place *place, TValue *value)
{
	struct ps_view *v = ps_pool_next(bind, pool);

	if (!v)
		return false;
	v->packet = bind->serial;
	v->place = *place;
	setuvalue(L, value, ps_userdata_of(v));
	return true;
}

/* The object as a view of the packet that is being handled, or NULL. */
static inline const struct ps_view *view_of(const struct ps_bind *bind,
					    const struct ps_object *object)
{
	const struct ps_view *v = (const struct ps_view *)object;

	if (object->kind != PS_OBJECT_VIEW || v->packet != bind->serial || !bind->pkt)
		return NULL;
	return v;
}

/* The methods of the views in a pool. The first of them is made with it. */
static inline const Table *methods_of(const struct ps_pool *pool)
{
	return ((const struct ps_object *)pool->block[0])->methods;
}

int ps_object_call(lua_State *L, const struct ps_method *method, StkId func, int nargs)
{
	struct ps_bind *bind = ps_bind_of(L);
	const struct ps_object *object = nargs > 0 ? ps_block_of(s2v(func + 1)) : NULL;
	const struct ps_view *v = object ? view_of(bind, object) : NULL;
	struct ps_place place;
	struct ps_pool *pool;

	if (!v || nargs > 2)
		return -1;
	switch (step(L, bind, method, &v->place, nargs == 2 ? s2v(func + 2) : NULL, s2v(func),
		     &place, &pool)) {
	case NOTHING:
		return 0;
	case VALUE:
		return 1;
	case PLACE:
		return make_view(L, bind, pool, &place, s2v(func)) ? 1 : -1;
	case ORDINARY:
		break;
	}
	return -1;
}

const Instruction *ps_object_chain(lua_State *L, const struct ps_object *object,
				   const struct ps_method *method, const Instruction *pc,
				   StkId base, const TValue *k, StkId self)
{
	struct ps_bind *bind = ps_bind_of(L);
	const struct ps_view *v = view_of(bind, object);
	struct ps_code code = { pc, base, k, self - base };
	const Instruction *done = NULL;		/* what place is the result of ends there */
	struct ps_place places[2], *to = places;
	const struct ps_place *at = v ? &v->place : NULL;
	struct ps_pool *pool = NULL;
	const TString *name;
	const TValue *slot;
	struct ps_code_call call;

	while (at && ps_code_call(&code, &call)) {
		struct ps_pool *next;

		switch (step(L, bind, method, at, call.arg, s2v(self), to, &next)) {
		case NOTHING:
			if (!call.has_result)
				return code.pc;
			setnilvalue(s2v(self));
			return code.pc;
		case VALUE:
			return code.pc;
		case PLACE:
			at = to;
			to = &places[at == places];
			pool = next;
			done = code.pc;
			name = call.has_result ? ps_code_self(&code) : NULL;
			slot = name ? ps_find(methods_of(pool), name) : NULL;
			if (slot) {
				method = ps_method_of(slot);
				continue;
			}
			break;
		case ORDINARY:
			break;
		}
		break;
	}
	return done && make_view(L, bind, pool, at, s2v(self)) ? done : NULL;
}

/*
 * Names that are not called: ip.ttl, ip.ttl = 9.
 */

/* The field of that name of a header that is there, or NULL. */
static inline const struct ps_field *field_of(const struct ps_view *v, const TString *name)
{
	const TValue *slot = v ? ps_find(v->object.methods, name) : NULL;
	const struct ps_method *method = slot ? ps_method_of(slot) : NULL;

	if (!method || method->op != PS_OP_FIELD || v->place.flags & PS_VIEW_ABSENT)
		return NULL;
	return ((const struct ps_field_method *)method)->field;
}

bool ps_object_read(lua_State *L, const struct ps_object *object, const TString *name,
		    TValue *result)
{
	struct ps_bind *bind = ps_bind_of(L);
	const struct ps_view *v = view_of(bind, object);
	const struct ps_field *field = field_of(v, name);

	return field && get_value(L, bind, v->place.header.range.off, field, result);
}

bool ps_object_write(lua_State *L, const struct ps_object *object, const TString *name,
		     const TValue *value)
{
	struct ps_bind *bind = ps_bind_of(L);
	const struct ps_view *v = view_of(bind, object);
	const struct ps_field *field = field_of(v, name);

	return field && set_value(bind, &v->place.header, field, value);
}
