/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * lunatik_run.ko: the runtime of the script "driver", which serves /dev/lunatik, as long as this module is loaded; or of another script.
 */
#include <lunatik.h>

static char *script = "driver";
module_param(script, charp, 0444);
MODULE_PARM_DESC(script, "what runs as long as this module is loaded, below /lib/modules/lua, without '.lua'");

static lunatik_object_t *driver;

static int __init lunatik_run_init(void)
{
	return lunatik_runtime(&driver, script, true);
}

static void __exit lunatik_run_exit(void)
{
	lunatik_stop(driver);
}

module_init(lunatik_run_init);
module_exit(lunatik_run_exit);
MODULE_DESCRIPTION("What the command lunatik talks to");
MODULE_LICENSE("Dual MIT/GPL");
MODULE_VERSION(PS_VERSION);
