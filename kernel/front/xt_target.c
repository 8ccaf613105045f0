/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* xt_LUA.ko: the target LUA of iptables and ip6tables. */
#define pr_fmt(fmt) "packetscript: " fmt

#include <linux/if_arp.h>
#include <linux/module.h>
#include <linux/netfilter.h>
#include <linux/netfilter/x_tables.h>
#include <linux/skbuff.h>

#include "packetscript.h"
#include "rule.h"
#include "skb.h"
#include "state.h"
#include "verdict.h"

static_assert(PS_NF_DROP == NF_DROP && PS_NF_ACCEPT == NF_ACCEPT && PS_NF_STOLEN == NF_STOLEN &&
	      PS_NF_QUEUE == NF_QUEUE && PS_NF_REPEAT == NF_REPEAT);
static_assert(PS_REQUEST_DIGEST == XT_LUA_DIGEST_SIZE);
static_assert(PS_XT_CONTINUE == XT_CONTINUE && PS_XT_RETURN == XT_RETURN);

static const struct {
	const char *name;
	unsigned int verdict;
} on_error[XT_LUA_ON_ERROR_COUNT] = {
	[XT_LUA_ON_ERROR_DROP] = { "drop", NF_DROP },
	[XT_LUA_ON_ERROR_ACCEPT] = { "accept", NF_ACCEPT },
	[XT_LUA_ON_ERROR_CONTINUE] = { "continue", XT_CONTINUE },
};

/*
 * Whether an Ethernet header stands before the network header. From routing on, what is left
 * there is the header that the packet came with, not the one it will leave with.
 */
static bool has_link(const struct xt_action_param *par)
{
	const struct net_device *in = xt_in(par);

	switch (xt_hooknum(par)) {
	case NF_INET_PRE_ROUTING:
	case NF_INET_LOCAL_IN:
	case NF_INET_FORWARD:
		return in && (in->type == ARPHRD_ETHER || in->type == ARPHRD_LOOPBACK);
	}
	return false;
}

static unsigned int lua_tg(struct sk_buff *skb, const struct xt_action_param *par)
{
	const struct xt_lua_tginfo *info = par->targinfo;
	struct ps_skb_packet p ps_uninit;
	enum ps_verdict verdict;
	u16 queue ps_uninit;

	ps_skb_init(&p, skb, has_link(par));
	verdict = ps_rule_run(info->rule, &p.pkt, &queue);
	if (unlikely(verdict == PS_VERDICT_REPEAT))
		verdict = ps_rule_repeat(info->rule, &p.pkt, &queue);
	ps_skb_end(&p);
	if (unlikely(p.pulled))
		ps_rule_count_pulled(info->rule);
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
	return on_error[info->on_error].verdict;
}

static bool is_terminated(const char *text, size_t size)
{
	return strnlen(text, size) < size;
}

/* In the words of the target's options. */
static void log_unsuited(const struct ps_request *request)
{
	switch (request->unsuited) {
	case PS_UNSUITED_NOT:
		return;
	case PS_UNSUITED_PERCPU:
		pr_err("state %u has rules %s --percpu: give this rule another --state, or delete those first\n",
		       request->state_id, request->is_percpu ? "without" : "with");
		return;
	case PS_UNSUITED_MEMORY:
		pr_err("state %u has rules with --memory %zuK, not %zuK: give this rule the same or another --state, or delete those first\n",
		       request->state_id, request->state_memory / 1024, request->memory / 1024);
		return;
	}
}

static int lua_tg_check(const struct xt_tgchk_param *par)
{
	struct xt_lua_tginfo *info = par->targinfo;
	struct ps_request request = {
		.net = par->net,
		.path = info->script,
		.digest = info->digest,
		.function = info->function,
		.state_id = info->state,
		.is_percpu = info->percpu,
		.memory = (info->memory ?: XT_LUA_MEMORY_DEFAULT) * 1024ul,
		.family = par->family,
		.table = par->table,
		.hooks = par->hook_mask,
	};
	struct ps_rule *rule;

	if (par->family != NFPROTO_IPV4 && par->family != NFPROTO_IPV6) {
		pr_err("the target LUA is for iptables and ip6tables\n");
		return -EOPNOTSUPP;
	}
	if (!is_terminated(info->script, sizeof(info->script)) || info->script[0] != '/' ||
	    !is_terminated(info->function, sizeof(info->function)) || !info->function[0] ||
	    info->on_error >= XT_LUA_ON_ERROR_COUNT || info->percpu > 1 ||
	    (info->memory && (info->memory < XT_LUA_MEMORY_MIN || info->memory > XT_LUA_MEMORY_MAX)) ||
	    memchr_inv(info->reserved, 0, sizeof(info->reserved)))
		return -EINVAL;

	request.on_error = on_error[info->on_error].name;
	rule = ps_rule_new(&request);
	if (IS_ERR(rule)) {
		log_unsuited(&request);
		return PTR_ERR(rule);
	}
	info->can_return = par->nft_compat;
	info->rule = rule;
	return 0;
}

static void lua_tg_destroy(const struct xt_tgdtor_param *par)
{
	const struct xt_lua_tginfo *info = par->targinfo;

	ps_rule_free(info->rule);
}

static struct xt_target lua_target __read_mostly = {
	.name = "LUA",
	.family = NFPROTO_UNSPEC,
	.target = lua_tg,
	.checkentry = lua_tg_check,
	.destroy = lua_tg_destroy,
	.targetsize = sizeof(struct xt_lua_tginfo),
	.usersize = offsetof(struct xt_lua_tginfo, rule),
	.me = THIS_MODULE,
};

static int __init xt_lua_init(void)
{
	return xt_register_target(&lua_target);
}

static void __exit xt_lua_exit(void)
{
	xt_unregister_target(&lua_target);
}

module_init(xt_lua_init);
module_exit(xt_lua_exit);
MODULE_DESCRIPTION("iptables target LUA");
MODULE_LICENSE("Dual MIT/GPL");
MODULE_VERSION(PS_VERSION);
MODULE_ALIAS("ipt_LUA");
MODULE_ALIAS("ip6t_LUA");
