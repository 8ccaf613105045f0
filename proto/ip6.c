/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* IPv6: RFC 8200. The header includes its extension headers, up to what they carry. */
#include "protos.h"

#define FIXED		40
#define EXTENSIONS_MAX	16	/* of a header that is not taken for malformed; RFC 8504, 5.3 allows for a limit */

static const struct ps_field fields[] = {
	{ "version",     {   0,   4 }, PS_UINT },
	{ "tclass",      {   4,   8 }, PS_UINT },
	{ "flow",        {  12,  20 }, PS_UINT },
	{ "payload_len", {  32,  16 }, PS_UINT, PS_COVERAGE },
	{ "nexthdr",     {  48,   8 }, PS_UINT, PS_SHAPE },
	{ "hop_limit",   {  56,   8 }, PS_UINT },
	{ "saddr",       {  64, 128 }, PS_IPV6, PS_PSEUDO },
	{ "daddr",       { 192, 128 }, PS_IPV6, PS_PSEUDO | PS_ROUTED },
	{ "data",        { 320,   0 }, PS_BYTES, PS_PAYLOAD },
};

/* The frequent ones first. No header has the last value; 0 are hop-by-hop options. */
static const struct ps_next next[] = {
	{ 6,   &ps_proto_tcp },
	{ 17,  &ps_proto_udp },
	{ 58,  &ps_proto_icmp6 },
	{ 136, &ps_proto_udplite },
	{ 33,  &ps_proto_dccp },
	{ 47,  &ps_proto_gre },
	{ 132, &ps_proto_sctp },
	{ 4,   &ps_proto_ip },
	{ 41,  &ps_proto_ip6 },
	{ 0xFFFF, NULL },
};

enum { HOP_BY_HOP = 0, ROUTING = 43, FRAGMENT = 44, AUTHENTICATION = 51, DESTINATION_OPTIONS = 60 };

/* An extension header has (its second byte + more) * unit bytes. */
static const struct extension {
	uint8_t value;
	uint8_t mask;		/* of that byte; 0: it says something else */
	uint8_t more;
	uint8_t unit;
} extensions[] = {
	{ HOP_BY_HOP,          0xFF, 1, 8 },
	{ ROUTING,             0xFF, 1, 8 },
	{ FRAGMENT,            0,    1, 8 },
	{ DESTINATION_OPTIONS, 0xFF, 1, 8 },
	{ AUTHENTICATION,      0xFF, 2, 4 },	/* RFC 4302, 2.2 */
};

#define EXTENSION_MIN	8	/* bytes of each */

/* All of these, for a look at what most packets have. */
#define EXTENSIONS	((uint64_t)1 << HOP_BY_HOP | (uint64_t)1 << ROUTING | (uint64_t)1 << FRAGMENT | \
			 (uint64_t)1 << AUTHENTICATION | (uint64_t)1 << DESTINATION_OPTIONS)

static inline const struct extension *extension_of(uint32_t value)
{
	const struct extension *e;

	if (ps_likely(value >= 64 || !(EXTENSIONS >> value & 1)))
		return NULL;
	for (e = extensions; e < extensions + sizeof(extensions) / sizeof(extensions[0]); e++) {
		if (e->value == value)
			return e;
	}
	return NULL;
}

/* Its length, if these are its first bytes. */
static uint32_t extension_len(const struct extension *e, const uint8_t *bytes)
{
	return ((bytes[1] & e->mask) + e->more) * e->unit;
}

static bool extent(struct ps_packet *pkt, const struct ps_header *header, struct ps_extent *extent)
{
	const uint8_t *p = ps_proto_read(pkt, header);
	const struct extension *e;
	unsigned int n;

	if (!p)
		return false;
	*extent = (struct ps_extent){ .len = FIXED, .next = p[6] };
	for (n = 0; !extent->is_fragment; n++) {
		e = extension_of(extent->next);
		if (!e)
			break;
		if (n == EXTENSIONS_MAX || header->range.len < extent->len + EXTENSION_MIN)
			return false;
		p = ps_packet_read(pkt, header->range.off + extent->len, EXTENSION_MIN);
		if (!p)
			return false;
		if (e->value == FRAGMENT) {
			extent->is_fragment = ps_load16(p + 2) >> 3;
			extent->more_fragments = p[3] & 1;
			extent->fragment = extent->len;
		}
		extent->next = p[0];
		extent->len += extension_len(e, p);
	}
	extent->shape_end = extent->len;
	return true;
}

/* Routing headers: the original one, that of mobile nodes (RFC 6275, 6.4), and segments (RFC 8754, 2). */
enum { SOURCE_ROUTE = 0, HOME_ADDRESS = 2, SEGMENTS = 4 };

#define ROUTE_HEAD	8	/* bytes before the addresses */
#define ADDRESS		16

/* Where the last address of a routing header that begins at byte at stands, if it is not used up; else 0. */
static uint32_t last_address(const uint8_t *header, uint32_t at, uint32_t len)
{
	uint32_t type = header[at + 2], left = header[at + 3];

	if (!left || len < ROUTE_HEAD + ADDRESS)
		return 0;
	switch (type) {
	case SOURCE_ROUTE:
	case HOME_ADDRESS:
		return at + ROUTE_HEAD + (len - ROUTE_HEAD) / ADDRESS * ADDRESS - ADDRESS;
	case SEGMENTS:		/* they stand in reverse */
		return at + ROUTE_HEAD;
	}
	return 0;
}

static uint32_t route(const uint8_t *header, uint32_t len)
{
	const struct extension *e = extension_of(header[6]);
	uint32_t at = FIXED, size, value;

	while (e && len - at >= EXTENSION_MIN) {
		size = extension_len(e, header + at);
		value = e->value;
		if (size > len - at)
			return 0;
		if (value == ROUTING)
			return last_address(header, at, size);
		e = extension_of(header[at]);
		at += size;
	}
	return 0;
}

const struct ps_proto ps_proto_ip6 = {
	.name = "packet_ip6",
	.header_min = FIXED,
	.total_len = PS_WORD(32, 16),
	.total_more = FIXED,
	.extent = extent,
	.shape = PS_WORD(48, 8),
	.goes_on = EXTENSIONS,
	.plain = { { { 0xF0 } }, { { 0x60 } } },
	.next_by = PS_WORD(48, 8),
	.next = next,
	.route = route,
	.csum = { .kind = PS_CSUM_LENDS },
	PS_FIELDS(fields),
};
