/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What names mean: globals, members of libraries, methods and fields of objects.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lint_internals.h"

/* True if what this instruction reads is compared with nil at once: then it may be missing. */
static bool is_tested(const struct lint_flow *w)
{
	Instruction i = w->walk.p->code[w->walk.pc], next = w->walk.p->code[w->walk.pc + 1];

	return GET_OPCODE(next) == OP_EQK && GETARG_A(next) == GETARG_A(i) &&
	       ttisnil(&w->walk.p->k[GETARG_B(next)]);
}

/* v goes to where it is not followed: what it gives access to may be changed there. */
void lint_escape(struct lint_flow *w, struct ps_known v)
{
	if (v.kind == PS_KIND_GLOBALS)
		w->l->globals_escape = true;
	else if (v.kind == PS_KIND_LIBRARY)
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

static void guess_global(const struct lint_flow *w, struct ps_guess *guess)
{
	struct lint *l = w->l;
	size_t i;

	lint_try_table(guess, l->engine_globals);
	for (i = 0; i < l->globals_size && l->guesses; i++) {
		if (l->globals[i].name && l->globals[i].assigned && l->guesses--)
			ps_guess_try(guess, getstr(l->globals[i].name));
	}
}

/* Loading refuses a script that reads a global of such a name, unless there is one. */
static bool is_protocol(const char *name)
{
	return !strncmp(name, "packet_", strlen("packet_"));
}

static void unknown_protocol(const struct lint_flow *w, const char *name)
{
	struct ps_guess guess = { .name = name };
	char names[LINT_NAMES_SIZE];
	unsigned int i;

	for (i = 0; i < ps_nprotos; i++)
		ps_guess_try(&guess, ps_protos[i]->name);
	lint_list_protos(names, sizeof(names));
	if (guess.best && guess.distance == 1 && !strpbrk(name, "0123456789"))	/* ip6 is not ip */
		lint_refuse(w, "unknown-protocol", "no protocol '%.40s'; did you mean '%s'?",
			  name, guess.best);
	else if (!w->l->adds_protocols)
		lint_refuse(w, "unknown-protocol", "no protocol '%.40s': there are %s",
			  name, names);
}

/* The member that is read from what this instruction gives, or "". */
static const char *member_read(const struct lint_flow *w)
{
	Instruction i = w->walk.p->code[w->walk.pc], next = w->walk.p->code[w->walk.pc + 1];

	return GET_OPCODE(next) == OP_GETFIELD && GETARG_B(next) == GETARG_A(i) ?
		       getstr(tsvalue(&w->walk.p->k[GETARG_C(next)])) : "";
}

static void absent_global(const struct lint_flow *w, const char *name, const char *instead)
{
	const char *member = member_read(w), *better = *member ? lint_instead(name, member) : NULL;

	lint_warn(w, "unknown-global", "'%s%s%.40s' is not available to scripts (nil here): %s", name,
		  *member ? "." : "", member, better ? better : instead);
}

static void unknown_global(const struct lint_flow *w, const char *name)
{
	struct ps_guess guess = { .name = name };
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

static struct ps_known engine_global(struct lint_flow *w, TString *name, const TValue *value)
{
	const char *text = getstr(name);

	if (ttistable(value) && hvalue(value) == w->l->engine_globals)
		return ps_known_as(PS_KIND_GLOBALS, NULL);
	if (ttistable(value) && has_names(hvalue(value)))
		return ps_known_as(PS_KIND_LIBRARY, hvalue(value));
	if (!strcmp(text, "load")) /* what it compiles may assign any */
		w->l->globals_escape = true;
	if (!strcmp(text, "register_dynamic_protbuf"))
		w->l->adds_protocols = true;
	return ttisfunction(value) ? lint_builtin(NULL, text) : ps_known_constant(value);
}

static struct ps_known own_global(const struct lint_global *g)
{
	struct ps_known v = g->value;

	v.origin = 0;
	v.global = true;
	v.lasts = v.kind == PS_KIND_TABLE && !g->changes;
	return v;
}

static struct ps_known read_global(struct lint_flow *w, TString *name)
{
	struct lint_global *g = lint_global(w->l, name);
	const TValue *value = luaH_getstr(w->l->engine_globals, name);

	if (!g)
		return ps_known_any;
	g->read = true;
	if (g->assigned)
		return ttisnil(value) ? own_global(g) : ps_known_any;
	if (!ttisnil(value))
		return engine_global(w, name, value);
	if (g->is_given && w->l->adds_protocols)
		return ps_known_any;
	if (w->walk.is_last && !g->declared && g->reported != w->f &&
	    (is_protocol(getstr(name)) || !is_tested(w))) {
		g->reported = w->f;
		unknown_global(w, getstr(name));
	}
	return ps_known_any;
}

static void write_global(struct lint_flow *w, TString *name, struct ps_known v)
{
	bool outside = w->f == w->l->functions;
	struct lint_global *g = lint_global(w->l, name);
	struct lint_function *f;

	if (!g)
		return;
	g->assigned = true;
	g->declared |= outside;
	g->changes |= !outside;
	g->next = ps_known_join(g->next, v);
	f = v.kind == PS_KIND_FUNCTION ? v.own : NULL;
	if (f && !f->name)
		f->name = name;
	if (!w->walk.is_last || g->declared || g->reported == w->f)
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

static struct ps_known read_member(struct lint_flow *w, const Table *library, TString *name)
{
	struct ps_guess guess = { .name = getstr(name) };
	const char *of = library_name(w->l, library), *instead;
	char names[LINT_NAMES_SIZE];
	const TValue *value;

	if (w->l->libraries_escape || is_added(w->l, name))
		return ps_known_any;
	value = luaH_getstr((Table *)library, name);
	if (!ttisnil(value))
		return ttisfunction(value) ? lint_builtin(of, getstr(name)) : ps_known_constant(value);
	if (is_tested(w))
		return ps_known_any;
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
	return ps_known_any;
}

static const char *short_name(const char *name)
{
	return is_protocol(name) ? name + strlen("packet_") : name;
}

/* Whether the packet may have headers of that name: the script describes a protocol that is called so. */
static bool is_own_protocol(struct lint *l, const char *name)
{
	size_t i;

	for (i = 0; i < l->globals_size && l->adds_protocols && l->guesses; i++, l->guesses--) {
		if (l->globals[i].name && l->globals[i].is_given && !strcmp(short_name(getstr(l->globals[i].name)), name))
			return true;
	}
	return l->adds_protocols && !l->guesses;	/* nobody knows */
}

/* Nor does the handler's packet have a header that is called so. */
static void unknown_header(const struct lint_flow *w, const char *name)
{
	struct ps_guess guess = { .name = name };
	unsigned int i;

	for (i = 0; i < ps_nprotos; i++) {
		if (ps_field_named(ps_protos[i], name)) {
			lint_warn(w, "unknown-field", "a packet has no '%.60s' (this raises); did you mean '%s.%s'?", name,
				  ps_proto_short_name(ps_protos[i]), name);
			return;
		}
		ps_guess_try(&guess, ps_proto_short_name(ps_protos[i]));
	}
	lint_try_methods(&guess, ps_view_methods, PS_OF_RAW);
	if (guess.best)
		lint_warn(w, "unknown-field", "a packet has no '%.60s' (this raises); did you mean '%s'?", name, guess.best);
	else if (!w->l->adds_protocols)	/* not all of which may have names that are known */
		lint_warn(w, "unknown-field", "a packet has no '%.60s' (this raises): it has headers by their protocols' names, "
			  "ip, ip6, tcp, udp and so on, and methods", name);
}

/* A view has neither a field nor a method of this name. */
static void unknown_name(const struct lint_flow *w, struct ps_known view, const char *name, bool is_call)
{
	const struct ps_proto *proto = view.proto;
	bool is_whole = view.whole && view.proto == &ps_proto_raw;
	const char *kind = is_call ? "unknown-method" : "unknown-field";
	const char *what = is_call ? "method or field" : "field";
	struct ps_guess guess = { .name = name };
	char names[LINT_NAMES_SIZE];
	unsigned int i;

	if (!w->walk.is_last || (view.whole && !is_call && is_own_protocol(w->l, name)))
		return;
	if (is_whole && !is_call) {
		unknown_header(w, name);
		return;
	}
	if (is_tested(w))
		return;
	if (is_call)
		lint_try_methods(&guess, ps_view_methods, ps_known_owner(ps_known_as(PS_KIND_VIEW, proto)));
	for (i = 0; i < proto->nfields; i++)
		ps_guess_try(&guess, proto->fields[i].name);
	for (i = 0; i < ps_nprotos && view.whole && !is_call; i++)
		ps_guess_try(&guess, ps_proto_short_name(ps_protos[i]));
	if (guess.best) {
		lint_warn(w, kind, "%s has no %s '%.60s'; did you mean '%s'?", proto->name, what,
			  name, guess.best);
		return;
	}
	if (view.whole && !is_call && w->l->adds_protocols)
		return;	/* these may have names that are not known */
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
	struct ps_guess guess = { .name = name };
	char names[LINT_NAMES_SIZE];

	if (!w->walk.is_last)
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

/* An object has no such name. */
static struct ps_known unknown_member(struct lint_flow *w, struct ps_known object, const char *name, bool is_call)
{
	unsigned int owner = ps_known_owner(object);
	const struct ps_callable *row = NULL;
	char of[96];

	switch (object.kind) {
	case PS_KIND_VIEW:
		unknown_name(w, object, name, is_call);
		break;
	case PS_KIND_FIELD:	/* a method that only other fields have counts, too: the call tells what is wrong */
		row = ps_row_named(ps_view_methods, PS_OF_FIELD, name);
		snprintf(of, sizeof(of), "the field %s", lint_field_name(object.field).text);
		if (!row)
			unknown_method(w, of, ps_view_methods, owner, name);
		break;
	default:
		unknown_method(w, lint_describe(object).text, ps_rows_of(owner), owner, name);
	}
	return row ? ps_known_as(PS_KIND_METHOD, row) : ps_known_any;
}

/* The value of a field has methods if it is text: those of strings. */
static struct ps_known read_value(struct lint_flow *w, struct ps_known v, TString *key)
{
	bool is_text = lint_is_text(v);

	if (is_text && (lint_known(w->l->strings, key) || !ps_row_named(ps_view_methods, PS_OF_FIELD, getstr(key))))
		return read_member(w, w->l->strings, key);
	lint_warn(w, "unknown-method", "%s has been read already: it is %s, which has no '%.60s'",
		  lint_field_name(v.field).text, is_text ? "text" : "an integer", getstr(key));
	return ps_known_any;
}

struct ps_known lint_read(struct ps_walk *walk, struct ps_known of, TString *name, bool is_call, struct ps_known member)
{
	struct lint_flow *w = (struct lint_flow *)walk;

	switch (of.kind) {
	case PS_KIND_GLOBALS:
		return read_global(w, name);
	case PS_KIND_LIBRARY:
		return read_member(w, of.table, name);
	case PS_KIND_STRING:
		return read_member(w, w->l->strings, name);
	case PS_KIND_NUMBER:
	case PS_KIND_VALUE:
		return read_value(w, of, name);
	case PS_KIND_VIEW:
	case PS_KIND_FIELD:
	case PS_KIND_BYTES:
	case PS_KIND_SET:
	case PS_KIND_SHARED_TABLE:
	case PS_KIND_SHARED_QUEUE:
	case PS_KIND_TIMER:
	case PS_KIND_FLOW:
	case PS_KIND_CT:
	case PS_KIND_CT_TUPLE:
		if (member.kind == PS_KIND_VALUE || member.kind == PS_KIND_GETTER)
			lint_look_at_field(w, member.field);
		if (of.kind == PS_KIND_VIEW && member.kind == PS_KIND_VIEW && (member.proto != of.proto || member.proto->is_link))
			return lint_may_have_none(w, member);
		return member.kind ? member : unknown_member(w, of, getstr(name), is_call);
	default:
		return ps_known_any;
	}
}

void lint_write_packet(const struct lint_flow *w)
{
	if (w->f->is_match)
		lint_warn(w, "read-only", "'%.60s' writes the packet, which is read-only in a match: only a target (-j LUA) may change it",
			  getstr(w->f->name));
}

/* v.key = value */
void lint_write_name(struct lint_flow *w, struct ps_known v, TString *key, struct ps_known value)
{
	const struct ps_field *field;

	if (v.kind != PS_KIND_GLOBALS)
		lint_escape(w, value);
	lint_forget(w, value);
	if (v.kind == PS_KIND_VIEW)
		lint_write_packet(w);
	switch (v.kind) {
	case PS_KIND_GLOBALS:
		write_global(w, key, value);
		if (value.kind == PS_KIND_GLOBALS)
			lint_escape(w, value);
		break;
	case PS_KIND_LIBRARY:
		add_member(w->l, key);
		break;
	case PS_KIND_VIEW:
		field = ps_field_named(v.proto, getstr(key));
		if (field)
			lint_check_value(w, field, value);
		else if (v.whole && (ps_known_member(v, getstr(key), false).kind == PS_KIND_VIEW || is_own_protocol(w->l, getstr(key))))
			lint_warn(w, "unknown-field", "a header cannot be assigned (this raises): assign its fields, %s.field = value",
				  getstr(key));
		else
			unknown_name(w, v, getstr(key), false);
		break;
	case PS_KIND_FIELD:
		lint_warn(w, "unknown-field",
			  "the field %s has no '%.60s' to assign to; write it with :set()",
			  lint_field_name(v.field).text, getstr(key));
		break;
	case PS_KIND_BYTES:
		lint_warn(w, "unknown-field",
			  "a byte array has no '%.60s' to assign to: its bytes are [0], [1]",
			  getstr(key));
		break;
	default:
		break;
	}
}

/* Views are used again for later packets: what a table has under one is found for other packets, or never. */
void lint_check_key(const struct lint_flow *w, struct ps_known table, struct ps_known key)
{
	if (!lint_is_object(key) || !table.lasts)
		return;
	lint_warn(w, "object-as-key", "%s is a key of a table that lasts: the object is not that of the "
		  "next packet, or is used again for another; %s",
		  lint_describe(key).text,
		  key.kind == PS_KIND_FIELD && !key.field->type->is_bytes ? "take its value: :get()" :
		  key.kind == PS_KIND_VIEW ? "take the value of a field, or :get():string()" :
					  "take the text: :string()");
}

void lint_write_index(struct lint_flow *w, struct ps_known v, struct ps_known key,
		      struct ps_known value)
{
	if (key.kind == PS_KIND_STRING) {
		lint_write_name(w, v, key.string, value);
		return;
	}
	lint_check_key(w, v, key);
	lint_escape(w, v);
	lint_escape(w, key);
	lint_escape(w, value);
	if (v.kind == PS_KIND_BYTES)
		lint_check_byte(w, value, "a byte array");
}
