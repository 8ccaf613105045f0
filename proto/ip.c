/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* IPv4: RFC 791, 3.1. */
#include "protos.h"

static const struct ps_field fields[] = {
	{ "version",    {   0,  4 }, PS_UINT },
	{ "ihl",        {   4,  4 }, PS_UINT, PS_COVERAGE | PS_SHAPE },
	{ "tos",        {   8,  8 }, PS_UINT },
	{ "tot_len",    {  16, 16 }, PS_UINT, PS_COVERAGE },
	{ "id",         {  32, 16 }, PS_UINT },
	{ "flags",      {  48,  3 }, PS_UINT },
	{ "frag_off",   {  51, 13 }, PS_UINT, PS_SHAPE },
	{ "ttl",        {  64,  8 }, PS_UINT },
	{ "protocol",   {  72,  8 }, PS_UINT, PS_SHAPE },
	{ "check",      {  80, 16 }, PS_UINT, PS_CHECKSUM },
	{ "saddr",      {  96, 32 }, PS_IPV4, PS_PSEUDO },
	{ "daddr",      { 128, 32 }, PS_IPV4, PS_PSEUDO | PS_ROUTED },
	{ "options",    { 160,  0 }, PS_BYTES, PS_OPTIONS },
	{ "data",       { 160,  0 }, PS_BYTES, PS_PAYLOAD },
};

/* The frequent ones first. */
static const struct ps_next next[] = {
	{ 6,  &ps_proto_tcp },
	{ 17, &ps_proto_udp },
	{ 1,  &ps_proto_icmp },
	{ 136, &ps_proto_udplite },
	{ 33, &ps_proto_dccp },
	{ 47, &ps_proto_gre },
	{ 132, &ps_proto_sctp },
	{ 41, &ps_proto_ip6 },
	{ 4, &ps_proto_ip },
	{ 51, &ps_proto_ah },
	{ 0, NULL },
};

enum { END = 0, NO_OPERATION = 1, LOOSE_ROUTE = 131, STRICT_ROUTE = 137 };

#define ROUTE_HEAD	3	/* bytes of a source route before its addresses: type, length, pointer */

static uint32_t route(const uint8_t *header, uint32_t len)
{
	uint32_t at = 20, size;

	while (at < len && header[at] != END) {
		if (header[at] == NO_OPERATION) {
			at++;
			continue;
		}
		size = at + 1 < len ? header[at + 1] : 0;
		if (size < 2 || size > len - at)
			return 0;
		if (header[at] == LOOSE_ROUTE || header[at] == STRICT_ROUTE)
			return size >= ROUTE_HEAD + 4 && header[at + 2] <= size ? at + size - 4 : 0;
		at += size;
	}
	return 0;
}

const struct ps_proto ps_proto_ip = {
	.name = "packet_ip",
	.header_min = 20,
	.header_len = PS_WORD(4, 4),
	.total_len = PS_WORD(16, 16),
	.more_fragments = PS_WORD(50, 1),
	.fragment = PS_WORD(51, 13),
	.plain = { { { 0x0F, 0, 0, 0, 0, 0, 0x1F, 0xFF } }, { { 0x05 } } },
	.next_by = PS_WORD(72, 8),
	.next = next,
	.csum = { .kind = PS_CSUM_HEADER, .at = 10 },
	.route = route,
	PS_FIELDS(fields),
};
