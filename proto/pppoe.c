/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* PPP over Ethernet: RFC 2516, 4 and 6; the protocol that stands before PPP's own payload: RFC 1661, 2. */
#include "protos.h"

static const struct ps_field fields[] = {
	{ "version",  {  0,  4 }, PS_UINT },
	{ "type",     {  4,  4 }, PS_UINT },
	{ "code",     {  8,  8 }, PS_UINT, PS_SHAPE },
	{ "session",  { 16, 16 }, PS_UINT },
	{ "length",   { 32, 16 }, PS_UINT, PS_COVERAGE },
	{ "protocol", { 48, 16 }, PS_UINT, PS_SHAPE },
	{ "data",     { 64,  0 }, PS_BYTES, PS_PAYLOAD },
};

static const struct ps_next next[] = {
	{ 0x0021, &ps_proto_ip },
	{ 0x0057, &ps_proto_ip6 },
	{ 0, NULL },
};

const struct ps_proto ps_proto_pppoe = {
	.name = "packet_pppoe",
	.header_min = 8,
	.total_len = PS_WORD(32, 16),
	.total_more = 6,		/* the protocol is counted */
	.fragment = PS_WORD(8, 8),	/* any code but that of a session: what follows is no PPP */
	.next_by = PS_WORD(48, 16),
	.next = next,
	PS_FIELDS(fields),
};
