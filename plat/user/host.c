/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What a runtime asks of the machine, answered by a process. */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>

#include "bundle.h"
#include "host.h"
#include "host_user.h"
#include "runtime.h"
#include "text.h"

/*
 * As in the kernel, so that recursion ends where it would there. Sanitizers grow frames; on s390x each has
 * 160 bytes that the functions it calls may save registers in, which is more than most frames have else.
 */
#if defined(__SANITIZE_ADDRESS__)
#define STACK_BUDGET	(48 * 1024)
#elif defined(__s390x__)
#define STACK_BUDGET	(2 * 7200)
#else
#define STACK_BUDGET	7200
#endif

/* How many times slower sanitizers make everything. */
#if defined(__SANITIZE_ADDRESS__)
#define SLOWNESS	4
#else
#define SLOWNESS	1
#endif

static _Thread_local struct ps_watch watch;

void (*ps_user_log)(const char *level, const char *line);

static void watch_tick(int signal)
{
	(void)signal;
	ps_watch_tick(&watch, ps_host_now());	/* only budgets have ticks in between: none are wanted here */
}

/* It counts processor time, also what the kernel takes: most of a script's time may go into page faults. */
static timer_t timer;

static int set_timer(long ns)
{
	const struct timespec tick = { 0, ns };
	const struct itimerspec every = { tick, tick };

	return timer_settime(timer, 0, &every, NULL);
}

/* No script runs while the process ends, and a tick would disturb the leak sanitizer. */
static void watch_stop(void)
{
	set_timer(0);
}

/* Without budgets: a capture may keep the processor busy, and the verdict of each of its packets is wanted. */
int ps_user_watch_start(void)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGVTALRM };
	struct sigaction action;

	ps_limits.packet_ms *= SLOWNESS;
	ps_limits.load_ms *= SLOWNESS;
	ps_limits.share = 0;
	ps_limits.stops = 0;
	memset(&action, 0, sizeof(action));
	action.sa_handler = watch_tick;
	action.sa_flags = SA_RESTART;
	if (sigaction(SIGVTALRM, &action, NULL) || timer_create(CLOCK_PROCESS_CPUTIME_ID, &event, &timer) ||
	    atexit(watch_stop))
		return -1;
	return set_timer(PS_WATCH_TICK_MS * 1000000L);
}

void *ps_host_realloc(void *block, size_t size)
{
	if (size)
		return realloc(block, size);
	free(block);
	return NULL;
}

void *ps_host_resize(void *block, size_t old, size_t size)
{
	(void)old;
	return ps_host_realloc(block, size);
}

void *ps_host_resize_any(void *block, size_t old, size_t size, bool may_sleep)
{
	(void)may_sleep;
	return ps_host_resize(block, old, size);
}

void *ps_host_get_pages(size_t size)
{
	return ps_host_realloc(NULL, size);
}

void ps_host_put_pages(void *pages)
{
	ps_host_realloc(pages, 0);
}

static enum ps_read fail(char *why, size_t size, const char *reason)
{
	snprintf(why, size, "%s", reason);
	return PS_READ_FAILED;
}

/* Is looked at before it is opened: opening a FIFO would block, and opening a device may do anything. */
enum ps_read ps_host_read(const char *path, size_t max, void **text, size_t *len, char *why, size_t size)
{
	struct stat st;
	FILE *file;
	char *bytes;
	int err;

	*text = NULL;
	if (stat(path, &st))
		return errno == ENOENT || errno == ENOTDIR ? PS_READ_ABSENT : fail(why, size, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return fail(why, size, "is not a regular file");
	file = fopen(path, "re");
	if (!file)
		return fail(why, size, strerror(errno));
	bytes = malloc(max + 1);
	if (!bytes) {
		fclose(file);
		return fail(why, size, "not enough memory");
	}
	*len = fread(bytes, 1, max + 1, file);
	err = ferror(file) ? EIO : *len > max ? EFBIG : 0;
	fclose(file);
	if (!err && *len) {
		*text = bytes;
		return PS_READ_DONE;
	}
	free(bytes);
	return fail(why, size, err ? strerror(err) : "is empty");
}

const char *ps_user_module_folder(void)
{
	static char folder[256];
	FILE *file = fopen("/sys/module/packetscript/parameters/module_folder", "re");
	bool is_told = file && fgets(folder, sizeof(folder), file);

	if (file)
		fclose(file);
	folder[strcspn(folder, "\n")] = 0;
	return is_told && folder[0] ? folder : PS_MODULE_FOLDER;
}

void ps_host_abort(void)
{
	abort();
}

size_t ps_host_stack(unsigned long sp)
{
	(void)sp;
	return STACK_BUDGET;
}

size_t ps_host_enter(struct ps_guard *guard, unsigned int ms, unsigned long sp)
{
	ps_watch_enter(&watch, guard, ms);
	return ps_host_stack(sp);
}

void ps_host_leave(void)
{
	ps_watch_leave(&watch);
}

/* Packets do not interrupt the process, but work may be done within a run: of a test, for which time passes. */
struct ps_host_work {
	struct ps_watch_outer outer;
};

struct ps_host_work *ps_host_work_new(void)
{
	return calloc(1, sizeof(struct ps_host_work));
}

void ps_host_work_free(struct ps_host_work *work)
{
	free(work);
}

size_t ps_host_enter_work(struct ps_host_work *work, struct ps_guard *guard, unsigned int ms, unsigned long sp)
{
	ps_watch_suspend(&watch, &work->outer);
	return ps_host_enter(guard, ms, sp);
}

unsigned int ps_host_leave_work(struct ps_host_work *work)
{
	unsigned int left = watch.left * PS_WATCH_TICK_MS;

	ps_host_leave();
	ps_watch_resume(&watch, &work->outer);
	return left;
}

void ps_host_rest(void)
{
}

unsigned int (*ps_user_clock)(void);

unsigned int ps_host_now(void)
{
	struct timespec now;

	if (ps_user_clock)
		return ps_user_clock();
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

unsigned long long ps_user_time;

unsigned long long ps_host_time(void)
{
	struct timespec now;

	if (ps_user_time)
		return ps_user_time;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

/*
 * What runtimes share: one thread runs them all. What is deferred waits for its own reading to end, as it would in the kernel.
 */
static unsigned int readers;
static bool is_locked;
static struct ps_deferred *deferred_calls, **deferred_end = &deferred_calls;

void ps_host_lock(unsigned int n)
{
	if (is_locked || n >= PS_LOCKS)
		abort();
	is_locked = true;
}

void ps_host_unlock(unsigned int n)
{
	(void)n;
	if (!is_locked)
		abort();
	is_locked = false;
}

static void call_deferred(void)
{
	struct ps_deferred *first = deferred_calls, *next;

	deferred_calls = NULL;
	deferred_end = &deferred_calls;
	for (; first; first = next) {
		next = first->next;
		first->call(first);
	}
}

void ps_host_read_begin(void)
{
	readers++;
}

void ps_host_read_end(void)
{
	if (!readers || (readers == 1 && is_locked))
		abort();
	readers--;
	while (!readers && deferred_calls)
		call_deferred();
}

void ps_host_defer(struct ps_deferred *deferred, void (*call)(struct ps_deferred *deferred))
{
	ps_host_read_begin();
	*deferred = (struct ps_deferred){ NULL, call };
	*deferred_end = deferred;
	deferred_end = &deferred->next;
	ps_host_read_end();
}

void ps_host_retire(struct ps_deferred *deferred, void (*call)(struct ps_deferred *deferred))
{
	ps_host_defer(deferred, call);
}

/* Nobody reads beside what calls this. */
void ps_host_wait_for_readers(void)
{
}

void ps_host_pause(void)
{
}

long ps_host_add(long *sum, long n)
{
	return *sum += n;
}

/* What has expired is freed when there is no room for others: a process need not be as careful as a kernel. */
void ps_host_sweep(void)
{
}

unsigned long ps_host_random(void)
{
	unsigned long random = 0;

	if (getrandom(&random, sizeof(random), 0) < 0)
		perror("getrandom");
	return random;
}

void ps_user_print(FILE *to, const char *text)
{
	size_t len = strlen(text), n;
	char escaped[PS_TEXT_ESCAPED];

	for (; len; text += n, len -= n) {
		n = ps_text_shown(text, len);
		if (n) {
			fwrite(text, 1, n, to);
			continue;
		}
		ps_text_escape(escaped, *text);
		fwrite(escaped, 1, sizeof(escaped), to);
		n = 1;
	}
}

/* No line is left out: whoever runs the process reads what scripts print, or sends it elsewhere. */
bool ps_host_may_log(struct ps_log *log, unsigned int *left_out)
{
	(void)log;
	*left_out = 0;
	return true;
}

void ps_host_log(enum ps_log_level level, const char *line)
{
	const char *name = level == PS_LOG_PRINT ? "" : ps_log_levels[level];

	if (ps_user_log) {
		ps_user_log(name, line);
		return;
	}
	fprintf(stderr, "%s%s%s\n", name, name[0] ? ": " : "", line);
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
