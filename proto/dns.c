/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* DNS over UDP: RFC 1035, 4.1. Names are compressed: their ends may stand further to the front (4.1.4). */
#include <string.h>

#include "field.h"
#include "protos.h"

#define FIXED		12
#define LABEL_MAX	63
#define POINTERS_MAX	127	/* that one name leads through: more would not fit into its 255 bytes */
#define POINTER		0xC0	/* the two highest bits of a byte that is no length */

enum type { A = 1, NS = 2, CNAME = 5, SOA = 6, PTR = 12, MX = 15, AFSDB = 18, AAAA = 28, SRV = 33, DNAME = 39 };

struct message {
	const uint8_t *p;
	uint32_t len;
};

static bool read_message(struct ps_packet *pkt, const struct ps_header *header, struct message *m)
{
	m->len = header->range.len;
	m->p = ps_packet_read(pkt, header->range.off, m->len);
	return m->p;
}

/*
 * Names.
 */

/* Where the name at byte off ends in the message, which is behind the first pointer. 0: it is malformed, or not all there. */
static uint32_t skip_name(const struct message *m, uint32_t off)
{
	uint32_t begin = off;
	uint8_t n;

	while (off < m->len && off - begin <= PS_ENCODED_MAX) {
		n = m->p[off];
		if (n >= POINTER)
			return off + 2 <= m->len ? off + 2 : 0;
		if (n > LABEL_MAX)
			return 0;
		off += 1 + n;
		if (!n)
			return off <= m->len ? off : 0;
	}
	return 0;
}

/* One label after the other of a name, wherever they are. */
struct labels {
	const struct message *m;
	uint32_t off;		/* of the next one */
	uint32_t before;	/* pointers lead to what is in front of this: so there is no loop */
	uint32_t pointers;
	uint32_t total;		/* bytes of labels so far */
};

/* The next label, without its length; *len is 0 for the last one. NULL: malformed. */
static const uint8_t *next_label(struct labels *l, uint32_t *len)
{
	const struct message *m = l->m;
	uint32_t off;

	while (l->off + 1 < m->len && m->p[l->off] >= POINTER) {
		off = (m->p[l->off] & ~POINTER) << 8 | m->p[l->off + 1];
		if (off >= l->before || l->pointers++ == POINTERS_MAX)
			return NULL;
		l->off = l->before = off;
	}
	if (l->off >= m->len || m->p[l->off] > LABEL_MAX)
		return NULL;
	*len = m->p[l->off++];
	l->total += 1 + *len;
	if (l->total > PS_ENCODED_MAX || *len > m->len - l->off)
		return NULL;
	l->off += *len;
	return m->p + l->off - *len;
}

static struct labels labels_of(const struct message *m, uint32_t off)
{
	return (struct labels){ .m = m, .off = off, .before = off };
}

/* A byte of a label as text: RFC 1035, 5.1. */
static char *put_char(char *to, uint8_t c)
{
	if (c == '.' || c == '\\') {
		*to++ = '\\';
		*to++ = c;
	} else if (c > ' ' && c < 127) {
		*to++ = c;
	} else {
		*to++ = '\\';
		*to++ = '0' + c / 100;
		*to++ = '0' + c / 10 % 10;
		*to++ = '0' + c % 10;
	}
	return to;
}

/* Four characters for each of 255 bytes fit. */
static int decode_name(struct ps_packet *pkt, const struct ps_header *header, uint32_t off, uint32_t width, char *text)
{
	const uint8_t *label;
	struct message m;
	struct labels l;
	char *to = text;
	uint32_t len;

	(void)width;
	if (!read_message(pkt, header, &m))
		return -1;
	l = labels_of(&m, off - header->range.off);
	for (label = next_label(&l, &len); label && len; label = next_label(&l, &len)) {
		if (to > text)
			*to++ = '.';
		for (; len; len--)
			to = put_char(to, *label++);
	}
	if (to == text)
		*to++ = '.';	/* the root */
	return label ? to - text : -1;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The byte that the text at *text begins with, which is left behind. False: it is none. */
static bool take_char(const char **text, const char *end, uint8_t *c)
{
	const char *p = *text;
	unsigned int n;

	*c = *p++;
	if (*c == '\\') {
		if (p == end)
			return false;
		*c = *p++;
		if (is_digit(*c)) {
			if (end - p < 2 || !is_digit(p[0]) || !is_digit(p[1]))
				return false;
			n = (*c - '0') * 100 + (p[0] - '0') * 10 + p[1] - '0';
			if (n > 255)
				return false;
			*c = n;
			p += 2;
		}
	}
	*text = p;
	return true;
}

/* A name, with or without the dot at its end. */
static int encode_name(const char *text, size_t len, uint8_t *bytes)
{
	const char *end = text + len;
	uint32_t label = 0, n = 1;	/* where its length goes; where the next byte does */
	uint8_t c;

	if (!len)
		return -1;
	if (len == 1 && *text == '.') {
		bytes[0] = 0;
		return 1;
	}
	while (text < end) {
		bool is_dot = *text == '.';

		if (!is_dot && (!take_char(&text, end, &c) || n - label > LABEL_MAX || n + 1 >= PS_ENCODED_MAX))
			return -1;
		if (!is_dot) {
			bytes[n++] = c;
			continue;
		}
		if (n == label + 1)
			return -1;
		text++;
		bytes[label] = n - label - 1;
		label = n++;
		if (n >= PS_ENCODED_MAX)
			return -1;
	}
	if (n == label + 1) {		/* it ended with a dot */
		bytes[label] = 0;
		return n;
	}
	bytes[label] = n - label - 1;
	bytes[n++] = 0;
	return n;
}

static const struct ps_coding name_coding = { .decode = decode_name, .encode = encode_name };
static const struct ps_type name_type = {
	.name = "name",
	.is_text = true,
	.coding = &name_coding,
	.example = "a name such as www.example.com, of labels of at most 63 bytes",
};

/*
 * Fields.
 */
enum { QNAME = 13, QTYPE, QCLASS };

static const struct ps_field fields[] = {
	{ "id",      {  0, 16 }, PS_UINT },
	{ "flags",   { 16, 16 }, PS_UINT },
	{ "qr",      { 16,  1 }, PS_UINT, PS_PART },
	{ "opcode",  { 17,  4 }, PS_UINT, PS_PART },
	{ "aa",      { 21,  1 }, PS_UINT, PS_PART },
	{ "tc",      { 22,  1 }, PS_UINT, PS_PART },
	{ "rd",      { 23,  1 }, PS_UINT, PS_PART },
	{ "ra",      { 24,  1 }, PS_UINT, PS_PART },
	{ "rcode",   { 28,  4 }, PS_UINT, PS_PART },
	{ "qdcount", { 32, 16 }, PS_UINT },
	{ "ancount", { 48, 16 }, PS_UINT },
	{ "nscount", { 64, 16 }, PS_UINT },
	{ "arcount", { 80, 16 }, PS_UINT },
	{ "qname",   { 96,  0 }, &name_type, PS_LOCATED },
	{ "qtype",   { 96, 16 }, PS_UINT, PS_LOCATED },
	{ "qclass",  { 96, 16 }, PS_UINT, PS_LOCATED },
	{ "data",    { 96,  0 }, PS_BYTES, PS_PAYLOAD },
};

/* Counts stand in the fixed part, one after the other. */
enum section { QUESTIONS, ANSWERS, AUTHORITIES, ADDITIONALS, SECTIONS };

static uint32_t count_of(const struct message *m, enum section section)
{
	return ps_load16(m->p + 4 + 2 * section);
}

/* The first question. */
static bool locate(struct ps_packet *pkt, const struct ps_header *header, const struct ps_field *field,
		   struct ps_bits *at)
{
	struct message m;
	uint32_t end;

	if (!read_message(pkt, header, &m) || !count_of(&m, QUESTIONS))
		return false;
	end = skip_name(&m, FIXED);
	if (!end || m.len - end < 4)
		return false;
	*at = field->at;
	if (field == &fields[QNAME])
		at->width = (end - FIXED) * 8;
	else
		at->bit = (field == &fields[QTYPE] ? end : end + 2) * 8;
	return true;
}

/*
 * Records.
 */
struct record {
	uint32_t name;		/* where it begins */
	uint32_t fixed;		/* where type and class stand; of a record, which is no question, then its time and length */
	uint32_t type;
	uint32_t data, len;
	uint32_t end;
};

/* The record at byte off. False: it is malformed, or not all there. */
static bool record_at(const struct message *m, enum section section, uint32_t off, struct record *r)
{
	uint32_t fixed = section == QUESTIONS ? 4 : 10;

	r->name = off;
	r->fixed = skip_name(m, off);
	if (!r->fixed || m->len - r->fixed < fixed)
		return false;
	r->type = ps_load16(m->p + r->fixed);
	r->data = r->fixed + fixed;
	r->len = section == QUESTIONS ? 0 : ps_load16(m->p + r->fixed + 8);
	r->end = r->data + r->len;
	return r->end <= m->len;
}

/* A cursor is where the next record begins, and how many there have been: both have 16 bits. */
static bool next_record(const struct message *m, enum section section, uint32_t *cursor, struct record *r)
{
	uint32_t off = *cursor >> 16, done = *cursor & 0xFFFF, i, n;
	enum section before;

	if (!*cursor) {
		off = FIXED;
		for (before = QUESTIONS; before < section; before++) {
			for (i = 0, n = count_of(m, before); i < n; i++, off = r->end) {
				if (!record_at(m, before, off, r))
					return false;
			}
		}
	}
	if (done == count_of(m, section) || !record_at(m, section, off, r))
		return false;
	*cursor = r->end << 16 | (done + 1);
	return true;
}

static const struct ps_field question[] = {
	{ "name",  { 0,  0 }, &name_type, PS_LOCATED },
	{ "type",  { 0, 16 }, PS_UINT, PS_LOCATED },
	{ "class", { 0, 16 }, PS_UINT, PS_LOCATED },
};

static const struct ps_field answer[] = {
	{ "name",  { 0,  0 }, &name_type, PS_LOCATED },
	{ "type",  { 0, 16 }, PS_UINT, PS_LOCATED },
	{ "class", { 0, 16 }, PS_UINT, PS_LOCATED },
	{ "ttl",   { 0, 32 }, PS_UINT, PS_LOCATED },
	{ "data",  { 0,  0 }, PS_BYTES, PS_LOCATED },
};

static void place_question(const struct record *r, struct ps_field *here)
{
	here[0].at = (struct ps_bits){ r->name * 8, (r->fixed - r->name) * 8 };
	here[1].at.bit = r->fixed * 8;
	here[2].at.bit = (r->fixed + 2) * 8;
}

static bool next_question(struct ps_packet *pkt, const struct ps_header *header, uint32_t *cursor, struct ps_field *here)
{
	struct message m;
	struct record r;

	if (!read_message(pkt, header, &m) || !next_record(&m, QUESTIONS, cursor, &r))
		return false;
	place_question(&r, here);
	return true;
}

/* What the data of a record is. */
static const struct ps_type *data_type(const struct record *r)
{
	switch (r->type) {
	case A:
		return r->len == 4 ? PS_IPV4 : PS_BYTES;
	case AAAA:
		return r->len == 16 ? PS_IPV6 : PS_BYTES;
	case NS:
	case CNAME:
	case PTR:
	case DNAME:
		return &name_type;
	default:
		return PS_BYTES;
	}
}

static bool next_answer(struct ps_packet *pkt, const struct ps_header *header, uint32_t *cursor, struct ps_field *here)
{
	struct message m;
	struct record r;

	if (!read_message(pkt, header, &m) || !next_record(&m, ANSWERS, cursor, &r))
		return false;
	place_question(&r, here);
	here[3].at.bit = (r.fixed + 4) * 8;
	here[4].at = (struct ps_bits){ r.data * 8, r.len * 8 };
	here[4].type = data_type(&r);
	return true;
}

static const struct ps_list lists[] = {
	{ "questions", question, sizeof(question) / sizeof(question[0]), next_question,
	  "the questions: tables with `name`, `type` and `class`" },
	{ "answers", answer, sizeof(answer) / sizeof(answer[0]), next_answer,
	  "the answers: tables with `name`, `type`, `class`, `ttl` and `data`, which is an address, a name, or the bytes as a string" },
};

/*
 * A message in which the first question has another name. Names that are this one, by a pointer to it, follow. Others keep
 * their meaning: they are written without pointers, whose places have moved.
 */
struct writer {
	uint8_t *to;
	uint32_t len, size;
};

static bool put(struct writer *w, const uint8_t *p, uint32_t n)
{
	if (n > w->size - w->len)
		return false;
	memcpy(w->to + w->len, p, n);
	w->len += n;
	return true;
}

static bool put_name(struct writer *w, const struct message *m, uint32_t off)
{
	static const uint8_t first[] = { POINTER, FIXED };
	struct labels l = labels_of(m, off);
	const uint8_t *label;
	uint8_t n;
	uint32_t len;

	if (m->p[off] == POINTER && off + 1 < m->len && m->p[off + 1] == FIXED)
		return put(w, first, sizeof(first));
	do {
		label = next_label(&l, &len);
		n = len;
		if (!label || !put(w, &n, 1) || !put(w, label, len))
			return false;
	} while (len);
	return true;
}

/* How many bytes of data come before its first name, and how many names there are. */
static uint32_t count_names(uint32_t type, uint32_t *before)
{
	*before = type == MX || type == AFSDB ? 2 : type == SRV ? 6 : 0;
	switch (type) {
	case SOA:
		return 2;
	case NS:
	case CNAME:
	case PTR:
	case DNAME:
	case MX:
	case AFSDB:
	case SRV:
		return 1;
	default:
		return 0;
	}
}

/* The data of a record, behind its length, which follows. */
static bool put_data(struct writer *w, const struct message *m, const struct record *r)
{
	uint32_t before, names = count_names(r->type, &before), off = r->data, begin = w->len + 2;
	uint8_t *len = w->to + w->len;

	if (!put(w, m->p + r->data - 2, 2))
		return false;
	if (names && r->len > before) {
		if (!put(w, m->p + off, before))
			return false;
		for (off += before; names; names--) {
			if (off >= r->end || !put_name(w, m, off))
				return false;
			off = skip_name(m, off);
			if (!off || off > r->end)
				return false;
		}
	}
	if (!put(w, m->p + off, r->end - off))
		return false;
	ps_store16(len, w->len - begin);
	return w->len - begin <= 0xFFFF;
}

static bool put_record(struct writer *w, const struct message *m, enum section section, const struct record *r)
{
	uint32_t head = r->data - r->fixed;

	if (section == QUESTIONS)
		return put_name(w, m, r->name) && put(w, m->p + r->fixed, head);
	return put_name(w, m, r->name) && put(w, m->p + r->fixed, head - 2) && put_data(w, m, r);
}

static int rewrite(const uint8_t *message, uint32_t len, const struct ps_field *field, const uint8_t *bytes, uint32_t n,
		   uint8_t *to, uint32_t size)
{
	struct message m = { message, len };
	struct writer w = { to, 0, size };
	uint32_t off = skip_name(&m, FIXED), i, count;
	enum section section;
	struct record r;

	(void)field;
	if (!off || m.len - off < 4)
		return PS_FIELD_SHAPE;
	if (!put(&w, bytes, n) || !put(&w, m.p + off, 4))
		return PS_FIELD_LONG;
	off += 4;
	for (section = QUESTIONS; section < SECTIONS; section++) {
		for (i = section == QUESTIONS, count = count_of(&m, section); i < count; i++, off = r.end) {
			if (!record_at(&m, section, off, &r))
				return PS_FIELD_SHAPE;
			if (!put_record(&w, &m, section, &r))
				return PS_FIELD_LONG;
		}
	}
	return put(&w, m.p + off, m.len - off) ? (int)w.len : PS_FIELD_LONG;
}

static bool looks_like(struct ps_packet *pkt, const struct ps_header *header)
{
	struct message m;

	return read_message(pkt, header, &m) && m.len >= FIXED && (!count_of(&m, QUESTIONS) || skip_name(&m, FIXED));
}

const struct ps_proto ps_proto_dns = {
	.name = "packet_dns",
	.header_min = FIXED,
	.locate = locate,
	.rewrite = rewrite,
	.looks_like = looks_like,
	PS_LISTS(lists),
	PS_FIELDS(fields),
};
