/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * How a rule runs on an skb, wherever it stands: in a table of iptables or its relatives, or at a hook without one.
 */
#ifndef PS_FRONT_H
#define PS_FRONT_H

#include <linux/etherdevice.h>
#include <linux/if_arp.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/netfilter_bridge.h>

#include "conntrack.h"
#include "rule.h"
#include "skb.h"
#include "verdict.h"

/* Netfilter has no such verdicts. */
#define PS_FRONT_NO_DEVICE	"NF_TX and NF_REDIRECT: " PS_COMPANY_NO_DEVICE

static inline bool ps_front_is_ethernet(const struct net_device *dev)
{
	return dev && (dev->type == ARPHRD_ETHER || dev->type == ARPHRD_LOOPBACK);
}

/*
 * Whether an Ethernet header stands before the network header, of IPv4 and IPv6. From routing on, what is left
 * there is the header that the packet came with, not the one it will leave with.
 */
static inline bool ps_front_has_link(const struct nf_hook_state *state)
{
	switch (state->hook) {
	case NF_INET_PRE_ROUTING:
	case NF_INET_LOCAL_IN:
	case NF_INET_FORWARD:
		return ps_front_is_ethernet(state->in);
	}
	return false;
}

/* Whether a script of the rule's state has sent the packet. Most packets have no socket. */
static inline bool ps_front_is_own(const struct ps_rule *rule, const struct sk_buff *skb)
{
	return unlikely(skb->sk) && ps_rule_has_sent(rule, skb);
}

/* The packet has more than its bytes to follow, now that the handler has said what becomes of it. */
static noinline enum ps_verdict ps_front_settle(struct ps_rule *rule, struct ps_skb_packet *p, enum ps_verdict verdict)
{
	ps_skb_end(p);
	if (p->pulled)
		ps_rule_count_pulled(rule);
	if (!p->shift || verdict == PS_VERDICT_DROP || verdict == PS_VERDICT_STOLEN || ps_conntrack_shift(p))
		return verdict;
	ps_rule_refuse(rule, "the segment is sent again with another length than before, or at the same time as another: dropped");
	return PS_VERDICT_DROP;
}

/* What the handler says of the packet, whose data begins at the network header. */
static ps_inline enum ps_verdict ps_front_run(struct ps_rule *rule, struct sk_buff *skb, bool has_link,
					      const struct nf_hook_state *state, u16 *queue)
{
	struct ps_skb_packet p ps_uninit;
	enum ps_verdict verdict;

	ps_conntrack_expect(skb);
	ps_skb_init(&p, skb, has_link, state);
	verdict = ps_rule_run(rule, &p.pkt, queue);
	if (unlikely(verdict == PS_VERDICT_REPEAT))
		verdict = ps_rule_repeat(rule, &p.pkt, queue);
	return likely(!p.notes) ? verdict : ps_front_settle(rule, &p, verdict);
}

/*
 * The same of ARP. What the machine itself sends has its link-layer header within the data already, and nothing says where it
 * begins: that is only told when the packet goes to the device.
 */
static inline enum ps_verdict ps_front_run_arp(struct ps_rule *rule, struct sk_buff *skb, const struct nf_hook_state *state, u16 *queue)
{
	const struct net_device *dev = state->in ?: state->out;
	unsigned int link = skb_network_offset(skb) > 0 ? skb_network_offset(skb) : 0;
	enum ps_verdict verdict;

	if (link) {
		skb_reset_mac_header(skb);
		__skb_pull(skb, link);
	}
	verdict = ps_front_run(rule, skb, dev && dev->type == ARPHRD_ETHER, state, queue);
	__skb_push(skb, link);
	return verdict;
}

/*
 * A frame with another destination is another's, and one of another type carries something else: what bridges and hosts know
 * it by has to follow.
 */
static inline void ps_front_follow(struct sk_buff *skb, const struct nf_hook_state *state, const struct ethhdr *before)
{
	const struct ethhdr *eth = eth_hdr(skb);
	const struct net_device *dev = NULL;

	if (eth->h_proto != before->h_proto && eth_proto_is_802_3(eth->h_proto))
		skb->protocol = eth->h_proto;
	if (ether_addr_equal(eth->h_dest, before->h_dest))
		return;
	if (is_multicast_ether_addr(eth->h_dest)) {
		skb->pkt_type = is_broadcast_ether_addr(eth->h_dest) ? PACKET_BROADCAST : PACKET_MULTICAST;
		return;
	}
	/* later hooks look at it no more */
	if (state->pf == NFPROTO_NETDEV || state->hook == NF_BR_BROUTING)
		dev = state->in;
	else if (state->hook == NF_BR_PRE_ROUTING)
		dev = netdev_master_upper_dev_get_rcu(state->in);
	if (dev)
		skb->pkt_type = ether_addr_equal(eth->h_dest, dev->dev_addr) ? PACKET_HOST : PACKET_OTHERHOST;
}

/*
 * The same of a frame of Ethernet. One that is sent, by a bridge itself (STP) or to a device, has its link-layer header within the
 * data.
 */
static inline enum ps_verdict ps_front_run_frame(struct ps_rule *rule, struct sk_buff *skb, const struct nf_hook_state *state, u16 *queue)
{
	const struct ethhdr before = *eth_hdr(skb);
	unsigned int link = skb_mac_offset(skb) ? 0 : ETH_HLEN;
	enum ps_verdict verdict;

	__skb_pull(skb, link);
	verdict = ps_front_run(rule, skb, true, state, queue);
	__skb_push(skb, link);
	ps_front_follow(skb, state, &before);
	return verdict;
}

#endif
