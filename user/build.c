/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "build.h"

#include <string.h>

#include "buffer.h"
#include "dissect.h"
#include "field.h"
#include "message.h"

/* Values of fields that are not given, as in the first packet that a host sends. */
static const struct {
	const char *proto, *field;
	struct ps_value value;
} presets[] = {
	{ "eth",  "dmac",        { 0, 0x020000000002 } },
	{ "eth",  "smac",        { 0, 0x020000000001 } },
	{ "ip",   "version",     { 0, 4 } },
	{ "ip",   "ttl",         { 0, 64 } },
	{ "ip",   "saddr",       { 0, 0xC0000201 } },	/* 192.0.2.1, 192.0.2.2: RFC 5737 */
	{ "ip",   "daddr",       { 0, 0xC0000202 } },
	{ "ip6",  "version",     { 0, 6 } },
	{ "ip6",  "nexthdr",     { 0, 59 } },	/* nothing */
	{ "ip6",  "hop_limit",   { 0, 64 } },
	{ "ip6",  "saddr",       { 0x20010DB800000000, 1 } },	/* RFC 3849 */
	{ "ip6",  "daddr",       { 0x20010DB800000000, 2 } },
	{ "arp",  "htype",       { 0, 1 } },
	{ "arp",  "ptype",       { 0, 0x0800 } },
	{ "arp",  "hlen",        { 0, 6 } },
	{ "arp",  "plen",        { 0, 4 } },
	{ "arp",  "oper",        { 0, 1 } },
	{ "arp",  "sha",         { 0, 0x020000000001 } },
	{ "arp",  "spa",         { 0, 0xC0000201 } },
	{ "arp",  "tpa",         { 0, 0xC0000202 } },
	{ "mpls", "bos",         { 0, 1 } },
	{ "mpls", "ttl",         { 0, 64 } },
	{ "pppoe", "version",    { 0, 1 } },
	{ "pppoe", "type",       { 0, 1 } },
	{ "pppoe", "session",    { 0, 1 } },
	{ "pppoe", "protocol",   { 0, 0x0021 } },
	{ "vxlan", "flags",      { 0, 8 } },
	{ "ah",   "len",         { 0, 1 } },
	{ "dhcp", "op",          { 0, 1 } },
	{ "dhcp", "htype",       { 0, 1 } },
	{ "dhcp", "hlen",        { 0, 6 } },
	{ "dhcp", "chaddr",      { 0, 0x020000000001 } },
	{ "dhcp", "cookie",      { 0, 0x63825363 } },
	{ "icmp", "type",        { 0, 8 } },
	{ "icmp6", "type",       { 0, 128 } },
	{ "tcp",  "flags",       { 0, 0x10 } },
	{ "tcp",  "window_size", { 0, 65535 } },
	{ "tcp",  "sport",       { 0, 1024 } },
	{ "tcp",  "dport",       { 0, 80 } },
	{ "sctp", "sport",       { 0, 1024 } },
	{ "sctp", "dport",       { 0, 7 } },
	{ "udp",  "sport",       { 0, 1024 } },
	{ "udp",  "dport",       { 0, 7 } },
};

/* The port behind which outer has proto, as a rule; 0: none. */
static uint16_t port_of(const struct ps_proto *outer, const struct ps_proto *proto)
{
	const struct ps_port *row = outer->ports;

	while (row && row->proto && row->proto != proto)
		row++;
	return row ? row->port : 0;
}

/* True if the payload of outer may be proto, and by which value. */
static bool carries(const struct ps_proto *outer, const struct ps_proto *proto, uint16_t *value)
{
	const struct ps_next *next;

	for (next = outer->next; next && next->proto; next++) {
		if (next->proto == proto) {
			*value = next->value;
			return true;
		}
	}
	return false;
}

static bool is_in(const struct ps_proto *const *chain, int n, const struct ps_proto *proto)
{
	while (n--) {
		if (chain[n] == proto)
			return true;
	}
	return false;
}

/* What goes around the outermost of the chain: what is named, but a link layer last, or the first that can; or NULL. */
static const struct ps_proto *carrier(const struct ps_proto *const *chain, int n, uint64_t named)
{
	const struct ps_proto *first = NULL;
	unsigned int i;
	uint16_t value;

	for (i = 0; i < ps_nprotos; i++) {
		if ((!carries(ps_protos[i], chain[n - 1], &value) && !port_of(ps_protos[i], chain[n - 1])) || is_in(chain, n, ps_protos[i]))
			continue;
		if (named >> i & 1 && !ps_protos[i]->is_link)
			return ps_protos[i];
		if (!first)
			first = ps_protos[i];
	}
	return first;
}

void ps_build_init(struct ps_build *b, const struct ps_proto *proto, uint64_t named, bool has_link)
{
	const struct ps_proto *chain[PS_BUILD_LAYERS];
	int n = 0;

	memset(b, 0, sizeof(*b));
	while (proto && n < PS_BUILD_LAYERS) {
		if (proto->is_link && !has_link && n)
			break;
		chain[n++] = proto;
		proto = proto->is_link ? NULL : carrier(chain, n, named);	/* tunnels carry link layers, too: not here */
	}
	while (n)
		b->layer[b->nlayers++].proto = chain[--n];
}

struct ps_build_layer *ps_build_field(struct ps_build *b, const char *name, unsigned int *place)
{
	const struct ps_field *field;
	int i;

	for (i = b->nlayers - 1; i >= 0; i--) {
		field = ps_field_named(b->layer[i].proto, name);
		if (field) {
			*place = field - b->layer[i].proto->fields;
			return &b->layer[i];
		}
	}
	return NULL;
}

/* Writes the field alone: no checksum follows, unlike with ps_field_set(). */
static void put_bits(uint8_t *header, struct ps_bits at, struct ps_value value)
{
	unsigned int i, bit;

	for (i = 0; i < at.width; i++) {
		bit = at.bit + at.width - 1 - i;
		header[bit / 8] &= ~(0x80 >> bit % 8);
		if ((i < 64 ? value.low >> i : value.high >> (i - 64)) & 1)
			header[bit / 8] |= 0x80 >> bit % 8;
	}
}

static void put_word(uint8_t *header, struct ps_word word, uint32_t value)
{
	uint32_t old = ps_load16(header + word.at);

	if (!word.mask)
		return;
	old &= ~(uint32_t)word.mask;
	ps_store16(header + word.at, old | (value << word.shift & word.mask));
}

static size_t options_len(const struct ps_build_layer *layer)
{
	unsigned int i;

	for (i = 0; i < layer->proto->nfields; i++) {
		if (layer->proto->fields[i].flags & PS_OPTIONS)
			return (layer->value[i].len + 3) / 4 * 4;
	}
	return 0;
}

/* The header that begins here, as that of a packet which is all zeros behind it. */
static void open_header(const struct ps_proto *proto, uint8_t *header, size_t size, struct ps_packet *pkt,
			struct ps_header *at)
{
	ps_buffer_init(pkt, header, size, 0, 0);
	*at = (struct ps_header){ proto, { 0, size }, NULL };
}

/* False: the header, as far as it has been put, has no such field. */
static bool put_value(const struct ps_proto *proto, const struct ps_field *field, struct ps_value value,
		      uint8_t *header, size_t size)
{
	struct ps_field moved;
	struct ps_packet pkt;
	struct ps_header at;

	open_header(proto, header, size, &pkt, &at);
	field = ps_proto_here(&pkt, &at, field, &moved);
	if (field)
		put_bits(header, field->at, value);
	return field;
}

/* Whether the header has it: a text, which is there already if it is. */
static bool has_field(const struct ps_proto *proto, const struct ps_field *field, uint8_t *header, size_t size)
{
	struct ps_field moved;
	struct ps_packet pkt;
	struct ps_header at;

	open_header(proto, header, size, &pkt, &at);
	return ps_proto_here(&pkt, &at, field, &moved);
}

/* False: the header has not got all of them. */
static bool put_fields(const struct ps_build_layer *layer, uint8_t *header, size_t size)
{
	const struct ps_proto *proto = layer->proto;
	const struct ps_build_value *value;
	bool has_all = true;
	unsigned int i;

	for (i = 0; i < proto->nfields; i++) {
		value = &layer->value[i];
		if (!value->is_set)
			continue;
		if (proto->fields[i].type->is_bytes)
			memcpy(header + proto->fields[i].at.bit / 8, value->bytes, value->len);
		else if (proto->fields[i].type->is_text)
			has_all &= has_field(proto, &proto->fields[i], header, size);
		else
			has_all &= put_value(proto, &proto->fields[i], value->number, header, size);
	}
	return has_all;
}

/* What is not given, of fields that are where the table says, or of those that are not (PS_LOCATED). */
static void put_presets(const struct ps_build_layer *layer, unsigned int located, uint8_t *header,
			size_t size)
{
	const struct ps_proto *proto = layer->proto;
	const struct ps_field *field;
	size_t i;

	for (i = 0; i < sizeof(presets) / sizeof(*presets); i++) {
		if (strcmp(presets[i].proto, ps_proto_short(proto)))
			continue;
		field = ps_field_named(proto, presets[i].field);
		if ((field->flags & PS_LOCATED) == located && !layer->value[field - proto->fields].is_set)
			put_value(proto, field, presets[i].value, header, size);
	}
}

#define HEADER_MAX	1024	/* bytes of one that says how far it goes */

/* How many bytes the header has: as many as what it is given says. */
static size_t header_size(const struct ps_build_layer *layer)
{
	const struct ps_proto *proto = layer->proto;
	size_t size = proto->header_min + options_len(layer), message = ps_message_write(layer, NULL);
	uint8_t header[HEADER_MAX] = { 0 };
	struct ps_extent extent;
	struct ps_packet pkt;
	struct ps_header at;

	if (message)
		return message;
	if (!proto->extent)
		return size;
	put_presets(layer, 0, header, size);
	put_fields(layer, header, size);	/* what says how far it goes; others may come to lie behind */
	open_header(proto, header, sizeof(header), &pkt, &at);
	return proto->extent(&pkt, &at, &extent) && extent.len > size && extent.len <= HEADER_MAX ? extent.len : size;
}

/* True if the checksum is given, or there is none: nothing is to be computed then. */
static bool has_checksum(const struct ps_build_layer *layer)
{
	unsigned int i;

	for (i = 0; i < layer->proto->nfields; i++) {
		if (layer->proto->fields[i].flags & PS_CHECKSUM)
			return layer->value[i].is_set;
	}
	return true;
}

/* From the innermost layer outwards, since the sum of an outer one covers the inner ones. */
static void put_checksums(const struct ps_build *b, struct ps_packet *pkt)
{
	struct ps_headers layers;
	int i;

	ps_dissect(pkt, &layers);
	for (i = layers.n - 1; i >= 0; i--) {
		if (i < b->nlayers && layers.header[i].proto == b->layer[i].proto &&
		    !has_checksum(&b->layer[i]))
			ps_field_checksum(pkt, &layers.header[i]);
	}
}

static bool carried_by_link(const struct ps_proto *proto, uint16_t *value)
{
	unsigned int i;

	for (i = 0; i < ps_nprotos; i++) {
		if (ps_protos[i]->is_link && carries(ps_protos[i], proto, value))
			return true;
	}
	return false;
}

const char *ps_build_finish(const struct ps_build *b, uint8_t *bytes, struct ps_packet *pkt)
{
	size_t at[PS_BUILD_LAYERS], len = 0;
	uint32_t network = 0;
	uint16_t value, port, protocol = 0;
	int i;

	for (i = 0; i < b->nlayers; i++) {
		const struct ps_proto *proto = b->layer[i].proto;

		if (proto->header_len.mask &&
		    proto->header_min + options_len(&b->layer[i]) > 4u * (proto->header_len.mask >> proto->header_len.shift))
			return "more options than the header can hold";
		at[i] = len;
		len += header_size(&b->layer[i]);
		if (proto->is_link)
			network = len;
	}
	if (len + b->len > PS_BUILD_MAX)
		return "more bytes than a packet can have";
	memset(bytes, 0, len);
	if (b->len)
		memcpy(bytes + len, b->payload, b->len);
	len += b->len;

	for (i = 0; i < b->nlayers; i++) {
		const struct ps_proto *proto = b->layer[i].proto;
		uint8_t *header = bytes + at[i];
		size_t size = (i + 1 < b->nlayers ? at[i + 1] : len - b->len) - at[i];

		ps_message_write(&b->layer[i], header);
		put_presets(&b->layer[i], 0, header, size);
		put_word(header, proto->header_len,
			 (proto->header_min + options_len(&b->layer[i])) / 4);
		put_word(header, proto->total_len, len - at[i] - proto->total_more);
		if (i + 1 < b->nlayers && carries(proto, b->layer[i + 1].proto, &value) &&
		    value <= proto->next_by.mask >> proto->next_by.shift)	/* else something in the payload tells */
			put_word(header, proto->next_by, value);
		port = i + 1 < b->nlayers ? port_of(proto, b->layer[i + 1].proto) : 0;
		if (port)
			ps_store16(header + 2, port);	/* the destination's */
		if (!put_fields(&b->layer[i], header, size))
			return "a field is given that the header, as it is given, does not have";
		put_presets(&b->layer[i], PS_LOCATED, header, size);
		if (proto->is_link)
			protocol = ps_proto_word(header, proto->next_by);
	}
	if (!network && carried_by_link(b->layer[0].proto, &value))
		protocol = value;
	ps_buffer_init(pkt, bytes, len, network, protocol);
	put_checksums(b, pkt);
	return NULL;
}
