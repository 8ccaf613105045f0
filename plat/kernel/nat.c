/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* packetscript_nat.ko: conntrack's address translation, for scripts. Loaded with the first of them that asks for it. */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <net/net_namespace.h>
#include <net/netfilter/ipv4/nf_conntrack_ipv4.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_nat.h>
#include <net/netfilter/nf_nat_masquerade.h>
#include <net/netns/generic.h>

#include "nat.h"
#include "packet.h"

/* What each network namespace has. */
struct nat_net {
	bool is_on;
};

static unsigned int net_id;
static DEFINE_MUTEX(mutex);	/* of what namespaces have */

/*
 * Hooks. Those of nf_nat.ko, which translate packets, are there as long as somebody decides on connections at one of them. Scripts
 * decide elsewhere.
 */
static unsigned int decide_nothing(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	return NF_ACCEPT;
}

static const struct nf_hook_ops ip_ops = {
	.hook = decide_nothing,
	.pf = NFPROTO_IPV4,
	.hooknum = NF_INET_PRE_ROUTING,
	.priority = NF_IP_PRI_NAT_DST,
};

#if IS_ENABLED(CONFIG_IPV6)

static const struct nf_hook_ops ip6_ops = {
	.hook = decide_nothing,
	.pf = NFPROTO_IPV6,
	.hooknum = NF_INET_PRE_ROUTING,
	.priority = NF_IP6_PRI_NAT_DST,
};

static int begin_ip6(struct net *net)
{
	return nf_nat_ipv6_register_fn(net, &ip6_ops);
}

static void end_ip6(struct net *net)
{
	nf_nat_ipv6_unregister_fn(net, &ip6_ops);
}

#else

static int begin_ip6(struct net *net)
{
	return 0;
}

static void end_ip6(struct net *net)
{
}

#endif

static int begin_net(struct net *net)
{
	int err = nf_ct_netns_get(net, NFPROTO_INET);

	if (err)
		return err;
	err = nf_nat_ipv4_register_fn(net, &ip_ops);
	if (err)
		goto err_put;
	err = begin_ip6(net);
	if (!err)
		return 0;
	nf_nat_ipv4_unregister_fn(net, &ip_ops);
err_put:
	nf_ct_netns_put(net, NFPROTO_INET);
	return err;
}

static int begin(struct net *net)
{
	struct nat_net *own = net_generic(net, net_id);
	int err = 0;

	mutex_lock(&mutex);
	if (!own->is_on)
		err = begin_net(net);
	own->is_on = !err;
	mutex_unlock(&mutex);
	return err;
}

static void __net_exit end(struct net *net)
{
	struct nat_net *own = net_generic(net, net_id);

	if (!own->is_on)
		return;
	end_ip6(net);
	nf_nat_ipv4_unregister_fn(net, &ip_ops);
	nf_ct_netns_put(net, NFPROTO_INET);
}

static struct pernet_operations net_ops = {
	.exit = end,
	.id = &net_id,
	.size = sizeof(struct nat_net),
};

/*
 * Connections.
 */
static bool is_hook_of(const struct ps_ct_nat *nat, unsigned int hook)
{
	if (nat->is_masquerade)
		return hook == NF_INET_POST_ROUTING;
	if (nat->is_source)
		return hook == NF_INET_POST_ROUTING || hook == NF_INET_LOCAL_IN;
	return hook == NF_INET_PRE_ROUTING || hook == NF_INET_LOCAL_OUT;
}

static void fill_range(struct nf_nat_range2 *range, const struct ps_ct_nat *nat)
{
	memset(range, 0, sizeof(*range));
	if (nat->version) {
		range->flags |= NF_NAT_RANGE_MAP_IPS;
		memcpy(&range->min_addr, nat->address[0], sizeof(range->min_addr));
		memcpy(&range->max_addr, nat->address[1], sizeof(range->max_addr));
	}
	if (nat->has_ports) {
		range->flags |= NF_NAT_RANGE_PROTO_SPECIFIED;
		range->min_proto.all = htons(nat->port[0]);
		range->max_proto.all = htons(nat->port[1]);
	}
	if (nat->is_random)
		range->flags |= NF_NAT_RANGE_PROTO_RANDOM;
	if (nat->is_persistent)
		range->flags |= NF_NAT_RANGE_PERSISTENT;
}

#if IS_ENABLED(CONFIG_NF_NAT_MASQUERADE)

static unsigned int masquerade(struct sk_buff *skb, const struct nf_hook_state *state, const struct nf_nat_range2 *range)
{
#if IS_ENABLED(CONFIG_IPV6)
	if (state->pf == NFPROTO_IPV6)
		return nf_nat_masquerade_ipv6(skb, range, state->out);
#endif
	return nf_nat_masquerade_ipv4(skb, state->hook, range, state->out);
}

/* Connections whose address a device has lost are forgotten. */
static int watch_devices(void)
{
	return nf_nat_masquerade_inet_register_notifiers();
}

static void forget_devices(void)
{
	nf_nat_masquerade_inet_unregister_notifiers();
}

#else

static unsigned int masquerade(struct sk_buff *skb, const struct nf_hook_state *state, const struct nf_nat_range2 *range)
{
	return NF_DROP;
}

static int watch_devices(void)
{
	return 0;
}

static void forget_devices(void)
{
}

#endif

static const char *setup(struct sk_buff *skb, const struct nf_hook_state *state, const struct ps_ct_nat *nat)
{
	enum nf_nat_manip_type manip = nat->is_source ? NF_NAT_MANIP_SRC : NF_NAT_MANIP_DST;
	enum ip_conntrack_info info;
	struct nf_conn *ct = nf_ct_get(skb, &info);
	struct nf_nat_range2 range;
	unsigned int verdict;

	if (!ct || nf_ct_is_template(ct))
		return "the packet has no connection";
	if (state->pf != NFPROTO_IPV4 && state->pf != NFPROTO_IPV6)
		return "only hooks of IPv4 and IPv6 translate";
	if (!is_hook_of(nat, state->hook))
		return nat->is_masquerade ? "masquerade is for POSTROUTING" :
		       nat->is_source ? "snat is for POSTROUTING and INPUT" : "dnat is for PREROUTING and OUTPUT";
	if (nat->version && (nat->version == 6) != (nf_ct_l3num(ct) == NFPROTO_IPV6))
		return "the address is not of the packet's family";
	if (nf_ct_is_confirmed(ct) || info == IP_CT_ESTABLISHED || info == IP_CT_ESTABLISHED_REPLY)
		return "the connection goes on: only its first packet decides";
	if (nf_nat_initialized(ct, manip))
		return "it has been decided before";
	fill_range(&range, nat);
	verdict = nat->is_masquerade ? masquerade(skb, state, &range) : nf_nat_setup_info(ct, &range, manip);
	return verdict == NF_ACCEPT ? NULL : "there is no address for it";
}

static const struct ps_nat_ops ops = { THIS_MODULE, begin, setup };

static int __init nat_init(void)
{
	int err = register_pernet_subsys(&net_ops);

	if (err)
		return err;
	err = watch_devices();
	if (err) {
		unregister_pernet_subsys(&net_ops);
		return err;
	}
	ps_nat_provide(&ops);
	return 0;
}

static void __exit nat_exit(void)
{
	ps_nat_provide(NULL);
	forget_devices();
	unregister_pernet_subsys(&net_ops);
}

module_init(nat_init);
module_exit(nat_exit);
MODULE_DESCRIPTION("Address translation for PacketScript's scripts");
MODULE_LICENSE("Dual MIT/GPL");
MODULE_VERSION(PS_VERSION);
