/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The kernel's timer interrupt, played by a signal. */
#include <signal.h>
#include <string.h>
#include <sys/time.h>

#include "runtime.h"

void test_expire_soon(struct ps_guard *guard);

static struct ps_guard *expiring;

static void on_alarm(int signal)
{
	(void)signal;
	ps_runtime_expire(expiring, PS_EXPIRED_OWN);
}

/* In 20 ms, while the guard's runtime runs. */
void test_expire_soon(struct ps_guard *guard)
{
	struct sigaction action;
	struct itimerval timer = { { 0, 0 }, { 0, 20000 } };

	expiring = guard;
	memset(&action, 0, sizeof(action));
	action.sa_handler = on_alarm;
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
}
