/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* VLAN tags: IEEE 802.1Q, 9.3 to 9.6. Those of customers and of providers (0x88A8) are alike; one may hold the other. */
#include "protos.h"

static const struct ps_field fields[] = {
	{ "pcp",  {  0,  3 }, PS_UINT },
	{ "dei",  {  3,  1 }, PS_UINT },
	{ "vid",  {  4, 12 }, PS_UINT },
	{ "type", { 16, 16 }, PS_UINT, PS_SHAPE },
	{ "data", { 32,  0 }, PS_BYTES, PS_PAYLOAD },
};

const struct ps_proto ps_proto_vlan = {
	.name = "packet_vlan",
	.header_min = 4,
	.next_by = PS_WORD(16, 16),
	.next = ps_networks,
	PS_FIELDS(fields),
};
