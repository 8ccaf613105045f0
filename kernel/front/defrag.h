/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Fragments that netfilter puts together before hooks of a lower rank see them (net/netfilter/ipv4/nf_defrag_ipv4.h, ipv6). The kernel counts
 * who wants that of a network namespace.
 */
#ifndef PS_DEFRAG_H
#define PS_DEFRAG_H

#include <linux/types.h>

struct net;

/* Of NFPROTO_IPV4 or NFPROTO_IPV6. Returns 0 or -errno; -ENOENT: there is no such module. Process context, may sleep, as the next. */
int ps_defrag_enable(struct net *net, u8 family);

/* Once for each time that succeeded. The namespace may be about to go. */
void ps_defrag_disable(struct net *net, u8 family);

#endif
