/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Connections that are tracked, for who handles packets of them. What needs functions of nf_conntrack.ko is done by
 * packetscript_conntrack.ko, which comes when that is there: nothing else of ours needs either. So it is with packetscript_flow.ko.
 */
#ifndef PS_KERNEL_CONNTRACK_H
#define PS_KERNEL_CONNTRACK_H

#include <linux/compiler.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/skbuff.h>

struct net;
struct nf_conn;
struct ps_skb_packet;

/* The packet's connection, or NULL. */
struct nf_conn *ps_conntrack_find(const struct sk_buff *skb, enum ip_conntrack_info *info);

/* One of its enum nf_ct_ext_id, or NULL. */
void *ps_conntrack_extension(const struct nf_conn *ct, unsigned int id);

struct ps_conntrack_ops {
	/* What its netlink calls a connection by. */
	u32 (*id)(const struct nf_conn *ct);
	/* Gives one that is not confirmed yet, and that nobody else sees, room for how its sequence numbers change. */
	void (*extend)(struct nf_conn *ct);
};

/* That module's. It is not called by its name, so that who has this header does not depend on the module. */
extern const struct ps_conntrack_ops ps_connection_ops;

/* Takes that module, and loads it if need be, if conntrack is there. May sleep. */
void ps_conntrack_load(void);

/* A script of the namespace hands connections over: packetscript_flow.ko is loaded. Where it is not there, the script is told. May sleep. */
void ps_flowtable_begin(struct net *net);

int ps_conntrack_setup(void);
/* When no script is loaded any more. Takes these modules away, too. */
void ps_conntrack_teardown(void);

/* Whether it has been taken, and is there. ps_conntrack_expect_first() looks itself, so a value that is not the newest does no harm. */
extern bool ps_conntrack_is_there;

/* Of a packet on a hook: as ps_conntrack_expect(), which looks closer. */
void ps_conntrack_expect_first(struct sk_buff *skb);

/*
 * A rule gets the packet. If it is the first of its connection, those that follow may get another length: afterwards there is no
 * room any more for what has to be remembered of that.
 */
static __always_inline void ps_conntrack_expect(struct sk_buff *skb)
{
	if (!READ_ONCE(ps_conntrack_is_there))
		return;
	if (IS_ENABLED(CONFIG_NF_CONNTRACK) && unlikely((skb_get_nfct(skb) & NFCT_INFOMASK) == IP_CT_NEW))
		ps_conntrack_expect_first(skb);
}

/*
 * Whether sequence numbers have to follow when bytes from off on, counted from the network header, get another length: 1, or 0.
 * They cannot: PS_FIELD_TRACKED, PS_FIELD_SENT.
 */
int ps_conntrack_follows(struct ps_skb_packet *p, uint32_t off);

/*
 * They do follow by p->shift. False: they cannot any more, and the packet must not go on. Once for each handler, if the packet
 * goes on.
 */
bool ps_conntrack_shift(struct ps_skb_packet *p);

#endif
