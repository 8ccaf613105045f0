/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* ICMPv6: RFC 4443; id and sequence as in echo messages. */
#include "protos.h"

static const struct ps_field fields[] = {
	{ "type",       {  0,  8 }, PS_UINT, PS_SHAPE },
	{ "code",       {  8,  8 }, PS_UINT },
	{ "checksum",   { 16, 16 }, PS_UINT, PS_CHECKSUM },
	{ "id",         { 32, 16 }, PS_UINT },
	{ "sequence",   { 48, 16 }, PS_UINT },
	{ "data",       { 64,  0 }, PS_BYTES, PS_PAYLOAD },
};

/* Errors: unreachable, packet too big, time exceeded, parameter problem. */
static const struct ps_next next[] = {
	{ 1, &ps_proto_ip6 },
	{ 2, &ps_proto_ip6 },
	{ 3, &ps_proto_ip6 },
	{ 4, &ps_proto_ip6 },
	{ 0, NULL },
};

const struct ps_proto ps_proto_icmp6 = {
	.name = "packet_icmp6",
	.header_min = 8,
	.next_by = PS_WORD(0, 8),
	.next = next,
	.quotes = true,
	.csum = { .kind = PS_CSUM_PSEUDO, .at = 2 },
	PS_FIELDS(fields),
};
