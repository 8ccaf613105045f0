/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * packetscript_flow.ko: connections that scripts hand over to the kernel's flowtable, in software. Its packets then go from device to
 * device where they come in, before there are any rules. Loaded with the first script that asks for it.
 *
 * Each network namespace has one table, and those of its devices look packets up in it that a connection which was handed over has
 * come through. A packet may not wait until a device does: it leaves word, and a work item has the device do so. Until then
 * packets go the way they went before.
 */
#include <linux/export.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <linux/tcp.h>
#include <linux/workqueue.h>
#include <net/dst.h>
#include <net/flow.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/net_namespace.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_conntrack_extend.h>
#include <net/netfilter/nf_conntrack_l4proto.h>
#include <net/netfilter/nf_flow_table.h>
#include <net/netns/generic.h>
#include <net/xfrm.h>

#include "flowtable.h"

#define DEVICES	64	/* of a namespace */
#define WANTED	8	/* of these, at a time */

struct ingress {
	struct list_head list;
	struct nf_hook_ops ops;
	struct rcu_head rcu;
};

struct table {
	struct nf_flowtable flows;
	struct net *net;
	struct list_head devices;	/* changed under RTNL, read under RCU */
	unsigned int ndevices;
	struct work_struct work;
	int wanted[WANTED];		/* indices of devices that packets have left word of; 0: none */
};

/* What each network namespace has. */
struct flow_net {
	struct table *table;		/* NULL: no script there has asked for it */
};

static unsigned int net_id;
static DEFINE_MUTEX(mutex);		/* of making tables */
static bool is_closing;

/*
 * Devices.
 */
static unsigned int look_up(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	switch (skb->protocol) {
	case htons(ETH_P_IP):
		return nf_flow_offload_ip_hook(priv, skb, state);
	case htons(ETH_P_IPV6):
		return nf_flow_offload_ipv6_hook(priv, skb, state);
	default:
		return NF_ACCEPT;
	}
}

/* Under RTNL or RCU. */
static struct ingress *find_device(const struct table *t, const struct net_device *dev)
{
	struct ingress *d;

	list_for_each_entry_rcu(d, &t->devices, list, lockdep_rtnl_is_held()) {
		if (d->ops.dev == dev)
			return d;
	}
	return NULL;
}

/* Under RTNL, as those that follow. Without memory it does not; whoever asks again has it tried again. */
static void bind_device(struct table *t, int index)
{
	struct net_device *dev = __dev_get_by_index(t->net, index);
	struct ingress *d;

	if (!dev || dev->reg_state != NETREG_REGISTERED || t->ndevices == DEVICES || find_device(t, dev))
		return;
	d = kzalloc(sizeof(*d), GFP_KERNEL);
	if (!d)
		return;
	d->ops = (struct nf_hook_ops){
		.hook = look_up,
		.dev = dev,
		.priv = &t->flows,
		.pf = NFPROTO_NETDEV,
		.hooknum = NF_NETDEV_INGRESS,
		.priority = INT_MAX,	/* what else is there sees all packets */
	};
	if (nf_register_net_hook(t->net, &d->ops)) {
		kfree(d);
		return;
	}
	list_add_rcu(&d->list, &t->devices);
	WRITE_ONCE(t->ndevices, t->ndevices + 1);
}

static void unbind_device(struct table *t, struct ingress *d)
{
	list_del_rcu(&d->list);
	WRITE_ONCE(t->ndevices, t->ndevices - 1);
	nf_unregister_net_hook(t->net, &d->ops);
	kfree_rcu(d, rcu);
}

static void bind_wanted(struct work_struct *work)
{
	struct table *t = container_of(work, struct table, work);
	int i, index;

	rtnl_lock();
	for (i = 0; i < WANTED; i++) {
		index = xchg(&t->wanted[i], 0);
		if (index)
			bind_device(t, index);
	}
	rtnl_unlock();
}

/* Leaves word of it. False: of too many at once. */
static bool want(struct table *t, int index)
{
	int i, was;

	for (i = 0; i < WANTED; i++) {
		was = cmpxchg(&t->wanted[i], 0, index);
		if (!was || was == index) {
			queue_work(system_long_wq, &t->work);
			return true;
		}
	}
	return false;
}

static const char *ask_for(struct table *t, const struct net_device *dev)
{
	if (find_device(t, dev))
		return NULL;
	if (READ_ONCE(t->ndevices) == DEVICES)
		return "64 devices of the namespace carry connections already";
	return want(t, dev->ifindex) ? NULL : "too many devices begin to carry connections: ask again";
}

static int hear_of_device(struct notifier_block *self, unsigned long event, void *data)
{
	struct net_device *dev = netdev_notifier_info_to_dev(data);
	struct flow_net *own = net_generic(dev_net(dev), net_id);
	struct table *t = smp_load_acquire(&own->table);
	struct ingress *d = t ? find_device(t, dev) : NULL;

	if (!d || (event != NETDEV_DOWN && event != NETDEV_UNREGISTER))
		return NOTIFY_DONE;
	nf_flow_table_cleanup(dev);	/* its connections go the way of others again */
	if (event == NETDEV_UNREGISTER)
		unbind_device(t, d);
	return NOTIFY_DONE;
}

static struct notifier_block devices = { .notifier_call = hear_of_device };

/*
 * Tables.
 */
static struct nf_flowtable_type type = { .family = NFPROTO_INET, .owner = THIS_MODULE };

static struct table *new_table(struct net *net)
{
	struct table *t = kzalloc(sizeof(*t), GFP_KERNEL);
	int err;

	if (!t)
		return ERR_PTR(-ENOMEM);
	t->net = net;
	INIT_LIST_HEAD(&t->devices);
	INIT_WORK(&t->work, bind_wanted);
	t->flows.type = &type;
	t->flows.flags = NF_FLOWTABLE_COUNTER;
	write_pnet(&t->flows.net, net);
	err = nf_flow_table_init(&t->flows);
	if (!err)
		return t;
	kfree(t);
	return ERR_PTR(err);
}

static int begin(struct net *net)
{
	struct flow_net *own = net_generic(net, net_id);
	struct table *t;

	mutex_lock(&mutex);
	t = own->table ?: new_table(net);
	if (!IS_ERR(t))
		smp_store_release(&own->table, t);	/* packets find all of it */
	mutex_unlock(&mutex);
	return PTR_ERR_OR_ZERO(t);
}

/* No packet asks for devices any more. */
static void __net_exit end(struct net *net)
{
	struct flow_net *own = net_generic(net, net_id);
	struct table *t = own->table;
	struct ingress *d, *next;

	if (!t)
		return;
	cancel_work_sync(&t->work);
	rtnl_lock();
	list_for_each_entry_safe(d, next, &t->devices, list)
		unbind_device(t, d);
	rtnl_unlock();
	synchronize_rcu();	/* packets may be in look_up() */
	nf_flow_table_free(&t->flows);
	kfree(t);
	own->table = NULL;
}

static struct pernet_operations net_ops = {
	.exit = end,
	.id = &net_id,
	.size = sizeof(struct flow_net),
};

/*
 * Connections.
 */
struct handed {
	struct nf_conn *ct;
	enum ip_conntrack_dir dir;
	const struct tcphdr *tcp;	/* NULL: it is UDP */
};

/* The table looks for ports just behind the header of IP. */
static const char *check_packet(const struct sk_buff *skb, const struct nf_hook_state *state)
{
	const struct dst_entry *dst = skb_dst(skb);

	if (state->hook != NF_INET_FORWARD || (state->pf != NFPROTO_IPV4 && state->pf != NFPROTO_IPV6))
		return "only in FORWARD connections are handed over";
	if (!dst || !state->in || dst->flags & DST_FAKE_RTABLE)
		return "the packet is not routed";
	if (skb_sec_path(skb) || dst_xfrm(dst) || dst->lwtstate)
		return "the packet comes or goes through IPsec, or a tunnel";
	if (state->pf == NFPROTO_IPV4 && ip_hdrlen(skb) != sizeof(struct iphdr))
		return "the packet has IP options";
	if (state->pf == NFPROTO_IPV6 && ipv6_hdr(skb)->nexthdr != IPPROTO_TCP && ipv6_hdr(skb)->nexthdr != IPPROTO_UDP)
		return "the packet has extension headers, or is neither TCP nor UDP";
	return NULL;
}

static const char *check_tcp(const struct sk_buff *skb, const struct nf_hook_state *state, const struct nf_conn *ct,
			     struct tcphdr *room)
{
	unsigned int at = state->pf == NFPROTO_IPV4 ? sizeof(struct iphdr) : sizeof(struct ipv6hdr);
	const struct tcphdr *tcp = skb_header_pointer(skb, skb_network_offset(skb) + at, sizeof(*room), room);

	if (!tcp || tcp->fin || tcp->rst)
		return "the connection ends";
	return nf_conntrack_tcp_established(ct) ? NULL : "the connection is not established yet";
}

static const char *check_connection(const struct sk_buff *skb, const struct nf_hook_state *state, const struct nf_conn *ct,
				    enum ip_conntrack_info info)
{
	struct tcphdr room;

	if (!ct || nf_ct_is_template(ct))
		return "the packet has no connection";
	if (info == IP_CT_RELATED || info == IP_CT_RELATED_REPLY)
		return "the packet is an error about a connection";
	if (nf_ct_ext_exist(ct, NF_CT_EXT_HELPER))
		return "a helper looks at the connection";
	if (!nf_ct_is_confirmed(ct) || nf_ct_is_dying(ct) || !test_bit(IPS_ASSURED_BIT, &ct->status))
		return "the connection is not established yet";
	switch (nf_ct_protonum(ct)) {
	case IPPROTO_TCP:
		return check_tcp(skb, state, ct, &room);
	case IPPROTO_UDP:
		return NULL;
	default:
		return "only TCP and UDP are handed over";
	}
}

/*
 * Takes the connection for this table, or says that somebody has it already. Where sequence numbers change, who changes them looks for
 * the bit under the same lock.
 */
static const char *claim(struct nf_conn *ct, bool *is_new)
{
	const char *why = NULL;

	spin_lock_bh(&ct->lock);
	if (ct->status & (IPS_SEQ_ADJUST | IPS_NAT_CLASH))
		why = "sequence numbers of the connection change";
	else
		*is_new = !test_and_set_bit(IPS_OFFLOAD_BIT, &ct->status);
	spin_unlock_bh(&ct->lock);
	return why;
}

/* Conntrack does not see all of TCP any more, and is not to take what it sees for invalid. */
static void be_liberal(struct nf_conn *ct)
{
	if (nf_ct_protonum(ct) != IPPROTO_TCP)
		return;
	spin_lock_bh(&ct->lock);
	ct->proto.tcp.seen[0].flags |= IP_CT_TCP_FLAG_BE_LIBERAL;
	ct->proto.tcp.seen[1].flags |= IP_CT_TCP_FLAG_BE_LIBERAL;
	spin_unlock_bh(&ct->lock);
}

/* The way back to who has sent the packet: counted, or NULL. */
static struct dst_entry *route_back(const struct sk_buff *skb, const struct nf_hook_state *state, const struct nf_conn *ct,
				    enum ip_conntrack_dir dir)
{
	const union nf_inet_addr *to = &ct->tuplehash[dir].tuple.src.u3, *from = &ct->tuplehash[!dir].tuple.src.u3;
	struct dst_entry *dst = NULL;
	struct flowi fl = {};

	if (state->pf == NFPROTO_IPV4) {
		fl.u.ip4.daddr = to->ip;
		fl.u.ip4.saddr = from->ip;
		fl.u.ip4.flowi4_oif = state->in->ifindex;
		fl.u.ip4.flowi4_iif = skb_dst(skb)->dev->ifindex;
		fl.u.ip4.flowi4_mark = skb->mark;
		fl.u.ip4.flowi4_flags = FLOWI_FLAG_ANYSRC;
	} else {
		fl.u.ip6.daddr = to->in6;
		fl.u.ip6.saddr = from->in6;
		fl.u.ip6.flowi6_oif = state->in->ifindex;
		fl.u.ip6.flowi6_iif = skb_dst(skb)->dev->ifindex;
		fl.u.ip6.flowi6_mark = skb->mark;
		fl.u.ip6.flowi6_flags = FLOWI_FLAG_ANYSRC;
	}
	nf_route(state->net, &dst, &fl, false, state->pf);
	if (dst && (dst_xfrm(dst) || dst->lwtstate || dst->dev->flags & IFF_LOOPBACK)) {
		dst_release(dst);
		return NULL;
	}
	return dst;
}

/* Takes over both routes. Kernels from 7.0 on go by the number of a route's device, those before by the route alone. */
static const char *add(struct table *t, struct nf_conn *ct, enum ip_conntrack_dir dir, struct dst_entry *there,
		       struct dst_entry *back)
{
	struct nf_flow_route route = {};
	struct flow_offload *flow = flow_offload_alloc(ct);

	if (!flow) {
		dst_release(there);
		dst_release(back);
		return "there is no memory for it, or the connection ends";
	}
	route.tuple[dir].dst = there;
	route.tuple[dir].out.ifindex = there->dev->ifindex;
	route.tuple[dir].in.ifindex = back->dev->ifindex;
	route.tuple[dir].xmit_type = FLOW_OFFLOAD_XMIT_NEIGH;
	route.tuple[!dir].dst = back;
	route.tuple[!dir].out.ifindex = back->dev->ifindex;
	route.tuple[!dir].in.ifindex = there->dev->ifindex;
	route.tuple[!dir].xmit_type = FLOW_OFFLOAD_XMIT_NEIGH;
	flow_offload_route_init(flow, &route);
	if (!flow_offload_add(&t->flows, flow))
		return NULL;
	flow_offload_free(flow);
	return "there is no memory for it, or another connection is in its place";
}

static const char *hand_over(struct table *t, struct sk_buff *skb, const struct nf_hook_state *state, struct nf_conn *ct,
			     enum ip_conntrack_dir dir)
{
	struct dst_entry *there = skb_dst(skb), *back = route_back(skb, state, ct, dir);
	const char *why;

	if (!back)
		return "there is no route back";
	why = ask_for(t, there->dev);
	if (!why)
		why = ask_for(t, back->dev);
	if (!why && !dst_hold_safe(there))
		why = "its route has just gone";
	if (!why)
		return add(t, ct, dir, there, back);
	dst_release(back);
	return why;
}

static const char *offload(struct sk_buff *skb, const struct nf_hook_state *state)
{
	enum ip_conntrack_info info;
	struct nf_conn *ct = nf_ct_get(skb, &info);
	struct table *t;
	const char *why;
	bool is_new;

	if (READ_ONCE(is_closing))
		return "packetscript_flow.ko is being unloaded";
	t = smp_load_acquire(&((struct flow_net *)net_generic(state->net, net_id))->table);
	if (!t)
		return "no script of this namespace has the word 'offload' in it";
	why = check_packet(skb, state);
	if (!why)
		why = check_connection(skb, state, ct, info);
	if (!why)
		why = claim(ct, &is_new);
	if (why)
		return why;
	if (!is_new) {
		ask_for(t, state->in);	/* it may not have come to it before */
		ask_for(t, skb_dst(skb)->dev);
		return NULL;
	}
	why = hand_over(t, skb, state, ct, CTINFO2DIR(info));
	if (why)
		clear_bit(IPS_OFFLOAD_BIT, &ct->status);
	else
		be_liberal(ct);
	return why;
}

const struct ps_flowtable_ops ps_flowtable_ops = { begin, offload };
EXPORT_SYMBOL_GPL(ps_flowtable_ops);

static int __init flowtable_init(void)
{
	int err = register_pernet_subsys(&net_ops);

	if (err)
		return err;
	err = register_netdevice_notifier(&devices);
	if (err)
		unregister_pernet_subsys(&net_ops);
	return err;
}

/* Packets may find it until packetscript.ko has heard that it is gone. */
static void __exit flowtable_exit(void)
{
	WRITE_ONCE(is_closing, true);
	synchronize_rcu();
	unregister_netdevice_notifier(&devices);
	unregister_pernet_subsys(&net_ops);
}

module_init(flowtable_init);
module_exit(flowtable_exit);
MODULE_DESCRIPTION("Connections that PacketScript's scripts hand over to the kernel's flowtable");
MODULE_LICENSE("Dual MIT/GPL");
MODULE_VERSION(PS_VERSION);
