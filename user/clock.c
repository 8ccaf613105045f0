/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "clock.h"

#include <stdbool.h>

#include "host_user.h"
#include "pcapng.h"

#define SECOND	1000000000ull
#define DAY	(24 * 60 * 60 * SECOND)
#define LATEST	(200 * 365 * DAY)	/* since 1970 */

static bool is_begun;	/* something was captured */
static uint64_t latest;	/* when the latest of it was */

void ps_clock_start(void)
{
	ps_user_time = DAY;
	is_begun = false;
}

uint64_t ps_clock_now(void)
{
	return ps_user_time;
}

void ps_clock_advance(uint64_t ns)
{
	if (ns <= INT64_MAX - ps_user_time)
		ps_user_time += ns;
}

uint64_t ps_clock_captured(const struct ps_record *record)
{
	const uint64_t units = record->interface->units;
	const int64_t offset = record->interface->offset;
	const uint64_t seconds = record->time / units;

	if (offset < 0 && seconds < 0 - (uint64_t)offset)
		return 0;
	if (seconds > LATEST / SECOND || (offset > 0 && (uint64_t)offset > LATEST / SECOND - seconds))
		return LATEST;
	/* units may be as many as 2 to the 63rd: what is left is less than these */
	return (seconds + offset) * SECOND + (unsigned __int128)(record->time % units) * SECOND / units;
}

uint64_t ps_clock_since(uint64_t captured)
{
	uint64_t since = is_begun && captured > latest ? captured - latest : 0;

	if (!is_begun || captured > latest)
		latest = captured;
	is_begun = true;
	return since;
}
