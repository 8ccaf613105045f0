/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Who does the deferred work of a state: one worker, so that its calls come one after the other. Its workqueue is ours.
 */
#ifndef PS_WORKER_H
#define PS_WORKER_H

#include <linux/hrtimer.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "defer.h"
#include "errors.h"

struct ps_instance;
struct ps_listening;

struct ps_worker {
	struct ps_defer defer;		/* first */
	spinlock_t lock;		/* of that; softirqs are disabled */
	struct hrtimer timer;		/* until the next work is due */
	struct work_struct work;
	unsigned int cpu;		/* where it is done: what was sent from several would overtake each other */
	struct mutex mutex;		/* held while work is done */
	struct ps_instance *instance;	/* its Lua state; NULL: there is none, and no work */
	struct ps_errors errors;
};

void ps_worker_init(struct ps_worker *worker);

/*
 * From now on work is done, in the instance, which is of PS_CONTEXT_WORK and stays the caller's: in place of another one, if there is one.
 * A call that runs in that is waited for. Process context, may sleep.
 */
void ps_worker_open(struct ps_worker *worker, struct ps_instance *instance);

/* A value has come into a queue that the instance listens to. As ps_listening.wake. */
bool ps_worker_wake(struct ps_listening *listening);

/* The Lua state was switched off, maybe, and is not any more: values may wait. It is open. */
void ps_worker_go_on(struct ps_worker *worker);

/*
 * What is pending is cancelled; what runs is waited for. Nothing is asked for or done afterwards, unless it is opened again. Process
 * context, may sleep, with no lock of the instance held. May be called again.
 */
void ps_worker_close(struct ps_worker *worker);

int ps_workers_setup(void);
void ps_workers_teardown(void);

#endif
