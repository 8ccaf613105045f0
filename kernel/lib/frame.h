/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * A packet as scripts of netfilter and xtable see it: its bytes, from the link layer's header on where it has one; and, for
 * those that ask, a packet object of the engine.
 */
#ifndef LUA_FRAME_H
#define LUA_FRAME_H

#include <linux/if_arp.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/skbuff.h>
#include <linux/string.h>

#include "bind.h"
#include "conntrack.h"
#include "data.h"
#include "skb.h"

/* On the caller's stack, from frame_open() to frame_close(). */
struct frame {
	struct ps_guest guest;	/* first; with a packet: it was foretold */
	struct sk_buff *skb;
	lunatik_object_t *data;
	const struct nf_hook_state *state;
	bool has_link, is_written;
	bool is_clone;		/* skb is one that goes with the frame */
	bool has_packet;	/* somebody has asked for the object, or it is foretold that somebody will */
	/* if there are bytes, or the object */
	unsigned int link;	/* bytes of it in front of skb->data */
	__sum16 sum;		/* as it was, if a device is to complete it */
	bool has_partial_sum;
	/* if it has a packet */
	unsigned int pulled;	/* of an Ethernet header that skb->data began with */
	struct ps_skb_packet packet;
};

/* Bytes of the header in front of skb->data: of what was received, none where a packet begins its way. */
static inline unsigned int frame_link(const struct sk_buff *skb, u8 pf, unsigned int hook)
{
	if (hook == NF_INET_LOCAL_OUT && (pf == NFPROTO_IPV4 || pf == NFPROTO_IPV6))
		return 0;
	/* that of what a tunnel has wrapped is behind skb->data */
	if (!skb_mac_header_was_set(skb) || skb_mac_header(skb) > skb->data)
		return 0;
	return skb->data - skb_mac_header(skb);
}

static inline bool frame_own(struct sk_buff *skb, unsigned int link)
{
	if (unlikely(skb_ensure_writable(skb, skb->len)))
		return false;
	/* the headroom is another one's, too, as long as a clone is there */
	return likely(!link || !skb_header_cloned(skb)) || !pskb_expand_head(skb, 0, 0, GFP_ATOMIC);
}

static inline void *frame_sum(const struct sk_buff *skb)
{
	return skb->head + skb->csum_start + skb->csum_offset;
}

/* A device computes sums of segments from the partial one, which no script can do for it. */
static inline bool frame_has_partial_sum(const struct sk_buff *skb)
{
	return skb->ip_summed == CHECKSUM_PARTIAL && !skb_is_gso(skb) &&
	       skb->csum_start + skb->csum_offset + sizeof(__sum16) <= skb_headroom(skb) + skb_headlen(skb);
}

/*
 * The data is the packet's bytes, where they are now. Its object keeps sums and lengths, so it is what writes once it is
 * there.
 */
static inline void frame_show(const struct frame *frame)
{
	const struct sk_buff *skb = frame->has_packet ? frame->packet.skb : frame->skb;

	if (!frame->guest.is_shown)
		return;
	luadata_reset(frame->data, skb->data - frame->link, frame->link + skb_headlen(skb), !frame->is_written || frame->has_packet);
}

/* A script that has computed a checksum itself is taken at its word; and the sum that the device has computed counts no more. */
static inline void frame_settle_sum(struct frame *frame)
{
	struct sk_buff *skb = frame->skb;

	if (!frame->is_written || !frame->guest.is_shown)
		return;
	if (skb->ip_summed == CHECKSUM_COMPLETE)
		skb->ip_summed = CHECKSUM_NONE;
	else if (unlikely(frame->has_partial_sum) && memcmp(&frame->sum, frame_sum(skb), sizeof(frame->sum)))
		skb->ip_summed = CHECKSUM_NONE;
	frame->has_partial_sum = false;
}

/*
 * The packet object. What moves its bytes tells the data.
 */
static inline struct frame *frame_of(struct ps_packet *pkt)
{
	return container_of(pkt, struct frame, packet.pkt);
}

static bool frame_pull(struct ps_packet *pkt, uint32_t end)
{
	bool ok = ps_skb_ops.pull(pkt, end);

	frame_show(frame_of(pkt));
	return ok;
}

static bool frame_make_writable(struct ps_packet *pkt, uint32_t end)
{
	bool ok = ps_skb_ops.make_writable(pkt, end);

	frame_show(frame_of(pkt));
	return ok;
}

static bool frame_own_checksum(struct ps_packet *pkt)
{
	return ps_skb_ops.own_checksum(pkt);
}

static int frame_resize(struct ps_packet *pkt, uint32_t at, uint32_t cut, uint32_t add)
{
	int err = ps_skb_ops.resize(pkt, at, cut, add);

	frame_show(frame_of(pkt));
	return err;
}

static const struct ps_packet_ops frame_ops = {
	.pull = frame_pull,
	.make_writable = frame_make_writable,
	.own_checksum = frame_own_checksum,
	.resize = frame_resize,
	.networks = ps_networks,
	.company = &ps_skb_company,
};

static inline bool frame_is_of_links(const struct frame *frame)
{
	return frame->state->pf == NFPROTO_ARP || frame->state->pf == NFPROTO_BRIDGE || frame->state->pf == NFPROTO_NETDEV;
}

/* As frame_link() says where there is one. */
static inline bool frame_has_ethernet(const struct frame *frame)
{
	const struct net_device *dev = frame->skb->dev;

	if (frame->state->pf == NFPROTO_BRIDGE)
		return true;
	if (frame->state->hook == NF_INET_LOCAL_OUT && (frame->state->pf == NFPROTO_IPV4 || frame->state->pf == NFPROTO_IPV6))
		return false;
	return dev && (dev->type == ARPHRD_ETHER || dev->type == ARPHRD_LOOPBACK);
}

/* What is sent here begins with its Ethernet header, which the engine expects in front of skb->data. */
static inline unsigned int frame_within(const struct frame *frame)
{
	const struct sk_buff *skb = frame->skb;

	if (!frame_is_of_links(frame) || !frame_has_ethernet(frame) || frame->link || skb->len < ETH_HLEN)
		return 0;
	if (skb_mac_header_was_set(skb) && skb_mac_header(skb) == skb->data)
		return ETH_HLEN;
	return skb_network_offset(skb) == ETH_HLEN ? ETH_HLEN : 0;
}

static void frame_init_packet(struct frame *frame)
{
	struct ps_skb_packet *packet = &frame->packet;

	if (!frame->is_written) {
		ps_skb_init_read_only(packet, frame->skb, frame_has_ethernet(frame), frame->state);
		return;
	}
	ps_skb_init(packet, frame->skb, frame_has_ethernet(frame), frame->state);
	if (likely(packet->pkt.ops == &ps_skb_ops))
		packet->pkt.ops = &frame_ops;
	if (unlikely(packet->is_tagged) && frame->link)
		frame->link += VLAN_HLEN;
}

/*
 * The packet object is made before a function runs that has asked for it the last time, which then finds it without a call. It
 * must be one whose object is made without a change of the packet.
 */
static inline void frame_foretell(struct frame *frame)
{
	struct sk_buff *skb = frame->skb;

	if (unlikely(frame_is_of_links(frame) || skb_vlan_tag_present(skb)))
		return;
	frame->link = 0;	/* nobody sees it before frame_get() */
	frame->pulled = 0;
	frame->has_partial_sum = false;
	frame->has_packet = true;
	frame->guest.pkt = &frame->packet.pkt;
	ps_conntrack_expect(skb);
	frame_init_packet(frame);
}

/* Somebody asks for what was not foretold. */
static void frame_revoke(struct frame *frame)
{
	frame->has_packet = false;
	frame->guest.block = NULL;
}

static bool frame_is_foretold(const struct frame *frame)
{
	return frame->guest.pkt && frame->guest.block;
}

/* False: there is no memory, or somebody else holds the packet. */
static bool frame_begin_packet(struct frame *frame)
{
	struct sk_buff *skb = frame->skb;

	frame->pulled = frame_within(frame);
	if (unlikely(skb_headlen(skb) < frame->pulled) && (skb_shared(skb) || !pskb_may_pull(skb, frame->pulled)))
		return false;
	if (frame->pulled) {
		skb_reset_mac_header(skb);
		__skb_pull(skb, frame->pulled);
		frame->link += frame->pulled;
	}
	frame_settle_sum(frame);
	frame->has_partial_sum = false;
	frame->has_packet = true;
	if (frame->is_written)
		ps_conntrack_expect(skb);
	frame_init_packet(frame);
	frame_show(frame);
	return true;
}

/* False: it must not go on. */
static bool frame_end_packet(struct frame *frame)
{
	bool ok = likely(!frame->packet.shift) || ps_conntrack_shift(&frame->packet);

	if (likely(frame->guest.pkt))
		return ok;	/* as frame_foretell() has found it */
	if (frame->is_written)
		ps_skb_end(&frame->packet);
	else
		ps_skb_end_read_only(&frame->packet);
	__skb_push(frame->skb, frame->pulled);
	return ok;
}

static inline void frame_find_link(struct frame *frame)
{
	frame->link = frame->has_link ? frame_link(frame->skb, frame->state->pf, frame->state->hook) : 0;
}

/* Who asks a match goes on with the packet's bytes where they were: those of more than one piece are looked at in a clone. */
static bool frame_gather(struct frame *frame)
{
	struct sk_buff *clone;

	if (likely(!skb_is_nonlinear(frame->skb)))
		return true;
	clone = skb_clone(frame->skb, GFP_ATOMIC);
	if (!clone)
		return false;
	if (skb_linearize(clone)) {
		kfree_skb(clone);
		return false;
	}
	ps_skb_adopt(clone, frame->skb);
	frame->skb = clone;
	frame->is_clone = true;
	return true;
}

/*
 * Makes all of the packet one piece and, if it is to be written, the caller's own. False: there is no memory, or somebody
 * else holds the packet itself.
 */
static bool frame_take(struct frame *frame)
{
	struct sk_buff *skb = frame->skb;

	if (unlikely(frame->is_written && skb_shared(skb)))
		return false;
	frame_find_link(frame);
	if (unlikely(!(frame->is_written ? frame_own(skb, frame->link) : frame_gather(frame))))
		return false;
	frame->has_partial_sum = frame->is_written && frame_has_partial_sum(skb);
	if (frame->has_partial_sum)
		memcpy(&frame->sum, frame_sum(skb), sizeof(frame->sum));
	return true;
}

/*
 * For luadata_offer(), with the frame of the packet, or NULL. What the packet object writes is made private by that.
 */
static bool frame_get(void *of)
{
	struct frame *frame = of;	/* its guest, which is first */
	struct ps_packet *pkt;

	if (!frame)
		return false;
	if (frame_is_foretold(frame) && !frame->guest.is_asked)
		frame_revoke(frame);
	pkt = &frame->packet.pkt;
	if (!frame->has_packet) {
		if (!frame_take(frame))
			return false;
	} else {
		if (frame->guest.pkt && !frame->guest.is_shown)
			frame_find_link(frame);
		if (pkt->readable < pkt->len && !pkt->ops->pull(pkt, pkt->len))
			return false;
	}
	frame->guest.is_shown = true;
	frame_show(frame);
	return true;
}

static void *frame_packet(lua_State *L, void *of)
{
	struct frame *frame = of;

	if (!frame)
		return NULL;
	frame->guest.is_touched = true;
	frame->guest.is_asked = true;
	if (!frame->has_packet) {
		if (frame->is_written && !frame->guest.is_shown)
			frame_find_link(frame);
		else if (!frame->guest.is_shown && !frame_get(of))
			return NULL;
		if (!frame_begin_packet(frame))
			return NULL;
	}
	return ps_bind_begin_guest(L, &frame->packet.pkt);
}

static const struct luadata_source frame_source = { frame_get, frame_packet };

/*
 * On a hook: data, in whose place of luadata_offer() the frame is while scripts run, becomes the packet's bytes, from the link
 * layer's header in front of skb->data on where there is one, and has_link. Any context.
 */
static inline void frame_open(struct frame *frame, struct sk_buff *skb, bool has_link, const struct nf_hook_state *state,
			      lunatik_object_t *data, void *block, bool is_written)
{
	frame->skb = skb;
	frame->data = data;
	frame->has_link = has_link;
	frame->state = state;
	frame->is_written = is_written;
	frame->is_clone = false;
	frame->has_packet = false;
	frame->guest.is_touched = false;
	frame->guest.block = block;
	frame->guest.pkt = NULL;
	frame->guest.is_asked = false;
	frame->guest.is_shown = false;
}

/* L: of the visit. False: the packet must not go on, since its connection cannot follow its other length. */
static inline bool frame_close(lua_State *L, struct frame *frame)
{
	bool ok = true;

	if (!frame->guest.is_shown && !frame->has_packet)
		return true;
	if (frame->guest.is_shown)
		luadata_clear(frame->data);
	if (frame->has_packet) {
		ps_bind_end_guest(L);
		ok = frame_end_packet(frame);
	}
	frame_settle_sum(frame);
	if (likely(!frame->is_clone))
		return ok;
	ps_skb_disown(frame->skb);
	consume_skb(frame->skb);
	return ok;
}

#endif
