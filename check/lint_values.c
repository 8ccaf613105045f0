/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Whether a value may be written into a field, compared, calculated with; and how messages name it.
 */
#include <stdio.h>
#include <string.h>

#include "lint_internals.h"
#include "field.h"
#include "ldebug.h"

/*
 * Messages.
 */
static void say(const struct lint_flow *w, enum ps_severity severity, const char *kind,
		const char *format, va_list args)
{
	char message[LINT_MESSAGE_SIZE];

	if (!w->walk.is_last)
		return;
	vsnprintf(message, sizeof(message), format, args);
	lint_add(w->l, luaG_getfuncline(w->walk.p, w->walk.pc), severity, kind, message);
}

void lint_warn(const struct lint_flow *w, const char *kind, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(w, PS_WARNING, kind, format, args);
	va_end(args);
}

void lint_refuse(const struct lint_flow *w, const char *kind, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(w, w->l->options->is_test ? PS_WARNING : PS_ERROR, kind, format, args);
	va_end(args);
}

const struct ps_proto *lint_proto_of(const struct ps_field *field)
{
	unsigned int id;

	for (id = 0; id < ps_nprotos; id++) {
		const struct ps_proto *proto = ps_protos[id];

		if (field >= proto->fields && field < proto->fields + proto->nfields)
			return proto;
	}
	return &ps_proto_raw;
}

struct lint_field_name lint_field_name(const struct ps_field *field)
{
	struct lint_field_name name;

	snprintf(name.text, sizeof(name.text), "%s.%s", lint_proto_of(field)->name, field->name);
	return name;
}

struct lint_description lint_describe(struct ps_known v)
{
	struct lint_description d;
	const size_t size = sizeof(d.text);

	switch (v.kind) {
	case PS_KIND_NIL:
		snprintf(d.text, size, "nil");
		break;
	case PS_KIND_BOOLEAN:
		snprintf(d.text, size, "%s", v.i == PS_EITHER ? "a boolean" : v.i ? "true" : "false");
		break;
	case PS_KIND_INTEGER:
		snprintf(d.text, size, "%lld", v.i);
		break;
	case PS_KIND_STRING:
		snprintf(d.text, size, "\"%.40s%s\"", getstr(v.string),
			 strlen(getstr(v.string)) > 40 ? "..." : "");
		break;
	case PS_KIND_TABLE:
	case PS_KIND_GLOBALS:
	case PS_KIND_LIBRARY:
		snprintf(d.text, size, "a table");
		break;
	case PS_KIND_FUNCTION:
	case PS_KIND_BUILTIN:
	case PS_KIND_METHOD:
	case PS_KIND_GETTER:
	case PS_KIND_FINDER:
		snprintf(d.text, size, "a function");
		break;
	case PS_KIND_VIEW:
		snprintf(d.text, size, "a view of %s", v.proto->name);
		break;
	case PS_KIND_FIELD:
		snprintf(d.text, size, "the field %s itself", lint_field_name(v.field).text);
		break;
	case PS_KIND_VALUE:
		snprintf(d.text, size, "the %s of %s",
			 lint_is_text(v) ? "text" : "integer",
			 lint_field_name(v.field).text);
		break;
	case PS_KIND_NUMBER:
		snprintf(d.text, size, "the integer of %s", lint_field_name(v.field).text);
		break;
	case PS_KIND_BYTES:
		snprintf(d.text, size, "a byte array");
		break;
	case PS_KIND_SET:
		snprintf(d.text, size, "a set");
		break;
	case PS_KIND_SHARED_TABLE:
		snprintf(d.text, size, "a shared table");
		break;
	case PS_KIND_SHARED_QUEUE:
		snprintf(d.text, size, "a shared queue");
		break;
	case PS_KIND_TIMER:
		snprintf(d.text, size, "a timer");
		break;
	case PS_KIND_FLOW:
		snprintf(d.text, size, "a flow");
		break;
	case PS_KIND_CT:
		snprintf(d.text, size, "a ct");
		break;
	case PS_KIND_CT_TUPLE:
		snprintf(d.text, size, "a direction of a ct");
		break;
	default:
		snprintf(d.text, size, "a value");
	}
	return d;
}

/* The remedy where an object is used as if it were its value. */
static const char *remedy(struct ps_known v)
{
	switch (v.kind) {
	case PS_KIND_FIELD:
		return v.field->type->is_bytes ? "read its bytes with :get():string()" :
						 "read it with :get()";
	case PS_KIND_BYTES:
		return "take the text with :string(), or a byte with [i]";
	default:
		return "read one of its fields";
	}
}

bool lint_is_text(struct ps_known v)
{
	const struct ps_type *type;

	if (v.kind != PS_KIND_VALUE)
		return false;
	type = v.field->type;
	return type->format || (type->is_text && !type->is_decimal);
}

/*
 * Values for fields.
 */
static bool fits(const struct ps_field *field, lua_Integer i)
{
	return field->at.width >= 63 || (i >= 0 && i >> field->at.width == 0);
}

bool lint_is_numeral(const TString *s)
{
	TValue v;

	return luaO_str2num(getstr((TString *)s), &v) == tsslen(s) + 1;
}

static bool parse(const struct ps_field *field, const TString *s, struct ps_value *value)
{
	return field->type->parse(getstr((TString *)s), tsslen(s), value);
}

static const char *taken_by(const struct ps_type *type)
{
	if (type->is_text)
		return type->is_decimal ? "an integer" : "text";
	if (!type->parse)
		return "an integer";
	return type->has_int ? "an address or an integer" : "an address";
}

void lint_check_byte(const struct lint_flow *w, struct ps_known v, const char *what)
{
	if (v.kind == PS_KIND_INTEGER && (v.i < 0 || v.i > 255))
		lint_warn(w, "range", "%s takes a byte: %lld does not fit (0 to 255)", what, v.i);
	else if ((v.kind == PS_KIND_STRING && !lint_is_numeral(v.string)) || lint_is_object(v) ||
		 v.kind == PS_KIND_BOOLEAN || v.kind == PS_KIND_TABLE || v.kind == PS_KIND_NIL)
		lint_warn(w, "bad-value", "%s takes a byte (0 to 255), not %s", what,
			  lint_describe(v).text);
}

/* field = v, of one that takes any text that is valid. */
static void check_text(const struct lint_flow *w, const struct ps_field *field, struct ps_known v)
{
	struct lint_field_name place = lint_field_name(field);

	switch (v.kind) {
	case PS_KIND_STRING:
		if (field->type->is_valid && !field->type->is_valid(getstr(v.string), tsslen(v.string)))
			lint_warn(w, "bad-value", "%s: %s is not %s", place.text, lint_describe(v).text, field->type->example);
		break;
	case PS_KIND_VIEW:
	case PS_KIND_FIELD:
	case PS_KIND_NIL:
	case PS_KIND_BOOLEAN:
	case PS_KIND_TABLE:
	case PS_KIND_FUNCTION:
		lint_warn(w, "bad-value", "%s takes %s, not %s", place.text, taken_by(field->type), lint_describe(v).text);
		break;
	default:
		break;
	}
}

/* field = v */
void lint_check_value(const struct lint_flow *w, const struct ps_field *field, struct ps_known v)
{
	const char *takes = taken_by(field->type);
	const char *name;
	struct lint_field_name place = lint_field_name(field);
	struct ps_value value;

	name = place.text;
	if (field->flags & PS_READ_ONLY) {
		lint_warn(w, "bad-value", "%s can only be read", name);
		return;
	}
	if (field->type->is_text) {
		check_text(w, field, v);
		return;
	}
	if (field->type->is_bytes) {
		lint_check_byte(w, v, name);
		return;
	}
	switch (v.kind) {
	case PS_KIND_INTEGER:
		if (!field->type->has_int)
			lint_warn(w, "bad-value", "%s takes %s, not %s", name, takes,
				  lint_describe(v).text);
		else if (!fits(field, v.i))
			lint_warn(w, "range", "%s has %d bits: %lld does not fit (0 to %lld)", name,
				  field->at.width, v.i, (1LL << field->at.width) - 1);
		break;
	case PS_KIND_STRING:
		if (!field->type->parse && !lint_is_numeral(v.string))
			lint_warn(w, "bad-value", "%s takes an integer, not %s", name,
				  lint_describe(v).text);
		else if (field->type->parse && !parse(field, v.string, &value))
			lint_warn(w, "bad-value", "%s: %s is not %s", name, lint_describe(v).text,
				  field->type->example);
		break;
	case PS_KIND_VIEW:
	case PS_KIND_FIELD:
	case PS_KIND_BYTES:
		lint_warn(w, "bad-value", "%s takes %s, not %s: %s", name, takes,
			  lint_describe(v).text, remedy(v));
		break;
	case PS_KIND_VALUE:
		if (lint_is_text(v) && v.field->type != field->type)
			lint_warn(w, "bad-value", "%s takes %s, not %s", name, takes,
				  lint_describe(v).text);
		break;
	case PS_KIND_NIL:
		if (field->flags & PS_CHECKSUM)
			break;
		/* fall through */
	case PS_KIND_BOOLEAN:
	case PS_KIND_TABLE:
	case PS_KIND_FUNCTION:
		lint_warn(w, "bad-value", "%s takes %s, not %s", name, takes,
			  lint_describe(v).text);
		break;
	default:
		break;
	}
}

/*
 * Operators.
 */
void lint_check_operand(const struct lint_flow *w, struct ps_known v, const char *what)
{
	if (lint_is_object(v))
		lint_warn(w, "object-as-value", "%s on %s, which is an object: %s", what,
			  lint_describe(v).text, remedy(v));
	else if (lint_is_text(v) && v.field->type->has_int)
		lint_warn(w, "object-as-value", "%s on %s: its number is :%s():int()", what,
			  lint_describe(v).text, v.field->name);
	else if (lint_is_text(v))
		lint_warn(w, "object-as-value", "%s on %s", what, lint_describe(v).text);
}

void lint_check_float(const struct lint_flow *w, OpCode op)
{
	bool power = op == OP_POW || op == OP_POWK;

	if (power && !w->l->has_power)
		lint_warn(w, "float",
			  "'^' raises: there are integers only; multiply, or shift with '<<'");
	else if ((op == OP_DIV || op == OP_DIVK) && !w->l->has_division)
		lint_warn(w, "float", "'/' raises: there are integers only, which '//' divides");
}

static void never_equal(const struct lint_flow *w, struct ps_known a, struct ps_known b,
			const char *why)
{
	lint_warn(w, "compare", "%s is never equal to %s: %s", lint_describe(a).text,
		  lint_describe(b).text, why);
}

/* a was read from a field, and b is a string. */
static void check_equal_text(const struct lint_flow *w, struct ps_known a, struct ps_known b)
{
	char text[PS_TEXT_SIZE + 1], why[80];
	struct ps_value value;

	if (!lint_is_text(a)) {
		never_equal(w, a, b, "compare with an integer");
		return;
	}
	if (a.field->type->is_text)
		return;
	if (!parse(a.field, b.string, &value)) {
		snprintf(why, sizeof(why), "it is %s", a.field->type->example);
		never_equal(w, a, b, why);
		return;
	}
	text[a.field->type->format(text, value)] = 0;
	snprintf(why, sizeof(why), "it reads as \"%s\"", text);
	if (strcmp(text, getstr(b.string)))
		never_equal(w, a, b, why);
}

static void check_equal_integer(const struct lint_flow *w, struct ps_known a, struct ps_known b)
{
	char why[80];

	if (lint_is_text(a)) {
		snprintf(why, sizeof(why),
			 a.field->type->has_int ? "compare with text, or read :%s():int()" :
						  "compare with text", a.field->name);
		never_equal(w, a, b, why);
	} else if (!a.field->type->is_text && !fits(a.field, b.i)) {
		snprintf(why, sizeof(why), "it has %d bits (0 to %lld)", a.field->at.width,
			 (1LL << a.field->at.width) - 1);
		never_equal(w, a, b, why);
	}
}

static bool is_scalar(struct ps_known v)
{
	return v.kind == PS_KIND_INTEGER || v.kind == PS_KIND_STRING || v.kind == PS_KIND_BOOLEAN ||
	       v.kind == PS_KIND_VALUE || v.kind == PS_KIND_NUMBER;
}

/* a == b, a ~= b */
void lint_check_equal(const struct lint_flow *w, struct ps_known a, struct ps_known b)
{
	if (lint_is_object(b) && !lint_is_object(a)) {
		lint_check_equal(w, b, a);
		return;
	}
	if (lint_is_object(a)) {
		if (is_scalar(b) || (a.kind == PS_KIND_FIELD && b.kind == PS_KIND_FIELD))
			never_equal(w, a, b, remedy(a));
		return;
	}
	if (b.kind == PS_KIND_VALUE || b.kind == PS_KIND_NUMBER) {
		struct ps_known swap = a;

		a = b;
		b = swap;
	}
	if (a.kind != PS_KIND_VALUE && a.kind != PS_KIND_NUMBER)
		return;
	if (b.kind == PS_KIND_STRING)
		check_equal_text(w, a, b);
	else if (b.kind == PS_KIND_INTEGER)
		check_equal_integer(w, a, b);
}

/* The type of v for a message; NULL: not known. *has_order: < compares two values of the type. */
static const char *type_of(struct ps_known v, bool *has_order)
{
	*has_order = true;
	switch (v.kind) {
	case PS_KIND_INTEGER:
	case PS_KIND_NUMBER:
		return "a number";
	case PS_KIND_STRING:
		return "a string";
	case PS_KIND_VALUE:
		return lint_is_text(v) ? "a string" : "a number";
	case PS_KIND_BOOLEAN:
		*has_order = false;
		return "a boolean";
	case PS_KIND_NIL:
		*has_order = false;
		return "nil";
	default:
		return NULL;
	}
}

static void check_types(const struct lint_flow *w, struct ps_known a, struct ps_known b)
{
	bool has_order, quoted = a.kind == PS_KIND_STRING || b.kind == PS_KIND_STRING;
	const char *left = type_of(a, &has_order), *right = type_of(b, &has_order);

	if (!left || !right || (has_order && !strcmp(left, right)))
		return;
	lint_warn(w, "compare", "%s and %s have no order: comparing %s with %s raises%s",
		  lint_describe(a).text, lint_describe(b).text, left, right,
		  quoted ? "; write numbers without quotes" : "");
}

/* a < b and its kin */
void lint_check_order(const struct lint_flow *w, struct ps_known a, struct ps_known b)
{
	if (lint_is_object(a))
		lint_check_operand(w, a, "a comparison");
	else if (lint_is_object(b))
		lint_check_operand(w, b, "a comparison");
	else if (lint_is_text(a) && b.kind == PS_KIND_INTEGER)
		lint_check_operand(w, a, "a comparison with an integer");
	else if (lint_is_text(b) && a.kind == PS_KIND_INTEGER)
		lint_check_operand(w, b, "a comparison with an integer");
	else
		check_types(w, a, b);
}
