/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Loading the scripts of a state anew: the next generation is made beside the one that is live, whose packets do not wait for
 * that, and takes its place between two packets.
 */
#ifndef PS_RELOAD_H
#define PS_RELOAD_H

#include <linux/types.h>

struct net;
struct ps_failure;

/*
 * Reads the scripts of the state's rules again, in the caller's mount namespace and with its rights. When it returns 0, no packet is in
 * the generation before, and that is gone. Otherwise all is as it was: -ENOENT, there is no such state; others, with the failure.
 * Process context, may sleep.
 */
int ps_reload(struct net *net, u32 state_id, struct ps_failure *failure);

#endif
