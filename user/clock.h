/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The clock that scripts see where no time passes by itself: that of a capture, or of a file of tests. In nanoseconds.
 */
#ifndef PS_USER_CLOCK_H
#define PS_USER_CLOCK_H

#include <stdint.h>

struct ps_record;

/*
 * From now on ps_host_time() tells the time of this clock. It begins with a day, and not with 0: scripts take something that
 * has never been for long ago, as it is on a machine that runs.
 */
void ps_clock_start(void);

uint64_t ps_clock_now(void);

/* Time passes. One that would be too much for the clock is not added. */
void ps_clock_advance(uint64_t ns);

/* When a packet was captured, since 1970. Times before that, or after 2169, count as these. */
uint64_t ps_clock_captured(const struct ps_record *record);

/*
 * A packet was captured at this time: how much lies between it and the one before, by which the clock shall go on. Of packets
 * that are not in order, the latest counts.
 */
uint64_t ps_clock_since(uint64_t captured);

#endif
