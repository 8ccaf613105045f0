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

void ps_dissect(struct ps_packet *pkt, struct ps_layers *layers)
{
	struct ps_header *header = layers->header;

	layers->n = 0;
	if (!first_header(pkt, header))
		return;
	for (layers->n = 1; layers->n < PS_LAYERS_MAX; layers->n++, header++) {
		if (!ps_proto_next(pkt, header, header + 1))
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

const struct ps_field *ps_field_named(const struct ps_proto *proto, const char *name)
{
	unsigned int i;

	for (i = 0; i < proto->nfields; i++) {
		if (!strcmp(proto->fields[i].name, name))
			return &proto->fields[i];
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

bool ps_value_text(struct ps_packet *pkt, const struct ps_header *header,
		   const struct ps_field *field, char text[PS_VALUE_SIZE])
{
	struct ps_range range;
	const uint8_t *bytes;
	uint64_t value;

	if (field->type == PS_BYTES) {
		if (!ps_proto_field(pkt, header, field, &range))
			return false;
		bytes = ps_packet_read(pkt, range.off, range.len);
		if (bytes)
			bytes_text(bytes, range.len, BYTES_SHOWN, text);
		return bytes;
	}
	if (ps_field_get(pkt, header->range.off, field->at, &value))
		return false;
	switch (field->type) {
	case PS_IPV4:
		text[ps_ipv4_format(text, value)] = 0;
		break;
	case PS_MAC:
		text[ps_mac_format(text, value)] = 0;
		break;
	default:
		snprintf(text, PS_VALUE_SIZE, field->flags & PS_CHECKSUM ? "0x%04llx" : "%llu",
			 (unsigned long long)value);
	}
	return true;
}

struct side {
	struct ps_packet *pkt;
	struct ps_layers layers;
};

/* The bytes of the innermost payload, or of a packet that no protocol knows. */
static const uint8_t *rest(struct side *s, uint32_t *len)
{
	struct ps_range payload = { 0, s->pkt->len };

	if (s->layers.n &&
	    !ps_proto_payload(s->pkt, &s->layers.header[s->layers.n - 1], &payload))
		payload.len = 0;
	*len = payload.len;
	return ps_packet_read(s->pkt, payload.off, payload.len);
}

/* Tells where payloads differ first. Returns 1 if they do. */
static int diff_rest(struct side *a, struct side *b,
		     void (*found)(void *context, const char *name, const char *before,
				   const char *after), void *context)
{
	char name[64], was[PS_VALUE_SIZE], is[PS_VALUE_SIZE];
	uint32_t alen, blen, at = 0;
	const uint8_t *abytes = rest(a, &alen), *bbytes = rest(b, &blen);

	while (at < alen && at < blen && abytes[at] == bbytes[at])
		at++;
	if (at == alen && at == blen)
		return 0;
	bytes_text(abytes + at, alen - at, DATA_SHOWN, was);
	bytes_text(bbytes + at, blen - at, DATA_SHOWN, is);
	snprintf(name, sizeof(name), "data[%u]", at);
	found(context, name, was, is);
	return 1;
}

int ps_diff(struct ps_packet *before, struct ps_packet *after,
	    void (*found)(void *context, const char *name, const char *before, const char *after),
	    void *context)
{
	struct side a = { before }, b = { after };
	char name[64], was[PS_VALUE_SIZE], is[PS_VALUE_SIZE];
	const struct ps_proto *proto;
	unsigned int f;
	int i, n = 0;

	ps_dissect(before, &a.layers);
	ps_dissect(after, &b.layers);
	for (i = 0; i < a.layers.n || i < b.layers.n; i++) {
		bool has_a = i < a.layers.n, has_b = i < b.layers.n;

		if (has_a && has_b && a.layers.header[i].proto != b.layers.header[i].proto)
			has_b = false;
		proto = has_a ? a.layers.header[i].proto : b.layers.header[i].proto;
		for (f = 0; f < proto->nfields; f++) {
			const struct ps_field *field = &proto->fields[f];

			if (field->flags & PS_PAYLOAD)
				continue;
			if (!has_a || !ps_value_text(before, &a.layers.header[i], field, was))
				was[0] = 0;
			if (!has_b || !ps_value_text(after, &b.layers.header[i], field, is))
				is[0] = 0;
			if (!strcmp(was, is))
				continue;
			snprintf(name, sizeof(name), "%s.%s", ps_proto_short(proto), field->name);
			found(context, name, was, is);
			n++;
		}
		if (has_a != has_b)
			break;
	}
	return n + diff_rest(&a, &b, found, context);
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

	field = ps_field_named(ip->proto, address);
	if (field && ps_value_text(pkt, ip, field, value))
		append("%s", value);
	field = transport ? ps_field_named(transport->proto, port) : NULL;
	if (field && ps_value_text(pkt, transport, field, value))
		append(":%s", value);
}

size_t ps_packet_line(struct ps_packet *pkt, char *text, size_t size)
{
	const struct ps_header *network = NULL, *last;
	struct ps_layers layers;
	size_t length = 0, *len = &length;
	int i;

	ps_dissect(pkt, &layers);
	for (i = 0; i < layers.n; i++) {
		if (ps_field_named(layers.header[i].proto, "saddr"))
			network = &layers.header[i];
	}
	last = layers.n ? &layers.header[layers.n - 1] : NULL;
	if (network) {
		append_end(pkt, network, last, "saddr", "sport", text, size, len);
		append(" > ");
		append_end(pkt, network, last, "daddr", "dport", text, size, len);
		append(" ");
	}
	append("%s %u", last ? ps_proto_short(last->proto) : "unknown", pkt->len);
	return length;
}
