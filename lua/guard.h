/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What keeps a script within its limits. luaconf.h builds these calls into Lua; lua/runtime.c
 * has the functions; the machine answers the ps_host_ ones (plat/<platform>/host.c).
 */
#ifndef PS_GUARD_H
#define PS_GUARD_H

#include <stdbool.h>
#include <stddef.h>

struct lua_State;
struct ps_runtime;

/* Time that has been used, and is worked off by time in which none is. */
struct ps_budget {
	unsigned int spent;	/* milliseconds */
	unsigned int at;	/* ps_host_now() when that was right */
};

/* Why a run has to end. */
enum ps_expired {
	PS_EXPIRED_NOT,
	PS_EXPIRED_OWN,		/* its time is used up */
	PS_EXPIRED_SHARE,	/* the budget of its state is */
	PS_EXPIRED_CPU,		/* all states together have used up the CPU's budget */
};

/* Why a state's handlers are not run. */
enum ps_refused {
	PS_REFUSED_NOT,
	PS_REFUSED_SHARE,	/* its budget is used up, for the moment */
	PS_REFUSED_STOPS,	/* it was stopped by time too often: until a script is loaded */
};

/* The limits of a runtime. The extra space before each lua_State points to it. */
struct ps_guard {
	unsigned long stack_soft;	/* C stack addresses below raise "C stack overflow" */
	unsigned long stack_hard;	/* below this, handling that error is given up */
	struct lua_State *running;	/* the coroutine that runs now; between uses the main one */
	volatile int expired;		/* enum ps_expired; set by ps_runtime_expire() */
	int refused;			/* enum ps_refused */
	unsigned long code;		/* counts functions freed: others' code may now be there */
	struct ps_budget budget;	/* of slow runs on packets */
	unsigned int slow_until;	/* ps_host_now() until which it counts as slow; 0: it never was */
	unsigned int stops;		/* how often it was stopped, less those forgiven */
	unsigned int stopped_at;	/* ps_host_now() of the last one */
	bool is_loading;		/* not on a packet: no budget counts */
};

static inline struct ps_guard *ps_guard_of(struct lua_State *L)
{
	return *(struct ps_guard **)((char *)L - sizeof(void *));
}

static inline unsigned long ps_stack_pointer(void)
{
	return (unsigned long)__builtin_frame_address(0);
}

/* Lua may use so many bytes of C stack below address sp, the last quarter of them to handle an overflow. */
static inline void ps_guard_stack(struct ps_guard *guard, unsigned long sp, unsigned long budget)
{
	guard->stack_hard = sp - budget;
	guard->stack_soft = sp - budget + budget / 4;
}

/* Odd, secret and the same for all tables: what integer keys are multiplied by before they are hashed. */
extern unsigned long long ps_guard_hash_factor;

/* Raises "no floating point". The type is for the expressions it stands in. */
long long ps_guard_no_float(struct lua_State *L);

/* lua_resume, which keeps ps_guard.running true. */
int ps_guard_resume(struct lua_State *co, struct lua_State *from, int nargs, int *nresults);

/* lua_closethread, or lua_resetthread in old releases: runs what __close asks for. */
int ps_guard_close(struct lua_State *co, struct lua_State *from);

/* lua_getallocf, for the boxes of string buffers: what is left of those goes with the runtime. */
void *(*ps_guard_getallocf(struct lua_State *L, void **ud))(void *ud, void *block, size_t old,
							    size_t size);

/*
 * What lua/patches has Lua ask for.
 */

/* True if the time is up: whoever sees it raises, or ends and leaves that to the next tick. */
static inline bool ps_guard_is_expired(struct lua_State *L)
{
	return __builtin_expect(ps_guard_of(L)->expired, 0);
}

/* Raises that the time is up. */
void ps_guard_expired(struct lua_State *L);

/* In each loop of C that a script can make long. May raise. */
static inline void ps_guard_tick(struct lua_State *L)
{
	if (ps_guard_is_expired(L))
		ps_guard_expired(L);
}

/* Whether a variable's __close is not called: a script's, of which nothing runs once the time is up. */
static inline bool ps_guard_skips_close(struct lua_State *L, bool is_table)
{
	return is_table && ps_guard_is_expired(L);
}

/* An error is thrown, of which a Lua status tells the kind. Notes where, if its value will not say. */
void ps_guard_throw(struct lua_State *L, int status);

/* The message on top of the stack, behind the line that called the C function that runs. May raise. */
const char *ps_guard_add_place(struct lua_State *L, const char *message);

/*
 * How many bytes there may be before a collection begins, of which Lua thinks threshold: it begins
 * early enough to end before the memory does. estimate: bytes that are alive.
 */
ptrdiff_t ps_guard_gc_threshold(struct lua_State *L, size_t estimate, ptrdiff_t threshold);

/* Any context. */
unsigned long ps_host_random(void);

#endif
