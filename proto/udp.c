/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* UDP: RFC 768. */
#include "protos.h"

static const struct ps_field fields[] = {
	{ "sport",  {  0, 16 }, PS_UINT },
	{ "dport",  { 16, 16 }, PS_UINT },
	{ "length", { 32, 16 }, PS_UINT, PS_COVERAGE },
	{ "check",  { 48, 16 }, PS_UINT, PS_CHECKSUM },
	{ "data",   { 64,  0 }, PS_BYTES, PS_PAYLOAD },
};

const struct ps_proto ps_proto_udp = {
	.name = "packet_udp",
	.header_min = 8,
	.total_len = PS_WORD(32, 16),
	.any_next = true,
	.csum = { .kind = PS_CSUM_PSEUDO, .at = 6, .zero_is_none = true },
	PS_FIELDS(fields),
};
