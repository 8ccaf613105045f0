/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The device /dev/bench-c, whose reads give the same 64 bytes: the least that one can cost. Built by bench/run for its
 * virtual machine only.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/uaccess.h>

static const char text[64] = "what each read gives";

static ssize_t read(struct file *file, char __user *to, size_t len, loff_t *offset)
{
	len = min(len, sizeof(text));
	if (copy_to_user(to, text, len))
		return -EFAULT;
	*offset += len;
	return len;
}

static const struct file_operations operations = {
	.owner = THIS_MODULE,
	.read = read,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "bench-c",
	.fops = &operations,
};

module_misc_device(device);
MODULE_DESCRIPTION("A device for measurements");
MODULE_LICENSE("Dual MIT/GPL");
