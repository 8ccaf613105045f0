/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What a runtime asks of the machine, answered by a process. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "host.h"
#include "runtime.h"

/* As in the kernel, so that recursion ends where it would there; sanitizers grow frames. */
#if defined(__SANITIZE_ADDRESS__)
#define STACK_BUDGET	(48 * 1024)
#else
#define STACK_BUDGET	7200
#endif

static _Thread_local struct ps_guard *current_guard;

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
	return current_guard;
}

size_t ps_host_enter(struct ps_guard *guard, unsigned int ticks, unsigned long sp)
{
	(void)ticks;
	(void)sp;
	current_guard = guard;
	return STACK_BUDGET;
}

void ps_host_leave(void)
{
	current_guard = NULL;
}

unsigned long ps_host_random(void)
{
	unsigned long random = 0;

	if (getrandom(&random, sizeof(random), 0) < 0)
		perror("getrandom");
	return random;
}

void ps_host_log(const char *line)
{
	fprintf(stderr, "%s\n", line);
}
