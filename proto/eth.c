/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Ethernet II: IEEE 802.3, 3.1. */
#include "protos.h"

static const struct ps_field fields[] = {
	{ "dmac",   {   0, 48 }, PS_MAC },
	{ "smac",   {  48, 48 }, PS_MAC },
	{ "type",   {  96, 16 }, PS_UINT, PS_SHAPE },
	{ "data",   { 112,  0 }, PS_BYTES, PS_PAYLOAD },
};

const struct ps_proto ps_proto_eth = {
	.name = "packet_eth",
	.header_min = 14,
	.next_by = PS_WORD(96, 16),
	.next = ps_networks,
	.is_link = true,
	PS_FIELDS(fields),
};
