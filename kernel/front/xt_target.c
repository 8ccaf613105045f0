/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The target LUA of iptables, ip6tables, arptables and ebtables. */
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
		if (likely(info->can_queue))
			return NF_QUEUE_NR(queue);
		/* netfilter would take it into a queue, and not find the hook that it goes on from */
		ps_rule_refuse(info->rule, "NF_QUEUE: ARP has no queues");
		break;
	case PS_VERDICT_TX:
	case PS_VERDICT_REDIRECT:
		ps_rule_refuse(info->rule, PS_FRONT_NO_DEVICE);
		break;
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

	if (ps_front_is_own(info->rule, skb))
		return XT_CONTINUE;
	verdict = ps_front_run(info->rule, skb, ps_front_has_link(par->state), par->state, &queue);
	return to_netfilter(skb, info, verdict, queue);
}

static unsigned int lua_arp_tg(struct sk_buff *skb, const struct xt_action_param *par)
{
	const struct xt_lua_info *info = par->targinfo;
	enum ps_verdict verdict;
	u16 queue ps_uninit;

	if (ps_front_is_own(info->rule, skb))
		return XT_CONTINUE;
	verdict = ps_front_run_arp(info->rule, skb, par->state, &queue);
	return to_netfilter(skb, info, verdict, queue);
}

static unsigned int lua_bridge_tg(struct sk_buff *skb, const struct xt_action_param *par)
{
	static const int on_error[XT_LUA_ON_ERROR_COUNT] = {
		[XT_LUA_ON_ERROR_DROP] = EBT_DROP,
		[XT_LUA_ON_ERROR_ACCEPT] = EBT_ACCEPT,
		[XT_LUA_ON_ERROR_CONTINUE] = EBT_CONTINUE,
	};
	const struct xt_lua_info *info = par->targinfo;
	enum ps_verdict verdict;
	u16 queue ps_uninit;

	if (ps_front_is_own(info->rule, skb))
		return EBT_CONTINUE;
	verdict = ps_front_run_frame(info->rule, skb, par->state, &queue);
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
	case PS_VERDICT_TX:
	case PS_VERDICT_REDIRECT:
		ps_rule_refuse(info->rule, PS_FRONT_NO_DEVICE);
		break;
	case PS_VERDICT_REPEAT:
	case PS_VERDICT_ERROR:
		break;
	}
	return on_error[info->on_error];
}

static int lua_tg_check(const struct xt_tgchk_param *par)
{
	const struct ps_place place = {
		.net = par->net,
		.table = par->table,
		.hooks = par->hook_mask,
		.family = par->family,
	};
	struct xt_lua_info *info = par->targinfo;
	/* ebtables says so by a bit behind those of hooks */
	bool is_in_base_chain = par->hook_mask & BIT(NF_BR_NUMHOOKS);

	info->can_return = par->nft_compat || (par->family == NFPROTO_BRIDGE && !is_in_base_chain);
	info->can_queue = par->family == NFPROTO_BRIDGE ? par->nft_compat : par->family != NFPROTO_ARP;
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
