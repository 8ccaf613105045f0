/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Whether this CPU is in a script that handles packets, or in what tells of it.
 *
 * What a script says and changes may be a packet at once, before the script has ended: a message of netlink that a device of the kind
 * nlmon copies and tc sends on to another device, or a line of the log that netconsole sends through a tunnel. A script that was called
 * for it here would wait for a lock that this CPU has, or for one that another CPU has which waits for this one's; its Lua state would be
 * used while it is changed; and the time limit would be that of the inner run, then nobody's. So no script is called for it.
 *
 * Nor is one called where interrupts are disabled, as netconsole has it for each line of the log: no timer would tell that its time is up.
 *
 * That is about locks of ours. Who has tc send such messages to a device whose driver sends under a lock of its own, on other CPUs, too, may
 * still have two CPUs wait for each other.
 */
#ifndef PS_INSIDE_H
#define PS_INSIDE_H

#include <linux/irqflags.h>
#include <linux/percpu.h>
#include <linux/spinlock.h>

DECLARE_PER_CPU(bool, ps_is_inside);

/* With softirqs disabled until ps_leave_inside(). False: no script may be called here, and the caller must not go on. */
static __always_inline bool ps_enter_inside(void)
{
	if (unlikely(__this_cpu_read(ps_is_inside) || irqs_disabled()))
		return false;
	__this_cpu_write(ps_is_inside, true);
	return true;
}

static __always_inline void ps_leave_inside(void)
{
	__this_cpu_write(ps_is_inside, false);
}

/* The same, and takes the lock. */
static __always_inline bool ps_lock_inside(spinlock_t *lock)
{
	if (unlikely(!ps_enter_inside()))
		return false;
	spin_lock(lock);
	return true;
}

static __always_inline void ps_unlock_inside(spinlock_t *lock)
{
	spin_unlock(lock);
	ps_leave_inside();
}

#endif
