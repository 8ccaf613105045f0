/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The network namespace that functions of scripts mean: that of who calls.
 */
#ifndef LUA_HERE_H
#define LUA_HERE_H

#include <linux/nsproxy.h>
#include <linux/sched.h>
#include <net/net_namespace.h>

/* In process context. A process that ends, and closes its files last, has none any more: then it is the first one. */
static inline struct net *ps_net_here(void)
{
	return current->nsproxy ? current->nsproxy->net_ns : &init_net;
}

#endif
