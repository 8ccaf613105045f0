/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What the target LUA and the match lua have in common.
 */
#ifndef PS_XT_RULE_H
#define PS_XT_RULE_H

#include <linux/netfilter/x_tables.h>

#include "front.h"
#include "options.h"
#include "packetscript.h"

/* Makes info->rule of what userspace has sent. Returns 0 or -errno, after a message unless userspace is no plugin of ours. */
int ps_xt_rule_new(struct xt_lua_info *info, const struct ps_place *place);

extern struct xt_target ps_xt_targets[];
extern const unsigned int ps_xt_ntargets;
extern struct xt_match ps_xt_matches[];
extern const unsigned int ps_xt_nmatches;

#endif
