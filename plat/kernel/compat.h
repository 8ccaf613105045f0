/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Gives old kernels the names of new ones. The only place that asks for a kernel's version.
 */
#ifndef PS_COMPAT_H
#define PS_COMPAT_H

#include <linux/version.h>

/* Segments had their own header from 6.5 on. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
#include <net/gso.h>
#endif

/* What devnode() of a struct class gets. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#define PS_DEVNODE_DEVICE	struct device
#else
#define PS_DEVNODE_DEVICE	const struct device
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
#include <asm/unaligned.h>
#else
#include <linux/unaligned.h>
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
#include <linux/hrtimer.h>

static inline void hrtimer_setup(struct hrtimer *timer,
				 enum hrtimer_restart (*function)(struct hrtimer *),
				 clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock, mode);
	timer->function = function;
}
#endif

/* What was so for each workqueue that is not unbound, and the one that is. Some releases before have the names, too, and do without. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 0, 0)
#include <linux/workqueue.h>
#define WQ_PERCPU	0
#define system_dfl_wq	system_unbound_wq
#endif

/* What lists the kernel's functions of system calls by number. */
#ifdef CONFIG_X86_64
#define PS_SYSCALL_TABLE	<asm/syscalls_64.h>
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0)
#define PS_SYSCALL_TABLE	<asm/syscall_table_64.h>
#else
#define PS_SYSCALL_TABLE	<asm/unistd.h>
#endif

/* Took the namespace from the message's socket before, and wanted rtnl to be held. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 15, 0)
#define PS_FIB_RULE(old, new, net, skb)	old(skb, nlmsg_hdr(skb), NULL)
#else
#define PS_FIB_RULE(old, new, net, skb)	new(net, skb, nlmsg_hdr(skb), NULL, true)
#endif

/* What kernel_bind() and kernel_connect() take has a type of its own from 6.19 on. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 19, 0)
#define sockaddr_unsized	sockaddr
#endif

/*
 * Threads of the kernel see no files from 7.x on, but may look at those that programs see, in between these two.
 */
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/path.h>
#include <linux/sched.h>
#include <linux/sched/task.h>

static inline struct fs_struct *ps_files_enter(void)
{
#ifdef scoped_with_init_fs
	if (current->flags & PF_KTHREAD)
		return __override_init_fs();
#endif
	return NULL;
}

static inline void ps_files_leave(struct fs_struct *own)
{
#ifdef scoped_with_init_fs
	if (own)
		__revert_init_fs(own);
#endif
}

/* Opens a file in the first mount namespace, from its root. Those kernels open from the root that threads of the kernel have. */
static inline struct file *ps_open_first(const char *path, int flags)
{
#ifdef scoped_with_init_fs
	struct fs_struct *own = __override_init_fs();
	struct file *file = filp_open(path, flags, 0);

	__revert_init_fs(own);
#else
	struct path root;
	struct file *file;

	task_lock(&init_task);
	get_fs_root(init_task.fs, &root);
	task_unlock(&init_task);
	file = file_open_root(&root, path, flags, 0);
	path_put(&root);
#endif
	return file;
}

/* Events of network devices that do not come here. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
#define NETDEV_XDP_FEAT_CHANGE	(-2)
#endif
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
#define NETDEV_PRE_UNINIT	(-1)
#endif

/* Functions that programs of BPF may call. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0) && !defined(__bpf_kfunc)
#define __bpf_kfunc	__used noinline
#endif
#ifdef CONFIG_DEBUG_INFO_BTF_MODULES
#define PS_HAS_BTF(module)	((module)->btf_data_size > 0)
#else
#define PS_HAS_BTF(module)	false
#endif
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 9, 0)
#define BTF_KFUNCS_START(name)	BTF_SET8_START(name)
#define BTF_KFUNCS_END(name)	BTF_SET8_END(name)
#endif

#endif
