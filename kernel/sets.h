/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Sets of addresses that scripts name (set.named()), as the family of generic netlink fills and shows them.
 */
#ifndef PS_SETS_H
#define PS_SETS_H

#include <linux/types.h>
#include <net/netlink.h>

#include "packetscript.h"

struct genl_family;
struct genl_info;
struct sock;
struct ps_failure;

extern const struct nla_policy ps_sets_policy[PACKETSCRIPT_SET_MAX + 1];

/*
 * PACKETSCRIPT_CMD_SET. sk has asked; may_make: also sets that are not there yet. Returns 0 or -errno, with words in failure or in
 * the acknowledgement.
 */
int ps_sets_change(struct sock *sk, struct genl_info *info, bool may_make, struct ps_failure *failure);

/* PACKETSCRIPT_CMD_SETS, as genl_ops has them. */
int ps_sets_start(struct netlink_callback *cb);
int ps_sets_dump(const struct genl_family *family, struct sk_buff *skb, struct netlink_callback *cb);
int ps_sets_done(struct netlink_callback *cb);

/* A socket is closed: what such ones have begun goes. Process context. */
void ps_sets_release(void);

void ps_sets_teardown(void);	/* nobody is in any of the above any more */

#endif
