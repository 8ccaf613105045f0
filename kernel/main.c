/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* packetscript.ko: Lua, the engine, rules and states. */
#include <linux/init.h>
#include <linux/module.h>

#include "host_kernel.h"
#include "state.h"

static int __init packetscript_init(void)
{
	ps_host_setup();
	return ps_state_setup();
}

static void __exit packetscript_exit(void)
{
	ps_state_teardown();
	ps_host_teardown();
}

module_init(packetscript_init);
module_exit(packetscript_exit);
MODULE_DESCRIPTION("Packet logic in Lua");
MODULE_LICENSE("Dual MIT/GPL");
MODULE_VERSION(PS_VERSION);
