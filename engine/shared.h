/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What states share, as scripts have it: shared.table() and shared.queue().
 */
#ifndef PS_SHARED_H
#define PS_SHARED_H

struct lua_State;
struct ps_bind;
struct ps_shared_space;

/* Creates the metatables and pushes the library. A lua_CFunction. */
int ps_shared_open_library(struct lua_State *L);

/* The names that the state uses are those of this space. Without one, there are none. */
void ps_shared_join(struct ps_bind *bind, struct ps_shared_space *space);

/* The state uses none any more. */
void ps_shared_leave(struct ps_bind *bind);

#endif
