/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* xt_LUA.ko: the target LUA and the match lua of iptables and its relatives. */
#include <linux/module.h>

#include "xt_rule.h"

static int __init xt_lua_init(void)
{
	int err = xt_register_targets(ps_xt_targets, ps_xt_ntargets);

	if (err)
		return err;
	err = xt_register_matches(ps_xt_matches, ps_xt_nmatches);
	if (err)
		xt_unregister_targets(ps_xt_targets, ps_xt_ntargets);
	return err;
}

static void __exit xt_lua_exit(void)
{
	xt_unregister_matches(ps_xt_matches, ps_xt_nmatches);
	xt_unregister_targets(ps_xt_targets, ps_xt_ntargets);
}

module_init(xt_lua_init);
module_exit(xt_lua_exit);
MODULE_DESCRIPTION("target LUA and match lua of iptables, ip6tables, arptables and ebtables");
MODULE_LICENSE("Dual MIT/GPL");
MODULE_VERSION(PS_VERSION);
MODULE_ALIAS("ipt_LUA");
MODULE_ALIAS("ip6t_LUA");
MODULE_ALIAS("arpt_LUA");
MODULE_ALIAS("ebt_LUA");
/* matches that are asked for by these names */
MODULE_ALIAS("ipt_lua");
MODULE_ALIAS("ip6t_lua");
