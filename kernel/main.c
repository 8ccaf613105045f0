/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* packetscript.ko: Lua, the engine, rules and states. */
#include <linux/init.h>
#include <linux/module.h>
#include <linux/moduleparam.h>

#include "bundle.h"
#include "conntrack.h"
#include "control.h"
#include "env.h"
#include "hook.h"
#include "host_kernel.h"
#include "outlet.h"
#include "packetscript.h"
#include "shared_store.h"
#include "state.h"

/*
 * Limits, which may be changed while scripts run.
 */
struct limit {
	unsigned int *value;
	unsigned int min, max;
};

static int limit_set(const char *text, const struct kernel_param *kp)
{
	const struct limit *limit = kp->arg;
	unsigned int value;
	int err = kstrtouint(text, 0, &value);

	if (err)
		return err;
	if (value < limit->min || value > limit->max)
		return -ERANGE;
	WRITE_ONCE(*limit->value, value);
	return 0;
}

static int limit_get(char *text, const struct kernel_param *kp)
{
	const struct limit *limit = kp->arg;

	return sprintf(text, "%u\n", *limit->value);
}

static const struct kernel_param_ops limit_ops = { .set = limit_set, .get = limit_get };

#define LIMIT(of, name, min, max, text)						\
	static struct limit name ## _limit = { &of.name, min, max };		\
	module_param_cb(name, &limit_ops, &name ## _limit, 0644);		\
	MODULE_PARM_DESC(name, text)

/*
 * Time is counted in ticks, of which one may come just after a run has begun: below two ticks a limit would stop runs that
 * took no time. Softirqs are disabled for as long as the limit allows, so there is an upper end.
 */
LIMIT(ps_limits, packet_ms, PACKETSCRIPT_TIME_MIN, PACKETSCRIPT_TIME_MAX, "milliseconds that one packet's handler may take (40)");
LIMIT(ps_limits, load_ms, 20, 10000, "milliseconds that loading a script may take (250)");
LIMIT(ps_limits, work_ms, 20, 60000, "milliseconds that a call of deferred work may take (1000)");
LIMIT(ps_limits, pending, 0, 262144, "calls of deferred work that a state may have pending (16384)");
LIMIT(ps_limits, pending_memory, 1, 1024, "MiB that these may have, with their packets (32)");
LIMIT(ps_limits, schedule_rate, 0, 100000000, "calls of deferred work that a state may ask for in a second (100000)");
LIMIT(ps_limits, share, 0, 100,
      "percent of a CPU that handlers of 1 ms and more may use; 0 or 100: no limit (30)");
LIMIT(ps_limits, stops, 0, 1000000,
      "how often a state is stopped by the time limit before it is switched off; 0: never (10)");

/* What scripts send. 0: nothing. */
LIMIT(ps_send_limits, send_each, 0, PACKETSCRIPT_SENDS_EACH_MAX, "packets that a script may send for each packet that it is given (64)");
LIMIT(ps_send_limits, send_rate, 0, PACKETSCRIPT_SENDS_MAX, "packets that a state may send in a second (100000)");
LIMIT(ps_send_limits, send_rate_kib, 0, PACKETSCRIPT_SENDS_MAX, "KiB that a state may send in a second (262144)");
LIMIT(ps_send_limits, send_queue_kib, 0, 1048576, "KiB of memory that packets of a state may take which wait to leave (4096)");

LIMIT(ps_shared_limits, shared_mb, 1, 1024 * 1024, "MiB that what states share may take, in all network namespaces (256)");

/* Of runtimes that are not packets'. */
LIMIT(ps_env_limits, process_ms, 0, 86400000, "milliseconds that what runs in process context may take; 0: no limit (0)");
LIMIT(ps_env_limits, hardirq_ms, 1, 1000, "milliseconds that what runs with interrupts disabled may take (20)");
LIMIT(ps_env_limits, process_mib, 0, 1048576, "MiB that a runtime in process context may hold; 0: no limit (0)");
LIMIT(ps_env_limits, interrupt_mib, 0, 1048576, "MiB that another runtime may hold; 0: no limit (16)");

module_param_string(module_folder, ps_module_folder, sizeof(ps_module_folder), 0444);
MODULE_PARM_DESC(module_folder, "folder of what scripts require and do not have beside them (" PS_MODULE_FOLDER ")");

static int __init packetscript_init(void)
{
	int err;

	ps_host_setup();
	ps_outlet_setup();
	err = ps_state_setup();
	if (err)
		goto err_outlet;
	err = ps_objects_setup();
	if (err)
		goto err_state;
	err = ps_hooks_setup();
	if (err)
		goto err_objects;
	err = ps_conntrack_setup();
	if (err)
		goto err_hooks;
	err = ps_control_setup();
	if (!err)
		return 0;
	ps_conntrack_teardown();
err_hooks:
	ps_hooks_teardown();
err_objects:
	ps_objects_teardown();
err_state:
	ps_state_teardown();
err_outlet:
	ps_outlet_teardown();
	ps_host_teardown();
	return err;
}

static void __exit packetscript_exit(void)
{
	ps_control_teardown();
	ps_conntrack_teardown();
	ps_hooks_teardown();
	ps_objects_teardown();
	ps_state_teardown();
	ps_outlet_teardown();
	ps_host_teardown();
}

module_init(packetscript_init);
module_exit(packetscript_exit);
MODULE_DESCRIPTION("Packet logic in Lua");
MODULE_LICENSE("Dual MIT/GPL");
MODULE_VERSION(PS_VERSION);
