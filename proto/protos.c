/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "protos.h"

/* A protocol's place in this list is its id: new ones go to the end. */
const struct ps_proto *const ps_protos[] = {
	&ps_proto_raw,
	&ps_proto_eth,
	&ps_proto_ip,
	&ps_proto_icmp,
	&ps_proto_tcp,
	&ps_proto_udp,
	&ps_proto_udplite,
	&ps_proto_dccp,
	&ps_proto_gre,
	&ps_proto_icmp6,
	&ps_proto_ip6,
	&ps_proto_vlan,
	&ps_proto_arp,
	&ps_proto_tcp_opt,
	&ps_proto_dns,
	&ps_proto_tftp,
	&ps_proto_http,
	&ps_proto_tls,
	&ps_proto_dhcp,
	&ps_proto_mpls,
	&ps_proto_pppoe,
	&ps_proto_vxlan,
	&ps_proto_sctp,
	&ps_proto_ah,
};

const struct ps_next ps_networks[] = {
	{ 0x0800, &ps_proto_ip },
	{ 0x86DD, &ps_proto_ip6 },
	{ 0x8100, &ps_proto_vlan },
	{ 0x88A8, &ps_proto_vlan },
	{ 0x0806, &ps_proto_arp },
	{ 0x8864, &ps_proto_pppoe },
	{ 0x8847, &ps_proto_mpls },
	{ 0x8848, &ps_proto_mpls },
	{ 0, NULL },
};

const unsigned int ps_nprotos = sizeof(ps_protos) / sizeof(ps_protos[0]);
