/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The modules are found by name when they are asked for, so that nobody has them who does not; they are held until then.
 */
#include <linux/kmod.h>
#include <linux/module.h>
#include <linux/netfilter.h>
#include <net/netfilter/ipv4/nf_defrag_ipv4.h>
#include <net/netfilter/ipv6/nf_defrag_ipv6.h>

#include "defrag.h"

static int enable4(struct net *net)
{
	int (*enable)(struct net *net) = symbol_get(nf_defrag_ipv4_enable);
	int err = enable ? enable(net) : -ENOENT;

	if (enable && err)
		symbol_put(nf_defrag_ipv4_enable);
	return err;
}

static void disable4(struct net *net)
{
	void (*disable)(struct net *net) = symbol_get(nf_defrag_ipv4_disable);

	if (disable) {
		disable(net);
		symbol_put(nf_defrag_ipv4_disable);
	}
	symbol_put(nf_defrag_ipv4_enable);
}

static int enable6(struct net *net)
{
	int (*enable)(struct net *net) = symbol_get(nf_defrag_ipv6_enable);
	int err = enable ? enable(net) : -ENOENT;

	if (enable && err)
		symbol_put(nf_defrag_ipv6_enable);
	return err;
}

static void disable6(struct net *net)
{
	void (*disable)(struct net *net) = symbol_get(nf_defrag_ipv6_disable);

	if (disable) {
		disable(net);
		symbol_put(nf_defrag_ipv6_disable);
	}
	symbol_put(nf_defrag_ipv6_enable);
}

int ps_defrag_enable(struct net *net, u8 family)
{
	request_module(family == NFPROTO_IPV4 ? "nf_defrag_ipv4" : "nf_defrag_ipv6");
	return family == NFPROTO_IPV4 ? enable4(net) : enable6(net);
}

void ps_defrag_disable(struct net *net, u8 family)
{
	if (family == NFPROTO_IPV4)
		disable4(net);
	else
		disable6(net);
}
