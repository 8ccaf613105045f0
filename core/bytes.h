/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Byte arrays: over a packet's own bytes, or with bytes of their own.
 */
#ifndef PS_BYTES_H
#define PS_BYTES_H

#include "proto.h"

struct lua_State;

/* Creates the metatable and pushes the bytes library. A lua_CFunction. */
int ps_bytes_open(struct lua_State *L);

/* Pushes an array over range of the packet that is being handled. May raise. */
void ps_bytes_push(struct lua_State *L, const struct ps_range *range);

/* Pushes an array with a copy of range. May raise. */
void ps_bytes_push_copy(struct lua_State *L, const struct ps_range *range);

#endif
