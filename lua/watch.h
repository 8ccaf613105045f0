/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The watch of a CPU (or of a thread): bounds the time of each run of a script there, and of all runs
 * together. The platform has one for each CPU, and calls ps_watch_tick() from a timer interrupt every
 * PS_WATCH_TICK_MS while scripts run. Only the tick measures time: a run itself costs three stores. Only slow runs, of 1 ms and more, are charged to budgets: a CPU full of packets whose
 * handlers are quick is no attack.
 */
#ifndef PS_WATCH_H
#define PS_WATCH_H

#include "attr.h"
#include "guard.h"

/* The run with this guard, in process context, lets others run as soon as it can. In an interrupt of the thread that runs. */
void ps_runtime_yield(struct ps_guard *guard);

/* The run with this guard has to end. Called in the interrupt that finds it out, or before the run begins. */
void ps_runtime_expire(struct ps_guard *guard, enum ps_expired why);

#define PS_WATCH_TICK_MS	10

/* Limits that the administrator may set. 0 for share or stops: no such limit. */
struct ps_limits {
	unsigned int packet_ms;	/* of one packet, over the repeats that its handler asks for */
	unsigned int load_ms;	/* of loading a script */
	unsigned int work_ms;	/* of a call of deferred work: of its own thread's time */
	unsigned int pending;	/* calls of deferred work that a state may have pending */
	unsigned int pending_memory;	/* MiB that these may have, with the packets that go along */
	unsigned int schedule_rate;	/* of these calls, so many may be asked for in a second */
	unsigned int share;	/* percent of a CPU's time that slow runs may have, below 100 */
	unsigned int stops;	/* how often the time limit may stop a state; every 10 s one stop is forgiven */
};

extern struct ps_limits ps_limits;

/* Milliseconds that a packet may take there. */
static inline unsigned int ps_watch_packet_ms(const struct ps_guard *guard)
{
	return ps_unlikely(guard->packet_ms) ? guard->packet_ms : ps_limits.packet_ms;
}

/* That of one runtime which runs in process context: it looks only at the time that its own thread has had. */
struct ps_work_watch {
	struct ps_guard *guard;	/* while it runs; else NULL */
	unsigned int left;	/* ticks that the run may still take */
};

struct ps_watch {
	struct ps_guard *guard;	/* what runs here now, or NULL */
	unsigned int run;	/* counts runs */
	unsigned int ms;	/* how long this run may take */
	/* from here on, only the tick writes */
	unsigned int seen;	/* run at the last tick */
	unsigned int left;	/* ticks that the run seen then may still take */
	unsigned int since;	/* when the first tick of that run came */
	unsigned int charged;	/* milliseconds that it was charged */
	struct ps_budget budget;	/* of all runs here */
	unsigned int packet_ms;	/* the most that one of those has of its own by which the budget is used */
	bool is_over;		/* the budget is used up */
	bool is_resting;	/* written by the platform: its timer is off until a run begins */
	bool is_peeking;	/* the next call comes between two ticks, to tell whether a run is slow */
};

/*
 * A run begins, and the CPU's budget was used up. If it still is, stops the run before it does anything, provided that its
 * state has been slow, or that far more than the budget is used up.
 */
void ps_watch_refuse(struct ps_watch *w, struct ps_guard *guard);

/* A run begins, with ms milliseconds of its own. ps_watch_needs_care() tells whether this was enough. */
static inline void ps_watch_begin(struct ps_watch *w, struct ps_guard *guard, unsigned int ms)
{
	w->ms = ms;
	w->run++;
	*(struct ps_guard *volatile *)&w->guard = guard;
}

/*
 * A run begins, and ends. ms 0: it counts as going on with the last run on this CPU, and has what time that has left. The
 * platform keeps the thread of control on this CPU between the two. A run within a run, or the platform, calls
 * ps_watch_suspend() before.
 */
static inline void ps_watch_enter(struct ps_watch *w, struct ps_guard *guard, unsigned int ms)
{
	if (ps_unlikely(w->is_over))	/* before a tick can see the run */
		ps_watch_refuse(w, guard);
	if (ms)
		ps_watch_begin(w, guard, ms);
	else
		*(struct ps_guard *volatile *)&w->guard = guard;
}

/* Whether ps_watch_begin() was not enough: the run has to begin again, by ps_watch_enter(). */
static inline bool ps_watch_needs_care(const struct ps_watch *w)
{
	return w->is_over | w->is_resting;
}

static inline void ps_watch_leave(struct ps_watch *w)
{
	*(struct ps_guard *volatile *)&w->guard = NULL;
}

/* What a run has, within which another one begins and ends on the same CPU. */
struct ps_watch_outer {
	struct ps_guard *guard;	/* NULL: none was going on */
	unsigned int ms;	/* that it may still take */
};

static inline void ps_watch_suspend(struct ps_watch *w, struct ps_watch_outer *outer)
{
	outer->guard = w->guard;
	ps_watch_leave(w);	/* so that no tick counts meanwhile */
	outer->ms = w->run == w->seen ? w->left * PS_WATCH_TICK_MS : w->ms;
}

static inline void ps_watch_resume(struct ps_watch *w, const struct ps_watch_outer *outer)
{
	if (outer->guard)
		ps_watch_begin(w, outer->guard, outer->ms);
}

/* A run has ended for the reason in guard->expired: counts it, and refuses the state if that was once too often. */
void ps_watch_stopped(struct ps_guard *guard);

/* Whether the state whose guard->refused is set may not run now. */
bool ps_watch_is_refused(struct ps_guard *guard);

/* A script has been loaded into the state: what it was stopped for is forgotten. */
static inline void ps_watch_forgive(struct ps_guard *guard)
{
	guard->refused = PS_REFUSED_NOT;
	guard->stops = 0;
	guard->budget.spent = 0;
	guard->slow_until = 0;
}

/*
 * Interrupt context, on the CPU that w is of. now: milliseconds of a clock that never goes back. Returns
 * after how many milliseconds it is to be called again. Where budgets are off that is always PS_WATCH_TICK_MS.
 */
unsigned int ps_watch_tick(struct ps_watch *w, unsigned int now);

/* A run in process context begins, with ms milliseconds, or what the last one of this runtime has left; and ends. */
static inline void ps_work_watch_enter(struct ps_work_watch *w, struct ps_guard *guard, unsigned int ms)
{
	if (ms)
		w->left = ms / PS_WATCH_TICK_MS;
	*(struct ps_guard *volatile *)&w->guard = guard;
}

static inline void ps_work_watch_leave(struct ps_work_watch *w)
{
	*(struct ps_guard *volatile *)&w->guard = NULL;
}

/* In an interrupt of the thread that runs, each time that it has had PS_WATCH_TICK_MS for itself. No budget is charged. */
void ps_work_watch_tick(struct ps_work_watch *w);

#endif
