/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What userspace says of a rule of iptables, and of a script that is attached to a hook: how both are checked.
 */
#ifndef PS_OPTIONS_H
#define PS_OPTIONS_H

#include <linux/types.h>

struct net;
struct ps_failure;
struct ps_hook_place;
struct ps_rule;
struct xt_lua_info;

/* Where the rule is. */
struct ps_place {
	struct net *net;
	u8 family;			/* NFPROTO_… */
	unsigned int hooks;		/* bits, by the family's numbers */
	const char *table;
	bool is_match;
	const struct ps_hook_place *hook;	/* without a table; NULL: it is a rule of iptables or a relative */
};

/*
 * Makes a rule of what is said, of packets of this family: NFPROTO_INET has none of its own. info->digest stays as long as the rule
 * is there. Returns an ERR_PTR: -EINVAL, which has no text if no program of ours says such, and others from ps_rule_new().
 * Process context, may sleep.
 */
struct ps_rule *ps_options_rule(struct xt_lua_info *info, const struct ps_place *place, u8 packets, struct ps_failure *failure);

#endif
