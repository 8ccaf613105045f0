/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include <linux/cpumask.h>
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
		queue_work_on(worker->cpu, queue, &worker->work);
	else
		hrtimer_start(&worker->timer, ns_to_ktime(at), HRTIMER_MODE_ABS_SOFT);
}

static const struct ps_defer_ops ops = { lock, unlock, wake };

static enum hrtimer_restart is_due(struct hrtimer *timer)
{
	struct ps_worker *worker = container_of(timer, struct ps_worker, timer);

	queue_work_on(worker->cpu, queue, &worker->work);
	return HRTIMER_NORESTART;
}

static struct ps_work *take(struct ps_worker *worker)
{
	return ps_defer_take(&worker->defer, ktime_get_ns());
}

static void run(struct ps_worker *worker, struct ps_work *work)
{
	struct ps_instance *instance;

	mutex_lock(&worker->mutex);
	instance = worker->instance;
	mutex_lock(&instance->mutex);
	if (ps_script_work(&instance->script, work))
		ps_errors_add(&worker->errors, instance, "", NULL);
	mutex_unlock(&instance->mutex);
	mutex_unlock(&worker->mutex);
}

static bool run_due(struct ps_worker *worker)
{
	struct ps_work *work = take(worker);

	if (!work)
		return false;
	run(worker, work);
	ps_work_free(work);
	return true;
}

/* A value of a queue. */
static bool run_value(struct ps_worker *worker)
{
	struct ps_instance *instance;
	bool has_run, is_later;
	int err;

	mutex_lock(&worker->mutex);
	instance = worker->instance;
	mutex_lock(&instance->mutex);
	has_run = ps_listen_run(&instance->script, &is_later, &err);
	if (err)
		ps_errors_add(&worker->errors, instance, "queue: ", NULL);
	mutex_unlock(&instance->mutex);
	mutex_unlock(&worker->mutex);
	return has_run;
}

/* The queue never runs a work item twice at once: so calls come one after the other. Both kinds have their turn. */
static void do_work(struct work_struct *item)
{
	struct ps_worker *worker = container_of(item, struct ps_worker, work);
	bool any;

	do {
		any = run_due(worker);
		any |= run_value(worker);
		cond_resched();
	} while (any);
}

bool ps_worker_wake(struct ps_listening *listening)
{
	struct ps_instance *instance = container_of(listening, struct ps_instance, script.bind.listening);

	smp_mb();	/* as in wake_values() */
	if (READ_ONCE(instance->worker->instance) != instance)	/* ps_worker_open() comes, or has come for another one */
		return false;
	ps_worker_go_on(instance->worker);
	return true;
}

void ps_worker_init(struct ps_worker *worker)
{
	ps_defer_init(&worker->defer, &ops);
	spin_lock_init(&worker->lock);
	mutex_init(&worker->mutex);
	hrtimer_setup(&worker->timer, is_due, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_SOFT);
	INIT_WORK(&worker->work, do_work);
	worker->instance = NULL;
	worker->cpu = cpumask_any_and_distribute(cpu_online_mask, current->cpus_ptr);
	ps_errors_init(&worker->errors);
}

void ps_worker_open(struct ps_worker *worker, struct ps_instance *instance)
{
	mutex_lock(&worker->mutex);
	WRITE_ONCE(worker->instance, instance);
	mutex_unlock(&worker->mutex);
	ps_defer_open(&worker->defer);
	ps_worker_go_on(worker);
}

void ps_worker_go_on(struct ps_worker *worker)
{
	queue_work_on(worker->cpu, queue, &worker->work);
}

/* Once it is closed and empty nobody wakes the worker: so what is cancelled here stays so. */
void ps_worker_close(struct ps_worker *worker)
{
	struct ps_instance *instance = worker->instance;

	ps_defer_close(&worker->defer);
	if (instance) {
		mutex_lock(&instance->mutex);
		ps_listen_close(&instance->script.bind);
		mutex_unlock(&instance->mutex);
	}
	hrtimer_cancel(&worker->timer);
	cancel_work_sync(&worker->work);
	WRITE_ONCE(worker->instance, NULL);
}

/* The scheduler sees to it that work which takes its time does not hold up other work of its CPU. */
int ps_workers_setup(void)
{
	queue = alloc_workqueue("packetscript", WQ_CPU_INTENSIVE | WQ_PERCPU, 0);
	return queue ? 0 : -ENOMEM;
}

void ps_workers_teardown(void)
{
	destroy_workqueue(queue);
}
