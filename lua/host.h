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
 * Between these two calls ps_host_guard() on this CPU is guard, and ps_runtime_expire() is
 * called from an interrupt when ticks periods (PS_HOST_TICK_MS) have gone by. Returns how many
 * bytes of C stack Lua may use from address sp downwards, such that what it calls still fits below.
 * Less than a script needs is an answer too: Lua raises "C stack overflow". The kernel: call with
 * softirqs disabled. They do not nest.
 */
size_t ps_host_enter(struct ps_guard *guard, unsigned int ticks, unsigned long sp);
void ps_host_leave(void);

#define PS_HOST_TICK_MS		10

/* Any context; does not return. Lua comes here when an error has no handler: a bug of ours. */
void ps_host_abort(void);

/* Any context. One line to the log, without a newline; limited in rate. */
void ps_host_log(const char *line);

#endif
