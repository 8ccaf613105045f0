/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What a runtime asks of the machine, answered by the kernel. Runtimes run with softirqs
 * disabled: on packets, and while rules are checked.
 */
#define pr_fmt(fmt) "packetscript: " fmt

#include <linux/bug.h>
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/hrtimer.h>
#include <linux/jiffies.h>
#include <linux/kernel_read_file.h>
#include <linux/kernel_stat.h>
#include <linux/llist.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/rcupdate.h>
#include <linux/sched/task_stack.h>
#include <linux/spinlock.h>
#include <linux/stdarg.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "host.h"
#include "host_kernel.h"
#include "runtime.h"
#include "shared_store.h"

/*
 * Lua gets 7200 bytes of a stack of 16 KiB, and as many times more as debugging makes frames and
 * stacks larger. The functions that it calls need the rest, and an interrupt that comes meanwhile. What may sleep
 * reads files, sends by sockets and waits for memory, which takes more of it: that asks for SLEEP_RESERVE. In process
 * context all that is used of the stack is known, and where interrupts have their own, no more than the allocator and
 * printk() take has to stay.
 */
#define STACK_BUDGET	(7200 * (THREAD_SIZE / 16384))
#define STACK_RESERVE	(4096 * (THREAD_SIZE / 16384))
#define WORK_BUDGET	(9216 * (THREAD_SIZE / 16384))
#define WORK_RESERVE	(3072 * (THREAD_SIZE / 16384))
#define SLEEP_RESERVE	(6144 * (THREAD_SIZE / 16384))

/* Bytes of this thread's stack that are left below sp; or more than it has, on another stack. */
static inline unsigned long stack_left(unsigned long sp)
{
	return sp - (unsigned long)end_of_stack(current);
}

bool ps_host_has_stack(size_t more)
{
	return stack_left(ps_stack_pointer()) >= SLEEP_RESERVE + more;
}

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

void *ps_host_resize(void *block, size_t old, size_t size)
{
	void *other = size ? kvmalloc(size, GFP_KERNEL | __GFP_NOWARN) : NULL;

	if (other && block)
		memcpy(other, block, min(old, size));
	if (other || !size)
		kvfree(block);
	return other;
}

/*
 * vfree() may sleep, unless it is called in an interrupt: blocks go to who may.
 */
static LLIST_HEAD(late_blocks);

static void free_late_blocks(struct work_struct *work)
{
	struct llist_node *block = llist_del_all(&late_blocks), *next;

	for (; block; block = next) {
		next = block->next;
		kvfree(block);
	}
}

static DECLARE_WORK(late_work, free_late_blocks);

static void free_any(void *block, bool may_sleep)
{
	if (may_sleep || !is_vmalloc_addr(block)) {
		kvfree(block);
		return;
	}
	llist_add(block, &late_blocks);
	schedule_work(&late_work);
}

void *ps_host_resize_any(void *block, size_t old, size_t size, bool may_sleep)
{
	bool waits = may_sleep && likely(ps_host_has_stack(0));
	void *other;

	if (!size) {
		free_any(block, waits);
		return NULL;
	}
	if (waits)
		other = kvmalloc(size, GFP_KERNEL | __GFP_NOWARN);
	else
		other = kmalloc(size, (may_sleep ? GFP_NOWAIT : GFP_ATOMIC) | __GFP_NOWARN); /* the reserves are for who cannot wait at all */
	if (!other)
		return block && size < old ? block : NULL;
	if (block) {
		memcpy(other, block, min(old, size));
		free_any(block, waits);
	}
	return other;
}

void *ps_host_get_pages(size_t size)
{
	struct page *page;

	if (!PS_HOST_LENDS)
		return kmalloc(size, GFP_ATOMIC | __GFP_NOWARN);
	page = alloc_pages(GFP_ATOMIC | __GFP_COMP | __GFP_NOWARN | __GFP_NOMEMALLOC, get_order(size));
	return page ? page_address(page) : NULL;
}

void ps_host_put_pages(void *pages)
{
	if (PS_HOST_LENDS)
		put_page(virt_to_head_page(pages));
	else
		kfree(pages);
}

/* What reading has returned. */
static enum ps_read tell_read(ssize_t n, size_t *len, char *why, size_t size)
{
	const char *reason;

	if (n == -ENOENT || n == -ENOTDIR)
		return PS_READ_ABSENT;
	if (n < 0) {
		reason = n == -EFBIG ? " (it is too large)" : n == -EINVAL ? " (it is empty, or no regular file)" : "";
		snprintf(why, size, "cannot be read: error %zd%s", -n, reason);
		return PS_READ_FAILED;
	}
	*len = n;
	return PS_READ_DONE;
}

/* A FIFO is not waited for; nor is who has a lease on the file (-EWOULDBLOCK, once). */
#define OPEN_FLAGS	(O_RDONLY | O_NONBLOCK)

/*
 * Reads what has been opened, or is an error, and closes it. What is no regular file is refused. The security modules that guard
 * what the kernel reads are told that a script is a policy, since IPE warns of a file of unknown purpose.
 */
static ssize_t read_opened(struct file *file, size_t max, void **text)
{
	ssize_t n = PTR_ERR_OR_ZERO(file);

	if (!n) {
		n = kernel_read_file(file, 0, text, max, NULL, READING_POLICY); /* who asks for the size gets the first part of a larger one */
		fput(file);
	}
	return n;
}

ssize_t ps_host_read_file(const char *path, size_t max, void **text)
{
	struct fs_struct *own = ps_files_enter();
	ssize_t n = read_opened(filp_open(path, OPEN_FLAGS, 0), max, text);

	ps_files_leave(own);
	return n;
}

enum ps_read ps_host_read(const char *path, size_t max, void **text, size_t *len, char *why, size_t size)
{
	*text = NULL;
	return tell_read(ps_host_read_file(path, max, text), len, why, size);
}

enum ps_read ps_host_read_first(const char *path, size_t max, void **text, size_t *len, char *why, size_t size)
{
	const struct cred *own;
	struct cred *kernel;
	ssize_t n;

	*text = NULL;
	kernel = prepare_kernel_cred(&init_task);
	if (!kernel)
		return tell_read(-ENOMEM, len, why, size);
	own = override_creds(kernel);
	n = read_opened(ps_open_first(path, OPEN_FLAGS), max, text);
	revert_creds(own);
	put_cred(kernel);
	return tell_read(n, len, why, size);
}

void ps_host_abort(void)
{
	BUG();
}

unsigned long ps_host_random(void)
{
	return get_random_u64();
}

#define LOG_INTERVAL	(5 * HZ)
#define LOG_LINES	10	/* in that time */

bool ps_host_may_log(struct ps_log *log, unsigned int *left_out)
{
	if (!log->lines || time_after(jiffies, log->since + LOG_INTERVAL)) {
		log->since = jiffies;
		log->lines = 0;
	}
	if (log->lines == (log->max ?: LOG_LINES)) {
		log->left_out++;
		return false;
	}
	log->lines++;
	*left_out = log->left_out;
	log->left_out = 0;
	return true;
}

/* printk() looks for the level at the beginning of what is printed, not of the format. */
void ps_host_log(enum ps_log_level level, const char *line)
{
	printk(KERN_SOH "%u" pr_fmt("%s\n"), level == PS_LOG_PRINT ? PS_LOG_INFO : level, line);
}

unsigned int ps_host_now(void)
{
	return ktime_get_mono_fast_ns() / NSEC_PER_MSEC;
}

/* Not the fast one, by which the time may go back a little. */
unsigned long long ps_host_time(void)
{
	return ktime_get_ns();
}

/* The time that this CPU has had. */
struct own_time {
	u64 stolen;	/* nanoseconds that the hypervisor had given to others at the last tick */
	u64 had;	/* nanoseconds that no tick has counted yet */
};

/*
 * What runtimes share.
 */
static struct shared_lock {
	spinlock_t lock;
} ____cacheline_aligned_in_smp shared_locks[PS_LOCKS];

void ps_host_lock(unsigned int n)
{
	spin_lock_bh(&shared_locks[n].lock);
}

void ps_host_unlock(unsigned int n)
{
	spin_unlock_bh(&shared_locks[n].lock);
}

void ps_host_read_begin(void)
{
	rcu_read_lock();
}

void ps_host_read_end(void)
{
	rcu_read_unlock();
}

void ps_host_defer(struct ps_deferred *deferred, void (*call)(struct ps_deferred *deferred))
{
	BUILD_BUG_ON(sizeof(struct ps_deferred) != sizeof(struct rcu_head));
	call_rcu((struct rcu_head *)deferred, (rcu_callback_t)call);
}

/* What is to be retired, in order. */
static struct ps_deferred *retired, **retired_end = &retired;
static DEFINE_SPINLOCK(retired_lock);

static void retire_all(struct work_struct *work)
{
	struct ps_deferred *first, *next;

	spin_lock_bh(&retired_lock);
	first = retired;
	retired = NULL;
	retired_end = &retired;
	spin_unlock_bh(&retired_lock);
	synchronize_rcu();
	for (; first; first = next) {
		next = first->next;
		first->call(first);
	}
}

static DECLARE_WORK(retire_work, retire_all);

void ps_host_retire(struct ps_deferred *deferred, void (*call)(struct ps_deferred *deferred))
{
	deferred->next = NULL;
	deferred->call = call;
	spin_lock_bh(&retired_lock);
	*retired_end = deferred;
	retired_end = &deferred->next;
	spin_unlock_bh(&retired_lock);
	queue_work(system_dfl_wq, &retire_work);
}

void ps_host_wait_for_readers(void)
{
	synchronize_rcu();
}

void ps_host_pause(void)
{
	cond_resched();
}

long ps_host_add(long *sum, long n)
{
	BUILD_BUG_ON(sizeof(atomic_long_t) != sizeof(long));
	return atomic_long_add_return(n, (atomic_long_t *)sum);
}

#define SWEEP_INTERVAL	HZ

static void sweep(struct work_struct *work);
static DECLARE_DELAYED_WORK(sweep_work, sweep);

static void sweep(struct work_struct *work)
{
	if (ps_shared_sweep())
		ps_host_sweep();
}

void ps_host_sweep(void)
{
	queue_delayed_work(system_dfl_wq, &sweep_work, SWEEP_INTERVAL);
}

/* Nothing is shared any more: what was let go is freed. */
static void end_sharing(void)
{
	cancel_delayed_work_sync(&sweep_work);
	flush_work(&retire_work);
	rcu_barrier();		/* of entries that go then, large values are retired, too */
	flush_work(&retire_work);
	rcu_barrier();
}

/*
 * The watch of each CPU on which scripts run, with its timer, which rests when none has run since the
 * last tick.
 */
struct cpu_watch {
	struct ps_watch watch;
	struct hrtimer timer;
	struct own_time time;
	int cpu;
};

static DEFINE_PER_CPU(struct cpu_watch, watches);

#define TICK_NS	((u64)PS_WATCH_TICK_MS * NSEC_PER_MSEC)

static u64 stolen_here(void)
{
	return kcpustat_this_cpu->cpustat[CPUTIME_STEAL];
}

static void begin_time(struct own_time *time)
{
	time->stolen = stolen_here();
	time->had = 0;
}

/* Whether this CPU has run for the time of a tick: what the hypervisor gave to others is charged to nobody. */
static bool has_had_a_tick(struct own_time *time)
{
	u64 stolen = stolen_here(), more = stolen - time->stolen;

	time->stolen = stolen;
	time->had += TICK_NS - min(more, TICK_NS);
	if (time->had < TICK_NS)
		return false;
	time->had -= TICK_NS;
	return true;
}

static enum hrtimer_restart watch_tick(struct hrtimer *timer)
{
	struct cpu_watch *w = container_of(timer, struct cpu_watch, timer);
	bool is_idle = w->watch.run == w->watch.seen && !w->watch.guard;
	unsigned int delay = PS_WATCH_TICK_MS;

	/* The CPU may have gone offline, and its timer moved to another one: no script runs there. */
	if (is_idle || w->cpu != smp_processor_id()) {
		w->watch.is_resting = true;
		return HRTIMER_NORESTART;
	}
	if (w->watch.is_peeking || has_had_a_tick(&w->time))
		delay = ps_watch_tick(&w->watch, ps_host_now());
	hrtimer_forward_now(timer, ms_to_ktime(delay));
	return HRTIMER_RESTART;
}

/*
 * At most so much that the reserve stays. sp may be on an interrupt's stack, which is as large, and of which little is
 * used when packets come.
 */
static inline size_t budget_within(unsigned long sp, size_t most, size_t reserve)
{
	unsigned long left = stack_left(sp);

	if (left >= THREAD_SIZE)
		return most;
	if (left <= reserve)
		return 0;
	return min_t(unsigned long, left - reserve, most);
}

static inline size_t stack_budget(unsigned long sp)
{
	return budget_within(sp, STACK_BUDGET, STACK_RESERVE);
}

size_t ps_host_stack(unsigned long sp)
{
	return stack_budget(sp);
}

/* For a run that goes on with the time of the last one, finds the timer at rest, or may have to be refused. */
static noinline size_t enter_slowly(struct ps_guard *guard, unsigned int ms, unsigned long sp)
{
	struct cpu_watch *w = this_cpu_ptr(&watches);

	ps_watch_leave(&w->watch);	/* until it is known that the run may begin, no tick shall see it */
	barrier();
	ps_watch_enter(&w->watch, guard, ms);
	barrier();	/* a tick that finds no guard rests the timer */
	if (w->watch.is_resting) {
		w->watch.is_resting = false;
		begin_time(&w->time);
		w->watch.is_peeking = false;
		hrtimer_start(&w->timer, ms_to_ktime(PS_WATCH_TICK_MS), HRTIMER_MODE_REL_PINNED_HARD);
	}
	return stack_budget(sp);
}

size_t ps_host_enter(struct ps_guard *guard, unsigned int ms, unsigned long sp)
{
	struct cpu_watch *w = this_cpu_ptr(&watches);

	if (unlikely(!ms))
		return enter_slowly(guard, ms, sp);
	ps_watch_begin(&w->watch, guard, ms);
	barrier();	/* from here on no tick rests the timer */
	if (unlikely(ps_watch_needs_care(&w->watch)))
		return enter_slowly(guard, ms, sp);
	return stack_budget(sp);
}

void ps_host_leave(void)
{
	barrier();
	this_cpu_write(watches.watch.guard, NULL);	/* ps_watch_leave() in one instruction */
}

/*
 * The watch of a runtime in process context. Its timer is on the CPU that the thread stays on, so it never fires while the
 * script runs elsewhere: what it does to Lua's structures, it does to those of what it has interrupted.
 */
struct ps_host_work {
	struct ps_work_watch watch;
	struct hrtimer timer;
	struct own_time time;
	const struct task_struct *task;
};

/* Its owner says so, or the process that has started it is killed. */
static bool must_stop(const struct ps_guard *guard)
{
	return guard->must_end && (guard->must_end(guard) || fatal_signal_pending(current));
}

/* The thread may have been preempted, or sleep; or a softirq has interrupted it: then that has had the time. */
static enum hrtimer_restart work_tick(struct hrtimer *timer)
{
	struct ps_host_work *work = container_of(timer, struct ps_host_work, timer);
	bool has_had = has_had_a_tick(&work->time) && current == work->task && !in_serving_softirq();

	if (has_had)
		ps_work_watch_tick(&work->watch);
	if (has_had && work->watch.guard && must_stop(work->watch.guard))
		ps_runtime_expire(work->watch.guard, PS_EXPIRED_STOPPED);
	if (has_had && work->watch.guard)
		ps_runtime_yield(work->watch.guard);
	hrtimer_forward_now(timer, ns_to_ktime(TICK_NS));
	return HRTIMER_RESTART;
}

struct ps_host_work *ps_host_work_new(void)
{
	struct ps_host_work *work = kzalloc(sizeof(*work), GFP_KERNEL);

	if (work)
		hrtimer_setup(&work->timer, work_tick, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_HARD);
	return work;
}

void ps_host_work_free(struct ps_host_work *work)
{
	kfree(work);
}

/* Where softirqs have no stack of their own, they come on top of what a script uses of this one: then more of it is left to those. */
static inline size_t work_budget(unsigned long sp)
{
	if (!IS_ENABLED(CONFIG_SOFTIRQ_ON_OWN_STACK))
		return budget_within(sp, STACK_BUDGET / 2, STACK_RESERVE);
	return budget_within(sp, WORK_BUDGET, WORK_RESERVE);
}

size_t ps_host_enter_work(struct ps_host_work *work, struct ps_guard *guard, unsigned int ms, unsigned long sp)
{
	migrate_disable();
	work->task = current;
	begin_time(&work->time);
	ps_work_watch_enter(&work->watch, guard, ms);
	hrtimer_start(&work->timer, ns_to_ktime(TICK_NS), HRTIMER_MODE_REL_PINNED_HARD);
	return work_budget(sp);
}

unsigned int ps_host_leave_work(struct ps_host_work *work)
{
	ps_work_watch_leave(&work->watch);
	hrtimer_cancel(&work->timer);
	migrate_enable();
	return work->watch.left * PS_WATCH_TICK_MS;
}

/* Also where nobody else wants the CPU: who removes or makes probes waits until each task has been here. */
void ps_host_rest(void)
{
	cond_resched_tasks_rcu_qs();
}

void ps_host_setup(void)
{
	int cpu, n;

	for (n = 0; n < PS_LOCKS; n++)
		spin_lock_init(&shared_locks[n].lock);
	for_each_possible_cpu(cpu) {
		struct cpu_watch *w = per_cpu_ptr(&watches, cpu);

		hrtimer_setup(&w->timer, watch_tick, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_HARD);
		w->cpu = cpu;
		w->watch.is_resting = true;
	}
}

void ps_host_teardown(void)
{
	int cpu;

	end_sharing();
	flush_work(&late_work);
	for_each_possible_cpu(cpu)
		hrtimer_cancel(&per_cpu_ptr(&watches, cpu)->timer);
}

int ps_host_format(char *text, size_t size, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(text, size, format, args);
	va_end(args);
	return n;
}
