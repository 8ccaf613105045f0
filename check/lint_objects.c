/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What names mean: globals, members of libraries, methods and fields of objects.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "dissect.h"
#include "lint_internals.h"

/* True if what this instruction reads is compared with nil at once: then it may be missing. */
static bool is_tested(const struct lint_flow *w)
{
	Instruction i = w->p->code[w->pc], next = w->p->code[w->pc + 1];

	return GET_OPCODE(next) == OP_EQK && GETARG_A(next) == GETARG_A(i) &&
	       ttisnil(&w->p->k[GETARG_B(next)]);
}

/* v goes to where it is not followed: what it gives access to may be changed there. */
void lint_escape(struct lint_flow *w, struct lint_value v)
{
	if (v.kind == LINT_GLOBALS)
		w->l->globals_escape = true;
	else if (v.kind == LINT_LIBRARY)
		w->l->libraries_escape = true;
	lint_forget(w, v);
}

/*
 * Globals.
 */
/* The verdict that is meant by a name without its prefix, ACCEPT; or NULL. */
static const char *verdict_without_prefix(const char *name)
{
	size_t i;

	for (i = 0; i < PS_VERDICT_ERROR; i++) {
		const char *end = strchr(ps_verdicts[i].name, '_');

		if (end && !strcasecmp(end + 1, name))
			return ps_verdicts[i].name;
	}
	return NULL;
}

static void guess_global(const struct lint_flow *w, struct lint_guess *guess)
{
	struct lint *l = w->l;
	size_t i;

	lint_try_table(guess, l->engine_globals);
	for (i = 0; i < l->globals_size && l->guesses; i++) {
		if (l->globals[i].name && l->globals[i].assigned && l->guesses--)
			lint_try(guess, getstr(l->globals[i].name));
	}
}

/* Loading refuses a script that reads a global of such a name, unless there is one. */
static bool is_protocol(const char *name)
{
	return !strncmp(name, "packet_", strlen("packet_"));
}

static void unknown_protocol(const struct lint_flow *w, const char *name)
{
	struct lint_guess guess = { .name = name };
	char names[LINT_NAMES_SIZE];
	unsigned int i;

	for (i = 0; i < ps_nprotos; i++)
		lint_try(&guess, ps_protos[i]->name);
	lint_list_protos(names, sizeof(names));
	if (guess.best && guess.distance == 1 && !strpbrk(name, "0123456789"))	/* ip6 is not ip */
		lint_refuse(w, "unknown-protocol", "no protocol '%.40s'; did you mean '%s'?",
			  name, guess.best);
	else
		lint_refuse(w, "unknown-protocol", "no protocol '%.40s': there are %s",
			  name, names);
}

/* The member that is read from what this instruction gives, or "". */
static const char *member_read(const struct lint_flow *w)
{
	Instruction i = w->p->code[w->pc], next = w->p->code[w->pc + 1];

	return GET_OPCODE(next) == OP_GETFIELD && GETARG_B(next) == GETARG_A(i) ?
		       getstr(tsvalue(&w->p->k[GETARG_C(next)])) : "";
}

static void absent_global(const struct lint_flow *w, const char *name, const char *instead)
{
	const char *member = member_read(w), *better = *member ? lint_instead(name, member) : NULL;

	lint_warn(w, "unknown-global", "'%s%s%.40s' is not available to scripts (nil here): %s", name,
		  *member ? "." : "", member, better ? better : instead);
}

static void unknown_global(const struct lint_flow *w, const char *name)
{
	struct lint_guess guess = { .name = name };
	const char *instead = lint_instead(NULL, name);

	if (w->l->globals_escape)
		return;
	if (is_protocol(name)) {
		unknown_protocol(w, name);
		return;
	}
	if (instead) {
		absent_global(w, name, instead);
		return;
	}
	guess.best = verdict_without_prefix(name);
	if (!guess.best)
		guess_global(w, &guess);
	if (guess.best)
		lint_warn(w, "unknown-global", "no global '%.60s' (nil here); did you mean '%s'?",
			  name, guess.best);
	else
		lint_warn(w, "unknown-global",
			  "no global '%.60s' (nil here); assign it outside of functions "
			  "first, or name what another script of the state defines with --global",
			  name);
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
	return ttisfunction(value) ? lint_builtin(NULL, text) : lint_constant(value);
}

static struct lint_value own_global(const struct lint_global *g)
{
	struct lint_value v = g->value;

	v.origin = 0;
	v.global = true;
	v.lasts = v.kind == LINT_TABLE && !g->changes;
	return v;
}

static struct lint_value read_global(struct lint_flow *w, TString *name)
{
	struct lint_global *g = lint_global(w->l, name);
	const TValue *value = luaH_getstr(w->l->engine_globals, name);

	if (!g)
		return lint_any;
	g->read = true;
	if (g->assigned)
		return ttisnil(value) ? own_global(g) : lint_any;
	if (!ttisnil(value))
		return engine_global(w, name, value);
	if (w->report && !g->declared && g->reported != w->f &&
	    (is_protocol(getstr(name)) || !is_tested(w))) {
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
	g->changes |= !outside;
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
	const char *of = library_name(w->l, library), *instead;
	char names[LINT_NAMES_SIZE];
	const TValue *value;

	if (w->l->libraries_escape || is_added(w->l, name))
		return lint_any;
	value = luaH_getstr((Table *)library, name);
	if (!ttisnil(value))
		return ttisfunction(value) ? lint_builtin(of, getstr(name)) : lint_constant(value);
	if (is_tested(w))
		return lint_any;
	instead = lint_instead(of, getstr(name));
	lint_try_table(&guess, library);
	lint_list_table(names, sizeof(names), library);
	if (instead)
		lint_warn(w, "unknown-member", "'%s' has no '%.60s': %s", of, guess.name, instead);
	else if (guess.best)
		lint_warn(w, "unknown-member", "'%s' has no '%.60s'; did you mean '%s'?", of,
			  guess.name, guess.best);
	else
		lint_warn(w, "unknown-member", "'%s' has no '%.60s': it has %s", of, guess.name,
			  names);
	return lint_any;
}

/* A view has neither a field nor a method of this name. */
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
	if (is_call)
		lint_try_methods(&guess, ps_view_methods, lint_owner(lint_pointer(LINT_VIEW, proto)));
	for (i = 0; i < proto->nfields; i++)
		lint_try(&guess, proto->fields[i].name);
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

static void unknown_method(const struct lint_flow *w, const char *of, const struct ps_callable *rows,
			   unsigned int owner, const char *name)
{
	struct lint_guess guess = { .name = name };
	char names[LINT_NAMES_SIZE];

	if (!w->report)
		return;
	lint_try_methods(&guess, rows, owner);
	lint_list_methods(names, sizeof(names), rows, owner);
	if (guess.best)
		lint_warn(w, "unknown-method", "%s has no method '%.60s'; did you mean '%s'?", of,
			  name, guess.best);
	else
		lint_warn(w, "unknown-method", "%s has no method '%.60s': it has %s", of, name,
			  names);
}

unsigned int lint_owner(struct lint_value v)
{
	switch (v.kind) {
	case LINT_VIEW:
		return v.proto == &ps_proto_raw ? PS_OF_RAW : PS_OF_HEADER;
	case LINT_FIELD:
		return v.field->type->is_bytes ? PS_OF_BYTES : PS_OF_VALUE;
	case LINT_BYTES:
		return PS_OF_ARRAY;
	default:
		return 0;
	}
}

const struct ps_callable *lint_row(const struct ps_callable *rows, unsigned int owners,
				   const char *name)
{
	for (; rows->method.name; rows++) {
		if (rows->of & owners && !strcmp(rows->method.name, name) &&
		    !ps_callable_is_operator(rows))
			return rows;
	}
	return NULL;
}

static struct lint_value view_name(struct lint_flow *w, struct lint_value v, TString *key,
				   bool is_call)
{
	const struct ps_field *field = ps_field_named(v.proto, getstr(key));
	const struct ps_callable *row;

	if (field)
		lint_look_at_field(w, field);
	if (field && is_call)
		return lint_pointer(LINT_GETTER, field);
	if (field)
		return field->type->is_bytes ? lint_plain(LINT_BYTES) :
					       lint_pointer(LINT_VALUE, field);
	row = lint_row(ps_view_methods, lint_owner(v), getstr(key));
	if (row)
		return lint_pointer(LINT_METHOD, row);
	unknown_name(w, v.proto, getstr(key), is_call);
	return lint_any;
}

/* A method that only other fields have counts, too: the call tells what is wrong. */
static const struct ps_callable *field_row(struct lint_value v, const char *name)
{
	const struct ps_callable *row = lint_row(ps_view_methods, lint_owner(v), name);

	return row ? row : lint_row(ps_view_methods, PS_OF_FIELD, name);
}

static struct lint_value field_method(const struct lint_flow *w, struct lint_value v, TString *key)
{
	const struct ps_callable *row = field_row(v, getstr(key));
	char of[96];

	if (row)
		return lint_pointer(LINT_METHOD, row);
	snprintf(of, sizeof(of), "the field %s", lint_field_name(v.field).text);
	unknown_method(w, of, ps_view_methods, lint_owner(v), getstr(key));
	return lint_any;
}

static struct lint_value array_method(const struct lint_flow *w, struct lint_value v, TString *key)
{
	const struct ps_callable *row = lint_row(ps_array_methods, lint_owner(v), getstr(key));

	if (row)
		return lint_pointer(LINT_METHOD, row);
	unknown_method(w, "a byte array", ps_array_methods, lint_owner(v), getstr(key));
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
		return view_name(w, v, key, is_call);
	case LINT_FIELD:
		return field_method(w, v, key);
	case LINT_BYTES:
		return array_method(w, v, key);
	case LINT_NUMBER:
	case LINT_VALUE:
		if (!lint_is_text(v))
			lint_warn(w, "unknown-method",
				  "%s has been read already: it is an integer, which has no '%.60s'",
				  lint_field_name(v.field).text, getstr(key));
		else if (!lint_known(w->l->strings, key) &&
			 lint_row(ps_view_methods, PS_OF_FIELD, getstr(key)))
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
	lint_forget(w, value);
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

/* Views are used again for later packets: what a table has under one is found for other packets, or never. */
static void check_key(const struct lint_flow *w, struct lint_value table, struct lint_value key)
{
	if (!lint_is_object(key) || !table.lasts)
		return;
	lint_warn(w, "object-as-key", "%s is a key of a table that lasts: the object is not that of the "
		  "next packet, or is used again for another; %s",
		  lint_describe(key).text,
		  key.kind == LINT_FIELD && !key.field->type->is_bytes ? "take its value: :get()" :
		  key.kind == LINT_VIEW ? "take the value of a field, or :get():string()" :
					  "take the text: :string()");
}

/* v[key] */
struct lint_value lint_read_index(struct lint_flow *w, struct lint_value v, struct lint_value key)
{
	check_key(w, v, key);
	return key.kind == LINT_STRING ? lint_read_name(w, v, key.string, false) : lint_any;
}

void lint_write_index(struct lint_flow *w, struct lint_value v, struct lint_value key,
		      struct lint_value value)
{
	if (key.kind == LINT_STRING) {
		lint_write_name(w, v, key.string, value);
		return;
	}
	check_key(w, v, key);
	lint_escape(w, v);
	lint_escape(w, key);
	lint_escape(w, value);
	if (v.kind == LINT_BYTES)
		lint_check_byte(w, value, "a byte array");
}
