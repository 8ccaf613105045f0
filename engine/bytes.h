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
void ps_bytes_push(struct lua_State *L, struct ps_range range);

/*
 * The bytes of argument arg, a string or a byte array. They hold as long as the argument; of the
 * packet's own bytes a copy is pushed that they are in.
 */
const uint8_t *ps_bytes_check(struct lua_State *L, int arg, size_t *len);

/* Whether the value at arg is a string or a byte array, and no number. */
bool ps_bytes_is_part(struct lua_State *L, int arg);

/* How many bytes it has. Raises if it is neither, or gone. */
size_t ps_bytes_part_len(struct lua_State *L, int arg);

/* Copies these to memory for room bytes, and returns how many there are. Raises also if there is not so much room. */
size_t ps_bytes_part_copy(struct lua_State *L, int arg, uint8_t *to, size_t room);

/* Raises what a negative enum ps_field_error means for bytes. Returns 0 for 0. */
int ps_bytes_written(struct lua_State *L, int err);

/* Pushes an array of len bytes of its own, which the caller fills in, and returns these. May raise. */
uint8_t *ps_bytes_push_new(struct lua_State *L, size_t len);

/* Pushes an array with a copy of range, and returns its bytes. May raise. */
uint8_t *ps_bytes_push_copy(struct lua_State *L, struct ps_range range);

#endif
