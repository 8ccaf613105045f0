/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include <linux/etherdevice.h>
#include <linux/if_ether.h>
#include <linux/module.h>

#include "skb.h"

static struct ps_skb_packet *skb_packet_of(struct ps_packet *pkt)
{
	return container_of(pkt, struct ps_skb_packet, pkt);
}

static struct sk_buff *skb_of(struct ps_packet *pkt)
{
	return skb_packet_of(pkt)->skb;
}

static void refresh(struct ps_packet *pkt)
{
	struct sk_buff *skb = skb_of(pkt);

	pkt->data = skb->data - pkt->network;
	pkt->readable = pkt->network + skb_headlen(skb);
}

/* After anything that may have moved the bytes. */
static void moved(struct ps_packet *pkt)
{
	uint32_t readable = pkt->readable;

	refresh(pkt);
	if (pkt->readable > readable)
		skb_packet_of(pkt)->pulled = true;
}

static bool pull(struct ps_packet *pkt, uint32_t end)
{
	struct sk_buff *skb = skb_of(pkt);

	bool ok;

	/* A shared skb, as pktgen makes them, must not change its layout. */
	if (end < pkt->network || skb_shared(skb))
		return false;
	ok = pskb_may_pull(skb, end - pkt->network);
	moved(pkt);	/* also after a failure: the head may have moved before it */
	return ok;
}

/* What is written to [0, network + len) is seen by nobody else. */
static bool make_private(struct sk_buff *skb, uint32_t network, uint32_t len)
{
	if (skb_ensure_writable(skb, len))
		return false;
	/* The link-layer header is in the headroom, which a clone shares too. */
	return !network || !skb_header_cloned(skb) || !pskb_expand_head(skb, 0, 0, GFP_ATOMIC);
}

static bool make_writable(struct ps_packet *pkt, uint32_t end)
{
	struct sk_buff *skb = skb_of(pkt);
	uint32_t len = end > pkt->network ? end - pkt->network : 0;

	bool ok;

	if (skb_shared(skb))
		return false;
	ok = make_private(skb, pkt->network, len);
	moved(pkt);
	if (!ok) {
		pkt->writable = 0;
		return false;
	}
	/* skb->csum is the sum of bytes that are about to change: let the receiver sum anew. */
	if (skb->ip_summed == CHECKSUM_COMPLETE)
		skb->ip_summed = CHECKSUM_NONE;
	/* All of the head is ours now. */
	pkt->writable = skb_cloned(skb) ? pkt->network + len : pkt->readable;
	return true;
}

static bool own_checksum(struct ps_packet *pkt)
{
	struct sk_buff *skb = skb_of(pkt);

	/* Segments of a GSO packet get theirs made from it. */
	if (skb_is_gso(skb) || skb_shared(skb))
		return false;
	skb->ip_summed = CHECKSUM_NONE;
	pkt->partial = 0;
	return true;
}

static const struct ps_packet_ops skb_ops = {
	.pull = pull,
	.make_writable = make_writable,
	.own_checksum = own_checksum,
};

void ps_skb_init(struct ps_skb_packet *p, struct sk_buff *skb, bool has_link)
{
	struct ps_packet *pkt = &p->pkt;

	p->skb = skb;
	p->pulled = false;
	pkt->ops = &skb_ops;
	pkt->has_link = has_link && skb_mac_header_was_set(skb) &&
			skb->data - skb_mac_header(skb) == ETH_HLEN;
	pkt->network = pkt->has_link ? ETH_HLEN : 0;
	pkt->protocol = ntohs(skb->protocol);
	pkt->len = pkt->network + skb->len;
	pkt->partial = 0;
	if (skb->ip_summed == CHECKSUM_PARTIAL)
		pkt->partial = pkt->network + skb_checksum_start_offset(skb) + skb->csum_offset;
	refresh(pkt);
	/* what make_writable() would find there is nothing to do for */
	pkt->writable = skb_cloned(skb) || skb_shared(skb) ||
			skb->ip_summed == CHECKSUM_COMPLETE ? 0 : pkt->readable;
}
EXPORT_SYMBOL_GPL(ps_skb_init);
