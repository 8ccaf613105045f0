/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Follows the code of a function along all of its paths, with what is known of each register
 * in place of its value. Where paths meet, only what holds on both is kept. When nothing
 * changes any more, the code is gone through once again, and now what is found is reported.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lint_inside.h"
#include "field.h"
#include "ldebug.h"
#include "lopcodes.h"

#define STEPS_MAX	8000000UL		/* instructions that are followed in a function */
#define STATES_MAX	((size_t)64 << 20)	/* bytes that the states of one function may take */
#define LINES_MAX	4			/* that a message lists */
#define NAMES_SIZE	240

enum lint_method {
	METHOD_OTHER,
	METHOD_DATA,
	METHOD_RAW,
	METHOD_GET,
	METHOD_SET,
	METHOD_INT,
	METHOD_TO_BYTES,
};

struct block {
	struct lint_value *in;	/* registers when it begins; NULL: no path comes here */
	bool begins;		/* a jump ends here, or code begins that only a jump reaches */
	bool changed;
};

struct flow {
	struct lint *l;
	struct lint_function *f;
	const Proto *p;
	struct block *blocks;	/* for each instruction */
	struct lint_value reg[LINT_REGISTERS];
	int nregs;
	int pc;
	int top;	/* behind the values of a call that may give any number; -1: not known */
	int from[LINES_MAX + 1];	/* lines from which the end is reached, without a return */
	int nfrom;
	size_t states;
	unsigned long steps;	/* that are left */
	bool report;
};

static const struct lint_value any = { LINT_ANY, { 0 } };
static const struct lint_value nothing = { LINT_NIL, { 0 } };
static const struct lint_value boolean = { LINT_BOOLEAN, { LINT_EITHER } };

static struct lint_value kind(enum lint_kind kind)
{
	struct lint_value v = { kind, { 0 } };

	return v;
}

static struct lint_value known(enum lint_kind kind, const void *pointer)
{
	struct lint_value v = { kind, { 0 } };

	v.pointer = pointer;
	return v;
}

static struct lint_value integer(lua_Integer i)
{
	struct lint_value v = { LINT_INTEGER, { i } };

	return v;
}

static struct lint_value constant(const TValue *k)
{
	if (ttisinteger(k))
		return integer(ivalue(k));
	if (ttisstring(k))
		return known(LINT_STRING, tsvalue(k));
	if (ttisnil(k))
		return nothing;
	return any;
}

/* What inner functions assign may have changed in any call. */
static struct lint_value get(const struct flow *w, int r)
{
	if (r >= w->nregs || (r < w->f->active[w->pc] && lint_bit(w->f->shared, r)))
		return any;
	return w->reg[r];
}

static void set(struct flow *w, int r, struct lint_value v)
{
	if (r < w->nregs)
		w->reg[r] = v;
}

static void spend(struct flow *w, unsigned long steps)
{
	w->steps -= steps < w->steps ? steps : w->steps;
}

static void set_any(struct flow *w, int first, int last)
{
	for (; first <= last && first < w->nregs; first++)
		set(w, first, any);
}

/*
 * What is said.
 */
static int line_of(const struct flow *w, int pc)
{
	return luaG_getfuncline(w->p, pc);
}

static void __attribute__((format(printf, 3, 4)))
warn(const struct flow *w, const char *kind, const char *format, ...)
{
	char message[LINT_MESSAGE_SIZE];
	va_list args;

	if (!w->report)
		return;
	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	lint_add(w->l, line_of(w, w->pc), PS_WARNING, kind, message);
}

/* True if what this instruction reads is compared with nil at once: it may be missing. */
static bool is_tested(const struct flow *w)
{
	Instruction i = w->p->code[w->pc], next = w->p->code[w->pc + 1];

	return GET_OPCODE(next) == OP_EQK && GETARG_A(next) == GETARG_A(i) &&
	       ttisnil(&w->p->k[GETARG_B(next)]);
}

static const struct ps_proto *proto_of(const struct ps_field *field)
{
	unsigned int id;

	for (id = 0; id < ps_nprotos; id++) {
		const struct ps_proto *proto = ps_protos[id];

		if (field >= proto->fields && field < proto->fields + proto->nfields)
			return proto;
	}
	return &ps_proto_raw;
}

static unsigned int id_of(const struct ps_proto *proto)
{
	unsigned int id = 0;

	while (id < ps_nprotos - 1 && ps_protos[id] != proto)
		id++;
	return id;
}

static const Table *methods_of(const struct flow *w, const struct ps_proto *proto)
{
	return w->l->view_methods[id_of(proto)];
}

static const struct ps_field *find_field(const struct ps_proto *proto, const char *name)
{
	unsigned int i;

	for (i = 0; i < proto->nfields; i++) {
		if (!(proto->fields[i].flags & PS_PAYLOAD) && !strcmp(proto->fields[i].name, name))
			return &proto->fields[i];
	}
	return NULL;
}

/* "packet_ip.ttl" */
struct place_name {
	char text[64];
};

static struct place_name field_name(const struct ps_field *field)
{
	struct place_name name;

	snprintf(name.text, sizeof(name.text), "%s.%s", proto_of(field)->name, field->name);
	return name;
}

/* What v is, for messages: "the field packet_ip.ttl itself". */
struct description {
	char text[96];
};

static struct description describe(struct lint_value v)
{
	struct description d;
	const size_t size = sizeof(d.text);

	switch (v.kind) {
	case LINT_NIL:
		snprintf(d.text, size, "nil");
		break;
	case LINT_BOOLEAN:
		snprintf(d.text, size, "%s", v.i == LINT_EITHER ? "a boolean" :
						      v.i ? "true" : "false");
		break;
	case LINT_INTEGER:
		snprintf(d.text, size, "%lld", v.i);
		break;
	case LINT_STRING:
		snprintf(d.text, size, "\"%.40s%s\"", getstr(v.string),
			 strlen(getstr(v.string)) > 40 ? "..." : "");
		break;
	case LINT_TABLE:
	case LINT_GLOBALS:
	case LINT_LIBRARY:
		snprintf(d.text, size, "a table");
		break;
	case LINT_FUNCTION:
	case LINT_ERROR:
	case LINT_ASSERT:
	case LINT_METHOD:
	case LINT_GETTER:
		snprintf(d.text, size, "a function");
		break;
	case LINT_VIEW:
		snprintf(d.text, size, "a view of %s", v.proto->name);
		break;
	case LINT_FIELD:
		snprintf(d.text, size, "the field %s itself", field_name(v.field).text);
		break;
	case LINT_VALUE:
		snprintf(d.text, size, "the %s of %s",
			 v.field->type == PS_UINT ? "integer" : "text", field_name(v.field).text);
		break;
	case LINT_NUMBER:
		snprintf(d.text, size, "the integer of %s", field_name(v.field).text);
		break;
	case LINT_BYTES:
		snprintf(d.text, size, "a byte array");
		break;
	default:
		snprintf(d.text, size, "a value");
	}
	return d;
}

/* What to do with an object that is used as if it were its value. */
static const char *remedy(struct lint_value v)
{
	switch (v.kind) {
	case LINT_FIELD:
		return v.field->type == PS_BYTES ? "read its bytes with :get():string()" :
						   "read it with :get()";
	case LINT_BYTES:
		return "take the text with :string(), or a byte with [i]";
	default:
		return "read one of its fields";
	}
}

static bool is_object(struct lint_value v)
{
	return v.kind == LINT_VIEW || v.kind == LINT_FIELD || v.kind == LINT_BYTES;
}

static bool is_text(struct lint_value v)
{
	return v.kind == LINT_VALUE && v.field->type != PS_UINT;
}

/* v escapes to where it is not followed. */
static void escape(struct flow *w, struct lint_value v)
{
	if (v.kind == LINT_GLOBALS)
		w->l->globals_escape = true;
	else if (v.kind == LINT_LIBRARY)
		w->l->libraries_escape = true;
}

static void escape_from(struct flow *w, int first, int last)
{
	for (; first <= last && first < w->nregs; first++)
		escape(w, get(w, first));
}

/*
 * Globals.
 */
static void unknown_global(const struct flow *w, const char *name)
{
	struct lint_guess guess = { .name = name };
	struct lint *l = w->l;
	char names[NAMES_SIZE];
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
		warn(w, "unknown-protocol", "no protocol '%.40s' (nil here): there are %s", name, names);
	} else if (lint_is_absent_lua(name)) {
		warn(w, "unknown-global", "'%s' is not available to scripts (nil here)", name);
	} else if (guess.best) {
		warn(w, "unknown-global", "no global '%.60s' (nil here); did you mean '%s'?", name,
		     guess.best);
	} else {
		warn(w, "unknown-global", "no global '%.60s' (nil here); assign it outside of functions "
		     "first, or name what another script of the state defines with --global", name);
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

static struct lint_value engine_global(struct flow *w, TString *name, const TValue *value)
{
	const char *text = getstr(name);

	if (ttistable(value) && hvalue(value) == w->l->engine_globals)
		return kind(LINT_GLOBALS);
	if (ttistable(value) && has_names(hvalue(value)))
		return known(LINT_LIBRARY, hvalue(value));
	if (!strcmp(text, "error"))
		return kind(LINT_ERROR);
	if (!strcmp(text, "assert"))
		return kind(LINT_ASSERT);
	if (!strcmp(text, "load"))	/* what it compiles may assign any */
		w->l->globals_escape = true;
	return constant(value);
}

static struct lint_value read_global(struct flow *w, TString *name)
{
	struct lint_global *g = lint_global(w->l, name);
	const TValue *value = luaH_getstr(w->l->engine_globals, name);

	if (!g)
		return any;
	g->read = true;
	if (g->assigned)
		return ttisnil(value) ? g->value : any;
	if (!ttisnil(value))
		return engine_global(w, name, value);
	if (w->report && !g->declared && g->reported != w->f && !is_tested(w)) {
		g->reported = w->f;
		unknown_global(w, getstr(name));
	}
	return any;
}

static void write_global(struct flow *w, TString *name, struct lint_value v)
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
		warn(w, "set-global", "assigns to '%.60s', which every script of the state has; "
		     "'local' is missing, or choose another name", getstr(name));
	else
		warn(w, "set-global", "assigns to a global '%.60s' that nothing declares: 'local' is "
		     "missing, or write '%.60s = nil' outside of functions", getstr(name), getstr(name));
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

static struct lint_value read_member(struct flow *w, const Table *library, TString *name)
{
	struct lint_guess guess = { .name = getstr(name) };
	const char *of = library_name(w->l, library);
	char names[NAMES_SIZE];

	if (lint_known(library, name) || w->l->libraries_escape || is_added(w->l, name) ||
	    is_tested(w))
		return any;
	lint_try_table(&guess, library);
	lint_list_table(names, sizeof(names), library);
	if (guess.best)
		warn(w, "unknown-member", "'%s' has no '%.60s'; did you mean '%s'?", of, guess.name,
		     guess.best);
	else
		warn(w, "unknown-member", "'%s' has no '%.60s': it has %s", of, guess.name, names);
	return any;
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
static void unknown_name(const struct flow *w, const struct ps_proto *proto, const char *name,
			 bool is_call)
{
	const char *kind = is_call ? "unknown-method" : "unknown-field";
	const char *what = is_call ? "method or field" : "field";
	struct lint_guess guess = { .name = name };
	char names[NAMES_SIZE];
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
		warn(w, kind, "%s has no %s '%.60s'; did you mean '%s'?", proto->name, what, name,
		     guess.best);
		return;
	}
	if (proto->nfields) {
		lint_list_fields(names, sizeof(names), proto);
		warn(w, kind, "%s has no %s '%.60s'; its fields are %s", proto->name, what, name, names);
	} else {
		warn(w, kind, "%s has no %s '%.60s'; make a view of a header of it first: "
		     "p:data(packet_eth):data(packet_ip)", proto->name, what, name);
	}
}

static void unknown_method(const struct flow *w, const char *of, const Table *methods,
			   const char *name)
{
	struct lint_guess guess = { .name = name };
	char names[NAMES_SIZE];

	if (!w->report)
		return;
	lint_try_table(&guess, methods);
	lint_list_table(names, sizeof(names), methods);
	if (guess.best)
		warn(w, "unknown-method", "%s has no method '%.60s'; did you mean '%s'?", of, name,
		     guess.best);
	else
		warn(w, "unknown-method", "%s has no method '%.60s': it has %s", of, name, names);
}

static struct lint_value view_name(const struct flow *w, const struct ps_proto *proto,
				   TString *key, bool is_call)
{
	const struct ps_field *field = find_field(proto, getstr(key));

	if (field && is_call)
		return known(LINT_GETTER, field);
	if (field)
		return field->type == PS_BYTES ? kind(LINT_BYTES) : known(LINT_VALUE, field);
	if (lint_known(methods_of(w, proto), key))
		return method(getstr(key));
	unknown_name(w, proto, getstr(key), is_call);
	return any;
}

static struct lint_value field_method(const struct flow *w, struct lint_value v, TString *key)
{
	char of[96];

	if (lint_known(w->l->field_methods, key))
		return method(getstr(key));
	snprintf(of, sizeof(of), "the field %s", field_name(v.field).text);
	unknown_method(w, of, w->l->field_methods, getstr(key));
	return any;
}

/* v.key, or v:key() */
static struct lint_value read_name(struct flow *w, struct lint_value v, TString *key, bool is_call)
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
		return any;
	case LINT_NUMBER:
	case LINT_VALUE:
		if (!is_text(v))
			warn(w, "unknown-method", "%s has been read already: it is an integer, which has "
			     "no '%.60s'", field_name(v.field).text, getstr(key));
		else if (!lint_known(w->l->strings, key) && lint_known(w->l->field_methods, key))
			warn(w, "unknown-method", "%s has been read already: it is text, which has no "
			     "'%.60s'", field_name(v.field).text, getstr(key));
		else
			return read_member(w, w->l->strings, key);
		return any;
	case LINT_STRING:
		return read_member(w, w->l->strings, key);
	default:
		return any;
	}
}

/*
 * Values for fields.
 */
static bool fits(const struct ps_field *field, lua_Integer i)
{
	return field->at.width >= 63 || (i >= 0 && i >> field->at.width == 0);
}

static bool is_numeral(const TString *s)
{
	TValue v;

	return luaO_str2num(getstr((TString *)s), &v) == tsslen(s) + 1;
}

static bool parse(const struct ps_field *field, const TString *s, uint64_t *value)
{
	return ps_address_parse(field->type, getstr((TString *)s), tsslen(s), value);
}

static void check_byte(const struct flow *w, struct lint_value v, const char *what)
{
	if (v.kind == LINT_INTEGER && (v.i < 0 || v.i > 255))
		warn(w, "range", "%s takes a byte: %lld does not fit (0 to 255)", what, v.i);
	else if ((v.kind == LINT_STRING && !is_numeral(v.string)) || is_object(v) ||
		 v.kind == LINT_BOOLEAN || v.kind == LINT_TABLE)
		warn(w, "bad-value", "%s takes a byte (0 to 255), not %s", what, describe(v).text);
}

/* field = v */
static void check_value(const struct flow *w, const struct ps_field *field, struct lint_value v)
{
	const char *name, *takes = field->type == PS_UINT ? "an integer" : "an address or an integer";
	struct place_name place = field_name(field);
	uint64_t value;

	name = place.text;
	if (field->type == PS_BYTES) {
		check_byte(w, v, name);
		return;
	}
	switch (v.kind) {
	case LINT_INTEGER:
		if (!fits(field, v.i))
			warn(w, "range", "%s has %d bits: %lld does not fit (0 to %lld)", name,
			     field->at.width, v.i, (1LL << field->at.width) - 1);
		break;
	case LINT_STRING:
		if (field->type == PS_UINT && !is_numeral(v.string))
			warn(w, "bad-value", "%s takes an integer, not %s", name, describe(v).text);
		else if (field->type != PS_UINT && !parse(field, v.string, &value))
			warn(w, "bad-value", "%s: %s is not %s", name, describe(v).text,
			     field->type == PS_IPV4 ? "an IPv4 address such as 192.0.2.1" :
			     field->type == PS_MAC ? "a MAC address such as 00:00:5E:00:53:01" :
						     "an address of that kind");
		break;
	case LINT_VIEW:
	case LINT_FIELD:
	case LINT_BYTES:
		warn(w, "bad-value", "%s takes %s, not %s: %s", name, takes, describe(v).text, remedy(v));
		break;
	case LINT_VALUE:
		if (is_text(v) && v.field->type != field->type)
			warn(w, "bad-value", "%s takes %s, not %s", name, takes, describe(v).text);
		break;
	case LINT_NIL:
		if (field->flags & PS_CHECKSUM)
			break;
		/* fall through */
	case LINT_BOOLEAN:
	case LINT_TABLE:
	case LINT_FUNCTION:
		warn(w, "bad-value", "%s takes %s, not %s", name, takes, describe(v).text);
		break;
	default:
		break;
	}
}

/* v.key = value */
static void write_name(struct flow *w, struct lint_value v, TString *key, struct lint_value value)
{
	const struct ps_field *field;

	if (v.kind != LINT_GLOBALS)
		escape(w, value);
	switch (v.kind) {
	case LINT_GLOBALS:
		write_global(w, key, value);
		if (value.kind == LINT_GLOBALS)
			escape(w, value);
		break;
	case LINT_LIBRARY:
		add_member(w->l, key);
		break;
	case LINT_VIEW:
		field = find_field(v.proto, getstr(key));
		if (field)
			check_value(w, field, value);
		else
			unknown_name(w, v.proto, getstr(key), false);
		break;
	case LINT_FIELD:
		warn(w, "unknown-field", "the field %s has no '%.60s' to assign to; write it with :set()",
		     field_name(v.field).text, getstr(key));
		break;
	case LINT_BYTES:
		warn(w, "unknown-field", "a byte array has no '%.60s' to assign to: its bytes are [0], "
		     "[1]", getstr(key));
		break;
	default:
		break;
	}
}

/* v[key] */
static struct lint_value read_index(struct flow *w, struct lint_value v, struct lint_value key)
{
	return key.kind == LINT_STRING ? read_name(w, v, key.string, false) : any;
}

static void write_index(struct flow *w, struct lint_value v, struct lint_value key,
			struct lint_value value)
{
	if (key.kind == LINT_STRING) {
		write_name(w, v, key.string, value);
		return;
	}
	escape(w, v);
	escape(w, key);
	escape(w, value);
	if (v.kind == LINT_BYTES)
		check_byte(w, value, "a byte array");
}

/*
 * Operators.
 */
static void check_operand(const struct flow *w, struct lint_value v, const char *what)
{
	if (is_object(v))
		warn(w, "object-as-value", "%s on %s, which is an object: %s", what, describe(v).text,
		     remedy(v));
	else if (is_text(v))
		warn(w, "object-as-value", "%s on %s: its number is :%s():int()", what,
		     describe(v).text, v.field->name);
}

static void check_float(const struct flow *w, OpCode op)
{
	bool power = op == OP_POW || op == OP_POWK;

	if (power && !w->l->has_power)
		warn(w, "float", "'^' raises: there are integers only; multiply, or shift with '<<'");
	else if ((op == OP_DIV || op == OP_DIVK) && !w->l->has_division)
		warn(w, "float", "'/' raises: there are integers only, which '//' divides");
}

static void never_equal(const struct flow *w, struct lint_value a, struct lint_value b,
			const char *why)
{
	warn(w, "compare", "%s is never equal to %s: %s", describe(a).text, describe(b).text, why);
}

/* What was read from a field, and a string. */
static void check_equal_text(const struct flow *w, struct lint_value a, struct lint_value b)
{
	char text[PS_ADDRESS_SIZE + 1], why[64];
	uint64_t value;
	size_t len;

	if (!is_text(a)) {
		never_equal(w, a, b, "compare with an integer");
		return;
	}
	if (a.field->type != PS_IPV4 && a.field->type != PS_MAC)
		return;
	if (!parse(a.field, b.string, &value)) {
		never_equal(w, a, b, a.field->type == PS_IPV4 ?
			    "it is an IPv4 address such as 192.0.2.1" :
			    "it is a MAC address such as 00:00:5E:00:53:01");
		return;
	}
	len = a.field->type == PS_IPV4 ? ps_ipv4_format(text, value) : ps_mac_format(text, value);
	text[len] = 0;
	snprintf(why, sizeof(why), "it reads as \"%s\"", text);
	if (strcmp(text, getstr(b.string)))
		never_equal(w, a, b, why);
}

static void check_equal_integer(const struct flow *w, struct lint_value a, struct lint_value b)
{
	char why[80];

	if (is_text(a)) {
		snprintf(why, sizeof(why), "compare with text, or read :%s():int()", a.field->name);
		never_equal(w, a, b, why);
	} else if (!fits(a.field, b.i)) {
		snprintf(why, sizeof(why), "it has %d bits (0 to %lld)", a.field->at.width,
			 (1LL << a.field->at.width) - 1);
		never_equal(w, a, b, why);
	}
}

static bool is_scalar(struct lint_value v)
{
	return v.kind == LINT_INTEGER || v.kind == LINT_STRING || v.kind == LINT_BOOLEAN ||
	       v.kind == LINT_VALUE || v.kind == LINT_NUMBER;
}

/* a == b, a ~= b */
static void check_equal(const struct flow *w, struct lint_value a, struct lint_value b)
{
	if (is_object(b) && !is_object(a)) {
		check_equal(w, b, a);
		return;
	}
	if (is_object(a)) {
		if (is_scalar(b) || (a.kind == LINT_FIELD && b.kind == LINT_FIELD))
			never_equal(w, a, b, remedy(a));
		return;
	}
	if (b.kind == LINT_VALUE || b.kind == LINT_NUMBER) {
		struct lint_value swap = a;

		a = b;
		b = swap;
	}
	if (a.kind != LINT_VALUE && a.kind != LINT_NUMBER)
		return;
	if (b.kind == LINT_STRING)
		check_equal_text(w, a, b);
	else if (b.kind == LINT_INTEGER)
		check_equal_integer(w, a, b);
}

/* a < b and its kin */
static void check_order(const struct flow *w, struct lint_value a, struct lint_value b)
{
	if (is_object(a))
		check_operand(w, a, "a comparison");
	else if (is_object(b))
		check_operand(w, b, "a comparison");
	else if (is_text(a) && b.kind == LINT_INTEGER)
		check_operand(w, a, "a comparison with an integer");
	else if (is_text(b) && a.kind == LINT_INTEGER)
		check_operand(w, b, "a comparison with an integer");
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
static struct lint_value argument(const struct flow *w, int a, int count)
{
	return count < 0 ? any : count == 0 ? nothing : get(w, a + 2);
}

static struct lint_value call_data(const struct flow *w, struct lint_value self,
				   struct lint_value id)
{
	const struct ps_proto *proto;
	char names[NAMES_SIZE];

	if (id.kind == LINT_NIL)
		return known(LINT_VIEW, &ps_proto_raw);
	if (id.kind == LINT_STRING && !is_numeral(id.string))
		warn(w, "bad-value", ":data() takes a protocol id such as packet_ip, not %s",
		     describe(id).text);
	if (id.kind != LINT_INTEGER)
		return any;
	if (id.i < 0 || id.i >= ps_nprotos) {
		lint_list_protos(names, sizeof(names));
		warn(w, "unknown-protocol", "no protocol has the id %lld; there are %s", id.i, names);
		return any;
	}
	proto = ps_protos[id.i];
	if (self.kind == LINT_VIEW && !carries(self.proto, proto)) {
		lint_list_payloads(names, sizeof(names), self.proto);
		warn(w, "no-payload", "%s never carries %s: this is always nil; %s %s", self.proto->name,
		     proto->name, names[0] ? "it carries" : "its payload is bytes: :data(), then",
		     names[0] ? names : ":data(protocol)");
	}
	return known(LINT_VIEW, proto);
}

static void call_set(const struct flow *w, struct lint_value self, struct lint_value v, int count)
{
	if (self.kind == LINT_FIELD && count == 0 && self.field->type != PS_BYTES &&
	    !(self.field->flags & PS_CHECKSUM))
		warn(w, "bad-value", "%s: :set() needs a value; only checksums are computed without one",
		     field_name(self.field).text);
	else if (self.kind == LINT_FIELD)
		check_value(w, self.field, v);
	else if (self.kind == LINT_VIEW)
		check_byte(w, v, self.proto->name);
}

static struct lint_value call_get(struct lint_value self)
{
	if (self.kind == LINT_VIEW || (self.kind == LINT_FIELD && self.field->type == PS_BYTES))
		return kind(LINT_BYTES);
	return self.kind == LINT_FIELD ? known(LINT_VALUE, self.field) : any;
}

static struct lint_value call_int(const struct flow *w, struct lint_value self)
{
	if (self.kind != LINT_FIELD)
		return any;
	if (self.field->type != PS_BYTES)
		return known(LINT_NUMBER, self.field);
	warn(w, "bad-value", "%s is bytes, not an integer", field_name(self.field).text);
	return any;
}

/* The method at register a is called on a + 1. */
static struct lint_value call_method(const struct flow *w, int a, int nargs)
{
	struct lint_value self = nargs ? get(w, a + 1) : nothing, v = get(w, a);
	int count = nargs < 0 ? -1 : nargs - 1;

	if (nargs >= 0 && (self.kind == LINT_NIL || self.kind == LINT_INTEGER ||
			   self.kind == LINT_STRING)) {
		warn(w, "unknown-method", "a method is called without its object: write ':' for '.'");
		return any;
	}
	if (v.kind == LINT_GETTER)
		return known(LINT_FIELD, v.field);
	switch (v.i) {
	case METHOD_DATA:
		return call_data(w, self, argument(w, a, count));
	case METHOD_RAW:
		return known(LINT_VIEW, &ps_proto_raw);
	case METHOD_GET:
		return call_get(self);
	case METHOD_SET:
		call_set(w, self, argument(w, a, count), count);
		return nothing;
	case METHOD_INT:
		return call_int(w, self);
	case METHOD_TO_BYTES:
		return kind(LINT_BYTES);
	}
	return any;
}

/* The function at register a is called. nargs: -1: not known. *ends: it never returns. */
static struct lint_value call(const struct flow *w, int a, int nargs, bool *ends)
{
	struct lint_value f = get(w, a), first = nargs > 0 ? get(w, a + 1) : any;

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
		warn(w, "unknown-method", "%s is read and then called: write ':%s()' for the field, "
		     "'.%s' for its value", field_name(f.field).text, f.field->name, f.field->name);
		break;
	default:
		break;
	}
	return any;
}

/* How many arguments the call at register a has, as operand b tells. -1: not known. */
static int count_arguments(const struct flow *w, int a, int b)
{
	return b ? b - 1 : w->top > a ? w->top - a - 1 : -1;
}

static void run_call(struct flow *w, Instruction i, bool *ends)
{
	int a = GETARG_A(i), b = GETARG_B(i), c = GETARG_C(i);
	struct lint_value result = call(w, a, count_arguments(w, a, b), ends);

	escape_from(w, a + 1, b ? a + b - 1 : w->nregs - 1);
	if (!c) {
		w->top = result.kind == LINT_ANY || result.kind == LINT_NIL ? -1 : a + 1;
		set_any(w, a, w->nregs - 1);
		set(w, a, result);
		return;
	}
	set_any(w, a + 1, a + c - 2);
	if (c > 1)
		set(w, a, result);
}

/*
 * Inner functions: what the variables of this one that they use are, if those get no second value.
 */
static int variable_at(const Proto *p, int reg, int pc)
{
	int i;

	for (i = 0; i < p->sizelocvars && p->locvars[i].startpc <= pc; i++) {
		if (pc < p->locvars[i].endpc && reg-- == 0)
			return i;
	}
	return -1;
}

static struct lint_value captured(struct flow *w, const Upvaldesc *up, int a,
				  struct lint_function *inner)
{
	struct lint_value v;
	int variable;

	if (!up->instack)
		return w->f->upvalues[up->idx];
	v = up->idx == a ? known(LINT_FUNCTION, inner) : get(w, up->idx);
	spend(w, w->p->sizelocvars / 64);
	variable = variable_at(w->p, up->idx, w->pc + 1);
	if (variable >= 0 && !w->f->reassigned[variable] && !lint_bit(w->f->shared, up->idx))
		return v;
	escape(w, v);
	return any;
}

static void run_closure(struct flow *w, Instruction i)
{
	struct lint_function *inner = w->f->inner + GETARG_Bx(i);
	int n;

	for (n = 0; n < inner->p->sizeupvalues; n++)
		inner->upvalues[n] = lint_join(inner->upvalues[n],
					       captured(w, &inner->p->upvalues[n], GETARG_A(i), inner));
	set(w, GETARG_A(i), known(LINT_FUNCTION, inner));
}

/*
 * Returns.
 */
static bool is_verdict(lua_Integer i)
{
	return i == PS_XT_CONTINUE || i == PS_NF_ACCEPT || i == PS_NF_DROP || i == PS_NF_STOLEN ||
	       i == PS_NF_REPEAT || i == PS_XT_RETURN ||
	       ((i & 0xFFFF) == PS_NF_QUEUE && i >> 16 >= 0 && i >> 16 <= 0xFFFF);
}

/* "after line 3 or 7" */
static void list_lines(const struct flow *w, char *to, size_t size)
{
	int i;

	to[0] = 0;
	for (i = 0; i < w->nfrom && i < LINES_MAX; i++) {
		size_t used = strlen(to);

		snprintf(to + used, size - used, "%s%d", i ? " or " : " after line ", w->from[i]);
	}
	if (w->nfrom > LINES_MAX)
		strncat(to, " or others", size - strlen(to) - 1);
}

static void no_value(struct flow *w)
{
	const char *name = w->f->name ? getstr(w->f->name) : "the handler";
	char lines[96] = "";

	w->f->returns = true;
	if (!w->f->is_handler)
		return;
	if (w->pc == w->p->sizecode - 1) {
		list_lines(w, lines, sizeof(lines));
		warn(w, "no-verdict", "'%.60s' can end here%s without a verdict, which is an error of the "
		     "script: end it with 'return XT_CONTINUE', or the like", name, lines);
	} else {
		warn(w, "no-verdict", "'%.60s' returns nothing here: a handler returns a verdict "
		     "(NF_DROP, XT_CONTINUE)", name);
	}
}

static void run_return(struct flow *w, struct lint_value v)
{
	w->f->returns = true;
	switch (v.kind) {
	case LINT_ANY:
	case LINT_NUMBER:
		w->f->gives_value = true;
		return;
	case LINT_INTEGER:
		if (is_verdict(v.i)) {
			w->f->gives_value = w->f->gives_verdict = true;
			return;
		}
		break;
	case LINT_VALUE:
		if (!is_text(v)) {
			w->f->gives_value = true;
			return;
		}
		break;
	default:
		break;
	}
	if (w->f->is_handler)
		warn(w, "bad-verdict", "'%.60s' returns %s, which is no verdict: there are NF_DROP, "
		     "NF_ACCEPT, NF_STOLEN, NF_QUEUE, NF_REPEAT, XT_CONTINUE, XT_RETURN",
		     getstr(w->f->name), describe(v).text);
}

/*
 * The way of the code.
 */

/* Adds the registers to what is known at an instruction where paths may meet. */
static void flow_to(struct flow *w, int pc)
{
	struct block *b;
	int i;

	if (pc < 0 || pc >= w->p->sizecode)
		return;
	if (w->report) {
		if (pc == w->p->sizecode - 1 && w->nfrom <= LINES_MAX) {
			int line = line_of(w, w->pc);

			for (i = 0; i < w->nfrom && w->from[i] != line; i++)
				;
			if (i == w->nfrom)
				w->from[w->nfrom++] = line;
		}
		return;
	}
	spend(w, w->nregs);
	b = &w->blocks[pc];
	if (!b->in) {
		size_t size = w->nregs * sizeof(*b->in);

		w->states += size;
		b->in = w->states <= STATES_MAX ? malloc(size) : NULL;
		if (!b->in) {
			w->steps = 0;
			return;
		}
		memcpy(b->in, w->reg, size);
		b->changed = true;
		return;
	}
	for (i = 0; i < w->nregs; i++) {
		struct lint_value v = lint_join(b->in[i], w->reg[i]);

		if (v.kind != b->in[i].kind || v.i != b->in[i].i) {
			b->in[i] = v;
			b->changed = true;
		}
	}
}

/* Where the instruction goes if not to the next one, or -1; *next: whether it may go there too. */
static int jump_of(const Proto *p, int pc, bool *next)
{
	Instruction i = p->code[pc];
	OpCode op = GET_OPCODE(i);

	*next = true;
	if (testTMode(op))
		return pc + 2;
	switch (op) {
	case OP_JMP:
		*next = false;
		return pc + 1 + GETARG_sJ(i);
	case OP_LFALSESKIP:
		*next = false;
		return pc + 2;
	case OP_FORLOOP:
	case OP_TFORLOOP:
		return pc + 1 - GETARG_Bx(i);
	case OP_FORPREP:
		return pc + 2 + GETARG_Bx(i);
	case OP_TFORPREP:
		*next = false;
		return pc + 1 + GETARG_Bx(i);
	case OP_RETURN:
	case OP_RETURN0:
	case OP_RETURN1:
	case OP_TAILCALL:
		*next = false;
		return -1;
	default:
		return -1;
	}
}

static void run_compare(struct flow *w, Instruction i)
{
	struct lint_value a = get(w, GETARG_A(i));
	int b = GETARG_B(i);

	switch (GET_OPCODE(i)) {
	case OP_EQ:
		check_equal(w, a, get(w, b));
		break;
	case OP_EQK:
		check_equal(w, a, constant(&w->p->k[b]));
		break;
	case OP_EQI:
		check_equal(w, a, integer(GETARG_sB(i)));
		break;
	case OP_LT:
	case OP_LE:
		check_order(w, a, get(w, b));
		break;
	case OP_LTI:
	case OP_LEI:
	case OP_GTI:
	case OP_GEI:
		check_order(w, a, integer(GETARG_sB(i)));
		break;
	default:
		break;
	}
}

static void run_arithmetic(struct flow *w, Instruction i)
{
	OpCode op = GET_OPCODE(i);

	check_float(w, op);
	check_operand(w, get(w, GETARG_B(i)), "arithmetic");
	if (op >= OP_ADD && op <= OP_SHR)
		check_operand(w, get(w, GETARG_C(i)), "arithmetic");
	set(w, GETARG_A(i), any);
}

static void run_concat(struct flow *w, Instruction i)
{
	int a = GETARG_A(i), r;

	for (r = a; r < a + GETARG_B(i); r++) {
		struct lint_value v = get(w, r);

		if (v.kind == LINT_VIEW || v.kind == LINT_FIELD)
			check_operand(w, v, "'..'");
	}
	set(w, a, any);
}

static struct lint_value rk(const struct flow *w, Instruction i)
{
	return TESTARG_k(i) ? constant(&w->p->k[GETARG_C(i)]) : get(w, GETARG_C(i));
}

/* What an instruction does to the registers. False: the path ends here. */
static bool run(struct flow *w, Instruction i)
{
	int a = GETARG_A(i), b = GETARG_B(i), c = GETARG_C(i);
	const TValue *k = w->p->k;
	struct lint_value v, key;
	bool ends = false;

	switch (GET_OPCODE(i)) {
	case OP_MOVE:
		set(w, a, get(w, b));
		break;
	case OP_LOADI:
		set(w, a, integer(GETARG_sBx(i)));
		break;
	case OP_LOADK:
		set(w, a, constant(&k[GETARG_Bx(i)]));
		break;
	case OP_LOADKX:
		set(w, a, constant(&k[GETARG_Ax(w->p->code[w->pc + 1])]));
		break;
	case OP_LOADFALSE:
	case OP_LFALSESKIP:
	case OP_LOADTRUE:
		v = boolean;
		v.i = GET_OPCODE(i) == OP_LOADTRUE;
		set(w, a, v);
		break;
	case OP_NOT:
		set(w, a, boolean);
		break;
	case OP_LOADNIL:
		for (; b >= 0; b--)
			set(w, a + b, nothing);
		break;
	case OP_GETUPVAL:
		set(w, a, w->f->upvalues[b]);
		break;
	case OP_SETUPVAL:
		escape(w, get(w, a));
		break;
	case OP_GETTABUP:
		set(w, a, read_name(w, w->f->upvalues[b], tsvalue(&k[c]), false));
		break;
	case OP_GETTABLE:
		set(w, a, read_index(w, get(w, b), get(w, c)));
		break;
	case OP_GETFIELD:
		set(w, a, read_name(w, get(w, b), tsvalue(&k[c]), false));
		break;
	case OP_SETTABUP:
		write_name(w, w->f->upvalues[a], tsvalue(&k[b]), rk(w, i));
		break;
	case OP_SETTABLE:
		write_index(w, get(w, a), get(w, b), rk(w, i));
		break;
	case OP_SETI:
		write_index(w, get(w, a), integer(b), rk(w, i));
		break;
	case OP_SETFIELD:
		write_name(w, get(w, a), tsvalue(&k[b]), rk(w, i));
		break;
	case OP_NEWTABLE:
		set(w, a, kind(LINT_TABLE));
		break;
	case OP_SELF:
		v = get(w, b);
		key = rk(w, i);
		set(w, a + 1, v);
		set(w, a, key.kind == LINT_STRING ? read_name(w, v, key.string, true) : any);
		break;
	case OP_CONCAT:
		run_concat(w, i);
		break;
	case OP_TESTSET:	/* sets the register only if it jumps: see run_block() */
	case OP_EQ:
	case OP_LT:
	case OP_LE:
	case OP_EQK:
	case OP_EQI:
	case OP_LTI:
	case OP_LEI:
	case OP_GTI:
	case OP_GEI:
		run_compare(w, i);
		break;
	case OP_CALL:
		run_call(w, i, &ends);
		return !ends;
	case OP_TAILCALL:
		v = call(w, a, count_arguments(w, a, b), &ends);
		escape_from(w, a + 1, b ? a + b - 1 : w->nregs - 1);
		if (!ends)
			run_return(w, v);
		return false;
	case OP_RETURN:
		escape_from(w, a, b ? a + b - 2 : w->nregs - 1);
		if (b == 1)
			no_value(w);
		else
			run_return(w, b || w->top > a ? get(w, a) : any);
		return false;
	case OP_RETURN0:
		no_value(w);
		return false;
	case OP_RETURN1:
		escape(w, get(w, a));
		run_return(w, get(w, a));
		return false;
	case OP_FORPREP:
	case OP_FORLOOP:
		set_any(w, a, a + 3);
		break;
	case OP_TFORCALL:
		escape_from(w, a, a + 2);
		set_any(w, a + 4, a + 3 + c);
		break;
	case OP_TFORLOOP:
		set(w, a + 2, any);
		break;
	case OP_SETLIST:
		escape_from(w, a + 1, b ? a + b : w->nregs - 1);
		break;
	case OP_CLOSURE:
		run_closure(w, i);
		break;
	case OP_VARARG:
		w->top = -1;
		set_any(w, a, c ? a + c - 2 : w->nregs - 1);
		break;
	case OP_UNM:
	case OP_BNOT:
		check_operand(w, get(w, b), "arithmetic");
		set(w, a, any);
		break;
	default:
		if (GET_OPCODE(i) >= OP_ADDI && GET_OPCODE(i) <= OP_SHR)
			run_arithmetic(w, i);
		else if (testAMode(GET_OPCODE(i)))
			set(w, a, any);
	}
	return true;
}

static void run_block(struct flow *w, int pc)
{
	bool next;
	int to;

	memcpy(w->reg, w->blocks[pc].in, w->nregs * sizeof(w->reg[0]));
	for (;; pc++) {
		Instruction i = w->p->code[pc];

		if (!w->steps)
			return;
		spend(w, 1);
		w->pc = pc;
		if (!run(w, i))
			return;
		to = jump_of(w->p, pc, &next);
		if (to >= 0)
			flow_to(w, to);
		if (!next)
			return;
		if (GET_OPCODE(i) == OP_TESTSET)
			set(w, GETARG_A(i), get(w, GETARG_B(i)));
		if (pc + 1 >= w->p->sizecode)
			return;
		if (w->blocks[pc + 1].begins || w->report)
			flow_to(w, pc + 1);
		if (w->blocks[pc + 1].begins)
			return;
	}
}

/* Blocks begin where jumps end, and behind them. */
static void find_blocks(struct flow *w)
{
	bool next;
	int pc, to;

	w->blocks[0].begins = true;
	for (pc = 0; pc < w->p->sizecode; pc++) {
		to = jump_of(w->p, pc, &next);
		if (to >= 0 && to < w->p->sizecode)
			w->blocks[to].begins = true;
		if ((to >= 0 || !next) && pc + 1 < w->p->sizecode)
			w->blocks[pc + 1].begins = true;
	}
}

static void begin(struct flow *w)
{
	int i;

	for (i = 0; i < w->nregs; i++)
		w->reg[i] = i < w->p->numparams ? any : nothing;
	if (w->f->is_handler && w->p->numparams)
		w->reg[0] = known(LINT_VIEW, &ps_proto_raw);
	flow_to(w, 0);
}

/* Nothing is known of a function that is too big. It is said once if that is so of all that is left. */
static void too_complex(struct flow *w)
{
	struct lint *l = w->l;

	w->f->returns = w->f->gives_value = true;
	if (!l->report || l->gave_up)
		return;
	l->gave_up = !l->steps;
	lint_add(l, w->p->linedefined, PS_NOTE, "too-complex", l->gave_up ?
		 "the script is too big to be followed from here on: it compiles, but is not checked" :
		 "this function is too big to be followed: it compiles, but is not checked");
}

/* The last pass: what is known is complete. */
static void report(struct flow *w)
{
	int pc;

	w->report = true;
	for (pc = 0; pc < w->p->sizecode; pc++) {
		if (w->blocks[pc].in)
			run_block(w, pc);
	}
}

static void settle(struct flow *w)
{
	bool changed = true;
	int pc;

	while (changed && w->steps) {
		changed = false;
		for (pc = 0; pc < w->p->sizecode; pc++) {
			if (!w->blocks[pc].changed)
				continue;
			w->blocks[pc].changed = false;
			changed = true;
			run_block(w, pc);
		}
	}
}

void lint_follow(struct lint *l, struct lint_function *f)
{
	struct flow *w = calloc(1, sizeof(*w));
	unsigned long budget = l->steps < STEPS_MAX ? l->steps : STEPS_MAX;
	int pc;

	if (w)
		w->blocks = calloc(f->p->sizecode, sizeof(*w->blocks));
	if (!w || !w->blocks) {
		l->failed = true;
		free(w);
		return;
	}
	w->l = l;
	w->f = f;
	w->p = f->p;
	w->nregs = f->p->maxstacksize;
	w->steps = budget;
	find_blocks(w);
	begin(w);
	settle(w);
	if (w->steps && l->report)
		report(w);
	l->steps -= budget - w->steps;
	if (!w->steps)
		too_complex(w);

	for (pc = 0; pc < w->p->sizecode; pc++)
		free(w->blocks[pc].in);
	free(w->blocks);
	free(w);
}
