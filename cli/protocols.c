/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* packetscript protocols: the tables of protocols, drawn as RFCs draw headers. */
#include <jansson.h>
#include <string.h>

#include "cli.h"
#include "dissect.h"
#include "result.h"

#define COLUMNS	32	/* bits in a row of a drawing */

enum { OPT_JSON };

static const struct cli_option options[] = {
	{ "json", 0, NULL, "as JSON" },
	{ NULL },
};

static unsigned int id_of(const struct ps_proto *proto)
{
	unsigned int id;

	for (id = 0; ps_protos[id] != proto; id++)
		;
	return id;
}

/* The field that has this bit of the fixed part, or NULL. */
static const struct ps_field *field_at(const struct ps_proto *proto, unsigned int bit)
{
	const struct ps_field *field;

	for (field = proto->fields; field < proto->fields + proto->nfields; field++) {
		if (bit >= field->at.bit && bit < field->at.bit + field->at.width)
			return field;
	}
	return NULL;
}

static bool is_within(const struct ps_proto *proto, unsigned int bit)
{
	return bit < proto->header_min * 8u;
}

/* Draws the line above the row that begins with bit, but not where a field goes on from the row above. */
static void draw_line(const struct ps_proto *proto, unsigned int bit)
{
	unsigned int i, last = COLUMNS;
	bool goes_on, went_on = false;

	while (last && !is_within(proto, bit + last - 1) &&
	       !(bit >= COLUMNS && is_within(proto, bit - COLUMNS + last - 1)))
		last--;
	for (i = 0; i < last; i++) {
		const struct ps_field *field = field_at(proto, bit + i);

		goes_on = bit >= COLUMNS && field && field == field_at(proto, bit + i - COLUMNS);
		printf("%s%s", goes_on && went_on ? " " : "+", goes_on ? " " : "-");
		went_on = goes_on;
	}
	puts("+");
}

static void draw_row(const struct ps_proto *proto, unsigned int bit)
{
	unsigned int end, i;

	for (i = 0; i < COLUMNS && is_within(proto, bit + i); i = end) {
		const struct ps_field *field = field_at(proto, bit + i);
		const char *name = field ? field->name : "";
		int width, left;

		for (end = i + 1; end < COLUMNS && is_within(proto, bit + end) &&
		     field_at(proto, bit + end) == field; end++)
			;
		width = 2 * (end - i) - 1;
		if (field && field->at.bit < bit + i)
			name = "";	/* it stands in the row in which the field begins */
		left = (width - (int)strlen(name)) / 2;
		if (left < 0)
			left = 0;
		printf("|%*s%-*.*s", left, "", width - left, width, name);
	}
	puts("|");
}

static void draw_variable(const char *name, const char *what)
{
	char text[80];
	int width = 2 * COLUMNS - 1, left;

	snprintf(text, sizeof(text), "%s: %s", name, what);
	left = (width - (int)strlen(text)) / 2;
	printf("|%*s%-*s|\n", left, "", width - left, text);
	draw_line(&(const struct ps_proto){ .header_min = COLUMNS / 8 }, 0);
}

static void draw(const struct ps_proto *proto)
{
	const struct ps_field *field;
	unsigned int bit;

	if (!proto->header_min)
		return;
	puts(" 0                   1                   2                   3\n"
	     " 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1");
	for (bit = 0; is_within(proto, bit); bit += COLUMNS) {
		draw_line(proto, bit);
		draw_row(proto, bit);
	}
	draw_line(&(const struct ps_proto){ .header_min = COLUMNS / 8 }, 0);
	for (field = proto->fields; field < proto->fields + proto->nfields; field++) {
		if (field->flags & PS_PART)
			continue;
		if (field->flags & PS_LOCATED)
			draw_variable(field->name, "where the header says, if at all");
		else if (field->flags & PS_OPTIONS)
			draw_variable(field->name, "to the end of the header");
		else if (field->flags & PS_PAYLOAD)
			draw_variable(field->name, "the payload");
	}
}

static void print_where(const struct ps_field *field)
{
	if (field->flags & (PS_OPTIONS | PS_PAYLOAD))
		printf("%4u  …      ", field->at.bit);
	else if (field->type->is_text)
		printf("   …  …      ");
	else
		printf("%4u %3u     ", field->at.bit, field->at.width);
}

/* The name of the field that holds a word, or NULL. */
static const char *word_name(const struct ps_proto *proto, struct ps_word word)
{
	const struct ps_field *field = field_at(proto, word.at * 8 + 15 - word.shift);

	return word.mask && field ? field->name : NULL;
}

static void print_payload(const struct ps_proto *proto)
{
	const struct ps_next *next;
	const struct ps_port *port;

	if (proto->any_next)
		puts("\nAny protocol may be looked for in it, if the bytes suffice.");
	for (port = proto->ports; port && port->proto; port++)
		printf("%s  %5u  %s\n", port == proto->ports ? "\nWhat is behind these ports, if it looks like it, is p.<protocol>, too:\n" : "",
		       port->port, port->proto->name);
	if (!proto->next)
		return;
	printf("\nThe payload, by %s:\n", word_name(proto, proto->next_by));
	for (next = proto->next; next->proto; next++)
		printf("  %5u (0x%04x)  %s\n", next->value, next->value, next->proto->name);
	if (proto->fragment.mask)
		printf("but not if %s is other than 0.\n", word_name(proto, proto->fragment));
}

/* What a header has besides fields. */
static void print_methods(const struct ps_proto *proto)
{
	unsigned int i;

	if (proto->nkeyed || proto->nlists)
		puts("");
	for (i = 0; i < proto->nkeyed; i++)
		printf(":%s(%s)  %s\n", proto->keyed[i].name, proto->keyed[i].key, proto->keyed[i].about);
	for (i = 0; i < proto->nlists; i++)
		printf(":%s()  %s\n", proto->lists[i].name, proto->lists[i].about);
}

static void print_proto(const struct ps_proto *proto)
{
	const struct ps_field *field;

	printf("%s: id %u, header of %s%u bytes\n\n", proto->name, id_of(proto),
	       proto->header_len.mask || proto->extent ? "at least " : "", proto->header_min);
	draw(proto);
	if (proto->nfields)
		puts("\nbit width   field        is");
	for (field = proto->fields; field < proto->fields + proto->nfields; field++) {
		print_where(field);
		printf("%-12s %s%s%s%s\n", field->name, field->type->name,
		       field->flags & PS_CHECKSUM ? ", the checksum" : "",
		       field->flags & PS_PART ? ", a part of the one before" : "",
		       field->flags & PS_READ_ONLY ? ", can only be read" : "");
	}
	print_methods(proto);
	print_payload(proto);
}

static void print_list(void)
{
	const struct ps_proto *const *proto;

	puts("id  name          header  fields");
	for (proto = ps_protos; proto < ps_protos + ps_nprotos; proto++) {
		const struct ps_field *field;

		printf("%2u  %-12s  %6u ", id_of(*proto), (*proto)->name, (*proto)->header_min);
		for (field = (*proto)->fields; field < (*proto)->fields + (*proto)->nfields; field++)
			printf(" %s", field->name);
		puts("");
	}
}

static json_t *proto_json(const struct ps_proto *proto)
{
	json_t *fields = json_array(), *payloads = json_array();
	const struct ps_field *field;
	const struct ps_next *next;

	for (field = proto->fields; field < proto->fields + proto->nfields; field++) {
		bool has_width = !(field->flags & (PS_OPTIONS | PS_PAYLOAD)) && !field->type->is_text;

		json_array_append_new(fields,
			json_pack("{s:s, s:i, s:o, s:s}", "name", field->name, "bit", field->at.bit,
				  "width", has_width ? json_integer(field->at.width) : json_null(),
				  "type", field->type->name));
	}
	for (next = proto->next; next && next->proto; next++)
		json_array_append_new(payloads, json_pack("{s:i, s:s}", "value", next->value,
							  "protocol", next->proto->name));
	return json_pack("{s:s, s:i, s:i, s:o, s:s*, s:o}", "name", proto->name, "id", id_of(proto),
			 "header_bytes", proto->header_min, "fields", fields, "payload_by",
			 word_name(proto, proto->next_by), "payloads", payloads);
}

static int protocols(const struct cli_call *call)
{
	const struct ps_proto *proto = NULL;
	unsigned int id;
	json_t *all;

	if (call->noperands) {
		proto = ps_proto_named(call->operands[0]);
		if (!proto)
			return cli_error("there is no protocol '%s'; 'packetscript protocols' lists them",
					 call->operands[0]);
	}
	if (call->values[OPT_JSON]) {
		all = json_array();
		for (id = 0; id < ps_nprotos; id++) {
			if (!proto || proto == ps_protos[id])
				json_array_append_new(all, proto_json(ps_protos[id]));
		}
		ps_result_line(stdout, all);
	} else if (proto) {
		print_proto(proto);
	} else {
		print_list();
	}
	return CLI_OK;
}

static void print_names(void)
{
	unsigned int i;

	for (i = 0; i < ps_nprotos; i++)
		printf(" %s", ps_proto_short(ps_protos[i]));
}

const struct cli_command cli_protocols = {
	.name = "protocols",
	.operands = "[NAME]",
	.max = 1,
	.summary = "the protocols that scripts know, and their fields",
	.about =
"Lists the protocols, or draws the header of one (\"udp\" or \"packet_udp\") as RFCs do, with offsets and\n"
"widths of its fields in bits, and what its payload may be.",
	.examples =
"  packetscript protocols tcp\n",
	.options = options,
	.print_words = print_names,
	.run = protocols,
};
