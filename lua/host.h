/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What a runtime asks of the machine it is on. plat/kernel/host.c and plat/user/host.c answer.
 */
#ifndef PS_HOST_H
#define PS_HOST_H

#include <stddef.h>

struct ps_guard;

/*
 * As realloc, in the context the runtime runs in (the kernel: softirq, may not sleep).
 * Returns NULL when there is no memory, and frees when size is 0.
 */
void *ps_host_realloc(void *block, size_t size);

/*
 * Bytes of C stack that Lua may use from address sp downwards, such that what it calls still
 * fits below. Less than a script needs is an answer too: Lua raises "C stack overflow".
 */
size_t ps_host_stack_budget(unsigned long sp);

/*
 * Between these two calls ps_host_guard() on this CPU is guard, and ps_runtime_expire() is
 * called from an interrupt when ticks periods (PS_HOST_TICK_MS) have gone by. The kernel: call
 * with softirqs disabled. They do not nest.
 */
void ps_host_enter(struct ps_guard *guard, unsigned int ticks);
void ps_host_leave(void);

#define PS_HOST_TICK_MS		10

/* Any context. One line to the log, without a newline; limited in rate. */
void ps_host_log(const char *line);

#endif
