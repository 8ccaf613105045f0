/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "dissect.h"

#include <stdio.h>
#include <string.h>

#include "field.h"

#define BYTES_SHOWN	40	/* of a field that is bytes: options have no more */
#define DATA_SHOWN	16	/* of payloads, from where they differ */

/* The protocol that link layers have this number for, or NULL. */
static const struct ps_proto *network_proto(uint16_t number)
{
	const struct ps_next *next;
	unsigned int i;

	for (i = 0; i < ps_nprotos; i++) {
		if (!ps_protos[i]->is_link)
			continue;
		for (next = ps_protos[i]->next; next->proto; next++) {
			if (next->value == number)
				return next->proto;
		}
	}
	return NULL;
}

static const struct ps_proto *link_proto(void)
{
	unsigned int i;

	for (i = 0; !ps_protos[i]->is_link; i++)
		;
	return ps_protos[i];
}

/* The outermost header. */
static bool first_header(struct ps_packet *pkt, struct ps_header *header)
{
	header->outer = NULL;
	header->range.off = 0;
	header->range.len = pkt->len;
	header->proto = pkt->has_link ? link_proto() : network_proto(pkt->protocol);
	return header->proto && ps_proto_fits(pkt, header);
}

void ps_dissect(struct ps_packet *pkt, struct ps_headers *layers)
{
	struct ps_header *header = layers->header;

	layers->n = 0;
	if (!first_header(pkt, header))
		return;
	for (layers->n = 1; layers->n < PS_LAYERS_MAX; layers->n++, header++) {
		if (!ps_proto_next(pkt, header, header + 1) && !ps_proto_guess(pkt, header, NULL, header + 1))
			return;
		header[1].outer = header->proto->csum.kind ? header : header->outer;
	}
}

const char *ps_proto_short(const struct ps_proto *proto)
{
	const char *end = strchr(proto->name, '_');

	return end ? end + 1 : proto->name;
}

const struct ps_proto *ps_proto_named(const char *name)
{
	unsigned int i;

	for (i = 0; i < ps_nprotos; i++) {
		if (!strcmp(ps_protos[i]->name, name) || !strcmp(ps_proto_short(ps_protos[i]), name))
			return ps_protos[i];
	}
	return NULL;
}

static void bytes_text(const uint8_t *bytes, uint32_t len, uint32_t shown,
		       char text[PS_VALUE_SIZE])
{
	uint32_t i;
	char *p = text;

	*p = 0;
	for (i = 0; i < len && i < shown; i++)
		p += sprintf(p, "%02x", bytes[i]);
	if (i < len)
		sprintf(p, "… (%u bytes)", len);
}

const char *ps_text_read(struct ps_packet *pkt, const struct ps_header *header, const struct ps_field *field,
			 char decoded[PS_DECODED_MAX], size_t *len)
{
	struct ps_field moved;
	uint32_t off, width;
	int n;

	field = ps_proto_here(pkt, header, field, &moved);
	if (!field)
		return NULL;
	off = header->range.off + field->at.bit / 8;
	width = field->at.width / 8;
	if (!field->type->coding) {
		*len = width;
		return (const char *)ps_packet_read(pkt, off, width);
	}
	n = field->type->coding->decode(pkt, header, off, width, decoded);
	*len = n;
	return n < 0 ? NULL : decoded;
}

/* Text as it is read, between quotes, with what is not printable escaped. */
static bool text_text(struct ps_packet *pkt, const struct ps_header *header, const struct ps_field *field,
		      char text[PS_VALUE_SIZE])
{
	char *p = text, *end = text + PS_VALUE_SIZE - sizeof("\\xXX…\"");
	char decoded[PS_DECODED_MAX];
	size_t len;
	const uint8_t *bytes = (const uint8_t *)ps_text_read(pkt, header, field, decoded, &len);

	if (!bytes)
		return false;
	if (field->type->is_decimal) {
		snprintf(text, PS_VALUE_SIZE, "%.*s", (int)len, (const char *)bytes);
		return true;
	}
	*p++ = '"';
	for (; len && p < end; len--, bytes++)
		p += sprintf(p, *bytes >= ' ' && *bytes < 127 && *bytes != '"' && *bytes != '\\' ? "%c" : "\\x%02x", *bytes);
	strcpy(p, len ? "…\"" : "\"");
	return true;
}

bool ps_value_text(struct ps_packet *pkt, const struct ps_header *header,
		   const struct ps_field *field, char text[PS_VALUE_SIZE])
{
	struct ps_range range;
	const uint8_t *bytes;
	struct ps_field moved;
	struct ps_value value;

	if (field->type->is_text)
		return text_text(pkt, header, field, text);
	if (field->type->is_bytes) {
		if (!ps_proto_field(pkt, header, field, &range))
			return false;
		bytes = ps_packet_read(pkt, range.off, range.len);
		if (bytes)
			bytes_text(bytes, range.len, BYTES_SHOWN, text);
		return bytes;
	}
	field = ps_proto_here(pkt, header, field, &moved);
	if (!field || ps_field_get_value(pkt, header->range.off, field, &value))
		return false;
	if (field->type->format)
		text[field->type->format(text, value)] = 0;
	else if (field->flags & PS_CHECKSUM)
		snprintf(text, PS_VALUE_SIZE, "0x%0*llx", (int)field->at.width / 4, (unsigned long long)value.low);
	else
		snprintf(text, PS_VALUE_SIZE, "%llu", (unsigned long long)value.low);
	return true;
}

struct side {
	struct ps_packet *pkt;
	struct ps_headers layers;
};

/* The caller that is told about differences, and how many there were. */
struct sink {
	void (*found)(void *context, const char *name, const char *before, const char *after);
	void *context;
	int n;
};

static void tell(struct sink *sink, const char *name, const char *before, const char *after)
{
	sink->found(sink->context, name, before, after);
	sink->n++;
}

/* Compares the fields of a header: of one packet (the other is NULL), or of two headers of the same protocol. */
static void diff_fields(struct side *a, const struct ps_header *in_a, struct side *b,
			const struct ps_header *in_b, struct sink *sink)
{
	const struct ps_proto *proto = in_a ? in_a->proto : in_b->proto;
	char name[64], was[PS_VALUE_SIZE], is[PS_VALUE_SIZE];
	const struct ps_field *field;

	for (field = proto->fields; field < proto->fields + proto->nfields; field++) {
		if (field->flags & (PS_PAYLOAD | PS_PART))
			continue;
		if (!in_a || !ps_value_text(a->pkt, in_a, field, was))
			was[0] = 0;
		if (!in_b || !ps_value_text(b->pkt, in_b, field, is))
			is[0] = 0;
		if (!strcmp(was, is))
			continue;
		snprintf(name, sizeof(name), "%s.%s", ps_proto_short(proto), field->name);
		tell(sink, name, was, is);
	}
}

/* Tells the first bytes in which two ranges differ, as name[N]. */
static void diff_bytes(struct side *a, struct ps_range in_a, struct side *b, struct ps_range in_b,
		       const char *name, struct sink *sink)
{
	char text[64], was[PS_VALUE_SIZE], is[PS_VALUE_SIZE];
	const uint8_t *abytes = ps_packet_read(a->pkt, in_a.off, in_a.len);
	const uint8_t *bbytes = ps_packet_read(b->pkt, in_b.off, in_b.len);
	uint32_t at = 0;

	if (!abytes || !bbytes)
		return;
	while (at < in_a.len && at < in_b.len && abytes[at] == bbytes[at])
		at++;
	if (at == in_a.len && at == in_b.len)
		return;
	bytes_text(abytes + at, in_a.len - at, DATA_SHOWN, was);
	bytes_text(bbytes + at, in_b.len - at, DATA_SHOWN, is);
	snprintf(text, sizeof(text), "%s[%u]", name, at);
	tell(sink, text, was, is);
}

/* The innermost payload; of a packet that no protocol knows, all of it. */
static void find_rest(struct side *s, struct ps_range *rest)
{
	const struct ps_header *last;

	rest->off = 0;
	rest->len = s->pkt->len;
	if (!s->layers.n)
		return;
	last = &s->layers.header[s->layers.n - 1];
	if (ps_proto_payload(s->pkt, last, rest))
		return;
	/* the length in its header is malformed */
	rest->off = last->range.off + last->proto->header_min;
	rest->len = s->pkt->len - rest->off;
}

/* The bytes of the packet behind a range. */
static struct ps_range beyond(const struct side *s, struct ps_range range)
{
	uint32_t off = range.off + range.len;

	return (struct ps_range){ off, s->pkt->len - off };
}

static bool has_proto(const struct ps_headers *layers, int from, const struct ps_proto *proto)
{
	for (; from < layers->n; from++) {
		if (layers->header[from].proto == proto)
			return true;
	}
	return false;
}

/* Compares headers of the same protocol, in their order; a header without its like is in one packet only. */
static void diff_headers(struct side *a, struct side *b, struct sink *sink)
{
	const struct ps_header *in_a = a->layers.header, *in_b = b->layers.header;
	int i = 0, j = 0;

	while (i < a->layers.n && j < b->layers.n) {
		if (in_a[i].proto == in_b[j].proto)
			diff_fields(a, &in_a[i++], b, &in_b[j++], sink);
		else if (has_proto(&b->layers, j, in_a[i].proto))
			diff_fields(a, NULL, b, &in_b[j++], sink);
		else
			diff_fields(a, &in_a[i++], b, NULL, sink);
	}
	while (i < a->layers.n)
		diff_fields(a, &in_a[i++], b, NULL, sink);
	while (j < b->layers.n)
		diff_fields(a, NULL, b, &in_b[j++], sink);
}

int ps_diff(struct ps_packet *before, struct ps_packet *after,
	    void (*found)(void *context, const char *name, const char *before, const char *after),
	    void *context)
{
	struct side a = { before }, b = { after };
	struct sink sink = { found, context, 0 };
	struct ps_range in_a, in_b;

	ps_dissect(before, &a.layers);
	ps_dissect(after, &b.layers);
	diff_headers(&a, &b, &sink);
	find_rest(&b, &in_b);
	in_a = in_b;	/* a is the packet before it was changed: the same bytes are in the same places */
	if (before->len != after->len || before->has_link != after->has_link)
		find_rest(&a, &in_a);
	diff_bytes(&a, in_a, &b, in_b, "data", &sink);
	diff_bytes(&a, beyond(&a, in_a), &b, beyond(&b, in_b), "padding", &sink);
	return sink.n;
}

/* As snprintf() to the end of what is in text, whose length is *len. */
#define append(...) \
	(*len += snprintf(text + (*len < size ? *len : size), *len < size ? size - *len : 0, \
			  __VA_ARGS__))

static void append_end(struct ps_packet *pkt, const struct ps_header *ip,
		       const struct ps_header *transport, const char *address, const char *port,
		       char *text, size_t size, size_t *len)
{
	const struct ps_field *field;
	char value[PS_VALUE_SIZE];

	char number[PS_VALUE_SIZE];
	bool has_port;

	field = transport ? ps_field_named(transport->proto, port) : NULL;
	has_port = field && ps_value_text(pkt, transport, field, number);
	field = ps_field_named(ip->proto, address);
	if (field && ps_value_text(pkt, ip, field, value))
		append(has_port && strchr(value, ':') ? "[%s]" : "%s", value);	/* RFC 5952, 6 */
	if (has_port)
		append(":%s", number);
}

/* Names for numbers of protocols that scripts have no views of. */
struct word {
	uint16_t number;
	const char *text;
};

/* Ethernet types: https://www.iana.org/assignments/ieee-802-numbers */
static const struct word ethernet_words[] = {
	{ 0x0800, "ip" }, { 0x0806, "arp" }, { 0x8035, "rarp" }, { 0x809B, "appletalk" },
	{ 0x8100, "vlan" }, { 0x86DD, "ip6" }, { 0x8809, "lacp" }, { 0x8847, "mpls" },
	{ 0x8848, "mpls" }, { 0x8863, "pppoe" }, { 0x8864, "pppoe" }, { 0x888E, "eapol" },
	{ 0x88A8, "vlan" }, { 0x88CC, "lldp" }, { 0x88E5, "macsec" }, { 0x88F7, "ptp" }, { 0 },
};

/* Protocols of IP: https://www.iana.org/assignments/protocol-numbers */
static const struct word ip_words[] = {
	{ 1, "icmp" }, { 2, "igmp" }, { 4, "ip" }, { 6, "tcp" }, { 17, "udp" }, { 33, "dccp" },
	{ 41, "ip6" }, { 47, "gre" }, { 50, "esp" }, { 51, "ah" }, { 58, "icmp6" }, { 88, "eigrp" },
	{ 89, "ospf" }, { 103, "pim" }, { 112, "vrrp" }, { 115, "l2tp" }, { 132, "sctp" },
	{ 136, "udplite" }, { 0 },
};

#define ETHERNET_TYPES	0x600	/* below are lengths of 802.3 */
#define ETHERNET_IP	0x0800

static const char *word_of(const struct word *words, unsigned int number)
{
	for (; words->number; words++) {
		if (words->number == number)
			return words->text;
	}
	return NULL;
}

/* True if the header's table has a protocol for this number. */
static bool has_next(const struct ps_proto *proto, unsigned int number)
{
	const struct ps_next *next;

	for (next = proto->next; next && next->proto; next++) {
		if (next->value == number)
			return true;
	}
	return false;
}

/* What the numbers mean by which a protocol says what it carries, or NULL. */
static const struct word *words_of(const struct ps_proto *proto)
{
	if (has_next(proto, ETHERNET_IP))
		return ethernet_words;
	return ps_field_named(proto, "saddr") ? ip_words : NULL;
}

/*
 * A word for what the innermost header carries, or the packet begins with, if that is a protocol without a table. NULL:
 * there is no such word.
 */
static const char *rest_word(struct ps_packet *pkt, const struct ps_headers *layers)
{
	const struct ps_header *last;
	const struct word *words;
	uint32_t number;

	if (!layers->n)
		return pkt->has_link ? NULL : word_of(ethernet_words, pkt->protocol);
	last = &layers->header[layers->n - 1];
	words = words_of(last->proto);
	if (!words || !ps_proto_next_value(pkt, last, &number) || has_next(last->proto, number))
		return NULL;
	return last->proto->next == ps_networks && number < ETHERNET_TYPES ? "llc" : word_of(words, number);
}

size_t ps_packet_line(struct ps_packet *pkt, char *text, size_t size)
{
	const struct ps_header *network = NULL, *transport = NULL, *last;
	struct ps_headers layers;
	size_t length = 0, *len = &length;
	const char *word;
	int i;

	ps_dissect(pkt, &layers);
	for (i = 0; i < layers.n; i++) {
		if (ps_field_named(layers.header[i].proto, "saddr")) {
			network = &layers.header[i];
			transport = NULL;
		}
		if (ps_field_named(layers.header[i].proto, "sport"))
			transport = &layers.header[i];
	}
	last = layers.n ? &layers.header[layers.n - 1] : NULL;
	if (network) {
		append_end(pkt, network, transport, "saddr", "sport", text, size, len);
		append(" > ");
		append_end(pkt, network, transport, "daddr", "dport", text, size, len);
		append(" ");
	}
	word = rest_word(pkt, &layers);
	if (!word)
		word = last ? ps_proto_short(last->proto) : "unknown";
	append("%s %u", word, pkt->len);
	return length;
}
