/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * A rule of an extension that a script has made with xtable.match() or xtable.target(), as iptables and the kernel know it.
 */
#ifndef LUA_XTABLE_H
#define LUA_XTABLE_H

#define LUA_XTABLE_USERARGS	256	/* bytes, with the final 0 */

struct lua_xtable_info {
	char userargs[LUA_XTABLE_USERARGS];
	/* the kernel's, of targets: what has the rule knows XT_RETURN there, and EBT_RETURN */
	unsigned char can_return;
};

#endif
