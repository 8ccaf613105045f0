/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What a runtime asks of the machine, answered by the kernel. Runtimes run with softirqs
 * disabled: on packets, and while rules are checked.
 */
#define pr_fmt(fmt) "packetscript: " fmt

#include <linux/bug.h>
#include <linux/hrtimer.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/random.h>
#include <linux/ratelimit.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "compat.h"
#include "host.h"
#include "host_kernel.h"
#include "runtime.h"

/*
 * Lua gets 7200 bytes of a stack of 16 KiB, and as much more as debugging makes frames and
 * stacks larger. What it calls, and an interrupt on top of that, needs the rest.
 */
#define STACK_BUDGET	(7200 * (THREAD_SIZE / 16384))
#define STACK_RESERVE	(4096 * (THREAD_SIZE / 16384))

/*
 * krealloc never gives a block back for a smaller one, so a script could hold far more than is
 * counted. Shrinking must not fail: then the old block stays.
 */
static void *shrink(void *block, size_t size)
{
	void *smaller = kmalloc(size, GFP_ATOMIC | __GFP_NOWARN);

	if (!smaller)
		return block;
	memcpy(smaller, block, size);
	kfree(block);
	return smaller;
}

void *ps_host_realloc(void *block, size_t size)
{
	if (!size) {
		kfree(block);
		return NULL;
	}
	if (block && size <= ksize(block) / 2)
		return shrink(block, size);
	return krealloc(block, size, GFP_ATOMIC | __GFP_NOWARN);
}

void ps_host_abort(void)
{
	BUG();
}

unsigned long ps_host_random(void)
{
	return get_random_u64();
}

/* Scripts may print what packets hold: nothing in it gets at a terminal. */
void ps_host_log(const char *line)
{
	pr_info_ratelimited("%*pE\n", (int)strlen(line), line);
}

/*
 * The watch: a timer on each CPU on which scripts run. It looks every PS_HOST_TICK_MS whether
 * the run that it saw the last time still goes on, and rests when there was none. A run costs
 * three stores.
 */
struct watch {
	struct hrtimer timer;
	struct ps_guard *guard;	/* what runs here now */
	unsigned int run;	/* counts runs */
	unsigned int seen;	/* run at the last tick */
	unsigned int ticks;	/* how many ticks a run may see */
	unsigned int left;	/* how many the one that was seen has left */
	bool armed;
	int cpu;
};

static DEFINE_PER_CPU(struct watch, watches);

static enum hrtimer_restart watch_tick(struct hrtimer *timer)
{
	struct watch *w = container_of(timer, struct watch, timer);

	/* The CPU went away and its timers moved: nothing runs there. */
	if (w->cpu != smp_processor_id())
		goto rest;

	if (w->run != w->seen) {
		w->seen = w->run;
		w->left = w->ticks;
	} else if (!w->guard) {
		goto rest;
	}
	/* and again at each tick, should it still not have ended */
	if (w->guard && (!w->left || !--w->left))
		ps_runtime_expire(w->guard);
	hrtimer_forward_now(timer, ms_to_ktime(PS_HOST_TICK_MS));
	return HRTIMER_RESTART;
rest:
	w->armed = false;
	return HRTIMER_NORESTART;
}

/* On an interrupt's stack, which is as large, little has been used when packets come. */
static inline size_t stack_budget(unsigned long sp)
{
	unsigned long end = (unsigned long)end_of_stack(current);
	unsigned long left = sp - end;

	if (left >= THREAD_SIZE)
		return STACK_BUDGET;
	if (left <= STACK_RESERVE)
		return 0;
	return min_t(unsigned long, left - STACK_RESERVE, STACK_BUDGET);
}

size_t ps_host_enter(struct ps_guard *guard, unsigned int ticks, unsigned long sp)
{
	struct watch *w = this_cpu_ptr(&watches);

	w->ticks = ticks;
	w->run++;
	w->guard = guard;
	barrier();	/* a tick that finds no guard rests the timer */
	if (unlikely(!w->armed)) {
		w->armed = true;
		hrtimer_start(&w->timer, ms_to_ktime(PS_HOST_TICK_MS), HRTIMER_MODE_REL_PINNED_HARD);
	}
	return stack_budget(sp);
}

void ps_host_leave(void)
{
	barrier();
	this_cpu_write(watches.guard, NULL);
}

struct ps_guard *ps_host_guard(void)
{
	return this_cpu_read(watches.guard);
}

void ps_host_setup(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct watch *w = per_cpu_ptr(&watches, cpu);

		hrtimer_setup(&w->timer, watch_tick, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_HARD);
		w->cpu = cpu;
	}
}

void ps_host_teardown(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		hrtimer_cancel(&per_cpu_ptr(&watches, cpu)->timer);
}
