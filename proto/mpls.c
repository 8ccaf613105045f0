/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* MPLS: RFC 3032, 2.1; the three bits behind the label have been the traffic class since RFC 5462. */
#include "protos.h"

#define FIXED	4

static const struct ps_field fields[] = {
	{ "label", {  0, 20 }, PS_UINT },
	{ "tc",    { 20,  3 }, PS_UINT },
	{ "bos",   { 23,  1 }, PS_UINT, PS_SHAPE },
	{ "ttl",   { 24,  8 }, PS_UINT },
	{ "data",  { 32,  0 }, PS_BYTES, PS_PAYLOAD },
};

/* Behind the last label, of which bos is 1, nothing says what follows but its own version: RFC 4928, 3. */
static const struct ps_next next[] = {
	{ 0, &ps_proto_mpls },
	{ 4, &ps_proto_ip },
	{ 6, &ps_proto_ip6 },
	{ 0xFFFF, NULL },
};

static bool extent(struct ps_packet *pkt, const struct ps_header *header, struct ps_extent *extent)
{
	const uint8_t *p = ps_proto_read(pkt, header);

	if (!p)
		return false;
	*extent = (struct ps_extent){ .len = FIXED };
	if (!(p[2] & 1))
		return true;
	p = header->range.len > FIXED ? ps_packet_read(pkt, header->range.off + FIXED, 1) : NULL;
	extent->next = p && p[0] >> 4 ? p[0] >> 4 : 0xFFFF;
	return true;
}

const struct ps_proto ps_proto_mpls = {
	.name = "packet_mpls",
	.header_min = FIXED,
	.extent = extent,
	.shape = PS_WORD(23, 1),
	.next_by = PS_WORD(23, 1),
	.next = next,
	PS_FIELDS(fields),
};
