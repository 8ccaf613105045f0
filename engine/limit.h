/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * nf.limit(): token buckets, of which each state has its own. Those of the same rate, burst, period and size are one limiter: a
 * bucket for calls without a key, and one for each key. Memory is the state's.
 */
#ifndef PS_LIMIT_H
#define PS_LIMIT_H

struct lua_State;
struct ps_bind;
struct ps_limiter;

struct TString;

#define PS_LIMITERS_MAX		64	/* of a state */
#define PS_LIMIT_KEY_MAX	255	/* bytes */
#define PS_LIMIT_OPTIONS	5

/* All zero: there are none. */
struct ps_limiters {
	struct ps_limiter *first;	/* the one that was used last */
	unsigned int n;
	const struct TString *names[PS_LIMIT_OPTIONS];	/* of options */
};

/* Sets the names of options. May raise. */
void ps_limit_open(struct lua_State *L);

/* nf.limit(). A lua_CFunction. */
int ps_limit(struct lua_State *L);

/* The state may hold more or less than before. */
void ps_limit_memory(struct ps_bind *bind);

/* The Lua state is gone. */
void ps_limit_clean(struct ps_bind *bind);

#endif
