/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/net.h>
#include <linux/uidgid.h>
#include <linux/user_namespace.h>
#include <net/inet_sock.h>
#include <net/sock.h>

#include "conntrack.h"
#include "field.h"
#include "hooks.h"
#include "protos.h"
#include "redirect.h"
#include "skb.h"

static struct ps_skb_packet *skb_packet_of(struct ps_packet *pkt)
{
	return container_of(pkt, struct ps_skb_packet, pkt);
}

static struct sk_buff *skb_of(struct ps_packet *pkt)
{
	return skb_packet_of(pkt)->skb;
}

/* The bytes may have been moved: finds them, and notes whether more of them are in the linear part. */
static void find_bytes(struct ps_packet *pkt)
{
	uint32_t readable = pkt->readable;

	ps_skb_refresh(skb_packet_of(pkt));
	if (pkt->readable > readable)
		skb_packet_of(pkt)->pulled = true;
}

static bool pull(struct ps_packet *pkt, uint32_t end)
{
	struct sk_buff *skb = skb_of(pkt);
	bool ok;

	/* Others hold a shared skb (pktgen makes such), and count on its layout. */
	if (end < pkt->network || skb_shared(skb))
		return false;
	ok = pskb_may_pull(skb, end - pkt->network);
	find_bytes(pkt);	/* also after a failure, before which the head may have been moved */
	return ok;
}

/* After this, nobody else sees what is written to [0, network + len). */
static bool make_private(struct sk_buff *skb, uint32_t network, uint32_t len)
{
	if (skb_ensure_writable(skb, len))
		return false;
	/* The link-layer header is in the headroom, which a clone shares too. */
	return !network || !skb_header_cloned(skb) || !pskb_expand_head(skb, 0, 0, GFP_ATOMIC);
}

static bool make_writable(struct ps_packet *pkt, uint32_t end)
{
	struct sk_buff *skb = skb_of(pkt);
	uint32_t len = end > pkt->network ? end - pkt->network : 0;
	bool ok;

	if (skb_shared(skb))
		return false;
	ok = make_private(skb, pkt->network, len);
	find_bytes(pkt);
	if (!ok) {
		pkt->writable = 0;
		return false;
	}
	/* skb->csum is a sum over bytes that are about to change: the receiver has to compute it anew */
	if (skb->ip_summed == CHECKSUM_COMPLETE)
		skb->ip_summed = CHECKSUM_NONE;
	/* unless others hold the same data, the whole linear part is private now */
	pkt->writable = skb_cloned(skb) ? pkt->network + len : pkt->readable;
	return true;
}

static bool own_checksum(struct ps_packet *pkt)
{
	struct sk_buff *skb = skb_of(pkt);

	/* a GSO packet is cut into segments, whose checksums are computed from the partial one */
	if (skb_is_gso(skb) || skb_shared(skb))
		return false;
	skb->ip_summed = CHECKSUM_NONE;
	pkt->partial = 0;
	return true;
}

/* What is behind the bytes moves within the linear part, which gets as much longer or shorter; pages stay as they are. */
static int resize(struct ps_packet *pkt, uint32_t at, uint32_t cut, uint32_t add)
{
	struct sk_buff *skb = skb_of(pkt);
	uint32_t off = at - pkt->network, rest, more = add > cut ? add - cut : 0;
	int room, follows;

	if (skb_is_gso(skb))
		return PS_FIELD_SEGMENTS;
	if (skb_shared(skb))
		return PS_FIELD_GONE;
	if (skb_has_frag_list(skb) && skb_linearize(skb)) {	/* of one that was put together from fragments */
		find_bytes(pkt);
		return PS_FIELD_GONE;
	}
	if (!make_writable(pkt, at + cut))
		return PS_FIELD_GONE;
	follows = add == cut ? 0 : ps_conntrack_follows(skb_packet_of(pkt), off);
	if (follows < 0)
		return follows;
	room = skb_end_pointer(skb) - skb_tail_pointer(skb);
	if (skb_cloned(skb) || room < more) {
		if (pskb_expand_head(skb, 0, room < more ? more - room : 0, GFP_ATOMIC))
			return PS_FIELD_GONE;
	}
	rest = skb_headlen(skb) - off - cut;
	memmove(skb->data + off + add, skb->data + off + cut, rest);
	skb->tail += add - cut;
	skb->len += add - cut;
	pkt->len += add - cut;
	if (follows)
		skb_packet_of(pkt)->shift += add - cut;
	ps_skb_refresh(skb_packet_of(pkt));
	pkt->writable = pkt->readable;
	return 0;
}

/*
 * A packet of which no memory can be had.
 */
static bool get_none(struct ps_packet *pkt, uint32_t end)
{
	return false;
}

static bool own_none(struct ps_packet *pkt)
{
	return false;
}

static int resize_none(struct ps_packet *pkt, uint32_t at, uint32_t cut, uint32_t add)
{
	return PS_FIELD_GONE;
}

static const struct ps_packet_ops without_memory = {
	.pull = get_none,
	.make_writable = get_none,
	.own_checksum = own_none,
	.resize = resize_none,
	.networks = ps_networks,
	.company = &ps_skb_company,
};

static const struct ps_packet_ops read_only_without_memory = {
	.pull = get_none,
	.make_writable = get_none,
	.own_checksum = own_none,
	.resize = resize_none,
	.networks = ps_networks,
	.is_read_only = true,
	.company = &ps_skb_company,
};

/*
 * Company.
 */

/* Whether the packet is on its way out, where the socket that it has is that of who sends it. */
static bool is_leaving(const struct nf_hook_state *state)
{
	switch (state->pf) {
	case NFPROTO_IPV4:
	case NFPROTO_IPV6:
	case NFPROTO_BRIDGE:	/* whose hooks have the same numbers */
		return state->hook == NF_INET_LOCAL_OUT || state->hook == NF_INET_POST_ROUTING;
	case NFPROTO_NETDEV:
		return state->hook == NF_NETDEV_EGRESS || state->hook == PS_HOOK_TC_EGRESS;
	}
	return false;
}

/*
 * The user that xt_owner and nfnetlink_queue tell. Softirqs are disabled, or interrupts are, so the lock needs no more; who
 * writes what it protects sends no packet meanwhile.
 */
static bool find_uid(const struct ps_skb_packet *p, uint32_t *uid)
{
	struct sock *sk = is_leaving(p->state) ? skb_to_full_sk(p->skb) : NULL;
	const struct file *file;

	if (!sk || !sk_fullsock(sk) || !net_eq(p->state->net, sock_net(sk)))
		return false;
	read_lock(&sk->sk_callback_lock);
	file = sk->sk_socket ? sk->sk_socket->file : NULL;
	if (file)
		*uid = from_kuid_munged(&init_user_ns, file->f_cred->fsuid);
	read_unlock(&sk->sk_callback_lock);
	return file;
}

static bool tell_number(struct ps_packet *pkt, enum ps_company what, uint32_t *value)
{
	const struct ps_skb_packet *p = skb_packet_of(pkt);

	switch (what) {
	case PS_COMPANY_MARK:
		*value = p->skb->mark;
		return true;
	case PS_COMPANY_PRIORITY:
		*value = p->skb->priority;
		return true;
	case PS_COMPANY_UID:
		return find_uid(p, value);
	default:
		return false;
	}
}

static bool set_number(struct ps_packet *pkt, enum ps_company what, uint32_t value)
{
	struct sk_buff *skb = skb_of(pkt);

	if (what == PS_COMPANY_MARK)
		skb->mark = value;
	else
		skb->priority = value;
	return true;
}

/* Behind the hooks that all families have, there is one more of IP, and another one of bridges. */
static const char *hook_name(const struct nf_hook_state *state)
{
	if (state->hook == NF_INET_INGRESS && state->pf != NFPROTO_BRIDGE)
		return "INGRESS";
	return ps_hook_name(state->pf, state->hook);
}

static const char *tell_name(struct ps_packet *pkt, enum ps_company what)
{
	const struct nf_hook_state *state = skb_packet_of(pkt)->state;
	const struct net_device *dev;

	if (what == PS_COMPANY_HOOK)
		return hook_name(state);
	dev = what == PS_COMPANY_DEV_IN ? state->in : state->out;
	return dev ? dev->name : NULL;
}

/* Packets at tc are in a struct ps_skb_place, of programs, which run under RCU. */
static const char *redirect(struct ps_packet *pkt, const char *device)
{
	struct nf_hook_state *state = (struct nf_hook_state *)skb_packet_of(pkt)->state;

	if (!ps_hook_is_program(state->pf, state->hook))
		return PS_COMPANY_NO_DEVICE;
	return ps_redirect_to(state->net, device, &container_of(state, struct ps_skb_place, state)->redirect);
}

const struct ps_company_ops ps_skb_company = { tell_number, set_number, tell_name, &ps_skb_ct, redirect };

#define TAGGED_HLEN	(ETH_HLEN + VLAN_HLEN)

void ps_skb_take_tag(struct ps_skb_packet *p)
{
	struct sk_buff *skb = p->skb;
	struct ps_packet *pkt = &p->pkt;
	__be16 tag[2] = { skb->vlan_proto, htons(skb_vlan_tag_get(skb)) };

	pkt->writable = 0;
	if (skb_shared(skb) || skb_cow_head(skb, TAGGED_HLEN)) {
		pkt->readable = 0;
		pkt->ops = &without_memory;
		return;
	}
	memmove(skb->data - TAGGED_HLEN, skb->data - ETH_HLEN, 2 * ETH_ALEN);
	memcpy(skb->data - TAGGED_HLEN + 2 * ETH_ALEN, tag, sizeof(tag));
	skb->mac_header -= VLAN_HLEN;
	__vlan_hwaccel_clear_tag(skb);
	p->is_tagged = true;
	pkt->network = TAGGED_HLEN;
	pkt->len += VLAN_HLEN;
	if (pkt->partial)
		pkt->partial += VLAN_HLEN;
	ps_skb_refresh(p);
}

/*
 * Read-only packets.
 */

/* From now on the skb is a clone, whose head moves without the other's. False: no memory. */
static bool clone(struct ps_skb_packet *p)
{
	struct sk_buff *skb;

	if (p->is_clone)
		return true;
	skb = skb_clone(p->skb, GFP_ATOMIC);
	if (!skb)
		return false;
	ps_skb_adopt(skb, p->skb);
	p->skb = skb;
	p->is_clone = true;
	return true;
}

static bool pull_clone(struct ps_packet *pkt, uint32_t end)
{
	return end >= pkt->network && clone(skb_packet_of(pkt)) && pull(pkt, end);
}

void ps_skb_show_tag(struct ps_skb_packet *p)
{
	if (clone(p)) {
		ps_skb_take_tag(p);
	} else {
		p->pkt.readable = 0;
		p->pkt.ops = &without_memory;
	}
	if (p->pkt.ops == &without_memory)
		p->pkt.ops = &read_only_without_memory;
}

const struct ps_packet_ops ps_skb_read_only_ops = {
	.pull = pull_clone,
	.make_writable = get_none,
	.own_checksum = own_none,
	.resize = resize_none,
	.networks = ps_networks,
	.is_read_only = true,
	.company = &ps_skb_company,
};

void ps_skb_give_tag(struct ps_skb_packet *p)
{
	struct sk_buff *skb = p->skb;
	__be16 tag[2];

	memcpy(tag, skb->data - TAGGED_HLEN + 2 * ETH_ALEN, sizeof(tag));
	if (eth_type_vlan(tag[0]))
		__vlan_hwaccel_put_tag(skb, tag[0], ntohs(tag[1]));
	else
		memcpy(skb->data - sizeof(__be16), tag, sizeof(__be16));
	memmove(skb->data - ETH_HLEN, skb->data - TAGGED_HLEN, 2 * ETH_ALEN);
	skb->mac_header += VLAN_HLEN;
}

const struct ps_packet_ops ps_skb_ops = {
	.pull = pull,
	.make_writable = make_writable,
	.own_checksum = own_checksum,
	.resize = resize,
	.networks = ps_networks,
	.company = &ps_skb_company,
};
EXPORT_SYMBOL_GPL(ps_skb_ops);
EXPORT_SYMBOL_GPL(ps_skb_company);
EXPORT_SYMBOL_GPL(ps_skb_take_tag);
EXPORT_SYMBOL_GPL(ps_skb_give_tag);
EXPORT_SYMBOL_GPL(ps_skb_read_only_ops);
EXPORT_SYMBOL_GPL(ps_skb_show_tag);
