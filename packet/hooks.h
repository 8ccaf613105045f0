/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The names of netfilter's hooks, as iptables and its relatives have them.
 */
#ifndef PS_HOOKS_H
#define PS_HOOKS_H

#include <stdbool.h>
#include <stddef.h>

/* By its number, of ARP or of another family, whose numbers are the same but for BROUTING, a bridge's. NULL: it is none of these. */
static inline const char *ps_hook_name(bool is_arp, unsigned int hook)
{
	static const char *const names[] = { "PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING", "BROUTING" };
	static const char *const of_arp[] = { "INPUT", "OUTPUT", "FORWARD" };

	if (is_arp)
		return hook < sizeof(of_arp) / sizeof(of_arp[0]) ? of_arp[hook] : NULL;
	return hook < sizeof(names) / sizeof(names[0]) ? names[hook] : NULL;
}

#endif
