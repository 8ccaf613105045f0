/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#define pr_fmt(fmt) "packetscript: " fmt

#include <linux/cpu.h>
#include <linux/err.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/topology.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "compile.h"
#include "errors.h"
#include "failure.h"
#include "generation.h"
#include "instance.h"
#include "shared.h"
#include "state.h"

DEFINE_PER_CPU(bool, ps_is_inside);

/*
 * An instance that belongs to a CPU is touched on that CPU only, where disabled softirqs are enough to keep packets out. A
 * CPU that is offline has no packets: what is to be done in its instance, any other may do.
 */
struct call {
	struct ps_instance *instance;
	int (*f)(struct ps_instance *instance, void *context);
	void *context;
};

static long run_here(const struct call *call)
{
	long result = -EDEADLK;

	local_bh_disable();
	if (!WARN_ON_ONCE(!ps_instance_lock(call->instance))) {	/* whose softirqs are enabled is not in a script of packets */
		result = call->f(call->instance, call->context);
		ps_instance_unlock(call->instance);
	}
	local_bh_enable();
	return result;
}

static long run_on_owner(void *arg)
{
	const struct call *call = arg;

	WARN_ON_ONCE(raw_smp_processor_id() != call->instance->cpu);
	return run_here(call);
}

int ps_instance_call(struct ps_instance *instance, int (*f)(struct ps_instance *instance, void *context), void *context)
{
	struct call call = { instance, f, context };
	int result;

	if (instance->is_work) {
		mutex_lock(&instance->mutex);
		result = f(instance, context);
		mutex_unlock(&instance->mutex);
		return result;
	}
	if (instance->is_shared || !cpu_online(instance->cpu))
		return run_here(&call);
	return work_on_cpu(instance->cpu, run_on_owner, &call);
}

/*
 * Timers of scripts, and values that come into queues for them. An instance has one timer of the kernel, until the first of the
 * script's is due. It is set only in the instance's own exclusion, so a later time never takes the place of an earlier one; but whoever
 * sends a value sets it to now. So it is looked for values after each time that it is set to later.
 */

/* How long a state that has been slow rests before it is asked again. */
#define LATE_LATER	(100 * NSEC_PER_MSEC)

/* So long timers and values are handled in one go. */
#define LATE_GO		NSEC_PER_MSEC

/* Percent of a CPU that they have where handlers have no limit: at all of it, nobody would come to take the rule away. */
#define LATE_SHARE_MAX	90

/* How long they rest after so long a go. */
static u64 rest_after(u64 go)
{
	unsigned int share = READ_ONCE(ps_limits.share);

	if (!share || share > LATE_SHARE_MAX)
		share = LATE_SHARE_MAX;
	return div_u64(go * (100 - share), share);
}

static enum hrtimer_mode timer_mode(const struct ps_instance *instance)
{
	return instance->is_shared ? HRTIMER_MODE_ABS_SOFT : HRTIMER_MODE_ABS_PINNED_SOFT;
}

/* Where the generation is not live yet, ps_instance_begin() comes. */
static void start_timer(struct ps_instance *instance, u64 at)
{
	if (ps_generation_is_live(instance->generation))
		hrtimer_start(&instance->timer, ns_to_ktime(max(at, instance->late_rest)), timer_mode(instance));
}

static void wake_timers(struct ps_timers *timers, uint64_t at)
{
	struct ps_instance *instance = container_of(timers, struct ps_instance, script.bind.timers);

	start_timer(instance, at);
	if (ps_listen_is_awake(&instance->script.bind.listening))
		start_timer(instance, 0);
}

static void set_timer(struct ps_instance *instance)
{
	struct ps_timers *timers = &instance->script.bind.timers;

	if (!timers->is_closed && timers->heap.n)
		wake_timers(timers, ps_heap_at(&timers->heap));
	else if (ps_listen_is_awake(&instance->script.bind.listening))
		start_timer(instance, 0);
}

/* Without the instance's exclusion: so it does not look whether the instance rests, which set_timer() does then. */
static void kick_here(struct ps_instance *instance)
{
	hrtimer_start(&instance->timer, 0, timer_mode(instance));
}

static void kick(struct work_struct *work)
{
	kick_here(container_of(work, struct ps_instance, kick));
}

/* The queue is locked, so this CPU stays the same one, and none goes offline. */
static bool wake_values(struct ps_listening *listening)
{
	struct ps_instance *instance = container_of(listening, struct ps_instance, script.bind.listening);

	smp_mb();	/* with ps_generation_take_over(): one of the two sees what the other has done */
	if (!ps_generation_is_live(instance->generation))
		return false;
	if (instance->is_shared || instance->cpu == smp_processor_id())
		kick_here(instance);
	else if (cpu_online(instance->cpu))
		queue_work_on(instance->cpu, system_highpri_wq, &instance->kick);
	else
		return false;
	return true;
}

static bool run_timer(struct ps_instance *instance, u64 now, bool *is_later)
{
	int err;
	bool has_run = ps_timer_run(&instance->script, now, is_later, &err);

	if (err)
		ps_errors_add(&instance->worker->errors, instance, "timer: ", NULL);
	return has_run;
}

static bool run_value(struct ps_instance *instance, bool *is_later)
{
	int err;
	bool has_run = ps_listen_run(&instance->script, is_later, &err);

	if (err)
		ps_errors_add(&instance->worker->errors, instance, "queue: ", NULL);
	return has_run;
}

/*
 * Runs what is due. Timers that make others which are due at once, and values that make others come, would leave no time for anything
 * else: so they have the part of this CPU that slow handlers have, however quick they are.
 */
static void run_late(struct ps_instance *instance)
{
	u64 start = ktime_get_ns(), now = start;
	bool is_later = false, any = start >= instance->late_rest;

	while (any && now - start < LATE_GO) {
		any = run_timer(instance, start, &is_later);
		any |= run_value(instance, &is_later);
		now = ktime_get_ns();
	}
	if (now > start)
		instance->late_rest = now + rest_after(now - start);
	if (is_later)
		instance->late_rest = now + LATE_LATER;
	set_timer(instance);
}

/* In softirq. One whose CPU has gone offline may be called elsewhere: cpu_begin() goes on with its timers. */
static enum hrtimer_restart timers_due(struct hrtimer *timer)
{
	struct ps_instance *instance = container_of(timer, struct ps_instance, timer);

	if (!instance->is_shared && instance->cpu != smp_processor_id())
		return HRTIMER_NORESTART;
	if (WARN_ON_ONCE(!ps_instance_lock(instance)))	/* softirqs are disabled in scripts of packets */
		return HRTIMER_NORESTART;
	if (ps_generation_is_live(instance->generation))
		run_late(instance);
	ps_instance_unlock(instance);
	return HRTIMER_NORESTART;
}

static int begin_in(struct ps_instance *instance, void *context)
{
	set_timer(instance);
	return 0;
}

void ps_instance_begin(struct ps_instance *instance)
{
	if (!instance->is_work)
		ps_instance_call(instance, begin_in, NULL);
}

static int stop_in(struct ps_instance *instance, void *context)
{
	ps_timers_close(&instance->script.bind);
	ps_listen_close(&instance->script.bind);
	return 0;
}

void ps_instance_stop(struct ps_instance *instance)
{
	ps_instance_call(instance, stop_in, NULL);
	cancel_work_sync(&instance->kick);
	hrtimer_cancel(&instance->timer);
}

void ps_instance_resume(struct ps_instance *instance)
{
	hrtimer_cancel(&instance->timer);
	local_bh_disable();
	set_timer(instance);
	local_bh_enable();
}

/*
 * Making one.
 */
void *ps_instance_region(u32 state_id, size_t memory, int node, struct ps_failure *failure)
{
	size_t size = ps_script_region(memory);
	void *region = vmalloc_node(size, node);

	return region ?: ERR_PTR(ps_fail(failure, -ENOMEM, "state %u: the machine has no %zu bytes left for it", state_id, size));
}

static int open_in(struct ps_instance *instance, void *context)
{
	struct ps_generation *generation = context;
	struct ps_state *state = generation->state;

	if (ps_script_init_sized(&instance->script, state->id, !instance->is_work, state->limits.memory, instance->region))
		return -ENOMEM;
	ps_script_limit(&instance->script, &state->limits);
	instance->script.bind.rt.audience = &ps_errors_audience;
	instance->script.bind.defer = generation->defer;
	instance->script.bind.sender = &instance->outbox.sender;
	instance->script.bind.counted = &state->counted;
	ps_shared_join(&instance->script.bind, state->space);
	instance->script.bind.listening.wake = instance->is_work ? ps_worker_wake : wake_values;
	if (instance->is_work)
		return 0;
	instance->script.compile = ps_compile;
	instance->script.bind.timers.wake = wake_timers;
	return 0;
}

/* Fills in all but the Lua state. */
static void prepare(struct ps_instance *instance, struct ps_generation *generation, unsigned int n)
{
	struct ps_state *state = generation->state;

	instance->generation = generation;
	instance->is_work = n == PS_WORK;
	instance->is_shared = !state->is_percpu && !instance->is_work;
	instance->cpu = n;
	if (state->is_percpu && !instance->is_work)
		snprintf(instance->prefix, sizeof(instance->prefix), "CPU %u: ", n);
	else if (instance->is_work)
		strscpy(instance->prefix, "deferred work: ", sizeof(instance->prefix));
	spin_lock_init(&instance->lock);
	mutex_init(&instance->mutex);
	hrtimer_setup(&instance->timer, timers_due, CLOCK_MONOTONIC, timer_mode(instance));
	INIT_WORK(&instance->kick, kick);
	instance->worker = &state->worker;
	ps_outbox_init(&instance->outbox, &state->outlet);
}

struct ps_instance *ps_instance_new(struct ps_generation *generation, unsigned int n, struct ps_failure *failure)
{
	const struct ps_state *state = generation->state;
	int node = state->is_percpu && n != PS_WORK ? cpu_to_node(n) : NUMA_NO_NODE;
	struct ps_instance *instance = kzalloc_node(sizeof(*instance), GFP_KERNEL, node);
	int err;

	if (!instance)
		return ERR_PTR(ps_fail(failure, -ENOMEM, "state %u: not enough memory", state->id));
	instance->region = n == PS_WORK ? NULL : ps_instance_region(state->id, state->limits.memory, node, failure);
	if (IS_ERR(instance->region)) {
		err = PTR_ERR(instance->region);
		goto err_free;
	}
	prepare(instance, generation, n);
	err = ps_instance_call(instance, open_in, generation);
	if (!err)
		return instance;
	ps_fail(failure, err, "state %u: not enough memory for a Lua state", state->id);
	vfree(instance->region);
err_free:
	kfree(instance);
	return ERR_PTR(err);
}

/* Nobody uses it any more, so any CPU may. */
void ps_instance_free(struct ps_instance *instance)
{
	ps_instance_stop(instance);
	if (!instance->is_work)
		local_bh_disable();
	ps_script_clean(&instance->script);
	if (!instance->is_work)
		local_bh_enable();
	ps_outbox_clean(&instance->outbox);
	vfree(instance->region);
	kfree(instance);
}
