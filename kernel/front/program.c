/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include <linux/export.h>
#include <linux/hashtable.h>
#include <linux/kmod.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/percpu.h>

#include "program.h"

/* By number. A tree of such large numbers would have five levels, which each packet would pay for. */
static DEFINE_READ_MOSTLY_HASHTABLE(programs, 6);
static enum ps_programs provided;

/* Packets of programs whose number is that of none, or of one that is elsewhere. */
static DEFINE_PER_CPU(u64, strays);

static int get_strays(char *text, const struct kernel_param *kp)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu(strays, cpu));
	return sprintf(text, "%llu\n", sum);
}

/* Who loads the module may name any parameter: the kernel calls this then, and does not ask whether there is such a function. */
static int refuse_strays(const char *text, const struct kernel_param *kp)
{
	return -EPERM;
}

static const struct kernel_param_ops strays_ops = { .set = refuse_strays, .get = get_strays };
module_param_cb(strays, &strays_ops, NULL, 0444);
MODULE_PARM_DESC(strays, "packets that programs of BPF passed, since what they ask is not there any more");

void ps_programs_provide(enum ps_programs which)
{
	WRITE_ONCE(provided, which);
}
EXPORT_SYMBOL_GPL(ps_programs_provide);

enum ps_programs ps_programs_get(void)
{
	if (READ_ONCE(provided) == PS_PROGRAMS_ABSENT)
		request_module("packetscript_bpf");	/* whether it is there then tells */
	return READ_ONCE(provided);
}

static inline struct ps_program *find(u32 number)
{
	struct ps_program *program;

	hash_for_each_possible_rcu_notrace(programs, program, node, number) {
		if (likely(program->number == number))
			return program;
	}
	return NULL;
}

int ps_program_enter(struct ps_program *program)
{
	if (find(program->number))
		return -EBUSY;
	hash_add_rcu(programs, &program->node, program->number);
	return 0;
}

void ps_program_leave(struct ps_program *program)
{
	if (program->number)
		hash_del_rcu(&program->node);
}

/* A master's program is run by the devices that it has. */
static bool is_of(const struct net_device *wanted, const struct net_device *dev)
{
	return dev == wanted || (dev && netdev_master_upper_dev_get_rcu((struct net_device *)dev) == wanted);
}

const struct ps_program *ps_program_find(u32 number, unsigned int hook, const struct net_device *dev)
{
	const struct ps_program *program = find(number);

	if (likely(program && program->hook == hook && is_of(program->dev, dev)))
		return program;
	this_cpu_inc(strays);
	return NULL;
}
EXPORT_SYMBOL_GPL(ps_program_find);
