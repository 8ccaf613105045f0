/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What packetscript_flow.ko does for the others: it calls functions of nf_flow_table.ko, which only is there for scripts that hand
 * connections over. packetscript.ko finds it by its one symbol, and neither holds the other.
 */
#ifndef PS_FLOWTABLE_H
#define PS_FLOWTABLE_H

struct net;
struct nf_hook_state;
struct sk_buff;

struct ps_flowtable_ops {
	/* From now on connections of the namespace can be handed over, until that or the module goes. 0 or -errno. May sleep. */
	int (*begin)(struct net *net);
	/* As offload() of struct ps_ct_ops. Of a packet on a hook; RCU is read-locked, softirqs are disabled. */
	const char *(*offload)(struct sk_buff *skb, const struct nf_hook_state *state);
};

extern const struct ps_flowtable_ops ps_flowtable_ops;

#endif
