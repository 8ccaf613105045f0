/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Packets that are socket buffers.
 */
#ifndef PS_SKB_H
#define PS_SKB_H

#include <linux/if_ether.h>
#include <linux/if_vlan.h>
#include <linux/netfilter.h>
#include <linux/skbuff.h>

#include "packet.h"

struct ps_skb_packet {
	struct ps_packet pkt;
	struct sk_buff *skb;
	union {
		struct {
			int32_t shift;	/* how much longer the payload of a tracked TCP connection has become, or shorter */
			bool pulled;	/* bytes beyond the linear part were copied into it out of pages */
			bool is_tagged;	/* the VLAN tag that was kept outside of the packet is in it */
			bool is_clone;	/* of one that is read-only: skb is ours */
		};
		uint64_t notes;		/* 0: none of these */
	};
	const struct nf_hook_state *state;	/* where it is; the caller's */
};

/* Where it is at tc, whose programs are told by which device it leaves. */
struct ps_skb_place {
	struct nf_hook_state state;	/* as a hook of netfilter would have it */
	int redirect;			/* number of a device; 0: none was named */
};

extern const struct ps_packet_ops ps_skb_ops, ps_skb_read_only_ops;
extern const struct ps_ct_ops ps_skb_ct;	/* plat/kernel/conntrack.c */
extern const struct ps_company_ops ps_skb_company;	/* of any packet in a struct ps_skb_packet */

/*
 * A clone that lasts no longer than skb is of the same socket, as far as it is looked at: clones have none. It does not hold
 * the socket, so before it goes, ps_skb_disown() is called.
 */
static inline void ps_skb_adopt(struct sk_buff *clone, const struct sk_buff *skb)
{
	clone->sk = skb->sk;
}

static inline void ps_skb_disown(struct sk_buff *clone)
{
	clone->sk = NULL;
}

/* Finds the bytes, after something may have moved them. */
static inline void ps_skb_refresh(struct ps_skb_packet *p)
{
	p->pkt.data = p->skb->data - p->pkt.network;
	p->pkt.readable = p->pkt.network + skb_headlen(p->skb);
}

/* For how many bytes of the linear part skb_ensure_writable() would have nothing to do: they are private. */
static inline uint32_t ps_skb_private(const struct sk_buff *skb)
{
	unsigned int headroom;

	if (skb_shared(skb) || skb->ip_summed == CHECKSUM_COMPLETE)
		return 0;
	if (!skb_cloned(skb))
		return skb_headlen(skb);
	/* TCP keeps the payload of what it sends for retransmission, and shares it; the headers are private */
	headroom = skb_headroom(skb);
	if (skb_header_cloned(skb) || skb->hdr_len <= headroom)
		return 0;
	return min_t(uint32_t, skb->hdr_len - headroom, skb_headlen(skb));
}

/*
 * Puts the VLAN tag that the kernel keeps outside of the packet (skb->vlan_tci) behind the link layer's addresses, where a
 * frame has it on the wire. Without memory for that, no byte of the packet can be read: who looks fails, and sees no frame
 * without its tag.
 */
void ps_skb_take_tag(struct ps_skb_packet *p);

/* Takes it out again, with what it has become. A link layer whose type says no more that there is one loses it. */
void ps_skb_give_tag(struct ps_skb_packet *p);

/* What packets of an skb have in common, be they read-only or not. */
static ps_inline void ps_skb_begin(struct ps_skb_packet *p, struct sk_buff *skb, bool has_link, const struct nf_hook_state *state)
{
	struct ps_packet *pkt = &p->pkt;

	p->skb = skb;
	p->state = state;
	p->notes = 0;
	pkt->has_link = has_link && skb_mac_header_was_set(skb) &&
			skb->data - skb_mac_header(skb) == ETH_HLEN;
	pkt->network = pkt->has_link ? ETH_HLEN : 0;
	pkt->protocol = ntohs(skb->protocol);
	pkt->len = pkt->network + skb->len;
	pkt->partial = 0;
	if (skb->ip_summed == CHECKSUM_PARTIAL)
		pkt->partial = pkt->network + skb_checksum_start_offset(skb) + skb->csum_offset;
	ps_skb_refresh(p);
}

/*
 * Makes a packet of an skb whose data begins at the network header. has_link: the hook is one
 * where an Ethernet header stands before it. state: where the packet is. Both stay the caller's, and the
 * skb may be changed only through the packet until ps_skb_end(). Softirq context, or process context
 * with softirqs disabled.
 */
static ps_inline void ps_skb_init(struct ps_skb_packet *p, struct sk_buff *skb, bool has_link, const struct nf_hook_state *state)
{
	struct ps_packet *pkt = &p->pkt;
	uint32_t private;

	ps_skb_begin(p, skb, has_link, state);
	pkt->ops = &ps_skb_ops;
	private = ps_skb_private(skb);
	pkt->writable = private ? pkt->network + private : 0;
	if (pkt->has_link && unlikely(skb_vlan_tag_present(skb)))
		ps_skb_take_tag(p);
}

/* The packet is no longer used. */
static inline void ps_skb_end(struct ps_skb_packet *p)
{
	if (unlikely(p->is_tagged))
		ps_skb_give_tag(p);
}

/* The same as ps_skb_take_tag(), in a copy. */
void ps_skb_show_tag(struct ps_skb_packet *p);

/*
 * The same as ps_skb_init(), of an skb that others read meanwhile, who know where its bytes are: nothing of it changes or moves.
 * Not only is the packet read-only; what is not in the linear part is read in a clone.
 */
static inline void ps_skb_init_read_only(struct ps_skb_packet *p, const struct sk_buff *skb, bool has_link,
					 const struct nf_hook_state *state)
{
	ps_skb_begin(p, (struct sk_buff *)skb, has_link, state);
	p->pkt.ops = &ps_skb_read_only_ops;
	p->pkt.writable = 0;
	if (p->pkt.has_link && unlikely(skb_vlan_tag_present(skb)))
		ps_skb_show_tag(p);
}

static inline void ps_skb_end_read_only(struct ps_skb_packet *p)
{
	if (likely(!p->is_clone))
		return;
	ps_skb_disown(p->skb);
	consume_skb(p->skb);
}

#endif
