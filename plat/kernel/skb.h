/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Packets that are socket buffers.
 */
#ifndef PS_SKB_H
#define PS_SKB_H

#include <linux/skbuff.h>

#include "packet.h"

struct ps_skb_packet {
	struct ps_packet pkt;
	struct sk_buff *skb;
	bool pulled;	/* bytes were copied from pages, as they stood beyond the linear part */
};

/*
 * Makes a packet of an skb whose data begins at the network header. has_link: the hook is one
 * where an Ethernet header stands before it. The skb stays the caller's, and may be changed
 * only through the packet while that is in use. Softirq context, or process context with
 * softirqs disabled.
 */
void ps_skb_init(struct ps_skb_packet *p, struct sk_buff *skb, bool has_link);

#endif
