/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What calls do: methods of packet objects, and functions of which more is known than their names.
 */
#include <stdio.h>
#include <string.h>

#include "dissect.h"
#include "lint_internals.h"

struct lint_builtin {
	const char *library;	/* NULL: it is a global */
	const char *name;	/* NULL: all others of the library */
	bool may_leave;		/* it may raise on purpose, or yield, as struct lint_function has it */
	void (*check)(struct lint_flow *w, int a, int nargs);
};

/*
 * Methods.
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

/* A packet begins with a link-layer header, or with what such a header carries. */
static bool begins_packet(const struct ps_proto *proto)
{
	unsigned int id;

	if (proto == &ps_proto_raw || proto->is_link)
		return true;
	for (id = 0; id < ps_nprotos; id++) {
		if (ps_protos[id]->is_link && carries(ps_protos[id], proto))
			return true;
	}
	return false;
}

static void not_carried(struct lint_flow *w, const struct ps_proto *outer,
			const struct ps_proto *proto)
{
	char names[LINT_NAMES_SIZE];

	lint_list_payloads(names, sizeof(names), outer);
	lint_warn(w, "no-payload", "%s never carries %s: this is always nil; %s %s", outer->name,
		  proto->name, names[0] ? "it carries" : "its payload is bytes: :data(), then",
		  names[0] ? names : ":data(protocol)");
}

/* The payload of self as a view of proto. */
static struct lint_value payload(struct lint_flow *w, struct lint_value self,
				 const struct ps_proto *proto)
{
	struct lint_value v = lint_pointer(LINT_VIEW, proto);
	const struct ps_proto *outer = self.kind == LINT_VIEW ? self.proto : &ps_proto_raw;

	if (proto == &ps_proto_raw || (self.whole && proto->is_link))
		return v;
	if (self.kind == LINT_VIEW && !carries(self.proto, proto)) {
		not_carried(w, self.proto, proto);
		return v;
	}
	if (self.whole && !begins_packet(proto)) {
		lint_warn(w, "whole-packet", "the packet does not begin with %s: this takes other bytes "
			  "for it, MAC addresses or an IP header; go through the headers: "
			  "p:data(packet_eth):data(packet_ip)", proto->name);
		return v;
	}
	return lint_may_be_nil(w, v, outer);
}

/*
 * What rows say of arguments and results.
 */

/* What a value is, as far as functions of C look at it: several, if that is not known. */
enum form {
	FORM_NUMBER = 1,
	FORM_NUMERAL = 2,	/* text that is taken for a number */
	FORM_WORDS = 4,		/* text that is not */
	FORM_ARRAY = 8,
	FORM_TABLE = 16,
	FORM_OTHER = 32,
	FORM_ANY = 63,
};

static unsigned int form_of(struct lint_value v)
{
	switch (v.kind) {
	case LINT_NONE:
	case LINT_ANY:
		return FORM_ANY;
	case LINT_INTEGER:
	case LINT_NUMBER:
		return FORM_NUMBER;
	case LINT_VALUE:
		return lint_is_text(v) ? FORM_WORDS : FORM_NUMBER;
	case LINT_STRING:
		return lint_is_numeral(v.string) ? FORM_NUMERAL : FORM_WORDS;
	case LINT_BYTES:
		return FORM_ARRAY;
	case LINT_TABLE:
	case LINT_GLOBALS:
	case LINT_LIBRARY:
		return FORM_TABLE;
	default:
		return FORM_OTHER;
	}
}

/* What is taken for an argument of a type, and what messages call it; of types that are not here anything is. */
static const struct {
	unsigned int forms;
	const char *name;
} accepted[PS_LUA_TYPES] = {
	[PS_LUA_INTEGER] = { FORM_NUMBER | FORM_NUMERAL, "an integer" },
	[PS_LUA_STRING] = { FORM_NUMBER | FORM_NUMERAL | FORM_WORDS, "a string" },
	[PS_LUA_ARRAY] = { FORM_ARRAY, "a byte array" },
	[PS_LUA_TEXT] = { FORM_NUMERAL | FORM_WORDS | FORM_ARRAY, "a string or a byte array" },
	[PS_LUA_TEXTS] = { FORM_TABLE, "a table of byte arrays and strings" },
};

/* A call of what a row is of, at w->pc. */
struct call {
	const struct ps_callable *row;
	struct lint_value self;		/* LINT_NONE: a function of a library */
	int first;	/* the register of the first argument */
	int count;	/* of arguments; -1: not known */
};

/* How messages name it: ":set()", "bytes.new()". */
struct call_name {
	char text[48];
};

static struct call_name name_of(const struct ps_callable *row)
{
	struct call_name name;

	snprintf(name.text, sizeof(name.text), "%s%s()", row->of == PS_OF_LIBRARY ? "bytes." : ":",
		 row->method.name);
	return name;
}

static int count_arguments(const struct ps_callable *row, bool needed)
{
	int n = 0;

	while (n < PS_ARGUMENTS_MAX && row->arguments[n].name && !(needed && row->arguments[n].is_optional))
		n++;
	return n;
}

static struct lint_value argument(const struct lint_flow *w, const struct call *call, int i)
{
	if (call->count < 0)
		return lint_any;
	return i < call->count ? lint_get(w, call->first + i) : lint_nil;
}

/* Checks v, to which all bytes of something are set. what: its name. */
static void fill(struct lint_flow *w, struct lint_value v, const char *what)
{
	if (v.kind != LINT_STRING || lint_is_numeral(v.string))
		lint_check_byte(w, v, what);
	else
		lint_warn(w, "bad-value", "%s: :set() fills all bytes with one (0 to 255), it does not "
			  "take %s: text is written byte by byte, v:get()[i] = text:byte(i + 1)", what,
			  lint_describe(v).text);
}

static void check_byte(struct lint_flow *w, const struct call *call, struct lint_value v)
{
	if (call->self.kind == LINT_FIELD)
		fill(w, v, lint_field_name(call->self.field).text);
	else if (call->self.kind == LINT_VIEW)
		fill(w, v, call->self.proto->name);
}

static void check_value(struct lint_flow *w, const struct call *call, struct lint_value v)
{
	const struct ps_field *field = call->self.field;

	if (call->self.kind != LINT_FIELD)
		return;
	if (call->count == 0 && !(field->flags & PS_CHECKSUM))
		lint_warn(w, "bad-value",
			  "%s: :set() needs a value; only checksums are computed without one",
			  lint_field_name(field).text);
	else
		lint_check_value(w, field, v);
}

static void check_protocol(struct lint_flow *w, const struct call *call, struct lint_value id)
{
	char names[LINT_NAMES_SIZE];

	if (call->count == 0)
		return;
	if (id.kind == LINT_NIL)
		lint_warn(w, "bad-value", ":data() is given nil: name a protocol, or write ':data()' for "
			  "bytes");
	if (id.kind == LINT_STRING && !lint_is_numeral(id.string))
		lint_warn(w, "bad-value", ":data() takes a protocol id such as packet_ip, not %s",
			  lint_describe(id).text);
	if (id.kind == LINT_INTEGER && (id.i < 0 || id.i >= ps_nprotos)) {
		lint_list_protos(names, sizeof(names));
		lint_warn(w, "unknown-protocol", "no protocol has the id %lld; there are %s", id.i,
			  names);
	}
}

static void check_argument(struct lint_flow *w, const struct call *call, int i)
{
	const struct ps_argument *is = &call->row->arguments[i];
	struct lint_value v = argument(w, call, i);
	unsigned int forms = accepted[is->type].forms;

	switch (is->type) {
	case PS_LUA_BYTE:
		check_byte(w, call, v);
		break;
	case PS_LUA_VALUE:
		check_value(w, call, v);
		break;
	case PS_LUA_PROTOCOL:
		check_protocol(w, call, v);
		break;
	default:
		if (forms && !(form_of(v) & forms) && !(v.kind == LINT_NIL && is->is_optional))
			lint_warn(w, "bad-value", "%s takes %s%s%s, not %s", name_of(call->row).text,
				  accepted[is->type].name, i ? " as " : "", i ? is->name : "",
				  lint_describe(v).text);
	}
}

/* "an offset and a length" */
static void list_arguments(char *to, size_t size, const struct ps_callable *row, int n)
{
	size_t used = 0;
	int i;

	for (i = 0; i < n && used < size; i++) {
		const char *name = row->arguments[i].name;

		used += snprintf(to + used, size - used, "%s%s %s", i ? " and " : "",
				 strchr("aeiou", name[0]) ? "an" : "a", name);
	}
}

/* One that is missing is nil, of which its type tells. */
static bool has_enough(struct lint_flow *w, const struct call *call)
{
	int needed = count_arguments(call->row, true);
	char list[LINT_NAMES_SIZE] = "";

	if (call->count < 0 || call->count >= needed || needed == 1)
		return true;
	list_arguments(list, sizeof(list), call->row, needed);
	lint_warn(w, "bad-value", "%s takes %d arguments, %s, not %d", name_of(call->row).text, needed,
		  list, call->count);
	return false;
}

static void check_arguments(struct lint_flow *w, const struct call *call)
{
	int max = count_arguments(call->row, false), i;

	if (has_enough(w, call)) {
		for (i = 0; i < max; i++)
			check_argument(w, call, i);
	}
	if (call->count <= max)
		return;
	if (max)
		lint_warn(w, "ignored-argument", "%s takes %d argument%s: what follows is ignored",
			  name_of(call->row).text, max, max == 1 ? "" : "s");
	else
		lint_warn(w, "ignored-argument", "%s takes no argument: what is given is ignored",
			  name_of(call->row).text);
}

static struct lint_value payload_of(struct lint_flow *w, const struct call *call)
{
	struct lint_value id = argument(w, call, 0);

	if (call->count == 0)
		return lint_pointer(LINT_VIEW, &ps_proto_raw);
	if (id.kind != LINT_INTEGER || id.i < 0 || id.i >= ps_nprotos)
		return lint_any;
	return payload(w, call->self, ps_protos[id.i]);
}

/* A range of bytes of the object. What is within the fixed part of a header is there, if the header is. */
static struct lint_value range_of(struct lint_flow *w, const struct call *call)
{
	struct lint_value off = argument(w, call, 0), len = argument(w, call, 1);
	const struct ps_proto *outer = call->self.kind == LINT_VIEW ? call->self.proto : &ps_proto_raw;
	struct lint_value v = lint_pointer(LINT_VIEW, &ps_proto_raw);

	if (off.kind == LINT_INTEGER && len.kind == LINT_INTEGER && off.i >= 0 && len.i >= 0 &&
	    off.i <= outer->header_min && len.i <= outer->header_min - off.i)
		return v;
	return lint_may_be_nil(w, v, outer);
}

static struct lint_value result_of(struct lint_flow *w, const struct call *call)
{
	const struct ps_field *field = call->self.field;

	switch (call->row->result) {
	case PS_LUA_NOTHING:
		return lint_nil;
	case PS_LUA_SIZE:
		lint_look_at_size(w);
		return lint_any;
	case PS_LUA_VALUE:
		return call->self.kind == LINT_FIELD ? lint_pointer(LINT_VALUE, field) : lint_any;
	case PS_LUA_NUMBER:
		return call->self.kind == LINT_FIELD ? lint_pointer(LINT_NUMBER, field) : lint_any;
	case PS_LUA_ARRAY:
		return lint_plain(LINT_BYTES);
	case PS_LUA_RAW:
		return range_of(w, call);
	case PS_LUA_PAYLOAD:
		return payload_of(w, call);
	default:
		return lint_any;
	}
}

static void has_no_integer(struct lint_flow *w, const struct ps_field *field)
{
	if (field->type->is_bytes)
		lint_warn(w, "bad-value", "%s is bytes, not an integer", lint_field_name(field).text);
	else
		lint_warn(w, "bad-value", "%s has %d bits, more than an integer: read the text with :get()",
			  lint_field_name(field).text, field->at.width);
}

static struct lint_value call_row(struct lint_flow *w, const struct call *call)
{
	if (call->row->result == PS_LUA_NUMBER && call->self.kind == LINT_FIELD &&
	    !call->self.field->type->has_int) {
		has_no_integer(w, call->self.field);
		return lint_any;
	}
	check_arguments(w, call);
	return result_of(w, call);
}

/* "ip" of packet_ip: what a variable may be called. */
static const char *short_name(const struct ps_proto *proto)
{
	const char *end = strchr(proto->name, '_');

	return end ? end + 1 : proto->name;
}

/* ip:ttl(5) */
static void field_given_value(struct lint_flow *w, const struct ps_field *field, struct lint_value v)
{
	const char *of = short_name(lint_proto_of(field));
	struct lint_description value = { "x" };

	if (v.kind == LINT_INTEGER || v.kind == LINT_STRING)
		value = lint_describe(v);
	lint_warn(w, "ignored-argument", "%s: ':%s()' is the field itself and takes no value; write "
		  "'%s.%s = %s', or '%s:%s():set(%s)'", lint_field_name(field).text, field->name, of,
		  field->name, value.text, of, field->name, value.text);
}

/* The method at register a is called on a + 1. */
static struct lint_value call_method(struct lint_flow *w, int a, int nargs)
{
	struct lint_value self = nargs ? lint_get(w, a + 1) : lint_nil, v = lint_get(w, a);
	struct call call = { v.row, self, a + 2, nargs < 0 ? -1 : nargs - 1 };

	if (nargs >= 0 &&
	    (self.kind == LINT_NIL || self.kind == LINT_INTEGER || self.kind == LINT_STRING)) {
		lint_warn(w, "unknown-method",
			  "a method is called without its object: write ':' for '.'");
		return lint_any;
	}
	if (v.kind == LINT_METHOD)
		return call_row(w, &call);
	if (call.count > 0)
		field_given_value(w, v.field, argument(w, &call, 0));
	return lint_pointer(LINT_FIELD, v.field);
}

/* A function of a library that has rows. */
static struct lint_value call_function_row(struct lint_flow *w, int a, int nargs)
{
	struct call call = { lint_get(w, a).row, lint_plain(LINT_NONE), a + 1, nargs };

	return call_row(w, &call);
}

static bool is_library_row(struct lint_value v)
{
	return v.kind == LINT_METHOD && v.row->of == PS_OF_LIBRARY;
}

/*
 * Functions of libraries.
 */

/* A function that pcall() calls may raise in order to tell something. */
static void check_caught(struct lint_flow *w, int a, int nargs)
{
	struct lint_value f = nargs > 0 ? lint_get(w, a + 1) : lint_any;

	if (f.kind == LINT_FUNCTION)
		f.function->is_caught = true;
	else if (f.kind == LINT_ANY)
		w->l->catches_any = true;
}

/* The letter of the conversion that begins at *at, behind a '%'; moves *at behind it. */
static char conversion(const char **at)
{
	*at += strspn(*at, "-+ #0123456789.");
	return **at ? *(*at)++ : 0;
}

static void check_format(struct lint_flow *w, int a, int nargs)
{
	struct lint_value v = nargs > 0 ? lint_get(w, a + 1) : lint_any;
	const char *at;
	int n = 0;
	char c;

	if (v.kind != LINT_STRING)
		return;
	for (at = strchr(getstr(v.string), '%'); at; at = strchr(at, '%')) {
		if (*++at == '%') {
			at++;
			continue;
		}
		c = conversion(&at);
		n++;
		if (!c || !strchr("cdiuoxXpqsaAeEfgG", c)) {
			lint_warn(w, "bad-value", "string.format() knows no '%%%c': it raises; there are "
				  "%%d %%x %%X %%o %%c %%s %%q, and %%%% for a per cent sign", c ? c : ' ');
			return;
		}
		if (strchr("aAeEfgG", c)) {
			lint_warn(w, "float", "'%%%c' raises: there are integers only; write %%d, and "
				  "fractions as two integers, \"%%d.%%02d\"", c);
			return;
		}
	}
	if (nargs > 0 && n > nargs - 1)
		lint_warn(w, "bad-value", "string.format() wants %d value%s for %s and gets %d: it raises",
			  n, n == 1 ? "" : "s", lint_describe(v).text, nargs - 1);
}

static void check_pack(struct lint_flow *w, int a, int nargs)
{
	struct lint_value v = nargs > 0 ? lint_get(w, a + 1) : lint_any;
	const char *c;

	if (v.kind != LINT_STRING)
		return;
	for (c = getstr(v.string); *c; c++) {
		if (*c == 'X' && c[1])
			c++;	/* aligns as the next one is, without a value */
		else if (strchr("fdn", *c)) {
			lint_warn(w, "float", "'%c' in %s raises: there are integers only, such as i4, "
				  "I8 or j", *c, lint_describe(v).text);
			return;
		}
	}
}

/* Of a call the first row that fits counts. Functions that are not here may do anything. */
static const struct lint_builtin builtins[] = {
	{ NULL, "pcall", true, check_caught },
	{ NULL, "xpcall", true, check_caught },
	{ "coroutine", "create", false, check_caught },
	{ "string", "format", false, check_format },
	{ "string", "pack", false, check_pack },
	{ "string", "unpack", false, check_pack },
	{ "string", "gsub", true },
	{ "table", "sort", true },
	{ "string" },
	{ "table" },
	{ "math" },
	{ "utf8" },
	{ NULL, "collectgarbage" },
	{ NULL, "getmetatable" },
	{ NULL, "ipairs" },
	{ NULL, "next" },
	{ NULL, "pairs" },
	{ NULL, "print" },
	{ NULL, "rawequal" },
	{ NULL, "rawget" },
	{ NULL, "rawlen" },
	{ NULL, "rawset" },
	{ NULL, "select" },
	{ NULL, "setmetatable" },
	{ NULL, "tonumber" },
	{ NULL, "tostring" },
	{ NULL, "type" },
};

static bool is_same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

struct lint_value lint_builtin(const char *library, const char *name)
{
	const struct ps_callable *function = NULL;
	size_t i;

	if (library && !strcmp(library, "bytes"))
		function = lint_row(ps_bytes_library, PS_OF_LIBRARY, name);
	if (function)
		return lint_pointer(LINT_METHOD, function);
	for (i = 0; i < sizeof(builtins) / sizeof(builtins[0]); i++) {
		const struct lint_builtin *row = &builtins[i];

		if (is_same(row->library, library) && (!row->name || !strcmp(row->name, name)))
			return lint_pointer(LINT_BUILTIN, row);
	}
	return lint_any;
}

/*
 * Calls.
 */

/* Of the function it is not known what it does with its arguments. */
static void expose_arguments(struct lint_flow *w, int a, int nargs)
{
	int r, last = nargs < 0 ? w->nregs - 1 : a + nargs;

	for (r = a + 1; r <= last; r++)
		lint_expose(w, lint_get(w, r));
}

static void call_function(struct lint_flow *w, struct lint_function *f, bool *may_leave, bool *ends)
{
	f->is_caught |= w->f->is_caught;
	*may_leave = f->may_leave;
	*ends = f->never_returns;
}

static struct lint_value call_other(struct lint_flow *w, int a, int nargs, struct lint_value f,
				    bool *may_leave, bool *ends)
{
	struct lint_value first = nargs > 0 ? lint_get(w, a + 1) : lint_any;

	switch (f.kind) {
	case LINT_ERROR:
		*ends = true;
		return lint_any;
	case LINT_ASSERT:
		*ends = first.kind == LINT_NIL || (first.kind == LINT_BOOLEAN && !first.i);
		first.origin = 0;
		return lint_is_object(first) ? first : lint_any;
	case LINT_BUILTIN:
		*may_leave = f.builtin->may_leave;
		if (f.builtin->check)
			f.builtin->check(w, a, nargs);
		return lint_any;
	case LINT_FUNCTION:
		call_function(w, f.function, may_leave, ends);
		break;
	case LINT_VALUE:
		lint_warn(w, "unknown-method",
			  "%s is read and then called: write ':%s()' for the field, "
			  "'.%s' for its value",
			  lint_field_name(f.field).text, f.field->name, f.field->name);
		break;
	default:
		break;
	}
	expose_arguments(w, a, nargs);
	return lint_any;
}

struct lint_value lint_call(struct lint_flow *w, int a, int nargs, bool *ends)
{
	struct lint_value f = lint_get(w, a), result;
	bool may_leave = true;

	*ends = false;
	if (is_library_row(f)) {
		result = call_function_row(w, a, nargs);
		may_leave = false;
	} else if (f.kind == LINT_GETTER || f.kind == LINT_METHOD) {
		result = call_method(w, a, nargs);
		/* what is given to a method may be meant to end the handler where it does not fit */
		may_leave = f.kind == LINT_METHOD && f.row->arguments[0].name;
	} else {
		result = call_other(w, a, nargs, f, &may_leave, ends);
	}
	if (may_leave) {
		w->may_leave = true;
		w->marks[w->pc] |= LINT_LEAVES;
	}
	return result;
}
