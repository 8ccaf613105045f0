/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Dumps of the family of generic netlink: of things that states share.
 */
#ifndef PS_DUMP_H
#define PS_DUMP_H

#include <linux/types.h>

#include "shared_store.h"

struct genl_family;
struct netlink_callback;
struct sk_buff;

/* A dump, each message of which has one nest. */
struct ps_dump {
	const struct genl_family *family;
	struct sk_buff *skb;
	struct netlink_callback *cb;
	u8 command;
	int type;		/* of the nest */
};

/* A message with what put() puts into the nest. False: there was no room, or put() has said so, and there is none. */
bool ps_dump_write(const struct ps_dump *dump, bool (*put)(struct sk_buff *skb, const void *of), const void *of);

/*
 * A message for each thing of the kind in the network namespace, by put() of the struct ps_shared_thing, which does not sleep. *told: how
 * many of them earlier calls have told. Returns as a dump does.
 */
int ps_dump_things(const struct ps_dump *dump, enum ps_shared_kind kind, bool (*put)(struct sk_buff *skb, const void *of), u64 *told);

#endif
