/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * A packet as scripts of netfilter and xtable see it: its bytes, from the link layer's header on where it has one.
 */
#ifndef LUA_FRAME_H
#define LUA_FRAME_H

#include <linux/netfilter.h>
#include <linux/skbuff.h>
#include <linux/string.h>

/* On the caller's stack, from frame_open() to frame_close(). */
struct frame {
	u8 *bytes;
	size_t size;
	__sum16 sum;		/* as it was, if a device is to complete it */
	bool has_partial_sum, is_written;
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
 * From link bytes in front of skb->data on. Makes all of the packet one piece and, if it is to be written, the caller's own. False: there is no memory, or somebody else holds the packet
 * itself. Any context.
 */
static inline bool frame_open(struct frame *frame, struct sk_buff *skb, unsigned int link, bool is_written)
{
	if (unlikely(skb_shared(skb) && (is_written || skb_is_nonlinear(skb))))
		return false;
	if (unlikely(!(is_written ? frame_own(skb, link) : !skb_linearize(skb))))
		return false;
	frame->bytes = skb->data - link;
	frame->size = link + skb->len;
	frame->is_written = is_written;
	frame->has_partial_sum = is_written && frame_has_partial_sum(skb);
	if (frame->has_partial_sum)
		memcpy(&frame->sum, frame_sum(skb), sizeof(frame->sum));
	return true;
}

/* A script that has computed a checksum itself is taken at its word; and the sum that the device has computed counts no more. */
static inline void frame_close(const struct frame *frame, struct sk_buff *skb)
{
	if (!frame->is_written)
		return;
	if (skb->ip_summed == CHECKSUM_COMPLETE)
		skb->ip_summed = CHECKSUM_NONE;
	else if (frame->has_partial_sum && memcmp(&frame->sum, frame_sum(skb), sizeof(frame->sum)))
		skb->ip_summed = CHECKSUM_NONE;
}

#endif
