/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * How long functions take for packets, as a histogram, if the module's parameter times says that it is wanted: a look at the clock
 * costs as much as a short function. As long as it is not, it costs nothing besides the look that tracing has (trace.h).
 */
#ifndef PS_TIMES_H
#define PS_TIMES_H

#include <linux/ktime.h>
#include <linux/types.h>

#include "packetscript.h"

struct ps_times {
	u64 took;	/* nanoseconds, of all packets */
	u64 packets[PACKETSCRIPT_TIMES];	/* row i: less than 2^(PACKETSCRIPT_TIMES_FIRST + i) nanoseconds; the last one has the others */
	u64 before;	/* what the packet that is being handled has taken until it got NF_REPEAT */
};

extern bool ps_times_are_taken;

/* Before a function is called, or called again for the same packet. Returns what the other one needs. With softirqs disabled. */
static inline u64 ps_times_begin(struct ps_times *times, bool is_repeat)
{
	if (!is_repeat)
		times->before = 0;
	return READ_ONCE(ps_times_are_taken) ? ktime_get_ns() : 0;
}

/* It has returned. is_last: it is not called again for the packet. */
void ps_times_end(struct ps_times *times, u64 start, bool is_last);

/* Counts are read while they change. */
void ps_times_add(struct ps_times *sum, const struct ps_times *times);

/* Whether any packet was timed. */
bool ps_times_are_any(const struct ps_times *times);

#endif
