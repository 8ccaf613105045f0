/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* ICMP: RFC 792; id and sequence as in echo messages. */
#include "protos.h"

static const struct ps_field fields[] = {
	{ "type",       {  0,  8 }, PS_UINT },
	{ "code",       {  8,  8 }, PS_UINT },
	{ "checksum",   { 16, 16 }, PS_UINT, PS_CHECKSUM },
	{ "id",         { 32, 16 }, PS_UINT },
	{ "sequence",   { 48, 16 }, PS_UINT },
	{ "data",       { 64,  0 }, PS_BYTES, PS_PAYLOAD },
};

const struct ps_proto ps_proto_icmp = {
	.name = "packet_icmp",
	.header_min = 8,
	.csum = { PS_CSUM_MESSAGE, 2 },
	PS_FIELDS(fields),
};
