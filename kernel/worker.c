/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include <linux/ktime.h>
#include <linux/sched.h>

#include "compat.h"
#include "state.h"
#include "worker.h"

static struct workqueue_struct *queue;

static struct ps_worker *worker_of(struct ps_defer *defer)
{
	return container_of(defer, struct ps_worker, defer);
}

static void lock(struct ps_defer *defer)
{
	spin_lock_bh(&worker_of(defer)->lock);
}

static void unlock(struct ps_defer *defer)
{
	spin_unlock_bh(&worker_of(defer)->lock);
}

/* With the lock held: so a later time never takes the place of an earlier one. */
static void wake(struct ps_defer *defer, uint64_t at)
{
	struct ps_worker *worker = worker_of(defer);

	if (at <= ktime_get_ns())
		queue_work(queue, &worker->work);
	else
		hrtimer_start(&worker->timer, ns_to_ktime(at), HRTIMER_MODE_ABS_SOFT);
}

static const struct ps_defer_ops ops = { lock, unlock, wake };

static enum hrtimer_restart is_due(struct hrtimer *timer)
{
	struct ps_worker *worker = container_of(timer, struct ps_worker, timer);

	queue_work(queue, &worker->work);
	return HRTIMER_NORESTART;
}

static struct ps_work *take(struct ps_worker *worker)
{
	return ps_defer_take(&worker->defer, ktime_get_ns());
}

static void run(struct ps_worker *worker, struct ps_work *work)
{
	struct ps_instance *instance = worker->instance;

	mutex_lock(&instance->mutex);
	if (ps_script_work(&instance->script, work))
		ps_errors_add(&worker->errors, instance, "", NULL);
	mutex_unlock(&instance->mutex);
}

/* The queue never runs a work item twice at once: so these come one after the other. */
static void do_work(struct work_struct *item)
{
	struct ps_worker *worker = container_of(item, struct ps_worker, work);
	struct ps_work *work;

	for (work = take(worker); work; work = take(worker)) {
		run(worker, work);
		ps_work_free(work);
		cond_resched();
	}
}

void ps_worker_init(struct ps_worker *worker)
{
	ps_defer_init(&worker->defer, &ops);
	spin_lock_init(&worker->lock);
	hrtimer_setup(&worker->timer, is_due, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_SOFT);
	INIT_WORK(&worker->work, do_work);
	worker->instance = NULL;
	ps_errors_init(&worker->errors);
}

void ps_worker_open(struct ps_worker *worker, struct ps_instance *instance)
{
	worker->instance = instance;
	ps_defer_open(&worker->defer);
}

/* Once it is closed and empty nobody wakes the worker: so what is cancelled here stays so. */
void ps_worker_close(struct ps_worker *worker)
{
	ps_defer_close(&worker->defer);
	hrtimer_cancel(&worker->timer);
	cancel_work_sync(&worker->work);
}

/* Unbound: the scheduler finds a CPU that has time. */
int ps_workers_setup(void)
{
	queue = alloc_workqueue("packetscript", WQ_UNBOUND, 0);
	return queue ? 0 : -ENOMEM;
}

void ps_workers_teardown(void)
{
	destroy_workqueue(queue);
}
