/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Netfilter's hooks: what they are called by iptables and its relatives, and at which of them a script can be without a table; and those
 * of devices that are programs of BPF.
 */
#ifndef PS_HOOKS_H
#define PS_HOOKS_H

#include <stdbool.h>
#include <stddef.h>

/* Netfilter's numbers (NFPROTO_…), which what is portable cannot ask it for. */
enum ps_hook_of {
	PS_HOOK_OF_INET = 1,
	PS_HOOK_OF_IP = 2,
	PS_HOOK_OF_ARP = 3,
	PS_HOOK_OF_NETDEV = 5,
	PS_HOOK_OF_BRIDGE = 7,
	PS_HOOK_OF_IP6 = 10,
};

/* Of devices: netfilter's, and behind them those at which programs of BPF are, which call a function of a script. */
enum {
	PS_HOOK_TC_INGRESS = 2,
	PS_HOOK_TC_EGRESS,
	PS_HOOK_XDP,
	PS_HOOKS_OF_NETDEV,
};

static inline bool ps_hook_is_program(unsigned int family, unsigned int hook)
{
	return family == PS_HOOK_OF_NETDEV && hook >= PS_HOOK_TC_INGRESS;
}

/*
 * By the number of the family and that of the hook, which is the same in all families but those of ARP and of devices. BROUTING is
 * a bridge's. NULL: it is none of these.
 */
static inline const char *ps_hook_name(unsigned int family, unsigned int hook)
{
	static const char *const names[] = { "PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING", "BROUTING" };
	static const char *const of_arp[] = { "INPUT", "OUTPUT", "FORWARD" };
	static const char *const of_device[] = { "INGRESS", "EGRESS", "TC-INGRESS", "TC-EGRESS", "XDP" };

	if (family == PS_HOOK_OF_ARP)
		return hook < sizeof(of_arp) / sizeof(of_arp[0]) ? of_arp[hook] : NULL;
	if (family == PS_HOOK_OF_NETDEV)
		return hook < sizeof(of_device) / sizeof(of_device[0]) ? of_device[hook] : NULL;
	return hook < sizeof(names) / sizeof(names[0]) ? names[hook] : NULL;
}

/* A family, by nft's name for it; its hooks at which scripts can be are those from 0 on. */
struct ps_hook_family {
	const char *name;
	enum ps_hook_of number;
	unsigned int hooks;
	const char *program;	/* whose rules are of it; NULL: there is none */
};

/* The families one after the other, from 0 on; NULL behind the last one. */
static inline const struct ps_hook_family *ps_hook_family(unsigned int n)
{
	static const struct ps_hook_family families[] = {
		{ "ip", PS_HOOK_OF_IP, 5, "iptables" },
		{ "ip6", PS_HOOK_OF_IP6, 5, "ip6tables" },
		{ "inet", PS_HOOK_OF_INET, 5 },
		{ "arp", PS_HOOK_OF_ARP, 2, "arptables" },	/* what a bridge forwards is the bridge's */
		{ "bridge", PS_HOOK_OF_BRIDGE, 5, "ebtables" },
		{ "netdev", PS_HOOK_OF_NETDEV, PS_HOOKS_OF_NETDEV },
	};

	return n < sizeof(families) / sizeof(families[0]) ? &families[n] : NULL;
}

/* The family of this number, or NULL. */
static inline const struct ps_hook_family *ps_hook_family_find(unsigned int number)
{
	const struct ps_hook_family *family = ps_hook_family(0);
	unsigned int n = 0;

	while (family && family->number != number)
		family = ps_hook_family(++n);
	return family;
}

#endif
