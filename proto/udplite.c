/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* UDP-Lite: RFC 3828. Receivers discard what has a checksum of 0, so it stays as it is. */
#include "protos.h"

static const struct ps_field fields[] = {
	{ "sport",  {  0, 16 }, PS_UINT },
	{ "dport",  { 16, 16 }, PS_UINT },
	{ "length", { 32, 16 }, PS_UINT, PS_COVERAGE },
	{ "check",  { 48, 16 }, PS_UINT, PS_CHECKSUM },
	{ "data",   { 64,  0 }, PS_BYTES, PS_PAYLOAD },
};

const struct ps_proto ps_proto_udplite = {
	.name = "packet_udplite",
	.header_min = 8,
	.csum = {
		.kind = PS_CSUM_PSEUDO,
		.at = 6,
		.zero_is_none = true,
		.covers = PS_WORD(32, 16),
	},
	PS_FIELDS(fields),
};
