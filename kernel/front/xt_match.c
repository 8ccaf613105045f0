/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The match lua of iptables and ip6tables. Neither arptables nor ebtables has a way to ask for a match by name. */
#include <linux/module.h>

#include "xt_rule.h"

static bool lua_mt(const struct sk_buff *skb, struct xt_action_param *par)
{
	const struct xt_lua_info *info = par->matchinfo;
	struct ps_skb_packet p ps_uninit;
	enum ps_answer answer;

	if (ps_front_is_own(info->rule, skb))
		return false;
	ps_skb_init_read_only(&p, skb, ps_front_has_link(par->state), par->state);
	answer = ps_rule_match(info->rule, &p.pkt);
	ps_skb_end_read_only(&p);
	if (unlikely(p.pulled))
		ps_rule_count_pulled(info->rule);
	switch (answer) {
	case PS_ANSWER_YES:
		return !info->invert;
	case PS_ANSWER_NO:
		return info->invert;
	case PS_ANSWER_ERROR:
		break;
	}
	/* what cannot be told is no match, with "!" or without */
	par->hotdrop = info->on_error == XT_LUA_ON_ERROR_DROP;
	return false;
}

static int lua_mt_check(const struct xt_mtchk_param *par)
{
	const struct ps_place place = {
		.net = par->net,
		.table = par->table,
		.hooks = par->hook_mask,
		.family = par->family,
		.is_match = true,
	};

	return ps_xt_rule_new(par->matchinfo, &place);
}

static void lua_mt_destroy(const struct xt_mtdtor_param *par)
{
	const struct xt_lua_info *info = par->matchinfo;

	ps_rule_free(info->rule);
}

#define LUA_MATCH(protocol) {							\
		.name = "lua",							\
		.family = (protocol),						\
		.match = lua_mt,						\
		.checkentry = lua_mt_check,					\
		.destroy = lua_mt_destroy,					\
		.matchsize = sizeof(struct xt_lua_info),			\
		.usersize = offsetof(struct xt_lua_info, rule),			\
		.me = THIS_MODULE,						\
	}

struct xt_match ps_xt_matches[] __read_mostly = {
	LUA_MATCH(NFPROTO_IPV4),
	LUA_MATCH(NFPROTO_IPV6),
};
const unsigned int ps_xt_nmatches = ARRAY_SIZE(ps_xt_matches);
