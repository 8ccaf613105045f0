/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* HTTP/1: RFC 9112, of one packet: what ends behind it is not there. */
#include <string.h>

#include "protos.h"

#define FIXED		2	/* bytes that a message has at least; none says how long it is */
#define HEAD_MAX	16384	/* bytes in which the head of a message is looked for */

enum { METHOD, URI, VERSION, STATUS, REASON };

static const struct ps_field fields[] = {
	{ "method",  { 0, 0 }, PS_WORD_TEXT, PS_LOCATED },
	{ "uri",     { 0, 0 }, PS_WORD_TEXT, PS_LOCATED },
	{ "version", { 0, 0 }, PS_WORD_TEXT, PS_LOCATED },
	{ "status",  { 0, 0 }, PS_DECIMAL, PS_LOCATED },
	{ "reason",  { 0, 0 }, PS_TEXT, PS_LOCATED },
	{ "body",    { 0, 0 }, PS_BYTES, PS_PAYLOAD },
};

/* Bytes [at, end) of the message. */
struct span {
	uint32_t at, end;
};

struct message {
	const uint8_t *p;
	uint32_t len;
};

static bool read_message(struct ps_packet *pkt, const struct ps_header *header, struct message *m)
{
	m->len = header->range.len < HEAD_MAX ? header->range.len : HEAD_MAX;
	m->p = ps_packet_read(pkt, header->range.off, m->len);
	return m->p;
}

/* The line from byte at on, without its end. Returns where the next one is; 0: the line has no end. */
static uint32_t line_at(const struct message *m, uint32_t at, struct span *line)
{
	const uint8_t *end = at < m->len ? memchr(m->p + at, '\n', m->len - at) : NULL;

	*line = (struct span){ at, m->len };
	if (!end)
		return 0;
	line->end = end - m->p;
	if (line->end > at && end[-1] == '\r')
		line->end--;
	return end + 1 - m->p;
}

/* The word at the line's beginning, which ends with a blank, and goes to *word; false: none does. */
static bool cut_word(const struct message *m, struct span *line, struct span *word)
{
	const uint8_t *end = memchr(m->p + line->at, ' ', line->end - line->at);

	if (!end)
		return false;
	*word = (struct span){ line->at, end - m->p };
	line->at = word->end + 1;
	return word->end > word->at;
}

static bool begins_with_version(const struct message *m, struct span s)
{
	static const char http[] = "HTTP/";
	uint32_t len = sizeof(http) - 1;

	return s.end - s.at >= len && !memcmp(m->p + s.at, http, len);
}

/* A method is one of capital letters, which all that are registered have but for hyphens. */
static bool is_method(const struct message *m, struct span s)
{
	uint32_t i;

	for (i = s.at; i < s.end; i++) {
		if ((m->p[i] < 'A' || m->p[i] > 'Z') && m->p[i] != '-')
			return false;
	}
	return s.end - s.at >= 3;
}

/* The parts of the first line; part[i].end == 0: it is not there. False: it is of no HTTP message. */
static bool find_parts(const struct message *m, struct span part[REASON + 1])
{
	struct span line;
	bool ends = line_at(m, 0, &line);

	memset(part, 0, (REASON + 1) * sizeof(part[0]));
	if (begins_with_version(m, line)) {
		if (!cut_word(m, &line, &part[VERSION]))
			return true;
		if (cut_word(m, &line, &part[STATUS]))
			part[REASON] = ends ? line : part[REASON];
		else
			part[STATUS] = ends ? line : part[REASON];	/* the reason may be left out */
		return true;
	}
	if (!cut_word(m, &line, &part[METHOD]) || !is_method(m, part[METHOD]))
		return false;
	if (cut_word(m, &line, &part[URI]) && ends)
		part[VERSION] = line;
	return !ends || begins_with_version(m, part[VERSION]);
}

static void put_span(struct span s, struct ps_bits *at)
{
	at->bit = s.at * 8;
	at->width = (s.end - s.at) * 8;
}

static bool locate(struct ps_packet *pkt, const struct ps_header *header, const struct ps_field *field,
		   struct ps_bits *at)
{
	struct span part[REASON + 1];
	struct message m;
	unsigned int i = field - fields;

	if (!read_message(pkt, header, &m) || !find_parts(&m, part) || !part[i].end)
		return false;
	put_span(part[i], at);
	return true;
}

/* The head ends with an empty line; without one all there is belongs to it. */
static bool extent(struct ps_packet *pkt, const struct ps_header *header, struct ps_extent *extent)
{
	struct message m;
	struct span line;
	uint32_t next;

	if (!read_message(pkt, header, &m))
		return false;
	for (next = line_at(&m, 0, &line); next && line.end > line.at; next = line_at(&m, next, &line))
		;
	*extent = (struct ps_extent){ .len = next ? next : header->range.len };
	return true;
}

/* Whether the line begins with the name and a colon, behind which it goes on. */
static bool cut_name(const struct message *m, struct span *line, const struct ps_key *key)
{
	if (line->end - line->at <= key->len || m->p[line->at + key->len] != ':' ||
	    !ps_key_is(key, m->p + line->at, key->len))
		return false;
	line->at += key->len + 1;
	return true;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

static bool find_header(struct ps_packet *pkt, const struct ps_header *header, const struct ps_key *key, struct ps_bits *at)
{
	struct span part[REASON + 1], line;
	struct message m;
	uint32_t next;

	if (!read_message(pkt, header, &m) || !find_parts(&m, part))
		return false;
	next = line_at(&m, 0, &line);
	while (next) {
		next = line_at(&m, next, &line);
		if (!next || line.end == line.at)
			return false;
		if (!cut_name(&m, &line, key))
			continue;
		while (line.at < line.end && is_blank(m.p[line.at]))
			line.at++;
		while (line.at < line.end && is_blank(m.p[line.end - 1]))
			line.end--;
		put_span(line, at);
		return true;
	}
	return false;
}

static const struct ps_keyed keyed[] = {
	{ "header", "name", false, { "header", { 0, 0 }, PS_TEXT, PS_LOCATED }, find_header,
	  "the value of the first header line of that name, in letters of any case" },
};

static bool looks_like(struct ps_packet *pkt, const struct ps_header *header)
{
	struct span part[REASON + 1];
	struct message m;

	return read_message(pkt, header, &m) && find_parts(&m, part);
}

const struct ps_proto ps_proto_http = {
	.name = "packet_http",
	.header_min = FIXED,
	.extent = extent,
	.locate = locate,
	.looks_like = looks_like,
	PS_KEYED(keyed),
	PS_FIELDS(fields),
};
