/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The iptables target BENCH: rewrites the destination address, or sends a packet, in C. The least that a target for
 * this can cost. Built by bench/run for its virtual machine only.
 */
#include <linux/ip.h>
#include <linux/module.h>
#include <linux/netfilter/x_tables.h>
#include <linux/skbuff.h>
#include <linux/udp.h>
#include <net/checksum.h>
#include <net/ip.h>
#include <net/route.h>

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

/* Without a state there is no socket to know them by. */
#define SENT_MARK	0x42454E43

/* A new packet of UDP with the payload of this one, by the same way as one of nf.send(). */
static void send(struct sk_buff *from, struct net *net)
{
	const struct iphdr *old = ip_hdr(from);
	unsigned int size = ntohs(old->tot_len) - sizeof(*old);
	struct flowi4 flow = {
		.daddr = old->daddr, .saddr = old->saddr, .flowi4_proto = IPPROTO_UDP, .flowi4_flags = FLOWI_FLAG_ANYSRC,
	};
	struct sk_buff *skb;
	struct udphdr *udp;
	struct rtable *rt;
	struct iphdr *ip;

	skb = alloc_skb(MAX_HEADER + sizeof(*ip) + size, GFP_ATOMIC);
	if (!skb)
		return;
	skb_reserve(skb, MAX_HEADER);
	skb_reset_network_header(skb);
	ip = skb_put_zero(skb, sizeof(*ip));
	*ip = (struct iphdr){
		.version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_UDP, .saddr = old->saddr, .daddr = old->daddr,
	};
	skb_set_transport_header(skb, sizeof(*ip));
	udp = skb_put(skb, size);
	if (skb_copy_bits(from, sizeof(*ip), udp, size))
		goto drop;
	udp->check = 0;
	udp->check = csum_tcpudp_magic(ip->saddr, ip->daddr, size, IPPROTO_UDP, csum_partial(udp, size, 0));
	if (!udp->check)
		udp->check = CSUM_MANGLED_0;
	rt = ip_route_output_flow(net, &flow, NULL);
	if (IS_ERR(rt))
		goto drop;
	skb_dst_set(skb, &rt->dst);
	skb->protocol = htons(ETH_P_IP);
	skb->mark = SENT_MARK;
	ip_select_ident(net, skb, NULL);
	ip_local_out(net, NULL, skb);
	return;
drop:
	kfree_skb(skb);
}

static unsigned int bench_tg(struct sk_buff *skb, const struct xt_action_param *par)
{
	const struct xt_bench_tginfo *info = par->targinfo;
	struct iphdr *ip = ip_hdr(skb);
	__be32 from = ip->daddr;

	if (info->send && skb->mark != SENT_MARK) {
		send(skb, xt_net(par));
		return NF_DROP;
	}
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
