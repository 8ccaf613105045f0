/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What the target LUA and the match lua have in common.
 */
#ifndef PS_XT_RULE_H
#define PS_XT_RULE_H

#include <linux/if_arp.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/netfilter/x_tables.h>

#include "packetscript.h"
#include "rule.h"
#include "skb.h"

/* What x_tables says of a rule that is made. */
struct ps_xt_place {
	struct net *net;
	const char *table;
	unsigned int hooks;
	u8 family;
	bool is_match;
};

/* Makes info->rule of what userspace has sent. Returns 0 or -errno, after a message unless userspace is no plugin of ours. */
int ps_xt_rule_new(struct xt_lua_info *info, const struct ps_xt_place *place);

/*
 * Whether an Ethernet header stands before the network header, in iptables and ip6tables. From routing on, what is left
 * there is the header that the packet came with, not the one it will leave with.
 */
static inline bool ps_xt_has_link(const struct xt_action_param *par)
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

/* Whether a script of the rule's state has sent the packet. Most packets have no socket. */
static inline bool ps_xt_is_own(const struct xt_lua_info *info, const struct sk_buff *skb)
{
	return unlikely(skb->sk) && ps_rule_has_sent(info->rule, skb);
}

extern struct xt_target ps_xt_targets[];
extern const unsigned int ps_xt_ntargets;
extern struct xt_match ps_xt_matches[];
extern const unsigned int ps_xt_nmatches;

#endif
