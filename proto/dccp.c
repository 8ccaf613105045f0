/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* DCCP: RFC 4340, 5.1 and 9. What comes after these fields depends on type and x. */
#include "protos.h"

static const struct ps_field fields[] = {
	{ "sport",    {  0, 16 }, PS_UINT },
	{ "dport",    { 16, 16 }, PS_UINT },
	{ "data_off", { 32,  8 }, PS_UINT, PS_COVERAGE | PS_SHAPE },
	{ "ccval",    { 40,  4 }, PS_UINT },
	{ "cscov",    { 44,  4 }, PS_UINT, PS_COVERAGE },
	{ "check",    { 48, 16 }, PS_UINT, PS_CHECKSUM },
	{ "type",     { 67,  4 }, PS_UINT },
	{ "x",        { 71,  1 }, PS_UINT },
	{ "options",  { 96,  0 }, PS_BYTES, PS_OPTIONS },
	{ "data",     { 96,  0 }, PS_BYTES, PS_PAYLOAD },
};

const struct ps_proto ps_proto_dccp = {
	.name = "packet_dccp",
	.header_min = 12,
	.header_len = PS_WORD(32, 8),
	.csum = {
		.kind = PS_CSUM_PSEUDO,
		.at = 6,
		.covers = PS_WORD(44, 4),
		.covers_payload = true,
	},
	PS_FIELDS(fields),
};
