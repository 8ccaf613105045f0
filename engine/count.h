/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * nf.count(): counters with names. A state's Lua states have the names in common, also those that take the place of others; each
 * counts for itself.
 */
#ifndef PS_COUNT_H
#define PS_COUNT_H

#include <stddef.h>
#include <stdint.h>

struct lua_State;
struct ps_bind;

#define PS_COUNTERS_MAX		256	/* of a state */
#define PS_COUNTER_NAME_MAX	40	/* bytes: of so short a string Lua has one only */

/* The owner's; all zero: there are none yet. Counters only come, so who reads n first may read those below it without a lock. */
struct ps_counted {
	unsigned int n;
	char *names[PS_COUNTERS_MAX];
	uint64_t past[PS_COUNTERS_MAX];		/* what Lua states have counted that were */
};

/* What one Lua state counts. */
struct ps_counters;

/* nf.count(). A lua_CFunction. Where the owner has set no bind->counted, nothing is counted. */
int ps_count(struct lua_State *L);

/* The Lua state is gone. */
void ps_count_clean(struct ps_bind *bind);

/* How many names there are. Any context. */
unsigned int ps_counted_names(const struct ps_counted *counted);

/* What the Lua state has counted by the name of this number, which there is. Read while it changes. */
uint64_t ps_count_of(const struct ps_bind *bind, unsigned int id);

/* The Lua state counts no more, and will be cleaned: what it has counted is kept. */
void ps_counted_keep(struct ps_counted *counted, const struct ps_bind *bind);

/* The same into the names of another state. Returns 0, or -1: there is no room or no memory for all of them. */
int ps_counted_move(struct ps_counted *to, const struct ps_counted *from);

/* No Lua state has it any more. */
void ps_counted_clean(struct ps_counted *counted);

#endif
