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

/* https://www.iana.org/assignments/service-names-port-numbers */
static const struct ps_port ports[] = {
	{ 53, &ps_proto_dns },
	{ 67, &ps_proto_dhcp },
	{ 68, &ps_proto_dhcp },
	{ 69, &ps_proto_tftp },
	{ 4789, &ps_proto_vxlan },
	{ 0, NULL },
};

const struct ps_proto ps_proto_udp = {
	.name = "packet_udp",
	.header_min = 8,
	.total_len = PS_WORD(32, 16),
	.ports = ports,
	.any_next = true,
	.csum = { .kind = PS_CSUM_PSEUDO, .at = 6, .zero_is_none = true },
	PS_FIELDS(fields),
};
