/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include <linux/bitops.h>
#include <linux/kernel.h>
#include <linux/moduleparam.h>
#include <linux/string.h>

#include "times.h"
#include "trace.h"

bool ps_times_are_taken;

void ps_times_end(struct ps_times *times, u64 start, bool is_last)
{
	unsigned int row;
	u64 took;

	if (!start)
		return;
	took = times->before + ktime_get_ns() - start;
	times->before = is_last ? 0 : took;
	if (!is_last)
		return;
	row = min_t(unsigned int, fls64(took >> PACKETSCRIPT_TIMES_FIRST), PACKETSCRIPT_TIMES - 1);
	times->packets[row]++;
	times->took += took;
}

void ps_times_add(struct ps_times *sum, const struct ps_times *times)
{
	unsigned int i;

	sum->took += READ_ONCE(times->took);
	for (i = 0; i < PACKETSCRIPT_TIMES; i++)
		sum->packets[i] += READ_ONCE(times->packets[i]);
}

bool ps_times_are_any(const struct ps_times *times)
{
	return memchr_inv(times->packets, 0, sizeof(times->packets));
}

/* Who sets a module's parameter holds the module's lock for that. */
static int times_set(const char *text, const struct kernel_param *kp)
{
	bool before = ps_times_are_taken;
	int err = param_set_bool(text, kp);

	if (err || before == ps_times_are_taken)
		return err;
	if (ps_times_are_taken)
		atomic_inc(&ps_trace_users);
	else
		atomic_dec(&ps_trace_users);
	return 0;
}

static const struct kernel_param_ops times_ops = { .set = times_set, .get = param_get_bool };
module_param_cb(times, &times_ops, &ps_times_are_taken, 0644);
MODULE_PARM_DESC(times, "whether it is counted how long functions take for packets (N)");
