/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What calls do: methods of packet objects, and functions of which more is known than their names.
 */
#include <stdio.h>
#include <string.h>

#include "lint_internals.h"
#include "conntrack.h"
#include "nf.h"

struct lint_builtin {
	const char *library;	/* NULL: it is a global */
	const char *name;	/* NULL: all others of the library */
	bool may_leave;		/* it may raise on purpose, or yield, as struct lint_function has it */
	void (*check)(struct lint_flow *w, struct ps_call *call);
	bool (*ends)(const struct lint_flow *w, const struct ps_call *call);	/* it never returns; NULL: it does */
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

bool lint_begins_packet(const struct ps_proto *proto)
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

/* What the payload of the object, as a view of this protocol, may be nil for: what carries it; or NULL. */
static const struct ps_proto *carrier(struct lint_flow *w, struct ps_known self, const struct ps_proto *proto)
{
	const struct ps_proto *outer = self.kind == PS_KIND_VIEW ? self.proto : &ps_proto_raw;
	bool begins = self.whole && outer == &ps_proto_raw;

	if (proto == &ps_proto_raw || (begins && proto->is_link) || (self.whole && proto == outer))
		return NULL;
	if (self.kind == PS_KIND_VIEW && !carries(self.proto, proto)) {
		not_carried(w, self.proto, proto);
		return NULL;
	}
	if (begins && !lint_begins_packet(proto)) {
		lint_warn(w, "whole-packet", "the packet does not begin with %s: this takes other bytes "
			  "for it, MAC addresses or an IP header; go through the headers: "
			  "p:data(packet_eth):data(packet_ip)", proto->name);
		return NULL;
	}
	return outer;
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
	FORM_FUNCTION = 64,
	FORM_ANY = 127,
};

static unsigned int form_of(struct ps_known v)
{
	switch (v.kind) {
	case PS_KIND_NONE:
	case PS_KIND_ANY:
		return FORM_ANY;
	case PS_KIND_INTEGER:
	case PS_KIND_NUMBER:
		return FORM_NUMBER;
	case PS_KIND_VALUE:
		return lint_is_text(v) ? FORM_WORDS : FORM_NUMBER;
	case PS_KIND_STRING:
		return lint_is_numeral(v.string) ? FORM_NUMERAL : FORM_WORDS;
	case PS_KIND_BYTES:
		return FORM_ARRAY;
	case PS_KIND_TABLE:
	case PS_KIND_GLOBALS:
	case PS_KIND_LIBRARY:
	case PS_KIND_FLOW:
		return FORM_TABLE;
	case PS_KIND_FUNCTION:
	case PS_KIND_BUILTIN:
	case PS_KIND_METHOD:
		return FORM_FUNCTION;
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
	[PS_LUA_SETTING] = { FORM_NUMBER | FORM_NUMERAL, "an integer" },
	[PS_LUA_STRING] = { FORM_NUMBER | FORM_NUMERAL | FORM_WORDS, "a string" },
	[PS_LUA_FILE] = { FORM_NUMERAL | FORM_WORDS, "a string" },
	[PS_LUA_ARRAY] = { FORM_ARRAY, "a byte array" },
	[PS_LUA_TEXT] = { FORM_NUMERAL | FORM_WORDS | FORM_ARRAY, "a string or a byte array" },
	[PS_LUA_CONTENT] = { FORM_NUMERAL | FORM_WORDS | FORM_ARRAY, "a string, a byte array or a byte" },
	[PS_LUA_TEXTS] = { FORM_TABLE, "a table of byte arrays and strings" },
	[PS_LUA_KEY] = { FORM_NUMBER | FORM_NUMERAL | FORM_WORDS, "a string or an integer" },
	[PS_LUA_OPTIONS] = { FORM_TABLE, "a table of options" },
	[PS_LUA_VIEW] = { FORM_OTHER, "a view" },
	[PS_LUA_HANDLED] = { FORM_OTHER, "a view of the packet" },
	[PS_LUA_STRINGS] = { FORM_TABLE, "a table of strings" },
	[PS_LUA_MEMBER] = { FORM_NUMBER | FORM_NUMERAL | FORM_WORDS | FORM_OTHER, "a string, an integer or a field" },
	[PS_LUA_FUNCTION] = { FORM_FUNCTION, "a function" },
	[PS_LUA_UNIT] = { FORM_WORDS, "a unit of time, \"ms\" or \"ns\"" },
	[PS_LUA_IP_PACKET] = { FORM_NUMERAL | FORM_WORDS | FORM_ARRAY, "a string or a byte array" },
	[PS_LUA_PARTS] = { FORM_TABLE, "a table of byte arrays and strings" },
	[PS_LUA_FLOW_OPTIONS] = { FORM_TABLE, "a table of options" },
	[PS_LUA_VERDICT] = { FORM_NUMBER | FORM_OTHER, "a verdict" },
	[PS_LUA_LIMIT] = { FORM_TABLE, "a table with a rate" },
	[PS_LUA_NAT] = { FORM_TABLE, "a table with dnat, snat or masquerade" },
	[PS_LUA_CT_STATUS] = { FORM_WORDS, "a bit of the status, such as \"assured\"" },
	[PS_LUA_LEVEL] = { FORM_NUMBER | FORM_NUMERAL | FORM_WORDS, "a level of the log" },
};

/* How messages name it: ":set()", "bytes.new()". */
struct call_name {
	char text[48];
};

static struct call_name name_of(const struct ps_callable *row)
{
	struct call_name name;

	snprintf(name.text, sizeof(name.text), "%s%s%s()", row->of == PS_OF_LIBRARY ? ps_callable_library(row) : "",
		 row->of == PS_OF_LIBRARY ? "." : ":", row->method.name);
	return name;
}

static int count_arguments(const struct ps_callable *row, bool needed)
{
	int n = 0;

	while (n < PS_ARGUMENTS_MAX && row->arguments[n].name && !(needed && row->arguments[n].is_optional))
		n++;
	return n;
}

static struct ps_known argument(const struct lint_flow *w, const struct ps_call *call, int i)
{
	if (call->count < 0)
		return ps_known_any;
	return i < call->count ? lint_get(w, call->first + i) : ps_known_nil;
}

/* Checks v, to which all bytes of something are set. what: its name. */
static void fill(struct lint_flow *w, struct ps_known v, const char *what)
{
	if (v.kind != PS_KIND_STRING || lint_is_numeral(v.string))
		lint_check_byte(w, v, what);
	else
		lint_warn(w, "bad-value", "%s: :set() fills all bytes with one (0 to 255), it does not "
			  "take %s: v:write(text) puts text there; the payload that :data() of a header "
			  "gives takes any, and changes its length", what, lint_describe(v).text);
}

static void check_byte(struct lint_flow *w, const struct ps_call *call, struct ps_known v)
{
	if (call->self.kind == PS_KIND_FIELD)
		fill(w, v, lint_field_name(call->self.field).text);
	else if (call->self.kind == PS_KIND_VIEW)
		fill(w, v, call->self.proto->name);
}

static void check_value(struct lint_flow *w, const struct ps_call *call, struct ps_known v)
{
	const struct ps_field *field = call->self.field;

	if (call->self.kind != PS_KIND_FIELD)
		return;
	if (call->count == 0 && !(field->flags & PS_CHECKSUM))
		lint_warn(w, "bad-value",
			  "%s: :set() needs a value; only checksums are computed without one",
			  lint_field_name(field).text);
	else
		lint_check_value(w, field, v);
}

static void check_protocol(struct lint_flow *w, const struct ps_call *call, int i, struct ps_known id)
{
	const struct call_name name = name_of(call->callee.row);
	char names[LINT_NAMES_SIZE];

	if (call->count >= 0 && call->count <= i)
		return;
	if (id.kind == PS_KIND_NIL)
		lint_warn(w, "bad-value", "%s is given nil: name a protocol%s", name.text,
			  call->callee.row->of != PS_OF_LIBRARY ? ", or write ':data()' for bytes" : "");
	if (id.kind == PS_KIND_STRING && !lint_is_numeral(id.string))
		lint_warn(w, "bad-value", "%s takes a protocol id such as packet_ip, not %s", name.text,
			  lint_describe(id).text);
	if (id.kind == PS_KIND_INTEGER && (id.i < 0 || id.i >= ps_nprotos)) {
		lint_list_protos(names, sizeof(names));
		lint_warn(w, "unknown-protocol", "no protocol has the id %lld; there are %s", id.i,
			  names);
	}
}

static bool knows(enum ps_lua_type type, const char *word)
{
	return type == PS_LUA_CT_STATUS ? ps_ct_knows(word) : ps_nf_knows(type, word);
}

static bool is_known_word(enum ps_lua_type type, struct ps_known v)
{
	return v.kind != PS_KIND_STRING || lint_is_numeral(v.string) || knows(type, getstr(v.string));
}

/* What is read before the script runs has to stand there by its name, and no handler may ask for it. */
static void check_file(struct lint_flow *w, const char *function, enum ps_part_kind kind, struct ps_known name)
{
	const struct ps_part_call *asks = &ps_part_calls[kind];

	if (w->f->is_handler)
		lint_warn(w, "require", "%s raises when a packet comes: call it outside of functions, and keep what "
			  "it gives in a local variable", function);
	if (name.kind != PS_KIND_STRING || GET_OPCODE(w->walk.p->code[w->walk.pc - 1]) != OP_LOADK)
		lint_warn(w, "require", "the %s's name has to stand here, as in %s: %ss are read before the script runs",
			  asks->what, asks->as, asks->what);
}

/* The kind of file that a function of a library asks for. */
static enum ps_part_kind asked_for(const struct ps_callable *row)
{
	int kind = 0;

	while (!ps_part_calls[kind].library || strcmp(ps_part_calls[kind].function, row->method.name))
		kind++;
	return kind;
}

static void check_setting(struct lint_flow *w, const struct ps_call *call, struct ps_known v)
{
	if (v.kind == PS_KIND_INTEGER && (v.i < 0 || v.i > 0xFFFFFFFF))
		lint_warn(w, "bad-value", "%s takes an integer from 0 to 0xFFFFFFFF, not %lld", name_of(call->callee.row).text, v.i);
	else if (!(form_of(v) & accepted[PS_LUA_SETTING].forms))
		lint_warn(w, "bad-value", "%s takes an integer, not %s", name_of(call->callee.row).text, lint_describe(v).text);
}

static void check_argument(struct lint_flow *w, const struct ps_call *call, int i)
{
	const struct ps_argument *is = &call->callee.row->arguments[i];
	struct ps_known v = argument(w, call, i);
	unsigned int forms = accepted[is->type].forms;

	switch (is->type) {
	case PS_LUA_BYTE:
		check_byte(w, call, v);
		break;
	case PS_LUA_SETTING:
		if (call->count > i)
			check_setting(w, call, v);
		break;
	case PS_LUA_CONTENT:
		if (v.kind == PS_KIND_INTEGER)
			check_byte(w, call, v);
		else if (!(form_of(v) & (FORM_NUMBER | forms)))
			lint_warn(w, "bad-value", "%s takes %s, not %s", name_of(call->callee.row).text,
				  accepted[is->type].name, lint_describe(v).text);
		break;
	case PS_LUA_VALUE:
		check_value(w, call, v);
		break;
	case PS_LUA_FILE:
		check_file(w, name_of(call->callee.row).text, asked_for(call->callee.row), v);
		break;
	case PS_LUA_PROTOCOL:
		check_protocol(w, call, i, v);
		break;
	default:
		if (forms && (!(form_of(v) & forms) || !is_known_word(is->type, v)) &&
		    !(v.kind == PS_KIND_NIL && is->is_optional))
			lint_warn(w, "bad-value", "%s takes %s%s%s, not %s", name_of(call->callee.row).text,
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
static bool has_enough(struct lint_flow *w, const struct ps_call *call)
{
	int needed = count_arguments(call->callee.row, true);
	char list[LINT_NAMES_SIZE] = "";

	if (call->count < 0 || call->count >= needed || needed == 1)
		return true;
	list_arguments(list, sizeof(list), call->callee.row, needed);
	lint_warn(w, "bad-value", "%s takes %d arguments, %s, not %d", name_of(call->callee.row).text, needed,
		  list, call->count);
	return false;
}

static void check_arguments(struct lint_flow *w, const struct ps_call *call)
{
	int max = count_arguments(call->callee.row, false), i;

	if (has_enough(w, call)) {
		for (i = 0; i < max; i++)
			check_argument(w, call, i);
	}
	if (call->count <= max || (max && call->callee.row->arguments[max - 1].type == PS_LUA_REST))
		return;
	if (max)
		lint_warn(w, "ignored-argument", "%s takes %d argument%s: what follows is ignored",
			  name_of(call->callee.row).text, max, max == 1 ? "" : "s");
	else
		lint_warn(w, "ignored-argument", "%s takes no argument: what is given is ignored",
			  name_of(call->callee.row).text);
}

/* A range of bytes of the object may be nil, but for one within the fixed part of a header, which is there if the header is. */
static const struct ps_proto *whole_of_range(const struct lint_flow *w, const struct ps_call *call)
{
	struct ps_known off = argument(w, call, 0), len = argument(w, call, 1);
	const struct ps_proto *outer = call->self.kind == PS_KIND_VIEW ? call->self.proto : &ps_proto_raw;

	if (off.kind == PS_KIND_INTEGER && len.kind == PS_KIND_INTEGER && off.i >= 0 && len.i >= 0 &&
	    off.i <= outer->header_min && len.i <= outer->header_min - off.i)
		return NULL;
	return outer;
}

/* Adds to the result what only messages need. */
static void look_at_result(struct lint_flow *w, struct ps_call *call)
{
	struct ps_known *result = &call->results[0];
	const struct ps_proto *outer = NULL;

	switch (call->callee.row->result) {
	case PS_LUA_SIZE:
		lint_look_at_size(w);
		break;
	case PS_LUA_RAW:
		outer = whole_of_range(w, call);
		break;
	case PS_LUA_PAYLOAD:
		if (result->kind == PS_KIND_VIEW)
			outer = carrier(w, call->self, result->proto);
		break;
	default:
		break;
	}
	if (outer)
		*result = lint_may_be_nil(w, *result, outer);
}

static void has_no_integer(struct lint_flow *w, const struct ps_field *field)
{
	if (field->type->is_bytes || field->type->is_text)
		lint_warn(w, "bad-value", "%s is %s, not an integer", lint_field_name(field).text,
			  field->type->is_text ? "text" : "bytes");
	else
		lint_warn(w, "bad-value", "%s has %d bits, more than an integer: read the text with :get()",
			  lint_field_name(field).text, field->at.width);
}

static void call_row(struct lint_flow *w, struct ps_call *call)
{
	if (call->callee.row->result == PS_LUA_NUMBER && call->self.kind == PS_KIND_FIELD &&
	    !call->self.field->type->has_int && !call->self.field->type->is_decimal) {
		has_no_integer(w, call->self.field);
		call->results[0] = ps_known_any;
		return;
	}
	check_arguments(w, call);
	look_at_result(w, call);
}

/* "ip" of packet_ip: what a variable may be called. */
static const char *short_name(const struct ps_proto *proto)
{
	const char *end = strchr(proto->name, '_');

	return end ? end + 1 : proto->name;
}

/* ip:ttl(5) */
static void field_given_value(struct lint_flow *w, const struct ps_field *field, struct ps_known v)
{
	const char *of = short_name(lint_proto_of(field));
	struct lint_description value = { "x" };

	if (v.kind == PS_KIND_INTEGER || v.kind == PS_KIND_STRING)
		value = lint_describe(v);
	lint_warn(w, "ignored-argument", "%s: ':%s()' is the field itself and takes no value; write "
		  "'%s.%s = %s', or '%s:%s():set(%s)'", lint_field_name(field).text, field->name, of,
		  field->name, value.text, of, field->name, value.text);
}

/* object:header(key) */
static void check_key(struct lint_flow *w, const struct ps_call *call)
{
	const struct ps_keyed *keyed = call->callee.keyed;
	struct ps_known key = call->count > 0 ? argument(w, call, 0) : ps_known_nil;
	bool is_wrong = keyed->is_number ? key.kind == PS_KIND_STRING && !lint_is_numeral(key.string) :
					   key.kind == PS_KIND_INTEGER;

	if (call->count < 0)
		return;
	if (is_wrong || key.kind == PS_KIND_NIL || key.kind == PS_KIND_BOOLEAN || key.kind == PS_KIND_TABLE || lint_is_object(key))
		lint_warn(w, "bad-value", ":%s() takes %s, the %s, not %s", keyed->name,
			  keyed->is_number ? "an integer" : "a string", keyed->key, lint_describe(key).text);
}

/* p:mark(1) does, which gives something, too; p:mark() does not. Nor does a match decide on its connection, by nf.nat(p, …). */
static bool writes_packet(const struct ps_call *call)
{
	const struct ps_callable *row = call->callee.row;

	if (row->of == PS_OF_LIBRARY)
		return row->arguments[0].type == PS_LUA_HANDLED;
	return row->of & (PS_OF_VIEW | PS_OF_PAYLOAD | PS_OF_CT) &&
	       (row->result == PS_LUA_NOTHING || (row->arguments[0].type == PS_LUA_SETTING && call->count > 0));
}

static void call_library(struct lint_flow *w, struct ps_call *call)
{
	if (writes_packet(call))
		lint_write_packet(w);
	call_row(w, call);
}

static void call_method(struct lint_flow *w, struct ps_call *call)
{
	enum ps_kind kind = call->self.kind;

	if (call->count >= 0 && (kind == PS_KIND_NIL || kind == PS_KIND_INTEGER || kind == PS_KIND_STRING)) {
		lint_warn(w, "unknown-method",
			  "a method is called without its object: write ':' for '.'");
		call->results[0] = ps_known_any;
	} else if (call->callee.kind == PS_KIND_METHOD) {
		if (writes_packet(call))
			lint_write_packet(w);
		call_row(w, call);
	} else if (call->callee.kind == PS_KIND_FINDER) {
		check_key(w, call);
	} else if (call->count > 0) {
		field_given_value(w, call->callee.field, argument(w, call, 0));
	}
}

/*
 * Functions of libraries.
 */

static struct ps_known first_argument(const struct lint_flow *w, const struct ps_call *call)
{
	return call->count > 0 ? lint_get(w, call->first) : ps_known_any;
}

static bool always(const struct lint_flow *w, const struct ps_call *call)
{
	(void)w;
	(void)call;
	return true;
}

static bool assert_fails(const struct lint_flow *w, const struct ps_call *call)
{
	struct ps_known first = first_argument(w, call);

	return first.kind == PS_KIND_NIL || (first.kind == PS_KIND_BOOLEAN && !first.i);
}

/* It gives what it is given, if that is there. */
static void pass_asserted(struct lint_flow *w, struct ps_call *call)
{
	struct ps_known first = first_argument(w, call);

	first.origin = 0;
	if (lint_is_object(first))
		call->results[0] = first;
}

/* A function that pcall() calls may raise in order to tell something. */
static void check_caught(struct lint_flow *w, struct ps_call *call)
{
	struct ps_known v = first_argument(w, call);
	struct lint_function *f = v.kind == PS_KIND_FUNCTION ? v.own : NULL;

	if (f)
		f->is_caught = true;
	else if (v.kind == PS_KIND_ANY)
		w->l->catches_any = true;
}

/* The letter of the conversion that begins at *at, behind a '%'; moves *at behind it. */
static char conversion(const char **at)
{
	*at += strspn(*at, "-+ #0123456789.");
	return **at ? *(*at)++ : 0;
}

static void check_format(struct lint_flow *w, struct ps_call *call)
{
	struct ps_known v = first_argument(w, call);
	const char *at;
	int n = 0;
	char c;

	if (v.kind != PS_KIND_STRING)
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
	if (call->count > 0 && n > call->count - 1)
		lint_warn(w, "bad-value", "string.format() wants %d value%s for %s and gets %d: it raises",
			  n, n == 1 ? "" : "s", lint_describe(v).text, call->count - 1);
}

static void check_pack(struct lint_flow *w, struct ps_call *call)
{
	struct ps_known v = first_argument(w, call);
	const char *c;

	if (v.kind != PS_KIND_STRING)
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

static void check_require(struct lint_flow *w, struct ps_call *call)
{
	const struct ps_lint_options *o = w->l->options;
	struct ps_known name = first_argument(w, call);

	check_file(w, "require()", PS_PART_MODULE, name);
	if (name.kind == PS_KIND_STRING && o->gives_table && o->gives_table(o->context, getstr(name.string)))
		call->results[0] = ps_known_as(PS_KIND_TABLE, NULL);
}

/* Of a call the first row that fits counts. Functions that are not here may do anything. */
static const struct lint_builtin builtins[] = {
	{ NULL, "error", true, NULL, always },
	{ NULL, "assert", true, pass_asserted, assert_fails },
	{ NULL, "pcall", true, check_caught },
	{ NULL, "xpcall", true, check_caught },
	{ NULL, "require", true, check_require },
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

struct ps_known lint_builtin(const char *library, const char *name)
{
	const struct ps_callable *function = NULL;
	const struct ps_library *l;
	size_t i;

	for (l = ps_libraries; library && l->name; l++) {
		if (!strcmp(library, l->name))
			function = ps_row_named(l->rows, PS_OF_LIBRARY, name);
	}
	if (function)
		return ps_known_as(PS_KIND_METHOD, function);
	for (i = 0; i < sizeof(builtins) / sizeof(builtins[0]); i++) {
		const struct lint_builtin *row = &builtins[i];

		if (is_same(row->library, library) && (!row->name || !strcmp(row->name, name)))
			return ps_known_as(PS_KIND_BUILTIN, row);
	}
	return ps_known_any;
}

/*
 * Calls.
 */

/* Of the function it is not known what it does with its arguments. */
static void expose_arguments(struct lint_flow *w, const struct ps_call *call)
{
	int r, end = call->count < 0 ? w->walk.nregs : call->first + call->count;

	for (r = call->first; r < end; r++)
		lint_expose(w, lint_get(w, r));
}

static bool call_builtin(struct lint_flow *w, struct ps_call *call, bool *may_leave)
{
	const struct lint_builtin *row = call->callee.pointer;

	*may_leave = row->may_leave;
	if (row->check)
		row->check(w, call);
	return !row->ends || !row->ends(w, call);
}

/* The function's own first argument is that of the call: only such a copy is put there from register 0. */
static bool passes_first(const struct lint_flow *w, const struct ps_call *call)
{
	const Proto *p = w->walk.p;
	int pc, first = w->walk.pc - call->count;
	Instruction i;

	for (pc = w->walk.pc - 1; p->numparams && pc >= 0 && pc >= first; pc--) {
		i = p->code[pc];
		if (GET_OPCODE(i) == OP_MOVE && GETARG_A(i) == call->first && GETARG_B(i) == 0)
			return true;
	}
	return false;
}

static bool call_function(struct lint_flow *w, const struct ps_call *call, bool *may_leave)
{
	struct lint_function *f = call->callee.own;

	w->f->uses_packet |= f->uses_packet && passes_first(w, call);
	f->is_caught |= w->f->is_caught;
	*may_leave = f->may_leave;
	expose_arguments(w, call);
	return !f->never_returns;
}

bool lint_call(struct lint_flow *w, struct ps_call *call)
{
	struct ps_known f = call->callee;
	bool may_leave = true, returns = true;

	switch (f.kind) {
	case PS_KIND_METHOD:
		/* what is given to a method may be meant to end the handler where it does not fit */
		may_leave = f.row->of != PS_OF_LIBRARY && f.row->arguments[0].name;
		if (f.row->of == PS_OF_LIBRARY)
			call_library(w, call);
		else
			call_method(w, call);
		break;
	case PS_KIND_GETTER:
	case PS_KIND_FINDER:
		may_leave = false;
		call_method(w, call);
		break;
	case PS_KIND_BUILTIN:
		returns = call_builtin(w, call, &may_leave);
		break;
	case PS_KIND_FUNCTION:
		returns = call_function(w, call, &may_leave);
		break;
	case PS_KIND_VALUE:
		lint_warn(w, "unknown-method", "%s is read and then called: write ':%s()' for the field, '.%s' for its value",
			  lint_field_name(f.field).text, f.field->name, f.field->name);
		/* fall through */
	default:
		expose_arguments(w, call);
	}
	if (may_leave) {
		w->may_leave = true;
		w->marks[w->walk.pc] |= LINT_LEAVES;
	}
	return returns;
}
