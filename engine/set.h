/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Sets of addresses and of names: made when a script is loaded, never changed, asked by packets.
 */
#ifndef PS_SET_H
#define PS_SET_H

struct lua_State;

/* Creates the metatable and pushes the library. A lua_CFunction. */
int ps_set_open(struct lua_State *L);

#endif
