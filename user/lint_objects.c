/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What names mean: globals, members of libraries, methods and fields of packet objects; and calls.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dissect.h"
#include "lint_inside.h"

enum lint_method {
	METHOD_OTHER,
	METHOD_DATA,
	METHOD_RAW,
	METHOD_GET,
	METHOD_SET,
	METHOD_INT,
	METHOD_TO_BYTES,
};

/* True if what this instruction reads is compared with nil at once: it may be missing. */
static bool is_tested(const struct lint_flow *w)
{
	Instruction i = w->p->code[w->pc], next = w->p->code[w->pc + 1];

	return GET_OPCODE(next) == OP_EQK && GETARG_A(next) == GETARG_A(i) &&
	       ttisnil(&w->p->k[GETARG_B(next)]);
}

static unsigned int id_of(const struct ps_proto *proto)
{
	unsigned int id = 0;

	while (id < ps_nprotos - 1 && ps_protos[id] != proto)
		id++;
	return id;
}

static const Table *methods_of(const struct lint_flow *w, const struct ps_proto *proto)
{
	return w->l->view_methods[id_of(proto)];
}

/* v escapes to where it is not followed. */
void lint_escape(struct lint_flow *w, struct lint_value v)
{
	if (v.kind == LINT_GLOBALS)
		w->l->globals_escape = true;
	else if (v.kind == LINT_LIBRARY)
		w->l->libraries_escape = true;
}

/*
 * Globals.
 */
static void unknown_global(const struct lint_flow *w, const char *name)
{
	struct lint_guess guess = { .name = name };
	struct lint *l = w->l;
	char names[LINT_NAMES_SIZE];
	size_t i;

	if (l->globals_escape)
		return;
	lint_try_table(&guess, l->engine_globals);
	for (i = 0; i < l->globals_size && l->guesses; i++) {
		if (l->globals[i].name && l->globals[i].assigned && l->guesses--)
			lint_try(&guess, getstr(l->globals[i].name));
	}
	if (!strncmp(name, "packet_", strlen("packet_"))) {
		lint_list_protos(names, sizeof(names));
		lint_warn(w, "unknown-protocol", "no protocol '%.40s' (nil here): there are %s",
			  name, names);
	} else if (lint_is_absent_lua(name)) {
		lint_warn(w, "unknown-global", "'%s' is not available to scripts (nil here)", name);
	} else if (guess.best) {
		lint_warn(w, "unknown-global", "no global '%.60s' (nil here); did you mean '%s'?",
			  name, guess.best);
	} else {
		lint_warn(w, "unknown-global",
			  "no global '%.60s' (nil here); assign it outside of functions "
			  "first, or name what another script of the state defines with --global",
			  name);
	}
}

/* A table of names: a library. */
static bool has_names(const Table *t)
{
	unsigned int i;

	for (i = 0; i < (unsigned int)sizenode(t); i++) {
		if (!isempty(gval(gnode(t, i))) && keyisshrstr(gnode(t, i)))
			return true;
	}
	return false;
}

static struct lint_value engine_global(struct lint_flow *w, TString *name, const TValue *value)
{
	const char *text = getstr(name);

	if (ttistable(value) && hvalue(value) == w->l->engine_globals)
		return lint_plain(LINT_GLOBALS);
	if (ttistable(value) && has_names(hvalue(value)))
		return lint_pointer(LINT_LIBRARY, hvalue(value));
	if (!strcmp(text, "error"))
		return lint_plain(LINT_ERROR);
	if (!strcmp(text, "assert"))
		return lint_plain(LINT_ASSERT);
	if (!strcmp(text, "load")) /* what it compiles may assign any */
		w->l->globals_escape = true;
	return lint_constant(value);
}

static struct lint_value read_global(struct lint_flow *w, TString *name)
{
	struct lint_global *g = lint_global(w->l, name);
	const TValue *value = luaH_getstr(w->l->engine_globals, name);

	if (!g)
		return lint_any;
	g->read = true;
	if (g->assigned)
		return ttisnil(value) ? g->value : lint_any;
	if (!ttisnil(value))
		return engine_global(w, name, value);
	if (w->report && !g->declared && g->reported != w->f && !is_tested(w)) {
		g->reported = w->f;
		unknown_global(w, getstr(name));
	}
	return lint_any;
}

static void write_global(struct lint_flow *w, TString *name, struct lint_value v)
{
	bool outside = w->f == w->l->functions;
	struct lint_global *g = lint_global(w->l, name);

	if (!g)
		return;
	g->assigned = true;
	g->declared |= outside;
	g->next = lint_join(g->next, v);
	if (v.kind == LINT_FUNCTION && !v.function->name)
		v.function->name = name;
	if (!w->report || g->declared || g->reported == w->f)
		return;
	g->reported = w->f;
	if (lint_known(w->l->engine_globals, name))
		lint_warn(w, "set-global",
			  "assigns to '%.60s', which every script of the state has; "
			  "'local' is missing, or choose another name",
			  getstr(name));
	else
		lint_warn(w, "set-global",
			  "assigns to a global '%.60s' that nothing declares: 'local' is "
			  "missing, or write '%.60s = nil' outside of functions",
			  getstr(name), getstr(name));
}

/*
 * Members of libraries, methods and fields of objects.
 */
static bool is_added(const struct lint *l, const TString *name)
{
	int i;

	for (i = 0; i < l->nassigned_members; i++) {
		if (l->assigned_members[i] == name)
			return true;
	}
	return false;
}

static void add_member(struct lint *l, TString *name)
{
	TString **members;

	if (is_added(l, name))
		return;
	members = realloc(l->assigned_members, (l->nassigned_members + 1) * sizeof(*members));
	if (!members) {
		l->failed = true;
		return;
	}
	members[l->nassigned_members++] = name;
	l->assigned_members = members;
}

static const char *library_name(const struct lint *l, const Table *library)
{
	unsigned int i;

	for (i = 0; i < (unsigned int)sizenode(l->engine_globals); i++) {
		const Node *n = gnode(l->engine_globals, i);

		if (ttistable(gval(n)) && hvalue(gval(n)) == library && keyisshrstr(n))
			return getstr(keystrval(n));
	}
	return "the library";
}

static struct lint_value read_member(struct lint_flow *w, const Table *library, TString *name)
{
	struct lint_guess guess = { .name = getstr(name) };
	const char *of = library_name(w->l, library);
	char names[LINT_NAMES_SIZE];

	if (lint_known(library, name) || w->l->libraries_escape || is_added(w->l, name) ||
	    is_tested(w))
		return lint_any;
	lint_try_table(&guess, library);
	lint_list_table(names, sizeof(names), library);
	if (guess.best)
		lint_warn(w, "unknown-member", "'%s' has no '%.60s'; did you mean '%s'?", of,
			  guess.name, guess.best);
	else
		lint_warn(w, "unknown-member", "'%s' has no '%.60s': it has %s", of, guess.name,
			  names);
	return lint_any;
}

static enum lint_method method_named(const char *name)
{
	static const struct {
		const char *name;
		enum lint_method method;
	} methods[] = {
		{ "data", METHOD_DATA },
		{ "raw", METHOD_RAW },
		{ "get", METHOD_GET },
		{ "set", METHOD_SET },
		{ "int", METHOD_INT },
		{ "to_bytes", METHOD_TO_BYTES },
	};
	size_t i;

	for (i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		if (!strcmp(name, methods[i].name))
			return methods[i].method;
	}
	return METHOD_OTHER;
}

static struct lint_value method(const char *name)
{
	struct lint_value v = { LINT_METHOD, { method_named(name) } };

	return v;
}

/* A name that a view has neither as field nor as method. */
static void unknown_name(const struct lint_flow *w, const struct ps_proto *proto, const char *name,
			 bool is_call)
{
	const char *kind = is_call ? "unknown-method" : "unknown-field";
	const char *what = is_call ? "method or field" : "field";
	struct lint_guess guess = { .name = name };
	char names[LINT_NAMES_SIZE];
	unsigned int i;

	if (!w->report || is_tested(w))
		return;
	if (is_call) {
		lint_try_table(&guess, methods_of(w, proto));
	} else {
		for (i = 0; i < proto->nfields; i++)
			lint_try(&guess, proto->fields[i].name);
	}
	if (guess.best) {
		lint_warn(w, kind, "%s has no %s '%.60s'; did you mean '%s'?", proto->name, what,
			  name, guess.best);
		return;
	}
	if (proto->nfields) {
		lint_list_fields(names, sizeof(names), proto);
		lint_warn(w, kind, "%s has no %s '%.60s'; its fields are %s", proto->name, what,
			  name, names);
	} else {
		lint_warn(w, kind,
			  "%s has no %s '%.60s'; make a view of a header of it first: "
			  "p:data(packet_eth):data(packet_ip)",
			  proto->name, what, name);
	}
}

static void unknown_method(const struct lint_flow *w, const char *of, const Table *methods,
			   const char *name)
{
	struct lint_guess guess = { .name = name };
	char names[LINT_NAMES_SIZE];

	if (!w->report)
		return;
	lint_try_table(&guess, methods);
	lint_list_table(names, sizeof(names), methods);
	if (guess.best)
		lint_warn(w, "unknown-method", "%s has no method '%.60s'; did you mean '%s'?", of,
			  name, guess.best);
	else
		lint_warn(w, "unknown-method", "%s has no method '%.60s': it has %s", of, name,
			  names);
}

static struct lint_value view_name(const struct lint_flow *w, const struct ps_proto *proto,
				   TString *key, bool is_call)
{
	const struct ps_field *field = ps_field_named(proto, getstr(key));

	if (field && is_call)
		return lint_pointer(LINT_GETTER, field);
	if (field)
		return field->type == PS_BYTES ? lint_plain(LINT_BYTES) :
						 lint_pointer(LINT_VALUE, field);
	if (lint_known(methods_of(w, proto), key))
		return method(getstr(key));
	unknown_name(w, proto, getstr(key), is_call);
	return lint_any;
}

static struct lint_value field_method(const struct lint_flow *w, struct lint_value v, TString *key)
{
	char of[96];

	if (lint_known(w->l->field_methods, key))
		return method(getstr(key));
	snprintf(of, sizeof(of), "the field %s", lint_field_name(v.field).text);
	unknown_method(w, of, w->l->field_methods, getstr(key));
	return lint_any;
}

/* v.key, or v:key() */
struct lint_value lint_read_name(struct lint_flow *w, struct lint_value v, TString *key,
				 bool is_call)
{
	switch (v.kind) {
	case LINT_GLOBALS:
		return read_global(w, key);
	case LINT_LIBRARY:
		return read_member(w, v.table, key);
	case LINT_VIEW:
		return view_name(w, v.proto, key, is_call);
	case LINT_FIELD:
		return field_method(w, v, key);
	case LINT_BYTES:
		if (!lint_known(w->l->bytes_methods, key))
			unknown_method(w, "a byte array", w->l->bytes_methods, getstr(key));
		return lint_any;
	case LINT_NUMBER:
	case LINT_VALUE:
		if (!lint_is_text(v))
			lint_warn(w, "unknown-method",
				  "%s has been read already: it is an integer, which has no '%.60s'",
				  lint_field_name(v.field).text, getstr(key));
		else if (!lint_known(w->l->strings, key) && lint_known(w->l->field_methods, key))
			lint_warn(w, "unknown-method",
				  "%s has been read already: it is text, which has no '%.60s'",
				  lint_field_name(v.field).text, getstr(key));
		else
			return read_member(w, w->l->strings, key);
		return lint_any;
	case LINT_STRING:
		return read_member(w, w->l->strings, key);
	default:
		return lint_any;
	}
}

/* v.key = value */
void lint_write_name(struct lint_flow *w, struct lint_value v, TString *key,
		     struct lint_value value)
{
	const struct ps_field *field;

	if (v.kind != LINT_GLOBALS)
		lint_escape(w, value);
	switch (v.kind) {
	case LINT_GLOBALS:
		write_global(w, key, value);
		if (value.kind == LINT_GLOBALS)
			lint_escape(w, value);
		break;
	case LINT_LIBRARY:
		add_member(w->l, key);
		break;
	case LINT_VIEW:
		field = ps_field_named(v.proto, getstr(key));
		if (field)
			lint_check_value(w, field, value);
		else
			unknown_name(w, v.proto, getstr(key), false);
		break;
	case LINT_FIELD:
		lint_warn(w, "unknown-field",
			  "the field %s has no '%.60s' to assign to; write it with :set()",
			  lint_field_name(v.field).text, getstr(key));
		break;
	case LINT_BYTES:
		lint_warn(w, "unknown-field",
			  "a byte array has no '%.60s' to assign to: its bytes are [0], [1]",
			  getstr(key));
		break;
	default:
		break;
	}
}

/* v[key] */
struct lint_value lint_read_index(struct lint_flow *w, struct lint_value v, struct lint_value key)
{
	return key.kind == LINT_STRING ? lint_read_name(w, v, key.string, false) : lint_any;
}

void lint_write_index(struct lint_flow *w, struct lint_value v, struct lint_value key,
		      struct lint_value value)
{
	if (key.kind == LINT_STRING) {
		lint_write_name(w, v, key.string, value);
		return;
	}
	lint_escape(w, v);
	lint_escape(w, key);
	lint_escape(w, value);
	if (v.kind == LINT_BYTES)
		lint_check_byte(w, value, "a byte array");
}

/*
 * Calls.
 */
static bool carries(const struct ps_proto *outer, const struct ps_proto *proto)
{
	const struct ps_next *row = outer->next;

	if (outer->any_next || proto == &ps_proto_raw)
		return true;
	while (row && row->proto && row->proto != proto)
		row++;
	return row && row->proto;
}

/* The first argument of a method after the object. count: of those, -1: not known. */
static struct lint_value argument(const struct lint_flow *w, int a, int count)
{
	return count < 0 ? lint_any : count == 0 ? lint_nil : lint_get(w, a + 2);
}

static struct lint_value call_data(const struct lint_flow *w, struct lint_value self,
				   struct lint_value id)
{
	const struct ps_proto *proto;
	char names[LINT_NAMES_SIZE];

	if (id.kind == LINT_NIL)
		return lint_pointer(LINT_VIEW, &ps_proto_raw);
	if (id.kind == LINT_STRING && !lint_is_numeral(id.string))
		lint_warn(w, "bad-value", ":data() takes a protocol id such as packet_ip, not %s",
			  lint_describe(id).text);
	if (id.kind != LINT_INTEGER)
		return lint_any;
	if (id.i < 0 || id.i >= ps_nprotos) {
		lint_list_protos(names, sizeof(names));
		lint_warn(w, "unknown-protocol", "no protocol has the id %lld; there are %s", id.i,
			  names);
		return lint_any;
	}
	proto = ps_protos[id.i];
	if (self.kind == LINT_VIEW && !carries(self.proto, proto)) {
		lint_list_payloads(names, sizeof(names), self.proto);
		lint_warn(w, "no-payload", "%s never carries %s: this is always nil; %s %s",
			  self.proto->name, proto->name,
			  names[0] ? "it carries" : "its payload is bytes: :data(), then",
			  names[0] ? names : ":data(protocol)");
	}
	return lint_pointer(LINT_VIEW, proto);
}

static void call_set(const struct lint_flow *w, struct lint_value self, struct lint_value v,
		     int count)
{
	if (self.kind == LINT_FIELD && count == 0 && self.field->type != PS_BYTES &&
	    !(self.field->flags & PS_CHECKSUM))
		lint_warn(w, "bad-value",
			  "%s: :set() needs a value; only checksums are computed without one",
			  lint_field_name(self.field).text);
	else if (self.kind == LINT_FIELD)
		lint_check_value(w, self.field, v);
	else if (self.kind == LINT_VIEW)
		lint_check_byte(w, v, self.proto->name);
}

static struct lint_value call_get(struct lint_value self)
{
	if (self.kind == LINT_VIEW || (self.kind == LINT_FIELD && self.field->type == PS_BYTES))
		return lint_plain(LINT_BYTES);
	return self.kind == LINT_FIELD ? lint_pointer(LINT_VALUE, self.field) : lint_any;
}

static struct lint_value call_int(const struct lint_flow *w, struct lint_value self)
{
	if (self.kind != LINT_FIELD)
		return lint_any;
	if (self.field->type != PS_BYTES)
		return lint_pointer(LINT_NUMBER, self.field);
	lint_warn(w, "bad-value", "%s is bytes, not an integer", lint_field_name(self.field).text);
	return lint_any;
}

/* The method at register a is called on a + 1. */
static struct lint_value call_method(const struct lint_flow *w, int a, int nargs)
{
	struct lint_value self = nargs ? lint_get(w, a + 1) : lint_nil, v = lint_get(w, a);
	int count = nargs < 0 ? -1 : nargs - 1;

	if (nargs >= 0 &&
	    (self.kind == LINT_NIL || self.kind == LINT_INTEGER || self.kind == LINT_STRING)) {
		lint_warn(w, "unknown-method",
			  "a method is called without its object: write ':' for '.'");
		return lint_any;
	}
	if (v.kind == LINT_GETTER)
		return lint_pointer(LINT_FIELD, v.field);
	switch (v.i) {
	case METHOD_DATA:
		return call_data(w, self, argument(w, a, count));
	case METHOD_RAW:
		return lint_pointer(LINT_VIEW, &ps_proto_raw);
	case METHOD_GET:
		return call_get(self);
	case METHOD_SET:
		call_set(w, self, argument(w, a, count), count);
		return lint_nil;
	case METHOD_INT:
		return call_int(w, self);
	case METHOD_TO_BYTES:
		return lint_plain(LINT_BYTES);
	}
	return lint_any;
}

/* The function at register a is called. nargs: -1: not known. *ends: it never returns. */
struct lint_value lint_call(const struct lint_flow *w, int a, int nargs, bool *ends)
{
	struct lint_value f = lint_get(w, a), first = nargs > 0 ? lint_get(w, a + 1) : lint_any;

	*ends = false;
	switch (f.kind) {
	case LINT_ERROR:
		*ends = true;
		break;
	case LINT_ASSERT:
		*ends = first.kind == LINT_NIL || (first.kind == LINT_BOOLEAN && !first.i);
		break;
	case LINT_FUNCTION:
		*ends = f.function->never_returns;
		break;
	case LINT_METHOD:
	case LINT_GETTER:
		return call_method(w, a, nargs);
	case LINT_VALUE:
		lint_warn(w, "unknown-method",
			  "%s is read and then called: write ':%s()' for the field, "
			  "'.%s' for its value",
			  lint_field_name(f.field).text, f.field->name, f.field->name);
		break;
	default:
		break;
	}
	return lint_any;
}
