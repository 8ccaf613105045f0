/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Packets that drivers have received and made no socket buffers of yet (XDP): bytes in one piece, all of them ours to write, with room behind.
 */
#ifndef PS_XDP_H
#define PS_XDP_H

#include <linux/if_ether.h>
#include <linux/if_vlan.h>
#include <net/xdp.h>

#include "packet.h"

struct net;

struct ps_xdp_packet {
	struct ps_packet pkt;
	struct xdp_buff *xdp;
	struct net *net;
	int redirect;	/* number of a device; 0: none was named */
};

extern const struct ps_packet_ops ps_xdp_ops;

/*
 * Makes a packet of an Ethernet frame, whose VLAN tag is in it. Both stay the caller's. False: the frame is too short, or in several pieces. Any
 * checksum is taken to be complete, since nothing here tells the others. Softirqs are disabled.
 */
static inline bool ps_xdp_init(struct ps_xdp_packet *p, struct xdp_buff *xdp, struct net *net)
{
	struct ps_packet *pkt = &p->pkt;
	const struct vlan_ethhdr *eth = xdp->data;
	u32 len = xdp->data_end - xdp->data;

	if (unlikely(len < ETH_HLEN || xdp_buff_has_frags(xdp)))
		return false;
	p->xdp = xdp;
	p->net = net;
	p->redirect = 0;
	pkt->ops = &ps_xdp_ops;
	pkt->data = xdp->data;
	pkt->len = pkt->readable = pkt->writable = len;
	pkt->network = ETH_HLEN;
	pkt->protocol = ntohs(eth->h_vlan_proto);
	if (unlikely(eth_type_vlan(eth->h_vlan_proto)) && len >= VLAN_ETH_HLEN) {
		pkt->network = VLAN_ETH_HLEN;
		pkt->protocol = ntohs(eth->h_vlan_encapsulated_proto);
	}
	pkt->has_link = true;
	pkt->partial = 0;
	return true;
}

#endif
