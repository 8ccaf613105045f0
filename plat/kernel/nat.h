/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What packetscript_nat.ko does for the others: it calls functions of nf_nat.ko, which only is there for scripts that need it.
 */
#ifndef PS_NAT_H
#define PS_NAT_H

struct module;
struct net;
struct nf_hook_state;
struct ps_ct_nat;
struct sk_buff;

struct ps_nat_ops {
	struct module *owner;
	/* From now on connections of the namespace can be translated, until that or the module goes. 0 or -errno. May sleep. */
	int (*begin)(struct net *net);
	/* As nat() of struct ps_ct_ops. Of a packet on a hook; softirqs are disabled. */
	const char *(*setup)(struct sk_buff *skb, const struct nf_hook_state *state, const struct ps_ct_nat *nat);
};

/* There is one, or none: NULL. Returns when nobody is in the one before. May sleep. */
void ps_nat_provide(const struct ps_nat_ops *ops);

/*
 * Loads the module for a script that translates connections of the namespace. Returns a counted reference, which
 * module_put() gives back when the script is gone, or an ERR_PTR. May sleep.
 */
struct module *ps_nat_get(struct net *net);

#endif
