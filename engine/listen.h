/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Functions that get what comes into queues, q:on(f): in the Lua state that has said so.
 */
#ifndef PS_LISTEN_H
#define PS_LISTEN_H

#include <stdbool.h>
#include <stdint.h>

struct lua_State;
struct ps_bind;
struct ps_ear;
struct ps_script;
struct ps_shared_queue;

/* All zero: there are none. */
struct ps_listening {
	struct ps_ear *ears;	/* one for each queue, in the order in which they are looked at */
	/*
	 * A value is there: ps_listen_run() shall be called soon. Any context, with a queue locked. False: it cannot now, so another
	 * listener shall. NULL: the owner asks by ps_listen_is_awake().
	 */
	bool (*wake)(struct ps_listening *listening);
	bool is_closed;		/* the state closes: nothing is taken any more */
	uint64_t run, failed;
};

/* Makes what the functions are kept in. May raise. */
void ps_listen_open(struct lua_State *L);

/* Argument 2 is the function of the queue, or nothing: none is. May raise. */
void ps_listen_on(struct lua_State *L, struct ps_shared_queue *q);

/* Whether ps_listen_run() is to be called; of an owner that is woken, within what runs in the Lua state. */
bool ps_listen_is_awake(const struct ps_listening *listening);

/* How many values wait in the queues, at most. */
uint64_t ps_listen_pending(const struct ps_listening *listening);

/*
 * Takes one value, and calls its function in no more time than a packet has, or than deferred work has. False: there is none, or
 * none may be taken now, as the state has used too much time: then *later is set. *err: 0, or -1 (s->error).
 */
bool ps_listen_run(struct ps_script *s, bool *later, int *err);

/* The script is loaded, or it is not: then the functions are again what they were before it. No handler runs. */
void ps_listen_settle(struct ps_bind *bind, bool is_loaded);

/* While this state cannot take values, others shall take those that are there. */
void ps_listen_pass_on(struct ps_listening *listening);

/* No function is called any more. Nobody calls listening->wake when this returns. */
void ps_listen_close(struct ps_bind *bind);

/* The Lua state is gone. */
void ps_listen_clean(struct ps_bind *bind);

#endif
