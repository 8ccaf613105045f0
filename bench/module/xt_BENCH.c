/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The iptables target BENCH: rewrites the destination address, in C. The least that a target for
 * this can cost. Built by bench/run for its virtual machine only.
 */
#include <linux/ip.h>
#include <linux/module.h>
#include <linux/netfilter/x_tables.h>
#include <linux/skbuff.h>
#include <linux/udp.h>
#include <net/checksum.h>

#include "xt_BENCH.h"

/* The checksum of UDP, if the packet has one: not in later fragments, and 0 means none. */
static bool udp_replace(struct sk_buff *skb, unsigned int at, __be32 from, __be32 to)
{
	struct udphdr *udp;

	if (skb_ensure_writable(skb, at + sizeof(*udp)))
		return false;
	udp = (void *)skb->data + at;
	if (!udp->check && skb->ip_summed != CHECKSUM_PARTIAL)
		return true;
	inet_proto_csum_replace4(&udp->check, skb, from, to, true);
	if (!udp->check)
		udp->check = CSUM_MANGLED_0;
	return true;
}

static unsigned int bench_tg(struct sk_buff *skb, const struct xt_action_param *par)
{
	const struct xt_bench_tginfo *info = par->targinfo;
	struct iphdr *ip = ip_hdr(skb);
	__be32 from = ip->daddr;

	if (!info->daddr)
		return XT_CONTINUE;
	if (ip->protocol == IPPROTO_UDP && !par->fragoff) {
		if (!udp_replace(skb, par->thoff, from, info->daddr))
			return NF_DROP;
	} else if (skb_ensure_writable(skb, sizeof(*ip))) {
		return NF_DROP;
	}
	ip = ip_hdr(skb);
	csum_replace4(&ip->check, from, info->daddr);
	ip->daddr = info->daddr;
	return XT_CONTINUE;
}

static struct xt_target bench_target __read_mostly = {
	.name = "BENCH",
	.family = NFPROTO_IPV4,
	.target = bench_tg,
	.targetsize = sizeof(struct xt_bench_tginfo),
	.me = THIS_MODULE,
};

static int __init xt_bench_init(void)
{
	return xt_register_target(&bench_target);
}

static void __exit xt_bench_exit(void)
{
	xt_unregister_target(&bench_target);
}

module_init(xt_bench_init);
module_exit(xt_bench_exit);
MODULE_DESCRIPTION("Benchmark: an iptables target in C");
MODULE_LICENSE("Dual MIT/GPL");
MODULE_ALIAS("ipt_BENCH");
