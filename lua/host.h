/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What a runtime asks of the machine it is on. plat/kernel/host.c and plat/user/host.c answer.
 */
#ifndef PS_HOST_H
#define PS_HOST_H

#include <stdbool.h>
#include <stddef.h>

struct ps_guard;
struct ps_host_work;

/*
 * As realloc, in any context (the kernel: may not sleep). Returns NULL when there is no memory, and frees when size is 0.
 */
void *ps_host_realloc(void *block, size_t size);

/*
 * Between these two calls the watch of this CPU (lua/watch.h) sees that guard's runtime runs, and for how
 * many milliseconds it may; 0: it has what time the last run on this CPU has left. Returns how many
 * bytes of C stack Lua may use from address sp downwards, so that the functions it calls still fit below.
 * If these are too few for a script, Lua raises "C stack overflow". The kernel: call with
 * softirqs disabled, so that no other run of this kind begins on this CPU meanwhile.
 */
size_t ps_host_enter(struct ps_guard *guard, unsigned int ms, unsigned long sp);
void ps_host_leave(void);

/* What watches the runs of one runtime that runs in process context. NULL: no memory. Process context, may sleep. */
struct ps_host_work *ps_host_work_new(void);
void ps_host_work_free(struct ps_host_work *work);

/*
 * The same in process context, for runs that may sleep, with softirqs enabled: packets interrupt them, and what handles
 * these has the CPU's own watch, so runs nest. Only time counts that the thread itself has had, and the time of the last
 * run that ms 0 goes on with is that of the last run with this work. The thread stays on this CPU between the two.
 */
size_t ps_host_enter_work(struct ps_host_work *work, struct ps_guard *guard, unsigned int ms, unsigned long sp);
/* Returns how many milliseconds are left. */
unsigned int ps_host_leave_work(struct ps_host_work *work);

/* Within such a run, where it may sleep: lets others run, if they want to. */
void ps_host_rest(void);

/* Any context, where no watch is needed: how many bytes of C stack Lua may use. */
size_t ps_host_stack(unsigned long sp);

/* Any context, interrupts too. Milliseconds of a clock that never goes back; they wrap around. */
unsigned int ps_host_now(void);

/* Any context, interrupts too. Nanoseconds of the clock that scripts see. It never goes back. */
unsigned long long ps_host_time(void);

/* Any context; does not return. Lua calls it when an error has no handler, which would be a bug of ours. */
void ps_host_abort(void);

/*
 * Process context, may sleep: as realloc, of any size, of which old bytes are kept. Returns NULL when there is no memory, and
 * frees when size is 0.
 */
void *ps_host_resize(void *block, size_t old, size_t size);

/*
 * The same where may_sleep is false, too; then, and where little of the stack is left, blocks are not larger than the
 * machine has in one piece. A block may come by one kind and go by the other. A smaller size never fails.
 */
void *ps_host_resize_any(void *block, size_t old, size_t size, bool may_sleep);

/*
 * Any context: pages for size bytes, at most PS_HOST_PAGES, that nothing else is in: so packets that are sent may refer to them, and
 * keep them after ps_host_put_pages() for as long as they are under way. NULL: no memory.
 */
#define PS_HOST_PAGES	8192	/* two pages mostly, which a machine nearly always has in a row */
void *ps_host_get_pages(size_t size);
void ps_host_put_pages(void *pages);

enum ps_read {
	PS_READ_DONE,
	PS_READ_ABSENT,		/* there is no such file */
	PS_READ_FAILED,
};

/*
 * Process context, may sleep: reads a regular file of at most max bytes, with the caller's rights and in its mount
 * namespace, into memory that ps_host_resize() frees. Without PS_READ_DONE *text is NULL; PS_READ_FAILED:
 * why in why[size].
 */
enum ps_read ps_host_read(const char *path, size_t max, void **text, size_t *len, char *why, size_t size);

/* How much one source of log lines has logged lately: all zero at first. Its owner serialises all calls. */
struct ps_log {
	unsigned long since;
	unsigned int lines;
	unsigned int left_out;
	unsigned int max;	/* lines in 5 s; 0: 10 */
};

/*
 * Any context. Whether the source may log one more line now. If so, *left_out is how many lines it was refused since
 * the last one: the caller logs that number, too.
 */
bool ps_host_may_log(struct ps_log *log, unsigned int *left_out);

/* Any context. As snprintf() of C. */
int ps_host_format(char *text, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The kernel's. */
enum ps_log_level {
	PS_LOG_EMERG,
	PS_LOG_ALERT,
	PS_LOG_CRIT,
	PS_LOG_ERR,
	PS_LOG_WARNING,
	PS_LOG_NOTICE,
	PS_LOG_INFO,
	PS_LOG_DEBUG,
	PS_LOG_LEVELS,			/* how many there are */
	PS_LOG_PRINT = PS_LOG_LEVELS,	/* what print() writes, which has none; PS_LOG_INFO where there has to be one */
};

/* What they are called: in lua/text.c. */
extern const char *const ps_log_levels[PS_LOG_LEVELS];

/*
 * What several runtimes use at a time, of all CPUs and contexts, is written under one of these locks, of which a thread of
 * control holds one at most. The kernel: softirqs are disabled meanwhile, and nothing sleeps.
 */
#define PS_LOCKS	512

void ps_host_lock(unsigned int n);
void ps_host_unlock(unsigned int n);

/*
 * Between these two, which nest, nothing goes away that has been found: what is taken out of reach by others is freed by
 * ps_host_defer(). Nothing sleeps or raises in between. So it is while one of the locks above is held.
 */
void ps_host_read_begin(void);
void ps_host_read_end(void);

struct ps_deferred {
	struct ps_deferred *next;
	void (*call)(struct ps_deferred *deferred);
};

/* Any context: has it called when all who read now have ended, in softirq. */
void ps_host_defer(struct ps_deferred *deferred, void (*call)(struct ps_deferred *deferred));

/*
 * Any context: has it called in process context, where it may take long and sleep, when all who read now have ended. Calls are in
 * order.
 */
void ps_host_retire(struct ps_deferred *deferred, void (*call)(struct ps_deferred *deferred));

/* Process context, outside of all of the above: sleeps until all who read now have ended. */
void ps_host_wait_for_readers(void);

/* In long loops of process context, outside of all of the above: others may run. */
void ps_host_pause(void);

/* Adds n to what several CPUs count, and returns the sum. */
long ps_host_add(long *sum, long n);

/* Any context: something in what is shared will expire, so ps_shared_sweep() is to be called, in process context. */
void ps_host_sweep(void);

/* Any context. One line to the log, without a newline and with nothing that may control a terminal. */
void ps_host_log(enum ps_log_level level, const char *line);

#endif
