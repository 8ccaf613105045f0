/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Sets of addresses and of names: made when a script is loaded, never changed, asked by packets. Those that go by a name in the namespace
 * are filled from outside (engine/shared_store.h).
 */
#ifndef PS_SET_H
#define PS_SET_H

#include <stddef.h>

struct lua_State;
struct ps_part;

/* Creates the metatable and pushes the library. A lua_CFunction. */
int ps_set_open(struct lua_State *L);

/*
 * Looks at each entry of a list that was read for a set. Returns 0, or -1 and in error[size] what is wrong with the first
 * that is none, behind the file's path and its line. Any context.
 */
int ps_set_check(const struct ps_part *list, char *error, size_t size);

#endif
