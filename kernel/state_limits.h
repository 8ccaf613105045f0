/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The limits of one state, as the family of generic netlink shows and changes them.
 */
#ifndef PS_STATE_LIMITS_H
#define PS_STATE_LIMITS_H

#include <linux/types.h>
#include <net/netlink.h>

#include "packetscript.h"

struct genl_info;
struct ps_failure;
struct sk_buff;

extern const struct nla_policy ps_limits_policy[PACKETSCRIPT_LIMIT_MAX + 1];

/* Bytes of attributes that ps_limits_change() puts. */
#define PS_LIMITS_SIZE	(nla_total_size(0) + (PACKETSCRIPT_LIMIT_MAX + 1) * nla_total_size(sizeof(u32)))

/*
 * PACKETSCRIPT_CMD_LIMITS. may_change: limits, not only look at them. What they are then is put into reply. Returns 0 or -errno, with words in
 * failure. May sleep.
 */
int ps_limits_change(struct genl_info *info, bool may_change, struct sk_buff *reply, struct ps_failure *failure);

#endif
