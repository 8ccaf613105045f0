/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#ifndef PS_PROTOS_H
#define PS_PROTOS_H

#include "proto.h"

extern const struct ps_proto ps_proto_eth;
extern const struct ps_proto ps_proto_ip;
extern const struct ps_proto ps_proto_ip6;
extern const struct ps_proto ps_proto_icmp;
extern const struct ps_proto ps_proto_tcp;
extern const struct ps_proto ps_proto_udp;
extern const struct ps_proto ps_proto_udplite;
extern const struct ps_proto ps_proto_dccp;
extern const struct ps_proto ps_proto_gre;
extern const struct ps_proto ps_proto_icmp6;
extern const struct ps_proto ps_proto_vlan;
extern const struct ps_proto ps_proto_arp;
extern const struct ps_proto ps_proto_tcp_opt;
extern const struct ps_proto ps_proto_dns;
extern const struct ps_proto ps_proto_tftp;
extern const struct ps_proto ps_proto_http;
extern const struct ps_proto ps_proto_tls;
extern const struct ps_proto ps_proto_dhcp;
extern const struct ps_proto ps_proto_mpls;
extern const struct ps_proto ps_proto_pppoe;
extern const struct ps_proto ps_proto_vxlan;
extern const struct ps_proto ps_proto_sctp;
extern const struct ps_proto ps_proto_ah;

#define PS_ID_RAW	0

/* Those that each state knows from the beginning, in the order of its registry. */
extern const struct ps_proto *const ps_protos[];
extern const unsigned int ps_nprotos;

/* What link layers carry, by Ethernet type; also for struct ps_packet_ops. The frequent ones first. */
extern const struct ps_next ps_networks[];

#endif
