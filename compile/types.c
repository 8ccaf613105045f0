/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#define LUA_CORE
#include "lprefix.h"

#include <string.h>

#include "lua.h"

#include "types.h"

bool ps_known_is_no_number(struct ps_known v)
{
	switch (v.kind) {
	case PS_KIND_NONE:
	case PS_KIND_INTEGER:
	case PS_KIND_NUMBER:
	case PS_KIND_VALUE:
		return false;
	case PS_KIND_ANY:
		return v.no_number;
	default:
		return true;
	}
}

struct ps_known ps_known_constant(const TValue *k)
{
	if (ttisinteger(k))
		return ps_known_integer(ivalue(k));
	if (ttisstring(k))
		return ps_known_as(PS_KIND_STRING, tsvalue(k));
	return ttisnil(k) ? ps_known_nil : ps_known_any;
}

/*
 * Where paths meet.
 */
static struct ps_known join_kinds(struct ps_known a, struct ps_known b)
{
	if (a.kind == b.kind && a.i == b.i) {
		a.whole &= b.whole;
		a.lasts &= b.lasts;
		a.payload &= b.payload;
		return a;
	}
	if (a.kind == PS_KIND_NIL && ps_known_may_be_nil(b))
		return b;
	if (b.kind == PS_KIND_NIL && ps_known_may_be_nil(a))
		return a;
	return a.kind == PS_KIND_BOOLEAN && b.kind == PS_KIND_BOOLEAN ? ps_known_boolean(PS_EITHER) :
									ps_known_any;
}

static unsigned int join_origins(unsigned int a, unsigned int b)
{
	if (!a || a == b)
		return b;
	return b ? PS_ORIGIN_LOST : a;
}

struct ps_known ps_known_join(struct ps_known a, struct ps_known b)
{
	struct ps_known v;

	if (a.kind == PS_KIND_NONE)
		return b;
	if (b.kind == PS_KIND_NONE)
		return a;
	v = join_kinds(a, b);
	v.origin = join_origins(a.origin, b.origin);
	v.global = a.global || b.global;
	v.no_number = v.kind == PS_KIND_ANY && (ps_known_is_no_number(a) || ps_known_is_no_number(b));
	return v;
}

/*
 * Names.
 */
unsigned int ps_known_owner(struct ps_known v)
{
	switch (v.kind) {
	case PS_KIND_VIEW:
		return v.proto != &ps_proto_raw ? PS_OF_HEADER : PS_OF_RAW | (v.payload ? PS_OF_PAYLOAD : 0);
	case PS_KIND_FIELD:
		return v.field->type->is_bytes ? PS_OF_BYTES : PS_OF_VALUE;
	case PS_KIND_BYTES:
		return PS_OF_ARRAY;
	case PS_KIND_SET:
		return PS_OF_SET;
	case PS_KIND_SHARED_TABLE:
		return PS_OF_SHARED_TABLE;
	case PS_KIND_SHARED_QUEUE:
		return PS_OF_SHARED_QUEUE;
	case PS_KIND_TIMER:
		return PS_OF_TIMER;
	case PS_KIND_FLOW:
		return PS_OF_FLOW;
	case PS_KIND_CT:
		return PS_OF_CT;
	case PS_KIND_CT_TUPLE:
		return PS_OF_CT_TUPLE;
	default:
		return 0;
	}
}

const struct ps_callable *ps_rows_of(unsigned int owners)
{
	if (owners == PS_OF_ARRAY)
		return ps_array_methods;
	if (owners == PS_OF_SHARED_TABLE)
		return ps_shared_table_methods;
	if (owners == PS_OF_SHARED_QUEUE)
		return ps_shared_queue_methods;
	if (owners == PS_OF_TIMER)
		return ps_timer_methods;
	if (owners == PS_OF_FLOW)
		return ps_flow_methods;
	if (owners == PS_OF_CT)
		return ps_ct_methods;
	if (owners == PS_OF_CT_TUPLE)
		return ps_ct_tuple_methods;
	return owners == PS_OF_SET ? ps_set_methods : ps_view_methods;
}

const struct ps_callable *ps_row_named(const struct ps_callable *rows, unsigned int owners, const char *name)
{
	for (; rows->method.name; rows++) {
		if (rows->of & owners && !strcmp(rows->method.name, name) && !ps_callable_is_operator(rows))
			return rows;
	}
	return NULL;
}

/* What the protocol has under the name besides fields. */
static struct ps_known content_named(const struct ps_proto *proto, const char *name)
{
	unsigned int i;

	for (i = 0; i < proto->nkeyed; i++) {
		if (!strcmp(proto->keyed[i].name, name))
			return ps_known_as(PS_KIND_FINDER, &proto->keyed[i]);
	}
	for (i = 0; i < proto->nfields; i++) {
		if (proto->fields[i].flags & PS_PAYLOAD && !strcmp(proto->fields[i].name, name))
			return ps_known_as(PS_KIND_METHOD, ps_row_named(ps_view_methods, PS_OF_HEADER, "data"));
	}
	for (i = 0; i < proto->nlists; i++) {
		if (!strcmp(proto->lists[i].name, name))
			return ps_known_as(PS_KIND_METHOD, &ps_list_getter);
	}
	return ps_known_as(PS_KIND_NONE, NULL);
}

static struct ps_known field_of(const struct ps_field *field, bool is_call)
{
	if (is_call)
		return ps_known_as(PS_KIND_GETTER, field);
	if (field->flags & PS_SCRIPTED)
		return ps_known_any;	/* what its getter gives */
	return field->type->is_bytes ? ps_known_as(PS_KIND_BYTES, NULL) : ps_known_as(PS_KIND_VALUE, field);
}

/* p.udp */
static struct ps_known header_named(const char *name)
{
	unsigned int id;

	for (id = 0; id < ps_nprotos; id++) {
		if (!strcmp(ps_proto_short_name(ps_protos[id]), name))
			return ps_known_as(PS_KIND_VIEW, ps_protos[id]);
	}
	return ps_known_as(PS_KIND_NONE, NULL);
}

struct ps_known ps_known_member(struct ps_known object, const char *name, bool is_call)
{
	unsigned int owner = ps_known_owner(object);
	const struct ps_field *field = object.kind == PS_KIND_VIEW ? ps_field_named(object.proto, name) : NULL;
	const struct ps_callable *row;
	struct ps_known content;

	if (field)
		return field_of(field, is_call);
	if (object.kind == PS_KIND_SHARED_TABLE && !is_call)
		return ps_known_any;	/* an entry */
	row = ps_row_named(ps_rows_of(owner), owner, name);
	if (object.kind == PS_KIND_FLOW && !row)
		return ps_known_any;	/* what a script has put there */
	if (row || object.kind != PS_KIND_VIEW)
		return ps_known_as(row ? PS_KIND_METHOD : PS_KIND_NONE, row);
	content = content_named(object.proto, name);
	return content.kind || !object.whole || is_call ? content : header_named(name);
}

/*
 * Calls.
 */
static struct ps_known payload(const struct ps_registry *registry, const struct ps_call *call, struct ps_known id)
{
	struct ps_known raw = ps_known_as(PS_KIND_VIEW, &ps_proto_raw);

	if (call->count == 0 || (id.kind == PS_KIND_INTEGER && id.i == PS_ID_RAW)) {
		raw.payload = call->self.kind == PS_KIND_VIEW && call->self.proto != &ps_proto_raw;
		return raw;
	}
	if (id.kind != PS_KIND_INTEGER || id.i < 0 || id.i >= registry->n)
		return ps_known_any;
	if (call->self.kind == PS_KIND_VIEW && call->self.whole && call->self.proto == registry->protos[id.i])
		return call->self;
	return ps_known_as(PS_KIND_VIEW, registry->protos[id.i]);
}

/* The value of the field that self is. */
static struct ps_known value_of(struct ps_known self, enum ps_kind kind)
{
	return self.kind == PS_KIND_FIELD && !(self.field->flags & PS_SCRIPTED) ? ps_known_as(kind, self.field) : ps_known_any;
}

/* ip:field("ttl") */
static struct ps_known field_by_name(struct ps_known self, struct ps_known name)
{
	const struct ps_field *field = NULL;

	if (self.kind == PS_KIND_VIEW && name.kind == PS_KIND_STRING)
		field = ps_field_named(self.proto, getstr(name.string));
	return field && !(field->flags & PS_HEADER) ? ps_known_as(PS_KIND_FIELD, field) : ps_known_any;
}

static struct ps_known result_of_row(const struct ps_registry *registry, const struct ps_call *call, struct ps_known argument)
{
	switch (call->callee.row->result) {
	case PS_LUA_NOTHING:
		return ps_known_nil;
	case PS_LUA_VALUE:
		return value_of(call->self, PS_KIND_VALUE);
	case PS_LUA_NUMBER:
		return value_of(call->self, PS_KIND_NUMBER);
	case PS_LUA_FIELD:
		return field_by_name(call->self, argument);
	case PS_LUA_ARRAY:
		return ps_known_as(PS_KIND_BYTES, NULL);
	case PS_LUA_SET:
		return ps_known_as(PS_KIND_SET, NULL);
	case PS_LUA_SHARED_TABLE:
		return ps_known_as(PS_KIND_SHARED_TABLE, NULL);
	case PS_LUA_SHARED_QUEUE:
		return ps_known_as(PS_KIND_SHARED_QUEUE, NULL);
	case PS_LUA_TIMER:
		return ps_known_as(PS_KIND_TIMER, NULL);
	case PS_LUA_FLOW:
		return ps_known_as(PS_KIND_FLOW, NULL);
	case PS_LUA_CT:
		return ps_known_as(PS_KIND_CT, NULL);
	case PS_LUA_CT_TUPLE:
		return ps_known_as(PS_KIND_CT_TUPLE, NULL);
	case PS_LUA_RAW:
		return ps_known_as(PS_KIND_VIEW, &ps_proto_raw);
	case PS_LUA_PAYLOAD:
		return payload(registry, call, argument);
	default:
		return ps_known_any;
	}
}

struct ps_known ps_known_result(const struct ps_registry *registry, const struct ps_call *call, struct ps_known argument)
{
	switch (call->callee.kind) {
	case PS_KIND_GETTER:
		if (call->callee.field->flags & PS_HEADER && call->self.kind == PS_KIND_VIEW)
			return ps_known_as(PS_KIND_VIEW, call->self.proto->options);
		return ps_known_as(PS_KIND_FIELD, call->callee.field);
	case PS_KIND_FINDER:
		return ps_known_as(PS_KIND_FIELD, &call->callee.keyed->field);
	case PS_KIND_METHOD:
		return result_of_row(registry, call, argument);
	default:
		return ps_known_any;
	}
}
