/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The states of a network namespace for the family of generic netlink: a message for each state, script and rule.
 */
#ifndef PS_LIST_H
#define PS_LIST_H

struct genl_family;
struct netlink_callback;
struct sk_buff;

/*
 * Writes messages into skb, from where the dump cb has come to. Returns how much is there; 0: that was all; or -EMSGSIZE. Where
 * states have changed since it began, the messages say so (NLM_F_DUMP_INTR). Process context, may sleep.
 */
int ps_list_dump(const struct genl_family *family, struct sk_buff *skb, struct netlink_callback *cb);

#endif
