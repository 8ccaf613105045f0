/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Rules that programs of BPF ask: at tc and XDP of a device. A program knows its rule by a number, and the functions that it calls are those of
 * packetscript_bpf.ko (tc.c, xdp.c): any program may call them with any number, so what is found by it is compared with where the packet is.
 */
#ifndef PS_PROGRAM_H
#define PS_PROGRAM_H

#include <linux/limits.h>
#include <linux/types.h>

#include "packetscript.h"

struct net;
struct net_device;
struct ps_rule;

struct ps_program {
	struct hlist_node node;
	u32 number;		/* 0: no program can find it */
	unsigned int hook;	/* PS_HOOK_TC_INGRESS, … */
	bool passes;		/* a packet whose handler has failed */
	struct ps_rule *rule;
	struct net *net;
	const struct net_device *dev;
};

/* A device that a program can be told of: what it is told is a positive int. */
#define PS_PROGRAM_IFINDEX_MAX	(INT_MAX - PACKETSCRIPT_PROGRAM_REDIRECT)
#define PS_PROGRAM_NO_IFINDEX	"NF_TX and NF_REDIRECT: the device's number (ifindex) is too large"

/* Whether such programs can call us at all. */
enum ps_programs {
	PS_PROGRAMS_ABSENT,	/* there is no packetscript_bpf.ko */
	PS_PROGRAMS_UNTYPED,	/* it was built without its types (BTF), by which programs find the functions */
	PS_PROGRAMS_REFUSED,	/* the kernel cannot read its types, or has no such programs */
	PS_PROGRAMS_THERE,
};

/* Loads packetscript_bpf.ko, if need be. May sleep. */
enum ps_programs ps_programs_get(void);

/* That module's, when it comes and when it goes. */
void ps_programs_provide(enum ps_programs which);

/* From now on it is found by its number. 0; -EBUSY: another one is. Who calls this or the next one holds a lock over both. */
int ps_program_enter(struct ps_program *program);

/* From now on it is not; who has found it is done with it after a grace period. */
void ps_program_leave(struct ps_program *program);

/* The one of that number at that hook of that device; NULL: there is none, which is counted. Within rcu_read_lock(). */
const struct ps_program *ps_program_find(u32 number, unsigned int hook, const struct net_device *dev);

#endif
