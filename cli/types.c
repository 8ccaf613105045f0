/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* packetscript types: what scripts may use, for editors that know LuaLS's annotations. */
#include <stdio.h>
#include <string.h>

#include "callable.h"
#include "cli.h"
#include "dissect.h"
#include "verdict.h"

enum { OPT_TABLE };

static const struct cli_option options[] = {
	{ "table", 0, "OF", "prints what may be done with views, arrays, sets, flows, ct, or by the libraries nf and shared, as a table in Markdown", "views arrays sets nf shared flows ct" },
	{ NULL },
};

/* Names of types: for LuaLS, unless it depends on the field; and in tables for people. */
static const struct {
	const char *class, *name;
} lua_types[PS_LUA_TYPES] = {
	[PS_LUA_INTEGER] = { "integer", "integer" },
	[PS_LUA_SIZE] = { "integer", "integer" },
	[PS_LUA_BYTE] = { "integer", "integer" },
	[PS_LUA_SETTING] = { "integer" },
	[PS_LUA_PROTOCOL] = { "integer", "integer" },
	[PS_LUA_BOOLEAN] = { "boolean", "boolean" },
	[PS_LUA_STRING] = { "string", "string" },
	[PS_LUA_FILE] = { "string", "string" },
	[PS_LUA_VALUE] = { NULL, "value" },
	[PS_LUA_NUMBER] = { "integer", "integer" },
	[PS_LUA_ARRAY] = { "ps.bytes", "byte array" },
	[PS_LUA_TEXT] = { "ps.bytes|string" },
	[PS_LUA_CONTENT] = { "ps.bytes|string|integer" },
	[PS_LUA_TEXTS] = { "(ps.bytes|string)[]" },
	[PS_LUA_STRINGS] = { "string[]" },
	[PS_LUA_SET] = { "ps.set", "set" },
	[PS_LUA_MEMBER] = { "string|integer|ps.view|nil" },
	[PS_LUA_VIEW] = { "ps.view" },
	[PS_LUA_HANDLED] = { "ps.view" },
	[PS_LUA_PACKET] = { "ps.raw", "view" },
	[PS_LUA_RAW] = { "ps.raw", "raw view" },
	[PS_LUA_PAYLOAD] = { "ps.payload", "view" },
	[PS_LUA_FIELD] = { NULL, "field" },
	[PS_LUA_KEY] = { "string|integer", "string" },
	[PS_LUA_SHARED_TABLE] = { "ps.shared_table", "shared table" },
	[PS_LUA_SHARED_QUEUE] = { "ps.shared_queue", "shared queue" },
	[PS_LUA_SHAREABLE] = { "string|integer|boolean|ps.bytes|(ps.bytes|string)[]|nil" },
	[PS_LUA_SHARED] = { "string|integer|boolean|ps.bytes", "value" },
	[PS_LUA_OPTIONS] = { "table" },
	[PS_LUA_FUNCTION] = { "function" },
	[PS_LUA_ITERATOR] = { "fun(): table?", "iterator" },
	[PS_LUA_UNIT] = { "\"ms\"|\"ns\"" },
	[PS_LUA_LEVEL] = { "string|integer" },
	[PS_LUA_TIMER] = { "ps.timer", "timer" },
	[PS_LUA_REST] = { "any" },
	[PS_LUA_ANYTHING] = { "any" },
	[PS_LUA_IP_PACKET] = { "ps.bytes|string" },
	[PS_LUA_PARTS] = { "{ [integer]: ps.bytes|string, dev: string?, link: ps.bytes|string|nil, segment: integer?, mark: integer?, priority: integer? }" },
	[PS_LUA_FLOW] = { "ps.flow", "flow" },
	[PS_LUA_CT] = { "ps.ct", "ct" },
	[PS_LUA_CT_TUPLE] = { "ps.ct_tuple", "direction" },
	[PS_LUA_NAT] = { "{ dnat: string?, snat: string?, masquerade: boolean?, port: integer|string|nil, random: boolean?, persistent: boolean? }" },
	[PS_LUA_CT_STATUS] = { "string" },
	[PS_LUA_FLOW_OPTIONS] = { "{ size: integer?, tcp: integer?, closing: integer?, udp: integer?, icmp: integer?, other: integer? }" },
	[PS_LUA_VERDICT] = { "integer|boolean" },
	[PS_LUA_LIMIT] = { "{ rate: integer, burst: integer?, per: integer?, size: integer?, key: string|integer|ps.view|nil }" },
};

/* How operators are written, by what they are given: the text around the object and that; and LuaLS's names for them. */
static const struct operator {
	const char *name;
	enum ps_lua_type given;
	const char *before, *between, *behind, *luals;
} operators[] = {
	{ "__index", PS_LUA_NAME, "", ".", "" },
	{ "__newindex", PS_LUA_NAME, "", ".", " = " },
	{ "__index", PS_LUA_INTEGER, "", "[", "]" },
	{ "__newindex", PS_LUA_INTEGER, "", "[", "] = " },
	{ "__len", PS_LUA_NOTHING, "#", "", "", "len" },
	{ "__tostring", PS_LUA_NOTHING, "tostring(", "", ")" },
	{ "__index", PS_LUA_KEY, "", "[", "]" },
	{ "__newindex", PS_LUA_KEY, "", "[", "] = " },
	{ "__eq", PS_LUA_ARRAY, "", " == ", "" },
	{ "__concat", PS_LUA_TEXT, "", " .. ", "", "concat" },
};

static const struct operator *operator_of(const struct ps_callable *row)
{
	const struct operator *o = operators;

	while (strcmp(o->name, row->method.name) || o->given != row->arguments[0].type)
		o++;
	return o;
}

/* What fields are to scripts. */
static const struct field_class {
	const char *name, *value, *accepted;
	bool has_int, may_be_checksum;
} integer_field = { "ps.integer_field", "integer", "integer", true, true },
  address_field = { "ps.address_field", "string", "string|integer", true, false },
  wide_address_field = { "ps.wide_address_field", "string", "string", false, false },
  text_field = { "ps.text_field", "string", "string|ps.bytes", false, false },
  decimal_field = { "ps.decimal_field", "integer", "integer", true, false },
  bytes_field = { "ps.raw", "ps.bytes", "ps.bytes", false, false };

static const struct field_class *field_class(const struct ps_type *type)
{
	if (type->is_bytes)
		return &bytes_field;
	if (type->is_text)
		return type->is_decimal ? &decimal_field : &text_field;
	if (!type->format)
		return &integer_field;
	return type->has_int ? &address_field : &wide_address_field;
}

/* Whose rows may be: what tables call these, and the class that LuaLS knows them by, with what it is based on. */
static const struct owners {
	unsigned int of;	/* as rows have it; 0: the end */
	const char *name;
	const char *class;	/* NULL: each protocol, or type of field, is one */
	const struct ps_callable *rows;
} owners[] = {
	{ PS_OF_VIEW, "all", "ps.view", ps_view_methods },
	{ PS_OF_RAW | PS_OF_HEADER | PS_OF_BYTES, "raw views, headers, byte fields", "ps.raw: ps.view", ps_view_methods },
	{ PS_OF_PAYLOAD, "what `:data()` of a header gives", "ps.payload: ps.raw", ps_view_methods },
	{ PS_OF_HEADER, "headers" },
	{ PS_OF_VALUE, "other fields" },
	{ PS_OF_ARRAY, "byte arrays", "ps.bytes: { [integer]: integer }", ps_array_methods },
	{ PS_OF_SET, "sets", "ps.set", ps_set_methods },
	{ PS_OF_SHARED_TABLE, "shared tables", "ps.shared_table: { [string|integer]: string|integer|boolean|ps.bytes }", ps_shared_table_methods },
	{ PS_OF_SHARED_QUEUE, "shared queues", "ps.shared_queue", ps_shared_queue_methods },
	{ PS_OF_TIMER, "timers", "ps.timer", ps_timer_methods },
	{ PS_OF_FLOW, "flows", "ps.flow: { [any]: any }", ps_flow_methods },
	{ PS_OF_CT, "cts", "ps.ct", ps_ct_methods },
	{ PS_OF_CT_TUPLE, "directions", "ps.ct_tuple", ps_ct_tuple_methods },
	{ 0, "?" },	/* a row is missing here */
};

/*
 * For LuaLS.
 */
static const char *class_of(enum ps_lua_type type, const char *value)
{
	return type == PS_LUA_VALUE ? value : lua_types[type].class;
}

/* Only checksums are written without a value. */
static bool is_optional(const struct ps_argument *argument, const struct field_class *field)
{
	return argument->is_optional && (argument->type != PS_LUA_VALUE || field->may_be_checksum);
}

/* Whether such fields have the method: some values are larger than any integer. */
static bool has_method(const struct field_class *field, const struct ps_callable *row)
{
	return field->has_int || row->result != PS_LUA_NUMBER;
}

/* Only views are told to be nil at times: an editor would ask for a test of each value that is read. */
static bool is_view(enum ps_lua_type type)
{
	return type == PS_LUA_RAW || type == PS_LUA_PAYLOAD;
}

static void print_about(const struct ps_callable *row)
{
	printf("%s", row->about);
	if (row->nil_if)
		printf("; nil if %s", row->nil_if);
}

static void print_function(const struct ps_callable *row, const struct field_class *field)
{
	const char *before = "";
	int i;

	printf("---@field %s fun(", row->method.name);
	if (row->of != PS_OF_LIBRARY) {
		printf("self");
		before = ", ";
	}
	for (i = 0; i < PS_ARGUMENTS_MAX && row->arguments[i].name; i++, before = ", ")
		printf("%s%s%s: %s", before, row->arguments[i].type == PS_LUA_REST ? "..." : row->arguments[i].name,
		       is_optional(&row->arguments[i], field) && row->arguments[i].type != PS_LUA_REST ? "?" : "",
		       class_of(row->arguments[i].type, field->accepted));
	printf(")");
	if (row->result)
		printf(": %s%s", class_of(row->result, field->value),
		       row->nil_if && is_view(row->result) ? "?" : "");
	printf(" ");
	print_about(row);
	printf("\n");
}

static void print_operator(const struct ps_callable *row)
{
	const struct operator *o = operator_of(row);

	if (!o->luals)
		return;
	printf("---@operator %s", o->luals);
	if (o->given)
		printf("(%s)", lua_types[o->given].class);
	printf(": %s\n", lua_types[row->result].class);
}

/* Prints the rows that have exactly these owners. */
static void print_functions(const struct ps_callable *row, unsigned int of,
			    const struct field_class *field)
{
	for (; row->method.name; row++) {
		if (row->of != of || !has_method(field, row))
			continue;
		if (ps_callable_is_operator(row))
			print_operator(row);
		else
			print_function(row, field);
	}
}

static void print_field_class(const struct field_class *field)
{
	printf("\n---@class %s: ps.view\n", field->name);
	print_functions(ps_view_methods, PS_OF_VALUE, field);
}

/* What a header has besides fields. */
static void print_content(const struct ps_proto *proto)
{
	const struct ps_list *list;
	unsigned int i, j;

	for (i = 0; i < proto->nkeyed; i++)
		printf("---@field %s fun(self, %s: %s): %s? %s\n", proto->keyed[i].name, proto->keyed[i].key,
		       proto->keyed[i].is_number ? "integer" : "string", field_class(proto->keyed[i].field.type)->name,
		       proto->keyed[i].about);
	for (i = 0; i < proto->nlists; i++) {
		list = &proto->lists[i];
		printf("---@field %s fun(self): fun(): { ", list->name);
		for (j = 0; j < list->ncolumns; j++)
			printf("%s%s: %s", j ? ", " : "", list->columns[j].name,
			       list->columns[j].type->is_bytes ? "string" : field_class(list->columns[j].type)->value);
		printf(" }? %s\n", list->about);
	}
}

/* Fields have two types: ip:ttl() is a view, ip.ttl a value. */
static void print_protocol(const struct ps_proto *proto)
{
	const struct ps_field *field;

	if (proto == &ps_proto_raw)
		return;
	printf("\n---@class ps.%s: ps.raw\n", ps_proto_short(proto));
	for (field = proto->fields; field < proto->fields + proto->nfields; field++) {
		if (field->flags & PS_HEADER)
			printf("---@field %s %s|fun(self): ps.%s?\n", field->name, field_class(field->type)->value,
			       ps_proto_short(proto->options));
		else if (!(field->flags & PS_PAYLOAD))
			printf("---@field %s %s|fun(self): %s\n", field->name,
			       field_class(field->type)->value, field_class(field->type)->name);
		else if (strcmp(field->name, "data"))	/* that one is a method of all views */
			printf("---@field %s fun(self, protocol: integer?): ps.payload? the payload, as data()\n", field->name);
	}
	print_content(proto);
}

static void print_types(void)
{
	const struct ps_library *l;
	const struct owners *o;
	unsigned int i;

	printf("---@meta\n-- What scripts of PacketScript " PS_VERSION " may use; made by \"packetscript types\".\n");
	for (o = owners; o->of; o++) {
		if (!o->class)
			continue;
		printf("\n---@class %s\n", o->class);
		print_functions(o->rows, o->of, &bytes_field);
	}
	print_field_class(&integer_field);
	print_field_class(&address_field);
	print_field_class(&wide_address_field);
	print_field_class(&text_field);
	print_field_class(&decimal_field);
	for (l = ps_libraries; l->name; l++) {
		printf("\n---@class ps.%s_library\n", l->name);
		print_functions(l->rows, PS_OF_LIBRARY, &bytes_field);
	}
	for (i = 0; i < ps_nprotos; i++)
		print_protocol(ps_protos[i]);

	printf("\n---@class ps.packet: ps.raw what the handler gets\n");
	for (i = 0; i < ps_nprotos; i++) {
		if (ps_protos[i] != &ps_proto_raw)
			printf("---@field %s ps.%s?\n", ps_proto_short(ps_protos[i]), ps_proto_short(ps_protos[i]));
	}

	for (l = ps_libraries; l->name; l++)
		printf("\n---@type ps.%s_library\n%s = %s\n", l->name, l->name, l->name);
	printf("\n---@type table<integer, string>\nsupported_protocols = supported_protocols\n"
	       "\n---@type boolean true where packets are handled\nIS_INTERRUPT = true\n"
	       "\n---@type integer the rule's --state\nSTATE_ID = 0\n\n");
	for (i = 0; i < ps_nprotos; i++)
		printf("%s = %u\n", ps_protos[i]->name, i);
	for (i = 0; i < PS_VERDICT_ERROR; i++)
		printf("%s = %lld\n", ps_verdicts[i].name, (long long)ps_verdicts[i].value);
}

/*
 * For people: the tables of docs/language.md.
 */
static const char *owners_name(unsigned int of)
{
	const struct owners *o = owners;

	while (o->of && o->of != of)
		o++;
	return o->name;
}

/* Prints a call as one writes it: v:raw(offset, length) */
static void print_call(const struct ps_callable *row, const char *object)
{
	const struct ps_argument *argument = row->arguments;
	const char *before = "";
	int i;

	printf("%s%s%s(", object, row->of == PS_OF_LIBRARY ? "." : ":", row->method.name);
	for (i = 0; i < PS_ARGUMENTS_MAX && argument[i].name; i++, before = ", ")
		printf(argument[i].is_optional ? "[%s%s]" : "%s%s", before, argument[i].name);
	printf(")");
}

static void print_expression(const struct ps_callable *row, const char *object)
{
	const struct operator *o = operator_of(row);
	const char *second = row->arguments[1].name;

	printf("%s%s%s%s%s%s", o->before, object, o->between, o->given ? row->arguments[0].name : "",
	       o->behind, second ? second : "");
}

static void print_row(const struct ps_callable *row, const char *object)
{
	printf("| `");
	if (ps_callable_is_operator(row))
		print_expression(row, object);
	else
		print_call(row, object);
	printf("` | ");
	if (row->of & (PS_OF_VIEW | PS_OF_PAYLOAD))
		printf("%s | ", owners_name(row->of));
	if (row->result)
		printf("*%s*: ", lua_types[row->result].name);
	print_about(row);
	printf(" |\n");
}

static void print_rows(const struct ps_callable *row, const char *object)
{
	for (; row->method.name; row++)
		print_row(row, object);
}

static void print_view_table(void)
{
	printf("| method | of | gives, or does |\n|---|---|---|\n");
	print_rows(ps_view_methods, "v");
	print_row(&ps_field_getter, "v");
}

static void print_array_table(void)
{
	printf("| expression | gives, or does |\n|---|---|\n");
	print_rows(ps_array_methods, "a");
	print_rows(ps_bytes_library, "bytes");
}

static void print_set_table(void)
{
	printf("| expression | gives, or does |\n|---|---|\n");
	print_rows(ps_set_library, "set");
	print_rows(ps_set_methods, "s");
}

static void print_nf_table(void)
{
	printf("| expression | gives, or does |\n|---|---|\n");
	print_rows(ps_nf_library, "nf");
	print_rows(ps_timer_methods, "timer");
}

static void print_flow_table(void)
{
	printf("| expression | gives, or does |\n|---|---|\n");
	print_rows(ps_flow_library, "flow");
	print_rows(ps_flow_methods, "f");
}

static void print_ct_table(void)
{
	printf("| expression | gives, or does |\n|---|---|\n");
	print_rows(ps_ct_methods, "ct");
	print_rows(ps_ct_tuple_methods, "d");
}

static void print_shared_table(void)
{
	printf("| expression | gives, or does |\n|---|---|\n");
	print_rows(ps_shared_library, "shared");
	print_rows(ps_shared_table_methods, "t");
	print_rows(ps_shared_queue_methods, "q");
}

static int run(const struct cli_call *call)
{
	static const struct {
		const char *name;
		void (*print)(void);
	} tables[] = {
		{ "views", print_view_table },
		{ "arrays", print_array_table },
		{ "sets", print_set_table },
		{ "nf", print_nf_table },
		{ "shared", print_shared_table },
		{ "flows", print_flow_table },
		{ "ct", print_ct_table },
	};
	const char *table = call->values[OPT_TABLE];
	size_t i = 0, n = sizeof(tables) / sizeof(tables[0]);

	if (!table) {
		print_types();
		return CLI_OK;
	}
	while (i < n && strcmp(table, tables[i].name))
		i++;
	if (i == n)
		return cli_error("--table %s: there are views, arrays, sets, nf, shared, flows and ct", table);
	tables[i].print();
	return CLI_OK;
}

const struct cli_command cli_types = {
	.name = "types",
	.operands = "",
	.min = 0, .max = 0,
	.summary = "prints what scripts may use, as types for editors",
	.about =
"Prints the objects, protocols, fields and constants that scripts may use, as definitions for LuaLS, the\n"
"language server that editors ask about Lua: they complete names then, and mark what does not exist.\n"
"\n"
"With --table, prints what may be done with the objects as a table, as it stands in packetscript-language(7).",
	.examples =
"  packetscript types >.types/packetscript.lua\n"
"  packetscript types --table views\n",
	.options = options,
	.run = run,
};
