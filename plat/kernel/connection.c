/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * packetscript_conntrack.ko: what scripts need of nf_conntrack.ko. Loaded when both are there; it knows nothing of packetscript.ko,
 * which finds it by its one symbol, so neither holds the other.
 */
#include <linux/export.h>
#include <linux/module.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_conntrack_seqadj.h>

#include "conntrack.h"

static u32 id(const struct nf_conn *ct)
{
	return ntohl((__force __be32)nf_ct_get_id(ct));
}

/* Without memory it gets none: then its packets keep their lengths. */
static void extend(struct nf_conn *ct)
{
	if (!nf_ct_ext_exist(ct, NF_CT_EXT_SEQADJ))
		nfct_seqadj_ext_add(ct);
}

const struct ps_conntrack_ops ps_connection_ops = { id, extend };
EXPORT_SYMBOL_GPL(ps_connection_ops);

MODULE_DESCRIPTION("Connection tracking for PacketScript's scripts");
MODULE_LICENSE("Dual MIT/GPL");
MODULE_VERSION(PS_VERSION);
