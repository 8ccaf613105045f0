/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include <linux/delay.h>
#include <linux/etherdevice.h>
#include <linux/hash.h>
#include <linux/if_arp.h>
#include <linux/in_route.h>
#include <linux/interrupt.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <linux/percpu.h>
#include <linux/skbuff.h>
#include <linux/udp.h>
#include <net/inet_common.h>
#include <net/ip.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/route.h>
#include <net/sock.h>

#include "compat.h"
#include "host_kernel.h"
#include "outlet.h"

/*
 * After so many packets other softirqs have their turn; one that is yet to be cut counts as its segments. veth puts each into a list of
 * netdev_max_backlog packets, which only one of these softirqs empties, and drops what has no room in it.
 */
#define AT_ONCE	32

/*
 * Leaving.
 */

/* Packets that leave from a CPU. The list has a lock since another CPU goes on with it when this one goes offline. */
struct queue {
	struct sk_buff_head list;
	struct tasklet_struct tasklet;
};

static DEFINE_PER_CPU(struct queue, queues);

/* In the packet's control block, until it leaves. */
struct leaving {
	struct ps_outlet *outlet;
	bool is_frame, is_ip6;
};

static struct leaving *leaving(struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct leaving) > sizeof(skb->cb));
	return (struct leaving *)skb->cb;
}

static void send_frame(struct sk_buff *skb)
{
	struct net_device *dev = skb->dev;

	dev_queue_xmit(skb);	/* also of a device that is down by now: it is dropped */
	dev_put(dev);
}

static void leave(struct sk_buff *skb)
{
	const struct leaving how = *leaving(skb);

	memset(skb->cb, 0, sizeof(skb->cb));
	if (how.is_frame)
		send_frame(skb);
	else if (IS_ENABLED(CONFIG_IPV6) && how.is_ip6)
		ip6_local_out(how.outlet->net, skb->sk, skb);
	else
		ip_local_out(how.outlet->net, skb->sk, skb);
	atomic_dec(&how.outlet->waiting);
}

static void let_out(struct tasklet_struct *tasklet)
{
	struct queue *queue = container_of(tasklet, struct queue, tasklet);
	struct sk_buff *skb;
	int n = 0;

	while (n < AT_ONCE) {
		skb = skb_dequeue(&queue->list);
		if (!skb)
			return;
		n += skb_is_gso(skb) ? skb_shinfo(skb)->gso_segs : 1;
		leave(skb);
	}
	tasklet_schedule(tasklet);
}

/* The packet leaves as soon as nothing else of this CPU's softirqs is under way. */
static void put_out(struct ps_outlet *outlet, struct sk_buff *skb)
{
	struct queue *queue;

	atomic_inc(&outlet->waiting);
	local_bh_disable();
	queue = this_cpu_ptr(&queues);
	skb_queue_tail(&queue->list, skb);
	tasklet_schedule(&queue->tasklet);
	local_bh_enable();
}

/*
 * Where it goes. Each returns NULL, or why it cannot go there.
 */
static const char *check_size(const struct sk_buff *skb, unsigned int mtu, bool is_whole)
{
	if (skb_is_gso(skb))
		return skb_gso_validate_network_len(skb, mtu) ? NULL : "its segments are larger than the route's MTU";
	return skb->len > mtu && is_whole ? "it is larger than the route's MTU, and may not be cut into fragments" : NULL;
}

static const struct udphdr *ports(const struct sk_buff *skb, const struct ps_message *message)
{
	return message->is.protocol ? (const void *)(skb->data + message->is.transport) : NULL;
}

/*
 * Routes of IPv4 that were looked for last, on each CPU, in the place that what they are for says. Sockets keep theirs so, too: whoever changes a route, an
 * address or a rule makes those that there are invalid, which their check() tells, and a device that goes is not kept by them. Each is good for a
 * second, as no check tells of redirects that expire, and neighbours that have gone. What IPsec changes is looked for each time.
 */
struct aim {
	__be32 daddr, saddr;
	__be16 dest, source;
	u32 mark;
	int oif;
	u8 tos, protocol;
	u16 zero;	/* no gap, so that these are compared as bytes */
};

#define ROUTES_BITS	4

struct known_route {
	struct aim aim;
	struct dst_entry *dst;	/* or NULL */
	unsigned long until;	/* jiffies */
};

struct ps_outlet_routes {
	struct known_route slots[1 << ROUTES_BITS];
};

/* Whether it is the route, and still one of this namespace: one whose device has gone has another one's, which nothing leaves from. */
static bool is_route(const struct known_route *known, const struct ps_outlet *outlet, const struct aim *aim)
{
	struct dst_entry *dst = known->dst;

	return dst && !memcmp(&known->aim, aim, sizeof(*aim)) && time_before(jiffies, known->until) && dst->ops->check(dst, 0) &&
	       net_eq(dev_net(dst->dev), outlet->net);
}

static bool is_lasting(const struct dst_entry *dst)
{
	return !dst_xfrm(dst) && !(dst->flags & DST_XFRM_QUEUE);
}

static struct dst_entry *find_route(const struct ps_outlet *outlet, const struct aim *aim)
{
	struct rtable *rt;
	struct flowi4 flow;

	memset(&flow, 0, sizeof(flow));
	flowi4_init_output(&flow, aim->oif, aim->mark, aim->tos, RT_SCOPE_UNIVERSE, aim->protocol, FLOWI_FLAG_ANYSRC,
			   aim->daddr, aim->saddr, aim->dest, aim->source, GLOBAL_ROOT_UID);
	rt = ip_route_output_flow(outlet->net, &flow, NULL);
	return IS_ERR(rt) ? ERR_CAST(rt) : &rt->dst;
}

/* The route, with a reference, or an error. */
static struct dst_entry *route_to(const struct ps_outlet *outlet, const struct aim *aim)
{
	const u32 slot = hash_32((__force u32)aim->daddr ^ (__force u16)aim->dest ^ (__force u16)aim->source, ROUTES_BITS);
	struct known_route *known;
	struct dst_entry *dst;

	local_bh_disable();
	known = &this_cpu_ptr(outlet->routes)->slots[slot];
	if (is_route(known, outlet, aim)) {
		dst = known->dst;
		dst_hold(dst);
	} else {
		dst_release(known->dst);
		known->dst = NULL;
		dst = find_route(outlet, aim);
		if (!IS_ERR(dst) && is_lasting(dst)) {
			dst_hold(dst);
			*known = (struct known_route){ *aim, dst, jiffies + HZ };
		}
	}
	local_bh_enable();
	return dst;
}

static void forget_routes(struct ps_outlet *outlet)
{
	unsigned int i;
	int cpu;

	for_each_possible_cpu(cpu) {
		struct ps_outlet_routes *routes = per_cpu_ptr(outlet->routes, cpu);

		for (i = 0; i < ARRAY_SIZE(routes->slots); i++)
			dst_release(routes->slots[i].dst);
	}
	free_percpu(outlet->routes);
}

static const char *route_ip(const struct ps_outlet *outlet, struct sk_buff *skb, const struct ps_message *message, int oif)
{
	const struct iphdr *ip = ip_hdr(skb);
	const struct udphdr *port = ports(skb, message);
	const struct aim aim = {
		.daddr = ip->daddr, .saddr = ip->saddr, .dest = port ? port->dest : 0, .source = port ? port->source : 0,
		.mark = message->mark, .oif = oif, .tos = RT_TOS(ip->tos), .protocol = ip->protocol,
	};
	struct dst_entry *dst = route_to(outlet, &aim);

	if (IS_ERR(dst))
		return PTR_ERR(dst) == -EINVAL ? "no route, or none from such an address" : "no route";
	skb_dst_set(skb, dst);
	skb->protocol = htons(ETH_P_IP);
	skb->priority = message->priority ?: rt_tos2priority(ip->tos);
	return check_size(skb, dst_mtu(dst), message->is.is_whole);
}

#if IS_ENABLED(CONFIG_IPV6)
static const char *route_ip6(const struct ps_outlet *outlet, struct sk_buff *skb, const struct ps_message *message, int oif)
{
	const struct ipv6hdr *ip6 = ipv6_hdr(skb);
	const struct udphdr *port = ports(skb, message);
	struct flowi6 flow = {
		.flowi6_oif = oif, .flowi6_mark = message->mark, .flowlabel = ip6_flowinfo(ip6), .daddr = ip6->daddr,
		.saddr = ip6->saddr, .flowi6_proto = message->is.protocol ?: ip6->nexthdr,
		.fl6_dport = port ? port->dest : 0, .fl6_sport = port ? port->source : 0,
	};
	struct dst_entry *dst = ip6_dst_lookup_flow(outlet->net, NULL, &flow, NULL);

	if (IS_ERR(dst))
		return "no route";
	skb_dst_set(skb, dst);
	skb->protocol = htons(ETH_P_IPV6);
	skb->priority = message->priority;
	return check_size(skb, dst_mtu(dst), true);
}
#else
static const char *route_ip6(const struct ps_outlet *outlet, struct sk_buff *skb, const struct ps_message *message, int oif)
{
	return "this kernel has no IPv6";
}
#endif

/* The device, or whoever comes before it, completes the checksum, and makes segments. */
static void prepare(struct sk_buff *skb, const struct ps_message *message)
{
	const bool is_tcp = message->is.protocol == IPPROTO_TCP;
	struct skb_shared_info *shared = skb_shinfo(skb);

	if (message->partial) {
		skb->ip_summed = CHECKSUM_PARTIAL;
		skb->csum_start = skb_headroom(skb) + message->is.transport;
		skb->csum_offset = message->partial - message->is.transport;
	}
	if (message->segment) {
		shared->gso_size = message->segment;
		shared->gso_segs = DIV_ROUND_UP(skb->len - message->is.payload, message->segment);
		shared->gso_type = !is_tcp ? SKB_GSO_UDP_L4 : message->is.is_ip6 ? SKB_GSO_TCPV6 : SKB_GSO_TCPV4;
	}
}

static const char *route(struct ps_outlet *outlet, struct sk_buff *skb, const struct ps_message *message,
			 const struct net_device *dev)
{
	skb_reset_network_header(skb);
	skb_set_transport_header(skb, message->is.transport ?: (message->is.is_ip6 ? sizeof(struct ipv6hdr) :
								 4 * ip_hdr(skb)->ihl));
	prepare(skb, message);
	return message->is.is_ip6 ? route_ip6(outlet, skb, message, dev ? dev->ifindex : 0) :
				    route_ip(outlet, skb, message, dev ? dev->ifindex : 0);
}

static const char *give_frame(struct sk_buff *skb, const struct ps_message *message, struct net_device *dev)
{
	if (dev->type != ARPHRD_ETHER && dev->type != ARPHRD_LOOPBACK)
		return "it is no Ethernet device";
	if (skb->len - message->link > dev->mtu)
		return "it is larger than the device's MTU";
	skb_reset_mac_header(skb);
	skb_set_network_header(skb, message->link);
	skb->protocol = eth_proto_is_802_3(eth_hdr(skb)->h_proto) ? eth_hdr(skb)->h_proto : htons(ETH_P_802_2);
	skb->priority = message->priority;
	skb->dev = dev;
	dev_hold(dev);
	return NULL;
}

/* With rcu_read_lock() held. */
static const char *address(struct ps_outlet *outlet, struct sk_buff *skb, const struct ps_message *message)
{
	struct net_device *dev = message->dev[0] ? dev_get_by_name_rcu(outlet->net, message->dev) : NULL;

	if (message->dev[0] && !dev)
		return "there is no such device";
	if (dev && !(dev->flags & IFF_UP))
		return "the device is down";
	skb->mark = message->mark;
	return message->link ? give_frame(skb, message, dev) : route(outlet, skb, message, dev);
}

/*
 * The sender.
 */
static struct ps_outbox *outbox_of(struct ps_sender *sender)
{
	return container_of(sender, struct ps_outbox, sender);
}

static uint8_t *make_draft(struct ps_sender *sender, uint32_t len)
{
	struct ps_outbox *outbox = outbox_of(sender);

	kfree_skb(outbox->draft);
	outbox->draft = alloc_skb(MAX_HEADER + len, GFP_ATOMIC | __GFP_NOWARN);
	if (!outbox->draft)
		return NULL;
	skb_reserve(outbox->draft, MAX_HEADER);
	return skb_put(outbox->draft, len);
}

static bool lend(struct ps_sender *sender, const uint8_t *bytes, uint32_t n)
{
	struct sk_buff *skb = outbox_of(sender)->draft;
	struct page *page = virt_to_head_page(bytes);

	if (skb_shinfo(skb)->nr_frags == MAX_SKB_FRAGS)
		return false;
	get_page(page);
	skb_add_rx_frag(skb, skb_shinfo(skb)->nr_frags, page, bytes - (u8 *)page_address(page), n, page_size(page));
	skb_shinfo(skb)->flags |= SKBFL_SHARED_FRAG;	/* nobody writes there */
	return true;
}

static const char *send_draft(struct ps_sender *sender, const struct ps_message *message)
{
	struct ps_outbox *outbox = outbox_of(sender);
	struct ps_outlet *outlet = outbox->outlet;
	struct sk_buff *skb = outbox->draft;
	const char *why_not;

	if (sk_wmem_alloc_get(outlet->sk) + (u64)skb->truesize > 1024ull * READ_ONCE(ps_send_limits.send_queue_kib))
		return "too much waits to be sent (send_queue_kib)";
	outbox->draft = NULL;
	rcu_read_lock();
	why_not = address(outlet, skb, message);
	rcu_read_unlock();
	if (why_not) {
		kfree_skb(skb);	/* now, since it may hold a route, and so a device that somebody wants to remove */
		return why_not;
	}
	skb_set_owner_w(skb, outlet->sk);
	*leaving(skb) = (struct leaving){ outlet, message->link, message->is.is_ip6 };
	put_out(outlet, skb);
	return NULL;
}

static const struct ps_sender_ops ops = {
	.draft = make_draft, .lend = PS_HOST_LENDS ? lend : NULL, .finishes_checksums = true, .send = send_draft,
};

void ps_outbox_init(struct ps_outbox *outbox, struct ps_outlet *outlet)
{
	outbox->sender.ops = &ops;
	outbox->outlet = outlet;
	outbox->draft = NULL;
}

void ps_outbox_clean(struct ps_outbox *outbox)
{
	kfree_skb(outbox->draft);
	outbox->draft = NULL;
}

int ps_outlet_init(struct ps_outlet *outlet, struct net *net)
{
	int err;

	outlet->net = net;
	atomic_set(&outlet->waiting, 0);
	outlet->routes = alloc_percpu(struct ps_outlet_routes);
	if (!outlet->routes)
		return -ENOMEM;
	err = inet_ctl_sock_create(&outlet->sk, PF_INET, SOCK_RAW, IPPROTO_RAW, net);
	if (err)
		free_percpu(outlet->routes);
	return err;
}

void ps_outlet_clean(struct ps_outlet *outlet)
{
	while (atomic_read(&outlet->waiting))
		usleep_range(100, 1000);
	forget_routes(outlet);
	inet_ctl_sock_destroy(outlet->sk);
}

void ps_outlet_setup(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct queue *queue = per_cpu_ptr(&queues, cpu);

		skb_queue_head_init(&queue->list);
		tasklet_setup(&queue->tasklet, let_out);
	}
}

void ps_outlet_teardown(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		tasklet_kill(&per_cpu_ptr(&queues, cpu)->tasklet);
}
