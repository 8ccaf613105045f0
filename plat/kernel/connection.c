/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* packetscript_conntrack.ko: what scripts need of nf_conntrack.ko. Loaded when both are there. */
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

static const struct ps_conntrack_ops ops = { id, extend };

static int __init connection_init(void)
{
	ps_conntrack_provide(&ops);
	return 0;
}

static void __exit connection_exit(void)
{
	ps_conntrack_provide(NULL);
}

module_init(connection_init);
module_exit(connection_exit);
MODULE_DESCRIPTION("Connection tracking for PacketScript's scripts");
MODULE_LICENSE("Dual MIT/GPL");
MODULE_VERSION(PS_VERSION);
