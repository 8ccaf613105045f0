/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* VXLAN: RFC 7348, 5. */
#include "protos.h"

static const struct ps_field fields[] = {
	{ "flags", {  0,  8 }, PS_UINT },
	{ "vni",   { 32, 24 }, PS_UINT },
	{ "data",  { 64,  0 }, PS_BYTES, PS_PAYLOAD },
};

/* No field tells: it always is a frame. */
static const struct ps_next next[] = {
	{ 0, &ps_proto_eth },
	{ 0xFFFF, NULL },
};

const struct ps_proto ps_proto_vxlan = {
	.name = "packet_vxlan",
	.header_min = 8,
	.next = next,
	PS_FIELDS(fields),
};
