/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What the kernel tells of a packet's connection: attributes of conntrack's netlink (CTA_*), in one that holds them (NFQA_CT). They
 * may be anything: what is not as it should be counts as not told.
 */
#ifndef PS_USER_TRACKED_H
#define PS_USER_TRACKED_H

#include "packet.h"

struct nlattr;

/* True if it is a connection, and not the template of one, which a rule has put there before conntrack sees the packet. */
bool ps_tracked_is_connection(const struct nlattr *ct);

/* True if it is one that is translated, of TCP. */
bool ps_tracked_is_translated_tcp(const struct nlattr *ct);

/* A number that is the connection's; reply: which direction, of what one has. False: it has none. */
bool ps_tracked_number(const struct nlattr *ct, enum ps_ct_number what, bool reply, uint64_t *value);

/* Fills in the direction. False: it is not told. */
bool ps_tracked_tuple(const struct nlattr *ct, bool reply, struct ps_ct_tuple *tuple);

#endif
