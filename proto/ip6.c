/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* IPv6, RFC 8200: what checksums need. Scripts have no objects of it yet. */
#include "protos.h"

static const struct ps_field fields[] = {
	{ "saddr", {  64, 128 }, PS_IPV6, PS_PSEUDO },
	{ "daddr", { 192, 128 }, PS_IPV6, PS_PSEUDO },
};

static const struct ps_next next[] = {
	{ 6,   &ps_proto_tcp },
	{ 17,  &ps_proto_udp },
	{ 58,  &ps_proto_icmp6 },
	{ 136, &ps_proto_udplite },
	{ 33,  &ps_proto_dccp },
	{ 0, NULL },
};

const struct ps_proto ps_proto_ip6 = {
	.name = "packet_ip6",
	.header_min = 40,
	.next_by = PS_WORD(48, 8),
	.next = next,
	.csum = { .kind = PS_CSUM_LENDS },
	PS_FIELDS(fields),
};
