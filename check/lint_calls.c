/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What calls do: methods of packet objects, and functions of which more is known than their names.
 */
#include <stdio.h>
#include <string.h>

#include "dissect.h"
#include "lint_inside.h"

/* A method of views or fields; self is what it is called on, first its first argument. */
struct lint_method {
	const char *name;
	int min, max;	/* arguments; raises with fewer, ignores what is more */
	bool may_leave;	/* as in struct lint_function: it raises where its like may be meant as an end */
	struct lint_value (*call)(struct lint_flow *w, struct lint_value self,
				  struct lint_value first, int count);
};

struct lint_builtin {
	const char *library;	/* NULL: it is a global */
	const char *name;	/* NULL: all others of the library */
	bool may_leave;		/* as in struct lint_function */
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

static struct lint_value call_data(struct lint_flow *w, struct lint_value self,
				   struct lint_value id, int count)
{
	char names[LINT_NAMES_SIZE];

	if (count == 0)
		return lint_pointer(LINT_VIEW, &ps_proto_raw);
	if (id.kind == LINT_NIL)
		lint_warn(w, "bad-value", ":data() is given nil: name a protocol, or write ':data()' for "
			  "bytes");
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
	return payload(w, self, ps_protos[id.i]);
}

static struct lint_value call_raw(struct lint_flow *w, struct lint_value self,
				  struct lint_value first, int count)
{
	(void)w, (void)self, (void)first, (void)count;
	return lint_pointer(LINT_VIEW, &ps_proto_raw);
}

/* All bytes of what are set to v. */
static void fill(struct lint_flow *w, struct lint_value v, const char *what)
{
	if (v.kind != LINT_STRING || lint_is_numeral(v.string))
		lint_check_byte(w, v, what);
	else
		lint_warn(w, "bad-value", "%s: :set() fills all bytes with one (0 to 255), it does not "
			  "take %s: text is written byte by byte, v:get()[i] = text:byte(i + 1)", what,
			  lint_describe(v).text);
}

static struct lint_value call_set(struct lint_flow *w, struct lint_value self, struct lint_value v,
				  int count)
{
	bool is_field = self.kind == LINT_FIELD;

	if (is_field && count == 0 && !self.field->type->is_bytes &&
	    !(self.field->flags & PS_CHECKSUM))
		lint_warn(w, "bad-value",
			  "%s: :set() needs a value; only checksums are computed without one",
			  lint_field_name(self.field).text);
	else if (is_field && self.field->type->is_bytes)
		fill(w, v, lint_field_name(self.field).text);
	else if (is_field)
		lint_check_value(w, self.field, v);
	else if (self.kind == LINT_VIEW)
		fill(w, v, self.proto->name);
	return lint_nil;
}

/* The bytes of v stand in the packet afterwards, from an offset on. */
static struct lint_value call_write(struct lint_flow *w, struct lint_value self,
				    struct lint_value v, int count)
{
	(void)self;
	if (count == 0 || v.kind == LINT_NIL || v.kind == LINT_BOOLEAN || v.kind == LINT_TABLE ||
	    v.kind == LINT_VIEW || v.kind == LINT_FIELD || v.kind == LINT_INTEGER ||
	    v.kind == LINT_NUMBER || (v.kind == LINT_VALUE && !lint_is_text(v)))
		lint_warn(w, "bad-value", ":write() takes a string or a byte array, not %s",
			  lint_describe(v).text);
	return lint_nil;
}

static struct lint_value call_get(struct lint_flow *w, struct lint_value self,
				  struct lint_value first, int count)
{
	(void)w, (void)first, (void)count;
	if (self.kind == LINT_VIEW || (self.kind == LINT_FIELD && self.field->type->is_bytes))
		return lint_plain(LINT_BYTES);
	return self.kind == LINT_FIELD ? lint_pointer(LINT_VALUE, self.field) : lint_any;
}

static struct lint_value call_int(struct lint_flow *w, struct lint_value self,
				  struct lint_value first, int count)
{
	(void)first, (void)count;
	if (self.kind != LINT_FIELD)
		return lint_any;
	if (self.field->type->has_int)
		return lint_pointer(LINT_NUMBER, self.field);
	if (self.field->type->is_bytes)
		lint_warn(w, "bad-value", "%s is bytes, not an integer",
			  lint_field_name(self.field).text);
	else
		lint_warn(w, "bad-value", "%s has %d bits, more than an integer: read the text with :get()",
			  lint_field_name(self.field).text, self.field->at.width);
	return lint_any;
}

static struct lint_value call_to_bytes(struct lint_flow *w, struct lint_value self,
				       struct lint_value first, int count)
{
	(void)w, (void)self, (void)first, (void)count;
	return lint_plain(LINT_BYTES);
}

static struct lint_value call_get_size(struct lint_flow *w, struct lint_value self,
				       struct lint_value first, int count)
{
	(void)self, (void)first, (void)count;
	lint_look_at_size(w);
	return lint_any;
}

static struct lint_value call_get_offset(struct lint_flow *w, struct lint_value self,
					 struct lint_value first, int count)
{
	(void)w, (void)self, (void)first, (void)count;
	return lint_any;
}

struct lint_value lint_method(const char *name)
{
	static const struct lint_method methods[] = {
		{ "data", 0, 1, true, call_data },
		{ "raw", 2, 2, true, call_raw },
		{ "get", 0, 0, false, call_get },
		{ "set", 0, 1, true, call_set },
		{ "write", 0, 2, true, call_write },
		{ "int", 0, 0, false, call_int },
		{ "to_bytes", 0, 0, false, call_to_bytes },
		{ "get_size", 0, 0, false, call_get_size },
		{ "get_offset", 0, 0, false, call_get_offset },
	};
	size_t i;

	for (i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		if (!strcmp(name, methods[i].name))
			return lint_pointer(LINT_METHOD, &methods[i]);
	}
	return lint_pointer(LINT_METHOD, NULL);
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

static void check_count(struct lint_flow *w, const struct lint_method *method, int count)
{
	if (count >= 0 && count < method->min)
		lint_warn(w, "bad-value", ":%s() takes %d arguments, an offset and a length, not %d",
			  method->name, method->min, count);
	else if (count > method->max && method->max)
		lint_warn(w, "ignored-argument", ":%s() takes %d argument%s: what follows is ignored",
			  method->name, method->max, method->max == 1 ? "" : "s");
	else if (count > method->max)
		lint_warn(w, "ignored-argument", ":%s() takes no argument: what is given is ignored",
			  method->name);
}

/* The method at register a is called on a + 1. */
static struct lint_value call_method(struct lint_flow *w, int a, int nargs)
{
	struct lint_value self = nargs ? lint_get(w, a + 1) : lint_nil, v = lint_get(w, a), first;
	int count = nargs < 0 ? -1 : nargs - 1;

	if (nargs >= 0 &&
	    (self.kind == LINT_NIL || self.kind == LINT_INTEGER || self.kind == LINT_STRING)) {
		lint_warn(w, "unknown-method",
			  "a method is called without its object: write ':' for '.'");
		return lint_any;
	}
	first = count < 0 ? lint_any : count == 0 ? lint_nil : lint_get(w, a + 2);
	if (v.kind == LINT_GETTER) {
		if (count > 0)
			field_given_value(w, v.field, first);
		return lint_pointer(LINT_FIELD, v.field);
	}
	if (!v.method)
		return lint_any;
	check_count(w, v.method, count);
	return v.method->call(w, self, first, count);
}

/*
 * Functions of libraries.
 */

/* What pcall() calls may raise as a way of asking. */
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

/* The first that fits counts. What is not here may do anything. */
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
	{ "bytes" },
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
	size_t i;

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

/* The function is not known, or does not say what it does with its arguments. */
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
	if (f.kind == LINT_GETTER || f.kind == LINT_METHOD) {
		result = call_method(w, a, nargs);
		may_leave = f.kind == LINT_METHOD && (!f.method || f.method->may_leave);
	} else {
		result = call_other(w, a, nargs, f, &may_leave, ends);
	}
	if (may_leave) {
		w->may_leave = true;
		w->marks[w->pc] |= LINT_LEAVES;
	}
	return result;
}
