/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What states share, as scripts have it: shared.table() and shared.queue().
 */
#ifndef PS_SHARED_H
#define PS_SHARED_H

#include "shared_store.h"

struct lua_State;
struct ps_bind;

/* Creates the metatables and pushes the library. A lua_CFunction. */
int ps_shared_open_library(struct lua_State *L);

/* The names that the state uses are those of this space. Without one, there are none. */
void ps_shared_join(struct ps_bind *bind, struct ps_shared_space *space);

/* What has come out of a queue is the state's: so its bytes go if an error keeps the next call from being reached. */
void ps_shared_hold(struct ps_bind *bind, struct ps_shared_value value);

/* Pushes it, once it is the state's. May raise. */
void ps_shared_push(struct lua_State *L, struct ps_shared_value value);

/*
 * Bytes of a value of a shared table, as scripts name them: { table, key, offset, length }, on top of the stack; part i of something.
 * Both may raise.
 *
 * ps_shared_part_len(): how many bytes that are. ps_shared_part_give(): calls take() for each piece of these, until that returns false:
 * it does not raise, and if there are more than PS_SHARED_LENT bytes, they are in pages of ps_host_get_pages(). Returns NULL, or why
 * they are not there, a static text.
 */
typedef bool ps_shared_take(void *context, const uint8_t *bytes, uint32_t n);
uint32_t ps_shared_part_len(struct lua_State *L, long long i);
const char *ps_shared_part_give(struct lua_State *L, long long i, ps_shared_take *take, void *context);

/* The thing of this kind and name at 1, a string, which is made if need be: the state uses it from now on. May raise. */
struct ps_shared_thing *ps_shared_name(struct lua_State *L, enum ps_shared_kind kind);

/* The state uses none any more. */
void ps_shared_leave(struct ps_bind *bind);

#endif
