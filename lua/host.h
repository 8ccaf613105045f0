/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What a runtime asks of the machine it is on. plat/kernel/host.c and plat/user/host.c answer.
 */
#ifndef PS_HOST_H
#define PS_HOST_H

#include <stdbool.h>
#include <stddef.h>

struct ps_guard;

/*
 * As realloc, in the context the runtime runs in (the kernel: softirq, may not sleep).
 * Returns NULL when there is no memory, and frees when size is 0.
 */
void *ps_host_realloc(void *block, size_t size);

/*
 * Between these two calls the watch of this CPU (lua/watch.h) sees that guard's runtime runs, and for how
 * many milliseconds it may; 0: it goes on where the last run on this CPU ended. Returns how many
 * bytes of C stack Lua may use from address sp downwards, such that what it calls still fits below.
 * Less than a script needs is an answer too: Lua raises "C stack overflow". The kernel: call with
 * softirqs disabled. They do not nest.
 */
size_t ps_host_enter(struct ps_guard *guard, unsigned int ms, unsigned long sp);
void ps_host_leave(void);

/* Process context: the same bytes of C stack, where no watch is needed. */
size_t ps_host_stack(unsigned long sp);

/* Any context, interrupts too. Milliseconds of a clock that never goes back; they wrap around. */
unsigned int ps_host_now(void);

/* Any context; does not return. Lua comes here when an error has no handler: a bug of ours. */
void ps_host_abort(void);

/* What one speaker has logged lately: all zero at first. Who has it serialises its uses. */
struct ps_log {
	unsigned long since;
	unsigned int lines;
	unsigned int left_out;
};

/*
 * Any context. Whether the speaker may log one more line now. If so, *left_out is how many lines it
 * was not allowed since the last one, which are to be told of.
 */
bool ps_host_may_log(struct ps_log *log, unsigned int *left_out);

/* Any context. One line to the log, without a newline and with nothing that gets at a terminal. */
void ps_host_log(const char *line);

#endif
