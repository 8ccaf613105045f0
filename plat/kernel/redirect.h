/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * By which device a packet leaves that a script sends to one.
 */
#ifndef PS_REDIRECT_H
#define PS_REDIRECT_H

#include <linux/netdevice.h>

/* ifindex becomes the device's number. NULL; or why it does not, a text that lasts. Within rcu_read_lock(). */
static inline const char *ps_redirect_to(struct net *net, const char *name, int *ifindex)
{
	const struct net_device *dev = dev_get_by_name_rcu(net, name);

	if (!dev)
		return "there is no such device in this network namespace";
	*ifindex = dev->ifindex;
	return NULL;
}

#endif
