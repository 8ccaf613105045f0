/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The authentication header of IPsec: RFC 4302, 2. In IPv6 it is one of the extension headers: proto/ip6.c. */
#include "protos.h"

#define FIXED	12

static const struct ps_field fields[] = {
	{ "next_header", {  0,  8 }, PS_UINT, PS_SHAPE },
	{ "len",         {  8,  8 }, PS_UINT, PS_SHAPE },
	{ "reserved",    { 16, 16 }, PS_UINT },
	{ "spi",         { 32, 32 }, PS_UINT },
	{ "seq",         { 64, 32 }, PS_UINT },
	{ "icv",         { 96,  0 }, PS_BYTES, PS_OPTIONS },
	{ "data",        { 96,  0 }, PS_BYTES, PS_PAYLOAD },
};

static const struct ps_next next[] = {
	{ 6, &ps_proto_tcp },
	{ 17, &ps_proto_udp },
	{ 1, &ps_proto_icmp },
	{ 58, &ps_proto_icmp6 },
	{ 136, &ps_proto_udplite },
	{ 33, &ps_proto_dccp },
	{ 132, &ps_proto_sctp },
	{ 47, &ps_proto_gre },
	{ 41, &ps_proto_ip6 },
	{ 4, &ps_proto_ip },
	{ 51, &ps_proto_ah },
	{ 0xFFFF, NULL },
};

static bool extent(struct ps_packet *pkt, const struct ps_header *header, struct ps_extent *extent)
{
	const uint8_t *p = ps_proto_read(pkt, header);

	if (!p)
		return false;
	*extent = (struct ps_extent){ .len = (p[1] + 2) * 4, .next = p[0] };
	return extent->len >= FIXED;
}

const struct ps_proto ps_proto_ah = {
	.name = "packet_ah",
	.header_min = FIXED,
	.extent = extent,
	.shape = PS_WORD(8, 8),
	.next_by = PS_WORD(0, 8),
	.next = next,
	.is_between = true,
	PS_FIELDS(fields),
};
