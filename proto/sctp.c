/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* SCTP: RFC 9260, 3.1. */
#include "protos.h"

static const struct ps_field fields[] = {
	{ "sport", {  0, 16 }, PS_UINT },
	{ "dport", { 16, 16 }, PS_UINT },
	{ "vtag",  { 32, 32 }, PS_UINT },
	{ "check", { 64, 32 }, PS_UINT, PS_CHECKSUM },
	{ "data",  { 96,  0 }, PS_BYTES, PS_PAYLOAD },
};

const struct ps_proto ps_proto_sctp = {
	.name = "packet_sctp",
	.header_min = 12,
	.csum = { .kind = PS_CSUM_CRC32C, .at = 8 },
	PS_FIELDS(fields),
};
