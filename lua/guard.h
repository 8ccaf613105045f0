/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What keeps a script within its limits. luaconf.h builds these calls into Lua; lua/runtime.c
 * has the functions; the machine answers the ps_host_ ones (plat/<platform>/host.c).
 */
#ifndef PS_GUARD_H
#define PS_GUARD_H

#include <stdbool.h>
#include <stddef.h>

struct GCObject;
struct Udata;
struct lua_State;
struct ps_runtime;

/* Time that has been used up. Time in which none is used works it off. */
struct ps_budget {
	unsigned int spent;	/* milliseconds */
	unsigned int at;	/* ps_host_now() at which spent was that much */
};

/* Why a run has to end. */
enum ps_expired {
	PS_EXPIRED_NOT,
	PS_EXPIRED_OWN,		/* its time is used up */
	PS_EXPIRED_SHARE,	/* the budget of its state is */
	PS_EXPIRED_CPU,		/* all states together have used up the CPU's budget */
	PS_EXPIRED_STOPPED,	/* somebody wants it to end */
};

/* Why a state's handlers are not run. */
enum ps_refused {
	PS_REFUSED_NOT,
	PS_REFUSED_SHARE,	/* its budget is used up, for the moment */
	PS_REFUSED_STOPS,	/* the time limit has stopped it too often; until a script is loaded into it */
};

/* The limits of a runtime. The extra space before each lua_State points to it. */
struct ps_guard {
	unsigned long stack_soft;	/* C stack addresses below raise "C stack overflow" */
	unsigned long stack_hard;	/* below this, handling that error is given up */
	struct lua_State *running;	/* the coroutine that runs now; between uses the main one */
	volatile int expired;		/* enum ps_expired; set by ps_runtime_expire() */
	int refused;			/* enum ps_refused */
	unsigned int packet_ms;		/* that a packet may take here; 0: as ps_limits says */
	struct ps_budget budget;	/* of slow runs on packets */
	unsigned int slow_until;	/* ps_host_now() until which it counts as slow; 0: it never was */
	unsigned int stops;		/* how often it was stopped, less those forgiven */
	unsigned int stopped_at;	/* ps_host_now() of the last one */
	bool is_loading;		/* not on a packet: no budget counts */
	bool has_clock;			/* what runs now looks at the clock itself, since interrupts are disabled */
	/* In an interrupt of what runs in process context: whether somebody wants it to end. NULL: nobody ever does. */
	bool (*must_end)(const struct ps_guard *guard);
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

/* Raises "no floating point". It has a result because it stands in expressions; it never returns. */
long long ps_guard_no_float(struct lua_State *L);

/* lua_resume, which keeps ps_guard.running true. */
int ps_guard_resume(struct lua_State *co, struct lua_State *from, int nargs, int *nresults);

/* lua_closethread, or lua_resetthread in old releases: runs what __close asks for. */
int ps_guard_close(struct lua_State *co, struct lua_State *from);

/* lua_getallocf for the boxes of string buffers. Boxes that are left are freed with the runtime. */
void *(*ps_guard_getallocf(struct lua_State *L, void **ud))(void *ud, void *block, size_t old,
							    size_t size);

/*
 * What lua/patches makes Lua call.
 */

/* Looks at the clock, at times. True: the time is up. */
bool ps_guard_look(struct lua_State *L);

/* True if the time is up. The caller raises, or ends what it does: then the next ps_guard_tick() raises. */
static inline bool ps_guard_is_expired(struct lua_State *L)
{
	const struct ps_guard *guard = ps_guard_of(L);

	return __builtin_expect(guard->expired, 0) || (__builtin_expect(guard->has_clock, 0) && ps_guard_look(L));
}

/* Raises that the time is up. */
void ps_guard_expired(struct lua_State *L);

/* In each loop of C that a script can make long. May raise. */
static inline void ps_guard_tick(struct lua_State *L)
{
	if (ps_guard_is_expired(L))
		ps_guard_expired(L);
}

/* Whether the __close of a script's variable is left out: once the time is up, nothing of the script runs. */
static inline bool ps_guard_skips_close(struct lua_State *L, bool is_table)
{
	return is_table && ps_guard_is_expired(L);
}

/* Called where an error is thrown, with its Lua status: notes the place, if the error's value does not say it. */
void ps_guard_throw(struct lua_State *L, int status);

/* Puts the line that called the running C function before the message on top of the stack, and returns that. May raise. */
const char *ps_guard_add_place(struct lua_State *L, const char *message);

/* What the collector keeps along with a userdata that has a class: number n, from 0. NULL: no more. */
struct GCObject *ps_guard_held(const struct Udata *userdata, unsigned int n);

/*
 * At how many bytes a collection begins: at threshold, as Lua would have it, or earlier, so that it ends before the memory
 * is used up. estimate: bytes that are alive.
 */
ptrdiff_t ps_guard_gc_threshold(struct lua_State *L, size_t estimate, ptrdiff_t threshold);

/* Any context. */
unsigned long ps_host_random(void);

#endif
