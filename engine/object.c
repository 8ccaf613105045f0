/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Methods and fields of views as the interpreter tries them first (lua/internals.h, struct ps_class): only what is simple,
 * without a frame, and without a way to raise; and what engine/access.h has for that.
 */
#define LUA_LIB
#include "lprefix.h"

#include "lua.h"

#include "access.h"

#define HEADERS_SEEN	64	/* one that is kept again is looked for among the last so many */

/*
 * A link layer that is not there: its payload is what the packet is said to be. One that is cut short
 * has none.
 */
static bool find_absent(struct ps_packet *pkt, const struct ps_header *link,
			struct ps_header *payload)
{
	if (pkt->has_link)
		return false;
	payload->range.off = pkt->network;
	payload->range.len = pkt->len - pkt->network;
	if (payload->proto == &ps_proto_raw)
		return true;
	return ps_proto_row(link->proto->next, pkt->protocol) == payload->proto &&
	       ps_proto_fits(pkt, payload);
}

/* Whether the place, which is of a header that does not fit, is what an ICMP error quotes of it. */
static ps_noinline bool is_quoted(struct ps_packet *pkt, const struct ps_place *at,
				  struct ps_place *to)
{
	struct ps_header quoted = to->header;

	quoted.outer = &at->header;
	to->flags = PS_VIEW_CAREFUL;
	return ps_packet_has(pkt, quoted.range.off, quoted.range.len) &&
	       ps_proto_is_quoted(pkt, &quoted);
}

static inline bool find_payload(struct ps_packet *pkt, const struct ps_place *at,
				struct ps_place *to)
{
	struct ps_header *payload = &to->header;

	to->flags = 0;
	if (at->flags) {
		if (at->flags & PS_VIEW_ABSENT)
			return !at->field && find_absent(pkt, &at->header, payload);
		if (at->flags & PS_VIEW_WHOLE && payload->proto->is_link &&
		    (!pkt->has_link || pkt->len < payload->proto->header_min)) {
			payload->range.off = pkt->has_link ? 0 : pkt->network;
			payload->range.len = 0;
			to->flags = PS_VIEW_ABSENT;
			return true;
		}
		if (at->flags & PS_VIEW_CAREFUL && !at->field && !ps_proto_fits(pkt, &at->header))
			return false;
	}
	if (at->field || at->header.proto == &ps_proto_raw)
		payload->range = *ps_place_range(at);
	else if (!ps_proto_carries(pkt, &at->header, payload->proto, &payload->range))
		return false;
	if (ps_unlikely(payload->proto->locate))
		to->flags = PS_VIEW_CAREFUL;
	return ps_likely(ps_proto_fits(pkt, payload)) || is_quoted(pkt, at, to);
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

static inline bool is_same(const struct ps_header *a, const struct ps_header *b)
{
	return a->proto == b->proto && a->range.off == b->range.off &&
	       a->range.len == b->range.len && a->outer == b->outer;
}

/* Where header number i of a packet is kept, or NULL: there is no block for it yet. */
static inline struct ps_header *kept_header(const struct ps_bind *bind, unsigned int i)
{
	unsigned int block = 31 - __builtin_clz(i / PS_HEADERS_FIRST + 1);
	struct ps_header *headers = bind->headers[block];

	return headers ? headers + i - PS_HEADERS_FIRST * ((1u << block) - 1) : NULL;
}

static struct ps_header *new_header(struct ps_bind *bind)
{
	unsigned int i = bind->nheaders, block;
	struct ps_header *h;

	if (i == PS_HEADERS_MAX)
		return NULL;
	h = kept_header(bind, i);
	if (!h) {	/* the first of a block, which later packets use again */
		block = 31 - __builtin_clz(i / PS_HEADERS_FIRST + 1);
		h = ps_bind_allocate(bind, (sizeof(*h) * PS_HEADERS_FIRST) << block);
		bind->headers[block] = h;
	}
	if (h)
		bind->nheaders++;
	return h;
}

/* The same as ps_view_keep_outer(), where the first block is full. */
static ps_noinline bool keep_one_of_many(struct ps_bind *bind, const struct ps_header *header,
					 const struct ps_header **outer)
{
	unsigned int i = bind->nheaders, end = i > HEADERS_SEEN ? i - HEADERS_SEEN : 0;
	struct ps_header *h;

	while (i > end) {
		h = kept_header(bind, --i);
		if (is_same(h, header)) {
			*outer = h;
			return true;
		}
	}
	if (ps_header_depth(header) >= PS_NESTED_MAX)
		return false;
	h = new_header(bind);
	if (!h)
		return false;
	*h = *header;
	*outer = h;
	return true;
}

bool ps_view_keep_outer(struct ps_bind *bind, const struct ps_header *header,
			const struct ps_header **outer)
{
	struct ps_header *const first = bind->headers[0], *h = first + bind->nheaders;

	/* so few are not nested too deeply, either */
	if (ps_unlikely(bind->nheaders >= PS_HEADERS_FIRST))
		return keep_one_of_many(bind, header, outer);
	while (h > first) {
		if (is_same(--h, header)) {
			*outer = h;
			return true;
		}
	}
	h = first + bind->nheaders++;
	*h = *header;
	*outer = h;
	return true;
}

bool ps_access_get_wide(lua_State *L, struct ps_bind *bind, const struct ps_place *at,
			const struct ps_field *field, bool as_integer, TValue *result)
{
	struct ps_value value;

	return !field->type->is_bytes && !as_integer &&
	       !ps_field_get_value(bind->pkt, at->header.range.off, field, &value) &&
	       ps_access_text(L, bind, value, field->type, result);
}

bool ps_access_set_wide(struct ps_bind *bind, const struct ps_place *at,
			const struct ps_field *field, const TValue *arg)
{
	const struct ps_value *value;

	if (field->type->is_bytes || !ttisstring(arg))
		return false;
	value = ps_known_address(bind, getstr(tsvalue(arg)), field->type);
	return value && !ps_field_set_value(bind->pkt, &at->header, field, *value);
}

int ps_object_call(lua_State *L, const struct ps_method *method, StkId func, int nargs)
{
	struct ps_bind *bind = ps_bind_of(L);
	const struct ps_view *v = ps_access_view(bind, ps_object_of(s2v(func + 1)));
	const TValue *arg = nargs == 2 ? s2v(func + 2) : NULL;
	const struct ps_place *at = v ? &v->place : NULL;
	struct ps_field_method *m;
	struct ps_place to ps_uninit;
	unsigned int id;
	int found;

	if (!v || nargs > 2)
		return -1;
	switch (method->op) {
	case PS_OP_DATA:
		if (arg && (!ttisinteger(arg) || (lua_Unsigned)ivalue(arg) >= ps_nprotos))
			return -1;
		id = arg ? ivalue(arg) : 0;
		found = ps_view_payload(bind, at, id, &to);
		if (!found)
			setnilvalue(s2v(func));
		else if (found < 0 || !ps_access_make(L, bind, &bind->views[id], &to, s2v(func)))
			return -1;
		return 1;
	case PS_OP_FIELD:
		m = (struct ps_field_method *)method;
		return !arg && ps_view_has_field(at, m->field) &&
		       ps_access_field(bind, at, m->field, &to) &&
		       ps_access_make(L, bind, &m->pool, &to, s2v(func)) ? 1 : -1;
	case PS_OP_GET:
	case PS_OP_INT:
		return !arg && ps_access_get(L, bind, at, at->field, method->op == PS_OP_INT,
					 s2v(func)) ? 1 : -1;
	case PS_OP_SET:
		return arg && ps_access_set(bind, at, at->field, arg) ? 0 : -1;
	}
	return -1;
}

/*
 * Names that are not called: ip.ttl, ip.ttl = 9.
 */

bool ps_object_read(lua_State *L, const struct ps_object *object, const TString *name,
		    TValue *result)
{
	struct ps_bind *bind = ps_bind_of(L);
	const struct ps_view *v = ps_access_view(bind, object);
	const struct ps_field_method *m = v ? ps_access_named(object->methods, name) : NULL;

	return m && ps_access_get(L, bind, &v->place, m->field, false, result);
}

bool ps_object_write(lua_State *L, const struct ps_object *object, const TString *name,
		     const TValue *value)
{
	struct ps_bind *bind = ps_bind_of(L);
	const struct ps_view *v = ps_access_view(bind, object);
	const struct ps_field_method *m = v ? ps_access_named(object->methods, name) : NULL;

	return m && ps_access_set(bind, &v->place, m->field, value);
}
