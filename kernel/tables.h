/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Tables that scripts share (shared.table()), as the family of generic netlink fills and shows them.
 */
#ifndef PS_TABLES_H
#define PS_TABLES_H

#include <linux/types.h>
#include <net/netlink.h>

#include "packetscript.h"
#include "shared_store.h"

struct genl_family;
struct genl_info;
struct ps_failure;

extern const struct nla_policy ps_tables_policy[PACKETSCRIPT_SHARED_MAX + 1];

/* Bytes of attributes with an entry, whatever it is. */
#define PS_TABLES_SIZE	(PACKETSCRIPT_ENTRY_BYTES + PS_SHARED_KEY_MAX + PS_SHARED_NAME_MAX + 256)

/*
 * PACKETSCRIPT_CMD_SHARED. may_make: also tables that are not there yet. An entry that is asked for is put into reply. Returns 0 or -errno, with
 * words in failure or in the acknowledgement.
 */
int ps_tables_change(struct genl_info *info, bool may_make, struct sk_buff *reply, struct ps_failure *failure);

/* PACKETSCRIPT_CMD_TABLES, as genl_ops has them. */
int ps_tables_start(struct netlink_callback *cb);
int ps_tables_dump(const struct genl_family *family, struct sk_buff *skb, struct netlink_callback *cb);
int ps_tables_done(struct netlink_callback *cb);

#endif
