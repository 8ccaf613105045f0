/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The target LUA of iptables, ip6tables, arptables and ebtables. */
#include <linux/etherdevice.h>
#include <linux/module.h>
#include <linux/netfilter_bridge/ebtables.h>

#include "verdict.h"
#include "xt_rule.h"

static_assert(PS_NF_DROP == NF_DROP && PS_NF_ACCEPT == NF_ACCEPT && PS_NF_STOLEN == NF_STOLEN &&
	      PS_NF_QUEUE == NF_QUEUE && PS_NF_REPEAT == NF_REPEAT);
static_assert(PS_XT_CONTINUE == XT_CONTINUE && PS_XT_RETURN == XT_RETURN);

static const unsigned int on_error[XT_LUA_ON_ERROR_COUNT] = {
	[XT_LUA_ON_ERROR_DROP] = NF_DROP,
	[XT_LUA_ON_ERROR_ACCEPT] = NF_ACCEPT,
	[XT_LUA_ON_ERROR_CONTINUE] = XT_CONTINUE,
};

/* What the handler says of the packet, whose data begins at the network header. */
static ps_inline enum ps_verdict run(struct sk_buff *skb, const struct xt_action_param *par, bool has_link,
				  u16 *queue)
{
	const struct xt_lua_info *info = par->targinfo;
	struct ps_skb_packet p ps_uninit;
	enum ps_verdict verdict;

	ps_skb_init(&p, skb, has_link, par->state);
	verdict = ps_rule_run(info->rule, &p.pkt, queue);
	if (unlikely(verdict == PS_VERDICT_REPEAT))
		verdict = ps_rule_repeat(info->rule, &p.pkt, queue);
	ps_skb_end(&p);
	if (unlikely(p.pulled))
		ps_rule_count_pulled(info->rule);
	return verdict;
}

/* As ip_tables and arp_tables want it. */
static ps_inline unsigned int to_netfilter(struct sk_buff *skb, const struct xt_lua_info *info,
					enum ps_verdict verdict, u16 queue)
{
	if (likely(verdict == PS_VERDICT_CONTINUE))
		return XT_CONTINUE;
	switch (verdict) {
	case PS_VERDICT_DROP:
		return NF_DROP;
	case PS_VERDICT_ACCEPT:
		return NF_ACCEPT;
	case PS_VERDICT_CONTINUE:
		return XT_CONTINUE;
	case PS_VERDICT_RETURN:
		/* ip_tables gives what a target returns to netfilter, which knows no XT_RETURN and loses the packet */
		return info->can_return ? XT_RETURN : XT_CONTINUE;
	case PS_VERDICT_STOLEN:
		consume_skb(skb);
		return NF_STOLEN;
	case PS_VERDICT_QUEUE:
		return NF_QUEUE_NR(queue);
	case PS_VERDICT_REPEAT:
	case PS_VERDICT_ERROR:
		break;
	}
	return on_error[info->on_error];
}

static unsigned int lua_tg(struct sk_buff *skb, const struct xt_action_param *par)
{
	const struct xt_lua_info *info = par->targinfo;
	enum ps_verdict verdict;
	u16 queue ps_uninit;

	if (ps_xt_is_own(info, skb))
		return XT_CONTINUE;
	verdict = run(skb, par, ps_xt_has_link(par), &queue);
	return to_netfilter(skb, info, verdict, queue);
}

/*
 * ARP that the machine itself sends has its link-layer header within the data already, and nothing says where it begins:
 * that is only told when the packet goes to the device.
 */
static unsigned int lua_arp_tg(struct sk_buff *skb, const struct xt_action_param *par)
{
	const struct net_device *dev = xt_in(par) ?: xt_out(par);
	const struct xt_lua_info *info = par->targinfo;
	unsigned int link = skb_network_offset(skb) > 0 ? skb_network_offset(skb) : 0;
	enum ps_verdict verdict;
	u16 queue ps_uninit;

	if (ps_xt_is_own(info, skb))
		return XT_CONTINUE;
	if (link) {
		skb_reset_mac_header(skb);
		__skb_pull(skb, link);
	}
	verdict = run(skb, par, dev && dev->type == ARPHRD_ETHER, &queue);
	__skb_push(skb, link);
	return to_netfilter(skb, info, verdict, queue);
}

/*
 * A frame with another destination is another's, and one of another type carries something else: what bridges and hosts know
 * it by has to follow.
 */
static void follow_header(struct sk_buff *skb, const struct xt_action_param *par, const struct ethhdr *before)
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
	if (xt_hooknum(par) == NF_BR_PRE_ROUTING)
		dev = netdev_master_upper_dev_get_rcu((struct net_device *)xt_in(par));
	else if (xt_hooknum(par) == NF_BR_BROUTING)
		dev = xt_in(par);
	if (dev)
		skb->pkt_type = ether_addr_equal(eth->h_dest, dev->dev_addr) ? PACKET_HOST : PACKET_OTHERHOST;
}

static unsigned int lua_bridge_tg(struct sk_buff *skb, const struct xt_action_param *par)
{
	static const int on_error[XT_LUA_ON_ERROR_COUNT] = {
		[XT_LUA_ON_ERROR_DROP] = EBT_DROP,
		[XT_LUA_ON_ERROR_ACCEPT] = EBT_ACCEPT,
		[XT_LUA_ON_ERROR_CONTINUE] = EBT_CONTINUE,
	};
	const struct xt_lua_info *info = par->targinfo;
	const struct ethhdr before = *eth_hdr(skb);
	/* what the bridge itself says to others (STP) has its link-layer header within the data */
	unsigned int link = skb_mac_offset(skb) ? 0 : ETH_HLEN;
	enum ps_verdict verdict;
	u16 queue ps_uninit;

	if (ps_xt_is_own(info, skb))
		return EBT_CONTINUE;
	__skb_pull(skb, link);
	verdict = run(skb, par, true, &queue);
	__skb_push(skb, link);
	follow_header(skb, par, &before);
	switch (verdict) {
	case PS_VERDICT_DROP:
	case PS_VERDICT_STOLEN:		/* freed, as by ebtables, which has no word for it */
		return EBT_DROP;
	case PS_VERDICT_ACCEPT:
		return EBT_ACCEPT;
	case PS_VERDICT_CONTINUE:
		return EBT_CONTINUE;
	case PS_VERDICT_RETURN:
		return info->can_return ? EBT_RETURN : EBT_CONTINUE;
	case PS_VERDICT_QUEUE:
		if (info->can_queue)
			return NF_QUEUE_NR(queue);
		ps_rule_refuse(info->rule, "NF_QUEUE: legacy ebtables has no queues (ebtables-nft has)");
		break;
	case PS_VERDICT_REPEAT:
	case PS_VERDICT_ERROR:
		break;
	}
	return on_error[info->on_error];
}

static int lua_tg_check(const struct xt_tgchk_param *par)
{
	const struct ps_xt_place place = {
		.net = par->net,
		.table = par->table,
		.hooks = par->hook_mask,
		.family = par->family,
	};
	struct xt_lua_info *info = par->targinfo;
	/* ebtables says so by a bit behind those of hooks */
	bool is_in_base_chain = par->hook_mask & BIT(NF_BR_NUMHOOKS);

	info->can_return = par->nft_compat || (par->family == NFPROTO_BRIDGE && !is_in_base_chain);
	info->can_queue = par->nft_compat;
	return ps_xt_rule_new(info, &place);
}

static void lua_tg_destroy(const struct xt_tgdtor_param *par)
{
	const struct xt_lua_info *info = par->targinfo;

	ps_rule_free(info->rule);
}

#define LUA_TARGET(protocol, function) {					\
		.name = "LUA",							\
		.family = (protocol),						\
		.target = (function),						\
		.checkentry = lua_tg_check,					\
		.destroy = lua_tg_destroy,					\
		.targetsize = sizeof(struct xt_lua_info),			\
		.usersize = offsetof(struct xt_lua_info, rule),			\
		.me = THIS_MODULE,						\
	}

struct xt_target ps_xt_targets[] __read_mostly = {
	LUA_TARGET(NFPROTO_IPV4, lua_tg),
	LUA_TARGET(NFPROTO_IPV6, lua_tg),
	LUA_TARGET(NFPROTO_ARP, lua_arp_tg),
	LUA_TARGET(NFPROTO_BRIDGE, lua_bridge_tg),
};
const unsigned int ps_xt_ntargets = ARRAY_SIZE(ps_xt_targets);
