/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Timers, nf.timer(): functions that the Lua state which made them calls later. What they hold counts as the state's.
 */
#ifndef PS_TIMER_H
#define PS_TIMER_H

#include "heap.h"

struct lua_State;
struct ps_bind;
struct ps_script;

/* All zero: there are none. */
struct ps_timers {
	struct ps_heap heap;
	/*
	 * Some are due at this time, and none before: ps_timer_run() shall be called then. NULL: the owner asks. Within what
	 * runs in the Lua state.
	 */
	void (*wake)(struct ps_timers *timers, uint64_t at);
	bool is_closed;		/* the state closes: none is run, nor made */
	uint64_t run, failed;
};

/* Creates the metatable. May raise. */
void ps_timer_open(struct lua_State *L);

/* nf.timer(). A lua_CFunction. */
int ps_timer_new(struct lua_State *L);

/*
 * Runs the one that is due at now and is first, in no more time than a packet has. False: none is due, or none may run now, as
 * the state has used too much time: then *later is set. *err: 0, or -1 (s->error).
 */
bool ps_timer_run(struct ps_script *s, uint64_t now, bool *later, int *err);

/* Cancels those that were made when there had been so many or more (ps_heap.added). No handler runs. */
void ps_timers_cancel(struct ps_bind *bind, uint64_t number);

/* No timer runs any more, or is made. */
void ps_timers_close(struct ps_bind *bind);

/* The Lua state is gone. */
void ps_timers_clean(struct ps_bind *bind);

#endif
