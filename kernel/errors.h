/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What the log says when a script fails.
 */
#ifndef PS_ERRORS_H
#define PS_ERRORS_H

#include <linux/spinlock.h>
#include <linux/types.h>

#include "host.h"

struct ps_audience;
struct ps_instance;

/* One source of such lines: the errors of one do not hide those of another. */
struct ps_errors {
	spinlock_t lock;
	struct ps_log log;
};

/* By which those who listen get what the script of an instance prints (ps_runtime.audience). */
extern const struct ps_audience ps_errors_audience;

void ps_errors_init(struct ps_errors *errors);

/*
 * Counts and logs what went wrong in the instance (script.error), which is locked. of: in what, in front of that, or "".
 * on_error: what becomes of the packet, or NULL. That the state is switched off is logged once; from then on no error
 * of it is. Softirq or process context.
 */
void ps_errors_add(struct ps_errors *errors, struct ps_instance *instance, const char *of, const char *on_error);

/* Logs that a function was not called for a packet that a script had made at once (inside.h). No instance is locked. Any context. */
void ps_errors_add_inner(struct ps_errors *errors, unsigned int state_id, const char *on_error);

#endif
