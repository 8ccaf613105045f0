/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Deferred work: what nf.schedule() asks for, until it is done. A state has two kinds of Lua states, those that handle packets
 * and one that does the work. What one asks of the other lies here, outside of both.
 */
#ifndef PS_DEFER_H
#define PS_DEFER_H

#include "buffer.h"
#include "heap.h"

struct lua_State;
struct ps_defer;
struct ps_script;

#define PS_WORK_NAME	64	/* bytes of the name of a function or a protocol, with the final 0 */

#define PS_WORK_FIRST	(~0u)

/* A call that is pending. Its packet is a copy of its own. */
struct ps_work {
	struct ps_due due;		/* first */
	long long id;
	size_t size;			/* bytes of memory, with those of the packet */
	char function[PS_WORK_NAME];
	bool has_packet;
	uint32_t at;			/* where in the packet the view begins that the function gets; PS_WORK_FIRST: at the first such header */
	char protocol[PS_WORK_NAME];	/* of that view */
	struct ps_buffer buffer;	/* the packet */
	uint8_t bytes[];
};

/* How the owner of deferred work serialises those who ask for it, on any CPU, with those who do it. */
struct ps_defer_ops {
	void (*lock)(struct ps_defer *defer);
	void (*unlock)(struct ps_defer *defer);
	/* Work is due at this time, and none before: ps_defer_take() shall be called then. With the lock held. */
	void (*wake)(struct ps_defer *defer, uint64_t at);
};

enum ps_defer_is {
	PS_DEFER_NONE,		/* there is no Lua state that does it */
	PS_DEFER_OPEN,
	PS_DEFER_CLOSED,	/* the Lua states that ask close: nothing more is done */
};

/* With the lock held, all but ops. */
struct ps_defer {
	const struct ps_defer_ops *ops;
	struct ps_heap heap;
	enum ps_defer_is is;
	size_t bytes;			/* of what is pending */
	uint64_t done, failed;		/* calls; whoever does them counts them, without the lock */
	uint64_t refused;		/* that were asked for in vain: too much was pending, or there was no memory */
	uint64_t second;		/* when it began, in which */
	unsigned int asked;		/* so many were asked for */
};

static inline void ps_defer_init(struct ps_defer *defer, const struct ps_defer_ops *ops)
{
	*defer = (struct ps_defer){ .ops = ops };
}

/* From now on it is done. */
void ps_defer_open(struct ps_defer *defer);

/*
 * Takes out the work that is due at now and is first, which the caller does by ps_script_work() and frees by
 * ps_work_free(). NULL: none is due; if there is some for later, ops->wake() has been called.
 */
struct ps_work *ps_defer_take(struct ps_defer *defer, uint64_t now);

/* When the next one is due, or PS_NEVER. */
uint64_t ps_defer_next(struct ps_defer *defer);

/*
 * Moves what is pending, of which there is as much as the limits allow: what goes beyond them is freed, and counts as refused. Nobody else
 * uses from.
 */
void ps_defer_move(struct ps_defer *from, struct ps_defer *to);

/* Nothing more is done, nor asked for: what is pending is freed. */
void ps_defer_close(struct ps_defer *defer);

/* It is closed, but who might ask lives on: there is no Lua state for it any more. */
void ps_defer_forgo(struct ps_defer *defer);

void ps_work_free(struct ps_work *work);

/* Does the work, in a state of PS_CONTEXT_WORK. Returns 0 or -1 (s->error). */
int ps_script_work(struct ps_script *s, struct ps_work *work);

/* nf.schedule(). A lua_CFunction. */
int ps_defer_schedule(struct lua_State *L);

/* The longest delay, in milliseconds; and the argument at arg, which is one. May raise. */
#define PS_DELAY_MAX	(366ll * 24 * 60 * 60 * 1000)
uint64_t ps_defer_check_delay(struct lua_State *L, int arg);

#endif
