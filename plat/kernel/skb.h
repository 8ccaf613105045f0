/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Packets that are socket buffers.
 */
#ifndef PS_SKB_H
#define PS_SKB_H

#include <linux/if_ether.h>
#include <linux/skbuff.h>

#include "packet.h"

struct ps_skb_packet {
	struct ps_packet pkt;
	struct sk_buff *skb;
	bool pulled;	/* bytes were copied from pages, as they stood beyond the linear part */
};

extern const struct ps_packet_ops ps_skb_ops;

/* Where the bytes are now. */
static inline void ps_skb_refresh(struct ps_skb_packet *p)
{
	p->pkt.data = p->skb->data - p->pkt.network;
	p->pkt.readable = p->pkt.network + skb_headlen(p->skb);
}

/* True if what is in the linear part may be written as it is. */
static inline bool ps_skb_is_private(const struct sk_buff *skb)
{
	return !skb_cloned(skb) && !skb_shared(skb) && skb->ip_summed != CHECKSUM_COMPLETE;
}

/*
 * Makes a packet of an skb whose data begins at the network header. has_link: the hook is one
 * where an Ethernet header stands before it. The skb stays the caller's, and may be changed
 * only through the packet while that is in use. Softirq context, or process context with
 * softirqs disabled.
 */
static inline void ps_skb_init(struct ps_skb_packet *p, struct sk_buff *skb, bool has_link)
{
	struct ps_packet *pkt = &p->pkt;

	p->skb = skb;
	p->pulled = false;
	pkt->ops = &ps_skb_ops;
	pkt->has_link = has_link && skb_mac_header_was_set(skb) &&
			skb->data - skb_mac_header(skb) == ETH_HLEN;
	pkt->network = pkt->has_link ? ETH_HLEN : 0;
	pkt->protocol = ntohs(skb->protocol);
	pkt->len = pkt->network + skb->len;
	pkt->partial = 0;
	if (skb->ip_summed == CHECKSUM_PARTIAL)
		pkt->partial = pkt->network + skb_checksum_start_offset(skb) + skb->csum_offset;
	ps_skb_refresh(p);
	pkt->writable = ps_skb_is_private(skb) ? pkt->readable : 0;
}

#endif
