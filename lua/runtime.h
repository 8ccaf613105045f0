/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * A runtime: one Lua state with its libraries and its limits. It knows nothing of packets.
 * One thread of control at a time: the owner serialises all calls but ps_runtime_expire().
 */
#ifndef PS_RUNTIME_H
#define PS_RUNTIME_H

#include <stddef.h>
#include "attr.h"
#include "guard.h"
#include "host.h"
#include "watch.h"

struct ps_arena;
struct ps_box;
struct ps_reference;

/* What the runs of a runtime may do. */
enum ps_context {
	PS_CONTEXT_PACKET,	/* as packets are handled (the kernel: in softirq). Never sleeps; the CPU's watch */
	PS_CONTEXT_WORK,	/* in process context: may sleep, is interrupted by packets; a watch of its own */
	PS_CONTEXT_ANY,		/* as its owner says, run by run: ps_runtime.is_atomic */
};

/* Why there was no memory. */
enum ps_refusal {
	PS_REFUSAL_FULL,	/* the runtime would hold more than memory_max */
	PS_REFUSAL_MACHINE,	/* the machine had none */
	PS_REFUSAL_BYTES,	/* no string and no byte array may be so large */
};

/* A function that had called others when an error came of these. */
struct ps_level {
	int line;		/* where it was */
	int defined;		/* where it begins; 0: it is the script itself */
	char file[64];
	char name[32];		/* by which it was called; or empty */
};

#define PS_LEVELS	10	/* that are told of an error, the innermost first */

struct ps_runtime;

/* Who listens, besides what is logged. In any context that the runtime is in; nothing sleeps. */
struct ps_audience {
	bool (*is_heard)(const struct ps_runtime *rt);
	void (*tell)(struct ps_runtime *rt, enum ps_log_level level, const char *line);
};

struct ps_runtime {
	struct ps_guard guard;		/* first: found through LUA_EXTRASPACE */
	struct lua_State *L;
	struct ps_host_work *work;	/* what watches it in PS_CONTEXT_WORK; NULL: in PS_CONTEXT_PACKET */
	bool is_any;			/* PS_CONTEXT_ANY */
	bool is_atomic;			/* in that: what runs now may not sleep */
	unsigned int deadline;		/* with guard.has_clock: ps_host_now() at which the time is up */
	unsigned int ticks;		/* of loops in C, since then */
	size_t memory;			/* bytes that the Lua state holds */
	size_t memory_max;
	size_t peak;			/* bytes that it has held at most */
	size_t linear;			/* bytes of linear code, which are in memory, too */
	size_t refused;			/* bytes that the last request for memory in vain was for */
	size_t held;			/* memory at that time */
	enum ps_refusal refusal;	/* why it was in vain */
	char full[128];			/* the message about it */
	/* The owner lets go of what it can do without: the Lua state wants more than it may have. Or NULL. Nothing may raise. */
	void (*make_room)(struct ps_runtime *rt);
	struct ps_arena *arena;		/* for large blocks; NULL: they come from the machine */
	unsigned long allocations;	/* calls to the allocator that asked for memory */
	unsigned long collections;	/* of garbage, that have come to their end */
	unsigned long stopped;		/* runs that were ended since their time was up */
	struct ps_box *boxes;		/* memory of string buffers that grew large */
	struct ps_reference *references;	/* userdata that stand for something outside */
	unsigned int state_id;		/* named in log lines */
	const char *name;		/* the script's, of a runtime that is no state's: named instead; or NULL */
	struct ps_log log;		/* how many lines print() has written lately */
	char expired_at[80];		/* "file:line: " where the time was up; empty: it is not, or nobody knows */
	char thrown[80];		/* where the last error came from whose value does not say it; or empty */
	char place[80];			/* the same for the error that ps_runtime_error() has given */
	const struct ps_audience *audience;	/* or NULL */
	unsigned int levels;		/* of the last error that was raised while somebody listened */
	struct ps_level level[PS_LEVELS];
};

/*
 * Makes the Lua state alone, without a library. Returns 0 or -1 when there is no memory. ps_runtime_clean_bare()
 * undoes it, between enter and leave, or after ps_runtime_call_unwatched().
 */
int ps_runtime_init_bare(struct ps_runtime *rt, size_t memory_max, struct ps_arena *arena);
void ps_runtime_clean_bare(struct ps_runtime *rt);

/*
 * Makes the Lua state with the base, string, table, coroutine, utf8 and math libraries. arena is NULL, or
 * the caller's, for memory_max bytes; PS_CONTEXT_WORK needs none. Returns 0 or -1 when there is no memory.
 * ps_runtime_clean() undoes it. Both are called in the context, as all that uses the runtime.
 */
int ps_runtime_init(struct ps_runtime *rt, enum ps_context context, unsigned int state_id, size_t memory_max,
		    struct ps_arena *arena);
void ps_runtime_clean(struct ps_runtime *rt);

/*
 * Memory outside of what Lua collects, which counts as the state's; or NULL. Whoever frees it, by ps_host_realloc(), takes its
 * size off rt->memory. Any context that the runtime is in.
 */
void *ps_runtime_allocate(struct ps_runtime *rt, size_t size);

/* After a run whose time was up: makes the runtime ready for the next one. */
void ps_runtime_recover(struct ps_runtime *rt);

static inline enum ps_context ps_runtime_context(const struct ps_runtime *rt)
{
	return rt->work ? PS_CONTEXT_WORK : PS_CONTEXT_PACKET;
}

/*
 * Whatever makes Lua run or allocate in rt->L stands between these two. They set the limits of C stack (from
 * here downwards) and of time, ms milliseconds, of which the watch counts the full ticks. ms 0: what the last run
 * on this CPU has left. In PS_CONTEXT_PACKET; ps_runtime_begin() and ps_runtime_end() are for any.
 */
static inline void ps_runtime_enter(struct ps_runtime *rt, unsigned int ms)
{
	unsigned long sp = ps_stack_pointer();

	ps_guard_stack(&rt->guard, sp, ps_host_enter(&rt->guard, ms, sp));
}

static inline void ps_runtime_leave(struct ps_runtime *rt)
{
	ps_host_leave();
	if (ps_unlikely(rt->guard.expired))
		ps_runtime_recover(rt);
}

/* The same; in PS_CONTEXT_WORK ms 0 is what the last run of this runtime has left. */
void ps_runtime_begin(struct ps_runtime *rt, unsigned int ms);
void ps_runtime_end(struct ps_runtime *rt);

/*
 * Calls f with context as a light userdata, protected, between enter and leave. Returns a Lua
 * status; one value stays on the stack: f's result, nil, or the error.
 */
int ps_runtime_call(struct ps_runtime *rt, int (*f)(struct lua_State *), void *context,
		    unsigned int ms);

/*
 * The same in process context, where f may sleep and no packet waits: sets a limit of C stack, which stays set, and none
 * of time, which f looks at itself.
 */
int ps_runtime_call_unwatched(struct ps_runtime *rt, int (*f)(struct lua_State *), void *context);

/*
 * The text of the error value on top of L's stack, which stays there; never raises. status is what the
 * protected call returned, and the runtime is not in use. A value that is no string is asked for its
 * __tostring, in what time the last run has left. *place is "" or where the error came from, as
 * "file:line: ", if the text does not say. Both hold until the runtime is used.
 */
const char *ps_runtime_error(struct ps_runtime *rt, int status, const char **place);

/*
 * Within a run: puts, as ps_runtime_error() gives it, with its place, the text of the error value in place of it, on top of
 * the stack, where a protected call has left it. May raise.
 */
void ps_runtime_explain(struct lua_State *L, int status);

/*
 * Within a function that a script calls: a line with all values on its stack, as print() writes it, unless too many have been
 * written lately; who listens gets all of them. May raise.
 */
void ps_runtime_log(struct lua_State *L, enum ps_log_level level);

static inline struct ps_runtime *ps_runtime_of(struct lua_State *L)
{
	return (struct ps_runtime *)ps_guard_of(L);
}

/*
 * The run in L, where no timer interrupts, looks every so often whether ms milliseconds are over, until ps_runtime_end_clock().
 */
void ps_runtime_begin_clock(struct ps_runtime *rt, struct lua_State *L, unsigned int ms);
void ps_runtime_end_clock(struct ps_runtime *rt, struct lua_State *L);

/* lua_CFunctions: the libraries of ps_runtime_init(), as globals; and those of lua/mathlib.c and lua/tablelib.c. */
int ps_open_libraries(struct lua_State *L);
int ps_open_math(struct lua_State *L);
int ps_open_table(struct lua_State *L);

#endif
