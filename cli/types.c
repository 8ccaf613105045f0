/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* packetscript types: what scripts may use, for editors that know LuaLS's annotations. */
#include <stdio.h>

#include "cli.h"
#include "dissect.h"
#include "verdict.h"

static const struct cli_option options[] = { { NULL } };

/* Methods and functions, as LuaLS wants their types: what follows "fun", and what they are for. */
struct function {
	const char *name, *type, *about;
};

static const struct function view_methods[] = {
	{ "raw", "(self, offset: integer, length: integer): ps.raw?", "that range, or nil if it is not all within" },
	{ "data", "(self, protocol?: integer): ps.view?", "the payload as a view of protocol; nil: it is none" },
	{ "to_bytes", "(self): ps.bytes", "a copy of the bytes, which may be kept" },
	{ "get_offset", "(self): integer", "where it begins, in bytes from the packet's start" },
	{ "get_size", "(self): integer", "its length in bytes" },
	{ NULL },
}, bytes_methods[] = {
	{ "get", "(self): ps.bytes", "the packet's own bytes, not a copy" },
	{ "set", "(self, byte: integer)", "fills every byte" },
	{ NULL },
}, array_methods[] = {
	{ "string", "(self): string", "the bytes as a string" },
	{ NULL },
}, bytes_functions[] = {
	{ "new", "(length: integer): ps.bytes", "bytes of 0" },
	{ "new_from_string", "(text: string): ps.bytes", "the bytes of the string, and a final 0" },
	{ "many_to_one", "(arrays: ps.bytes[]): ps.bytes", "a new array of all of them" },
	{ NULL },
};

/* What fields are to scripts, by enum ps_field_type. */
static const struct {
	const char *class, *value, *accepted;
} types[] = {
	[PS_UINT] = { "ps.integer_field", "integer", "integer" },
	[PS_IPV4] = { "ps.address_field", "string", "string|integer" },
	[PS_MAC] = { "ps.address_field", "string", "string|integer" },
	[PS_BYTES] = { "ps.raw", "ps.bytes", "ps.bytes" },
};

static void print_functions(const struct function *f)
{
	for (; f->name; f++)
		printf("---@field %s fun%s %s\n", f->name, f->type, f->about);
}

static void print_field_class(unsigned int type, const char *set)
{
	printf("\n---@class %s: ps.view\n---@field get fun(self): %s\n---@field set fun(self, value%s: %s)\n"
	       "---@field int fun(self): integer the value as an integer\n", types[type].class,
	       types[type].value, set, types[type].accepted);
}

/* Each header has its fields twice: ip:ttl() is a view, ip.ttl its value. */
static void print_protocol(const struct ps_proto *proto)
{
	const struct ps_field *field;

	if (!proto->header_min)
		return;
	printf("\n---@class ps.%s: ps.raw\n", ps_proto_short(proto));
	for (field = proto->fields; field < proto->fields + proto->nfields; field++) {
		if (!(field->flags & PS_PAYLOAD))	/* the method data() */
			printf("---@field %s %s|fun(self): %s\n", field->name,
			       types[field->type].value, types[field->type].class);
	}
}

static int run(const struct cli_call *call)
{
	unsigned int i;

	(void)call;
	printf("---@meta\n-- What scripts of PacketScript " PS_VERSION " may use; made by \"packetscript types\".\n\n"
	       "---@class ps.view\n---@operator len: integer\n");
	print_functions(view_methods);
	printf("\n---@class ps.raw: ps.view\n");
	print_functions(bytes_methods);
	print_field_class(PS_UINT, "?");
	print_field_class(PS_IPV4, "");
	printf("\n---@class ps.bytes: { [integer]: integer }\n---@operator len: integer\n"
	       "---@operator concat(ps.bytes|string): ps.bytes\n");
	print_functions(array_methods);
	printf("\n---@class ps.bytes_library\n");
	print_functions(bytes_functions);
	for (i = 0; i < ps_nprotos; i++)
		print_protocol(ps_protos[i]);

	printf("\n---@type ps.bytes_library\nbytes = bytes\n"
	       "\n---@type table<integer, string>\nsupported_protocols = supported_protocols\n"
	       "\n---@type boolean true where packets are handled\nIS_INTERRUPT = true\n"
	       "\n---@type integer the rule's --state\nSTATE_ID = 0\n\n");
	for (i = 0; i < ps_nprotos; i++)
		printf("%s = %u\n", ps_protos[i]->name, i);
	for (i = 0; i < PS_VERDICT_ERROR; i++)
		printf("%s = %lld\n", ps_verdicts[i].name, (long long)ps_verdicts[i].value);
	return CLI_OK;
}

const struct cli_command cli_types = {
	.name = "types",
	.operands = "",
	.min = 0, .max = 0,
	.summary = "prints what scripts may use, as types for editors",
	.about =
"Prints the objects, protocols, fields and constants that scripts may use, as definitions for LuaLS, the\n"
"language server that editors ask about Lua: they complete names then, and mark what does not exist.",
	.examples =
"  packetscript types >.types/packetscript.lua\n",
	.options = options,
	.run = run,
};
