/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What the kernel's connection tracking knows of a packet's connection, for scripts: p:ct(). The objects have nothing of it, but
 * ask the packet each time; so they last no longer than that, and cannot tell of a connection that is gone. A state has one of each.
 */
#ifndef PS_CONNTRACK_H
#define PS_CONNTRACK_H

#include <stdbool.h>

struct lua_State;
struct ps_packet;

/* p:ct(). A lua_CFunction. */
int ps_ct_of(struct lua_State *L);

/* nf.nat(p, { … }). A lua_CFunction. */
int ps_ct_translate(struct lua_State *L);

/*
 * Hands the packet's connection over to the kernel's flowtable. NULL: it is done; else why not, a text that lasts. The packet may be
 * written.
 */
const char *ps_ct_offload(struct ps_packet *pkt);

/* Whether a bit of the status has that name. */
bool ps_ct_knows(const char *word);

#endif
