/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* TFTP: RFC 1350; options: RFC 2347. Behind the opcode comes what that says. */
#include <string.h>

#include "protos.h"

#define FIXED		2	/* the opcode */
#define NUMBERED	4	/* with what follows it: a block's number, or an error's */
#define TEXTS_MAX	2048	/* bytes in which texts are looked for; requests have at most 512 */

enum opcode { READ = 1, WRITE, DATA, ACK, ERROR, OPTIONS };

/* Rows of fields, in their order. */
enum { OPCODE, FILENAME, MODE, BLOCK_NR, ERRCODE, ERRMSG };

static const struct ps_field fields[] = {
	{ "opcode",   {  0, 16 }, PS_UINT, PS_SHAPE },
	{ "filename", { 16,  0 }, PS_TEXT, PS_LOCATED },
	{ "mode",     { 16,  0 }, PS_TEXT, PS_LOCATED },
	{ "block_nr", { 16, 16 }, PS_UINT, PS_LOCATED },
	{ "errcode",  { 16, 16 }, PS_UINT, PS_LOCATED },
	{ "errmsg",   { 32,  0 }, PS_TEXT, PS_LOCATED },
	{ "data",     { 16,  0 }, PS_BYTES, PS_PAYLOAD },
};

/* The message, as far as texts may be in it, and its opcode. NULL: it is not there. */
static const uint8_t *read_message(struct ps_packet *pkt, const struct ps_header *header, uint32_t *len, uint32_t *opcode)
{
	const uint8_t *p;

	*len = header->range.len < TEXTS_MAX ? header->range.len : TEXTS_MAX;
	p = *len < FIXED ? NULL : ps_packet_read(pkt, header->range.off, *len);
	if (p)
		*opcode = ps_load16(p);
	return p;
}

/* Only blocks have a payload. */
static bool extent(struct ps_packet *pkt, const struct ps_header *header, struct ps_extent *extent)
{
	uint32_t len, opcode;
	const uint8_t *p = read_message(pkt, header, &len, &opcode);

	if (!p)
		return false;
	*extent = (struct ps_extent){ .len = opcode == DATA ? NUMBERED : header->range.len };
	return true;
}

/* The text from byte off on, which ends with a zero. Returns where the next one is; 0: there is none. */
static uint32_t text_at(const uint8_t *p, uint32_t len, uint32_t off, struct ps_bits *at)
{
	const uint8_t *end = off < len ? memchr(p + off, 0, len - off) : NULL;

	if (!end)
		return 0;
	at->bit = off * 8;
	at->width = (end - (p + off)) * 8;
	return end + 1 - p;
}

static bool is_request(uint32_t opcode)
{
	return opcode == READ || opcode == WRITE;
}

static bool locate(struct ps_packet *pkt, const struct ps_header *header, const struct ps_field *field,
		   struct ps_bits *at)
{
	uint32_t len, opcode, next;
	const uint8_t *p = read_message(pkt, header, &len, &opcode);

	if (!p)
		return false;
	*at = field->at;
	switch (field - fields) {
	case FILENAME:
		return is_request(opcode) && text_at(p, len, FIXED, at);
	case MODE:
		next = is_request(opcode) ? text_at(p, len, FIXED, at) : 0;
		return next && text_at(p, len, next, at);
	case BLOCK_NR:
		return opcode == DATA || opcode == ACK;
	case ERRCODE:
		return opcode == ERROR;
	default:
		return opcode == ERROR && text_at(p, len, NUMBERED, at);
	}
}

/* Pairs of texts, a name and its value, behind a request's first two, or alone. */
static bool find_option(struct ps_packet *pkt, const struct ps_header *header, const struct ps_key *key, struct ps_bits *at)
{
	uint32_t len, opcode, next = FIXED;
	const uint8_t *p = read_message(pkt, header, &len, &opcode);
	struct ps_bits name;

	if (!p || !(is_request(opcode) || opcode == OPTIONS))
		return false;
	if (opcode != OPTIONS) {
		next = text_at(p, len, next, at);
		next = next ? text_at(p, len, next, at) : 0;
	}
	while (next) {
		next = text_at(p, len, next, &name);
		next = next ? text_at(p, len, next, at) : 0;
		if (next && ps_key_is(key, p + name.bit / 8, name.width / 8))
			return true;
	}
	return false;
}

static const struct ps_keyed keyed[] = {
	{ "option", "name", false, { "option", { 0, 0 }, PS_TEXT, PS_LOCATED }, find_option,
	  "the value of the option of that name, in a request or in an acknowledgement of options" },
};

static bool looks_like(struct ps_packet *pkt, const struct ps_header *header)
{
	uint32_t len, opcode;

	return read_message(pkt, header, &len, &opcode) && opcode >= READ && opcode <= OPTIONS;
}

const struct ps_proto ps_proto_tftp = {
	.name = "packet_tftp",
	.header_min = FIXED,
	.extent = extent,
	.shape = PS_WORD(0, 16),
	.locate = locate,
	.looks_like = looks_like,
	PS_KEYED(keyed),
	PS_FIELDS(fields),
};
