/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * One Lua state of a generation, with what makes it run.
 */
#ifndef PS_INSTANCE_H
#define PS_INSTANCE_H

#include <linux/atomic.h>
#include <linux/hrtimer.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "inside.h"
#include "outlet.h"
#include "script.h"

struct ps_failure;
struct ps_generation;
struct ps_worker;

/*
 * Whoever runs in one that handles packets has disabled softirqs, and holds the lock if CPUs share it. An instance that
 * belongs to a CPU is touched on that CPU only, or while that CPU is offline. Whoever runs in the one for deferred work is in
 * process context, and holds the mutex. Where two are locked, the first is of a generation that is not live yet.
 */
struct ps_instance {
	const struct ps_generation *generation;
	bool is_shared;
	bool is_work;		/* for deferred work */
	unsigned int cpu;	/* to which it belongs, unless it is shared */
	void *region;		/* memory for the script's large blocks */
	spinlock_t lock;
	struct mutex mutex;
	struct hrtimer timer;	/* until the next of the script's timers is due, or a value has come into a queue */
	struct work_struct kick;	/* on its CPU: a value has, sent on another one */
	u64 late_rest;		/* nanoseconds until when its timers and values rest */
	struct ps_worker *worker;	/* of the state */
	u64 errors;
	bool is_off_told;	/* that it is switched off has been logged */
	atomic64_t pulled;	/* counted outside of the lock */
	struct ps_outbox outbox;
	char prefix[16];	/* of its messages: "CPU 1: ", or empty if it is shared */
	struct ps_script script;
};

/* Softirqs are disabled. False: this CPU is in a script already (inside.h), and nothing has been locked. */
static inline bool ps_instance_lock(struct ps_instance *instance)
{
	return instance->is_shared ? ps_lock_inside(&instance->lock) : ps_enter_inside();
}

static inline void ps_instance_unlock(struct ps_instance *instance)
{
	if (instance->is_shared)
		ps_unlock_inside(&instance->lock);
	else
		ps_leave_inside();
}

/*
 * A new one, without scripts, of CPU n or for deferred work (PS_WORK). It is not in generation->instances yet. Returns an ERR_PTR if
 * that fails. ps_instance_free() undoes it. Process context; CPUs neither come nor go (cpus_read_lock()), here and below.
 */
struct ps_instance *ps_instance_new(struct ps_generation *generation, unsigned int n, struct ps_failure *failure);

/* Nobody uses it any more. */
void ps_instance_free(struct ps_instance *instance);

/*
 * Calls f in an instance: with its lock held, or on the CPU that it belongs to. Returns what f returns, which may not sleep unless
 * the instance is for deferred work.
 */
int ps_instance_call(struct ps_instance *instance, int (*f)(struct ps_instance *instance, void *context), void *context);

/* Its generation is live: timers that its scripts have made run from now on, and functions get what comes into queues. */
void ps_instance_begin(struct ps_instance *instance);

/*
 * Neither packets nor deferred work come any more. When it returns, neither timers nor functions of queues are called: what is pending is
 * cancelled, and what runs is waited for. May be called again.
 */
void ps_instance_stop(struct ps_instance *instance);

/* Its CPU has come up, and this runs there: goes on with its timers, which may be pending elsewhere. */
void ps_instance_resume(struct ps_instance *instance);

/* A region for the large blocks of a Lua state of this size, or an ERR_PTR. */
void *ps_instance_region(u32 state_id, size_t memory, int node, struct ps_failure *failure);

#endif
