/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What a runtime asks of the machine, answered by a process. */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/time.h>

#include "host.h"
#include "host_user.h"
#include "runtime.h"

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

/* The watch looks at each tick whether the run that it saw at the last one still goes on. */
static _Thread_local struct watch {
	struct ps_guard *volatile guard;	/* what runs now */
	volatile unsigned int run;		/* counts runs */
	volatile unsigned int ticks;		/* how many ticks a run may see */
	unsigned int seen;			/* run at the last tick */
	unsigned int left;			/* how many the one that was seen has left */
} watch;

void (*ps_user_log)(const char *line);

static void watch_tick(int signal)
{
	(void)signal;
	if (watch.run != watch.seen) {
		watch.seen = watch.run;
		watch.left = watch.ticks;
	}
	/* and again at each tick, should it still not have ended */
	if (watch.guard && (!watch.left || !--watch.left))
		ps_runtime_expire(watch.guard);
}

/* What runs when the process ends is none of the scripts; the leak sanitizer stumbles over ticks. */
static void watch_stop(void)
{
	const struct itimerval never = { { 0, 0 }, { 0, 0 } };

	setitimer(ITIMER_VIRTUAL, &never, NULL);
}

int ps_user_watch_start(void)
{
	const struct timeval tick = { 0, PS_HOST_TICK_MS * 1000 };
	const struct itimerval timer = { tick, tick };
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = watch_tick;
	action.sa_flags = SA_RESTART;
	if (sigaction(SIGVTALRM, &action, NULL) || atexit(watch_stop))
		return -1;
	return setitimer(ITIMER_VIRTUAL, &timer, NULL);
}

void *ps_host_realloc(void *block, size_t size)
{
	if (size)
		return realloc(block, size);
	free(block);
	return NULL;
}

void ps_host_abort(void)
{
	abort();
}

struct ps_guard *ps_host_guard(void)
{
	return watch.guard;
}

size_t ps_host_enter(struct ps_guard *guard, unsigned int ticks, unsigned long sp)
{
	(void)sp;
	watch.ticks = ticks;
	watch.run++;
	watch.guard = guard;
	return STACK_BUDGET;
}

void ps_host_leave(void)
{
	watch.guard = NULL;
}

unsigned long ps_host_random(void)
{
	unsigned long random = 0;

	if (getrandom(&random, sizeof(random), 0) < 0)
		perror("getrandom");
	return random;
}

/*
 * How many bytes of a character in UTF-8 are at text, that may be shown; 0: it is none, or one that
 * controls a terminal: those up to U+009F.
 */
static int shown(const unsigned char *text)
{
	static const struct {
		unsigned char mask, lead;
		uint32_t least;		/* of the characters of that length */
	} lengths[] = {
		{ 0x80, 0x00, ' ' }, { 0xE0, 0xC0, 0xA0 }, { 0xF0, 0xE0, 0x800 }, { 0xF8, 0xF0, 0x10000 },
	};
	uint32_t c;
	int n, i;

	for (n = 0; n < 4 && (text[0] & lengths[n].mask) != lengths[n].lead; n++)
		;
	if (n == 4)
		return 0;
	c = text[0] & ~lengths[n].mask;
	for (i = 1; i <= n; i++) {
		if ((text[i] & 0xC0) != 0x80)
			return 0;
		c = c << 6 | (text[i] & 0x3F);
	}
	if (c < lengths[n].least || c == 0x7F || (c >= 0xD800 && c <= 0xDFFF) || c > 0x10FFFF)
		return 0;
	return n + 1;
}

void ps_user_print(FILE *to, const char *text)
{
	const unsigned char *c = (const unsigned char *)text;
	int n;

	for (; *c; c += n) {
		n = shown(c);
		if (n) {
			fwrite(c, 1, n, to);
		} else {
			fprintf(to, "\\x%02x", *c);
			n = 1;
		}
	}
}

void ps_host_log(const char *line)
{
	if (ps_user_log) {
		ps_user_log(line);
		return;
	}
	ps_user_print(stderr, line);
	putc('\n', stderr);
}
