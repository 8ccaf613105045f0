/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Methods and fields of views as the interpreter tries them first (lua/internals.h, struct ps_class): only what is simple,
 * without a frame, and without a way to raise; and what engine/access.h has for that.
 */
#define LUA_LIB
#include "lprefix.h"

#include "lua.h"

#include "access.h"
#include "company.h"
#include "write.h"

enum ps_layer_found ps_view_payload(struct ps_bind *bind, const struct ps_place *at, unsigned int id,
				    struct ps_place *to)
{
	bool is_header = ps_place_is_header(at);
	struct ps_range within = at->flags & PS_VIEW_WHOLE ? at->layer->header.range : at->within;
	enum ps_layer_found found;
	struct ps_layer *layer;

	if (!is_header && at->flags & PS_VIEW_ABSENT)
		return PS_LAYER_NONE;
	if (id == PS_ID_RAW) {
		if (is_header && !ps_layer_payload_range(bind->pkt, at->layer, &within))
			return PS_LAYER_NONE;
		ps_place_bytes(to, at->layer, within);
		if (is_header)
			to->flags |= PS_VIEW_PAYLOAD;
		return PS_LAYER_FOUND;
	}
	if (ps_likely(is_header))
		found = ps_layer_payload(&bind->layers, bind->pkt, at->layer, bind->registry.protos[id], &layer);
	else if (at->flags & PS_VIEW_WHOLE)
		found = ps_layer_first(&bind->layers, bind->pkt, bind->registry.protos[id], &layer);
	else
		found = ps_layer_in_bytes(&bind->layers, bind->pkt, at->layer, within, bind->registry.protos[id], &layer);
	if (ps_likely(found == PS_LAYER_FOUND))
		ps_place_header(to, layer, bind->registry.protos[id], layer->flags);
	return found;
}

enum ps_layer_found ps_view_find(struct ps_bind *bind, unsigned int id, struct ps_place *to)
{
	const struct ps_proto *proto = bind->registry.protos[id];
	struct ps_layer *layer;
	enum ps_layer_found found = ps_view_header(bind, proto, &layer);

	if (ps_likely(found == PS_LAYER_FOUND))
		ps_place_header(to, layer, proto, layer->flags);
	return found;
}

int ps_view_set_shape(struct ps_bind *bind, struct ps_layer *layer, const struct ps_field *field, uint64_t value)
{
	uint64_t before, after;
	int err = ps_field_get(bind->pkt, layer->header.range.off, field->at, &before);

	if (err)
		return err;
	err = ps_field_set(bind->pkt, &layer->header, field, value);
	if (!ps_field_get(bind->pkt, layer->header.range.off, field->at, &after) && before == after)
		return err;
	ps_layers_expose(&bind->layers);
	if (field->flags & PS_SHAPE && ps_layers_let_go(&bind->layers, layer))
		bind->stamp++;
	return err;
}

bool ps_access_get_wide(lua_State *L, struct ps_bind *bind, const struct ps_place *at,
			const struct ps_field *field, bool as_integer, TValue *result)
{
	struct ps_value value;

	return !field->type->is_bytes && !as_integer &&
	       !ps_field_get_value(bind->pkt, at->layer->header.range.off, field, &value) &&
	       ps_access_text(L, bind, value, field->type, result);
}

bool ps_access_set_wide(struct ps_bind *bind, const struct ps_place *at,
			const struct ps_field *field, const TValue *arg)
{
	const struct ps_value *value;

	if (field->type->is_bytes || !ttisstring(arg))
		return false;
	value = ps_known_address(bind, getstr(tsvalue(arg)), field->type);
	return value && !ps_field_set_value(bind->pkt, &at->layer->header, field, *value);
}

/* The field as this header has it, or NULL: it has not got it, or that is not for what is simple to say. */
static const struct ps_field *locate(struct ps_bind *bind, const struct ps_place *at, const struct ps_field *field,
				     struct ps_field *moved, bool *is_simple)
{
	*is_simple = field && !at->flags && field->flags & PS_LOCATED && !(field->flags & PS_SCRIPTED);
	return *is_simple ? ps_proto_here(bind->pkt, &at->layer->header, field, moved) : NULL;
}

bool ps_access_get_located(lua_State *L, struct ps_bind *bind, const struct ps_place *at,
			   const struct ps_field *field, bool as_integer, TValue *result)
{
	struct ps_field moved;
	bool is_simple;
	const struct ps_field *here = locate(bind, at, field, &moved, &is_simple);
	uint64_t value;

	if (!is_simple || (as_integer && !field->type->has_int))
		return false;
	if (!here) {
		setnilvalue(result);
		return true;
	}
	if (here->type->is_text)
		return !as_integer && ps_view_known_text(L, at, here, result);
	if (!here->type->has_int || (here->type->format && !as_integer) ||
	    ps_field_get(bind->pkt, at->layer->header.range.off, here->at, &value))
		return false;
	setivalue(result, value);
	return true;
}

bool ps_access_set_located(struct ps_bind *bind, const struct ps_place *at, const struct ps_field *field, const TValue *arg)
{
	struct ps_field moved;
	bool is_simple;
	const struct ps_field *here = locate(bind, at, field, &moved, &is_simple);

	return here && here->type->has_int && ttisinteger(arg) && !(here->flags & PS_READ_ONLY) &&
	       !ps_view_set(bind, at->layer, here, ivalue(arg));
}

/* at:raw(offset, length) */
static int make_raw(lua_State *L, struct ps_bind *bind, const struct ps_place *at, StkId func)
{
	const TValue *off = s2v(func + 2), *len = s2v(func + 3);
	struct ps_range range = ps_place_range(at);
	struct ps_place to ps_uninit;

	if (!ttisinteger(off) || !ttisinteger(len) || at->flags & PS_VIEW_MEMORY)
		return -1;
	if (l_castS2U(ivalue(off)) > range.len || l_castS2U(ivalue(len)) > range.len - l_castS2U(ivalue(off))) {
		setnilvalue(s2v(func));
		return 1;
	}
	range.off += ivalue(off) - at->layer->header.range.off;
	range.len = ivalue(len);
	ps_place_bytes(&to, at->layer, range);
	return ps_access_make(L, bind, ps_views_of(bind, PS_ID_RAW), &to, s2v(func)) ? 1 : -1;
}

/* at:write(text) */
static int write_text(struct ps_bind *bind, const struct ps_place *at, const TValue *text)
{
	struct ps_range range = ps_place_range(at);

	if (!ttisstring(text) || tsslen(tsvalue(text)) > range.len || bind->pkt->ops->is_read_only || at->flags & PS_VIEW_MEMORY)
		return -1;
	range.len = tsslen(tsvalue(text));
	ps_layers_expose(&bind->layers);
	return ps_write_bytes(bind->pkt, &at->layer->header, &range, (const uint8_t *)getstr(tsvalue(text))) ? -1 : 0;
}

int ps_object_call(lua_State *L, const struct ps_method *method, StkId func, int nargs)
{
	struct ps_bind *bind = ps_bind_of(L);
	const struct ps_view *v = ps_access_view(bind, ps_object_of(s2v(func + 1)));
	const TValue *arg = nargs == 2 ? s2v(func + 2) : NULL;
	const struct ps_place *at = v ? &v->place : NULL;
	struct ps_field_method *m;
	struct ps_place to ps_uninit;
	enum ps_layer_found found;
	unsigned int id;

	if (!v)
		return -1;
	if (method->op == PS_OP_RAW)
		return nargs == 3 ? make_raw(L, bind, at, func) : -1;
	if (nargs > 2)
		return -1;
	switch (method->op) {
	case PS_OP_DATA:
		if (arg && (!ttisinteger(arg) || (lua_Unsigned)ivalue(arg) >= ps_nprotos))
			return -1;
		id = arg ? ivalue(arg) : 0;
		found = ps_view_payload(bind, at, id, &to);
		if (found == PS_LAYER_NONE)
			setnilvalue(s2v(func));
		else if (found != PS_LAYER_FOUND || !ps_access_make(L, bind, ps_views_of(bind, id), &to, s2v(func)))
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
	case PS_OP_WRITE:
		return arg ? write_text(bind, at, arg) : -1;
	case PS_OP_SIZE:
		if (arg)
			return -1;
		setivalue(s2v(func), ps_place_range(at).len);
		return 1;
	case PS_OP_FLOW:
		return !arg && !(at->flags & PS_VIEW_MEMORY) ? ps_flow_call(L, bind, func) : -1;
	case PS_OP_REDIRECT:
		return arg ? ps_company_redirect_call(bind, func, arg) : -1;
	case PS_OP_SET:
		return arg && ps_access_set(bind, at, at->field, arg) ? 0 : -1;
	default:
		return ps_company_has(method) ? ps_company_call(L, bind, method, func, arg) : -1;
	}
}

/*
 * Names that are not called: ip.ttl, ip.ttl = 9.
 */

/* p.udp */
static bool read_header(lua_State *L, struct ps_bind *bind, const TString *name, TValue *result)
{
	const TValue *id = ps_find(bind->names, name);
	struct ps_place to ps_uninit;

	if (!id || ivalue(id) >= (lua_Integer)ps_nprotos)
		return false;
	switch (ps_view_find(bind, ivalue(id), &to)) {
	case PS_LAYER_FOUND:
		return ps_access_make(L, bind, ps_views_of(bind, ivalue(id)), &to, result);
	case PS_LAYER_NONE:
		setnilvalue(result);
		return true;
	default:
		return false;
	}
}

bool ps_object_read(lua_State *L, const struct ps_object *object, const TString *name,
		    TValue *result)
{
	struct ps_bind *bind = ps_bind_of(L);
	const struct ps_view *v = ps_access_view(bind, object);
	const struct ps_method *m = v ? ps_access_method(object->methods, name) : NULL;

	if (!m)
		return v && ps_place_is_given(&v->place) && read_header(L, bind, name, result);
	return m->op == PS_OP_FIELD &&
	       ps_access_get(L, bind, &v->place, ((const struct ps_field_method *)m)->field, false, result);
}

bool ps_object_write(lua_State *L, const struct ps_object *object, const TString *name,
		     const TValue *value)
{
	struct ps_bind *bind = ps_bind_of(L);
	const struct ps_view *v = ps_access_view(bind, object);
	const struct ps_field_method *m = v ? ps_access_named(object->methods, name) : NULL;

	return m && ps_access_set(bind, &v->place, m->field, value);
}

/*
 * Bytes of a view: v[i].
 */

bool ps_object_get_view_byte(lua_State *L, const struct ps_object *object, lua_Unsigned i, TValue *result)
{
	struct ps_bind *bind = ps_bind_of(L);
	const struct ps_view *v = ps_access_view(bind, object);
	struct ps_range range;
	const uint8_t *p;

	if (!v)
		return false;
	range = ps_place_range(&v->place);
	p = i < range.len ? ps_packet_reach(bind->pkt, range.off + i, 1) : NULL;
	if (!p)
		return false;
	setivalue(result, *p);
	return true;
}

bool ps_object_set_view_byte(lua_State *L, struct ps_object *object, lua_Unsigned i, const TValue *value)
{
	struct ps_bind *bind = ps_bind_of(L);
	const struct ps_view *v = ps_access_view(bind, object);
	struct ps_range range;

	if (!v || !ttisinteger(value) || l_castS2U(ivalue(value)) > 255)
		return false;
	range = ps_place_range(&v->place);
	if (i >= range.len)
		return false;
	range.off += i;
	range.len = 1;
	ps_layers_expose(&bind->layers);
	return !ps_write_fill(bind->pkt, &range, ivalue(value));
}
