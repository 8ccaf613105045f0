/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Scripts at hooks of netfilter, without a table ('packetscript attach'). Each is one rule, of inet two: a rule for each of
 * IPv4 and IPv6. It holds the module as a rule of iptables does, and goes with its namespace or its device.
 */
#ifndef PS_HOOK_H
#define PS_HOOK_H

#include <net/netlink.h>

#include "packetscript.h"

struct genl_info;
struct ps_failure;
struct sk_buff;

extern const struct nla_policy ps_hook_policy[PACKETSCRIPT_HOOK_MAX + 1];

/*
 * Attaches what PACKETSCRIPT_A_HOOK says, in the request's network namespace. Returns 0 or -errno, and fills in the failure.
 * Process context, may sleep.
 */
int ps_hook_attach(struct genl_info *info, struct ps_failure *failure);

/*
 * Detaches some of those that PACKETSCRIPT_A_HOOK describes, in the request's network namespace, and writes each into the reply,
 * which has room for PS_HOOK_DETACHED_SIZE. No packet is in them any more. Returns 0 or -errno; -ENOENT: there are none. Process
 * context, may sleep.
 */
#define PS_HOOK_DETACHED_SIZE	16384
int ps_hook_detach(struct genl_info *info, struct sk_buff *reply);

int ps_hooks_setup(void);
void ps_hooks_teardown(void);

#endif
