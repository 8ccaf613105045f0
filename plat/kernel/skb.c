/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include <linux/module.h>

#include "field.h"
#include "protos.h"
#include "skb.h"

static struct ps_skb_packet *skb_packet_of(struct ps_packet *pkt)
{
	return container_of(pkt, struct ps_skb_packet, pkt);
}

static struct sk_buff *skb_of(struct ps_packet *pkt)
{
	return skb_packet_of(pkt)->skb;
}

/* The bytes may have been moved: finds them, and notes whether more of them are in the linear part. */
static void find_bytes(struct ps_packet *pkt)
{
	uint32_t readable = pkt->readable;

	ps_skb_refresh(skb_packet_of(pkt));
	if (pkt->readable > readable)
		skb_packet_of(pkt)->pulled = true;
}

static bool pull(struct ps_packet *pkt, uint32_t end)
{
	struct sk_buff *skb = skb_of(pkt);
	bool ok;

	/* Others hold a shared skb (pktgen makes such), and count on its layout. */
	if (end < pkt->network || skb_shared(skb))
		return false;
	ok = pskb_may_pull(skb, end - pkt->network);
	find_bytes(pkt);	/* also after a failure, before which the head may have been moved */
	return ok;
}

/* After this, nobody else sees what is written to [0, network + len). */
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
	find_bytes(pkt);
	if (!ok) {
		pkt->writable = 0;
		return false;
	}
	/* skb->csum is a sum over bytes that are about to change: the receiver has to compute it anew */
	if (skb->ip_summed == CHECKSUM_COMPLETE)
		skb->ip_summed = CHECKSUM_NONE;
	/* unless others hold the same data, the whole linear part is private now */
	pkt->writable = skb_cloned(skb) ? pkt->network + len : pkt->readable;
	return true;
}

static bool own_checksum(struct ps_packet *pkt)
{
	struct sk_buff *skb = skb_of(pkt);

	/* a GSO packet is cut into segments, whose checksums are computed from the partial one */
	if (skb_is_gso(skb) || skb_shared(skb))
		return false;
	skb->ip_summed = CHECKSUM_NONE;
	pkt->partial = 0;
	return true;
}

/* What is behind the bytes moves within the linear part, which gets as much longer or shorter; pages stay as they are. */
static int resize(struct ps_packet *pkt, uint32_t at, uint32_t cut, uint32_t add)
{
	struct sk_buff *skb = skb_of(pkt);
	uint32_t off = at - pkt->network, rest, more = add > cut ? add - cut : 0;
	int room;

	if (skb_is_gso(skb))
		return PS_FIELD_SEGMENTS;
	if (skb_shared(skb))
		return PS_FIELD_GONE;
	if (skb_has_frag_list(skb) && skb_linearize(skb)) {	/* of one that was put together from fragments */
		find_bytes(pkt);
		return PS_FIELD_GONE;
	}
	if (!make_writable(pkt, at + cut))
		return PS_FIELD_GONE;
	room = skb_end_pointer(skb) - skb_tail_pointer(skb);
	if (skb_cloned(skb) || room < more) {
		if (pskb_expand_head(skb, 0, room < more ? more - room : 0, GFP_ATOMIC))
			return PS_FIELD_GONE;
	}
	rest = skb_headlen(skb) - off - cut;
	memmove(skb->data + off + add, skb->data + off + cut, rest);
	skb->tail += add - cut;
	skb->len += add - cut;
	pkt->len += add - cut;
	ps_skb_refresh(skb_packet_of(pkt));
	pkt->writable = pkt->readable;
	return 0;
}

/*
 * A packet of which no memory can be had.
 */
static bool get_none(struct ps_packet *pkt, uint32_t end)
{
	return false;
}

static bool own_none(struct ps_packet *pkt)
{
	return false;
}

static int resize_none(struct ps_packet *pkt, uint32_t at, uint32_t cut, uint32_t add)
{
	return PS_FIELD_GONE;
}

static const struct ps_packet_ops without_memory = {
	.pull = get_none,
	.make_writable = get_none,
	.own_checksum = own_none,
	.resize = resize_none,
	.networks = ps_networks,
};

#define TAGGED_HLEN	(ETH_HLEN + VLAN_HLEN)

void ps_skb_take_tag(struct ps_skb_packet *p)
{
	struct sk_buff *skb = p->skb;
	struct ps_packet *pkt = &p->pkt;
	__be16 tag[2] = { skb->vlan_proto, htons(skb_vlan_tag_get(skb)) };

	pkt->writable = 0;
	if (skb_shared(skb) || skb_cow_head(skb, TAGGED_HLEN)) {
		pkt->readable = 0;
		pkt->ops = &without_memory;
		return;
	}
	memmove(skb->data - TAGGED_HLEN, skb->data - ETH_HLEN, 2 * ETH_ALEN);
	memcpy(skb->data - TAGGED_HLEN + 2 * ETH_ALEN, tag, sizeof(tag));
	skb->mac_header -= VLAN_HLEN;
	__vlan_hwaccel_clear_tag(skb);
	p->is_tagged = true;
	pkt->network = TAGGED_HLEN;
	pkt->len += VLAN_HLEN;
	if (pkt->partial)
		pkt->partial += VLAN_HLEN;
	ps_skb_refresh(p);
}

/*
 * Read-only packets.
 */

/* From now on the skb is a clone, whose head moves without the other's. False: no memory. */
static bool clone(struct ps_skb_packet *p)
{
	struct sk_buff *skb;

	if (p->is_clone)
		return true;
	skb = skb_clone(p->skb, GFP_ATOMIC);
	if (!skb)
		return false;
	p->skb = skb;
	p->is_clone = true;
	return true;
}

static bool pull_clone(struct ps_packet *pkt, uint32_t end)
{
	return end >= pkt->network && clone(skb_packet_of(pkt)) && pull(pkt, end);
}

void ps_skb_show_tag(struct ps_skb_packet *p)
{
	if (clone(p)) {
		ps_skb_take_tag(p);
		return;
	}
	p->pkt.readable = 0;
	p->pkt.ops = &without_memory;
}

const struct ps_packet_ops ps_skb_read_only_ops = {
	.pull = pull_clone,
	.make_writable = get_none,
	.own_checksum = own_none,
	.resize = resize_none,
	.networks = ps_networks,
	.is_read_only = true,
};

void ps_skb_give_tag(struct ps_skb_packet *p)
{
	struct sk_buff *skb = p->skb;
	__be16 tag[2];

	memcpy(tag, skb->data - TAGGED_HLEN + 2 * ETH_ALEN, sizeof(tag));
	if (eth_type_vlan(tag[0]))
		__vlan_hwaccel_put_tag(skb, tag[0], ntohs(tag[1]));
	else
		memcpy(skb->data - sizeof(__be16), tag, sizeof(__be16));
	memmove(skb->data - ETH_HLEN, skb->data - TAGGED_HLEN, 2 * ETH_ALEN);
	skb->mac_header += VLAN_HLEN;
}

const struct ps_packet_ops ps_skb_ops = {
	.pull = pull,
	.make_writable = make_writable,
	.own_checksum = own_checksum,
	.resize = resize,
	.networks = ps_networks,
};
EXPORT_SYMBOL_GPL(ps_skb_ops);
EXPORT_SYMBOL_GPL(ps_skb_take_tag);
EXPORT_SYMBOL_GPL(ps_skb_give_tag);
EXPORT_SYMBOL_GPL(ps_skb_read_only_ops);
EXPORT_SYMBOL_GPL(ps_skb_show_tag);
