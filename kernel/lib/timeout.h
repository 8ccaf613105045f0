/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Milliseconds of scripts, and jiffies of the kernel.
 */
#ifndef LUATIMEOUT_H
#define LUATIMEOUT_H

#include <linux/jiffies.h>
#include <linux/math64.h>
#include <linux/sched.h>
#include <lunatik.h>

#define LUATIMEOUT_MAX	(1LL << 40)	/* milliseconds, 34 years: more is for ever */

/*
 * Of the milliseconds that argument arg is; without it, MAX_SCHEDULE_TIMEOUT. Raises if it is negative. At least as long as was
 * asked for: of the first jiffy a part is over.
 */
static inline long luatimeout_check(lua_State *L, int arg)
{
	lua_Integer ms = luaL_optinteger(L, arg, LUATIMEOUT_MAX);

	luaL_argcheck(L, ms >= 0, arg, "milliseconds must not be negative");
	if (ms >= LUATIMEOUT_MAX)
		return MAX_SCHEDULE_TIMEOUT;
	return min_t(u64, div_u64((u64)ms * HZ + MSEC_PER_SEC - 1, MSEC_PER_SEC) + (ms > 0), MAX_SCHEDULE_TIMEOUT - 1);
}

/* What a script gets to know of a timeout that is left. */
static inline lua_Integer luatimeout_ms(long jiffies_left)
{
	if (jiffies_left == MAX_SCHEDULE_TIMEOUT)
		return LUA_MAXINTEGER;
	return div_u64((u64)max(jiffies_left - 1, 0L) * MSEC_PER_SEC, HZ);
}

#endif
