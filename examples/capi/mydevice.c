// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * /dev/mydevice, whose bytes a Lua function makes: how a module in C runs a script. The script is mydevice.lua, in /lib/modules/lua.
 */
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/miscdevice.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <lunatik.h>

static lunatik_object_t *runtime;

#define LENGTH_MAX	4096

/* Within the runtime, which may not be left in the middle: so what the reader gets is copied out of it first. */
static int call_read(lua_State *L, char *bytes, size_t len, loff_t *offset)
{
	const char *text;
	size_t n;

	if (lua_getglobal(L, "myread") != LUA_TFUNCTION)
		return -ENXIO;
	lua_pushinteger(L, len);
	lua_pushinteger(L, *offset);
	if (lunatik_call(L, 2, 2, "mydevice: ") != LUA_OK)	/* an error is in the log, with its traceback */
		return -ECANCELED;
	text = lua_tolstring(L, -2, &n);
	if (!text)
		return -ECANCELED;
	n = min(n, len);
	memcpy(bytes, text, n);
	*offset = lua_isinteger(L, -1) ? lua_tointeger(L, -1) : *offset + n;
	return n;
}

static ssize_t mydevice_read(struct file *file, char __user *to, size_t len, loff_t *offset)
{
	char *bytes;
	int n;

	len = min_t(size_t, len, LENGTH_MAX);
	bytes = kmalloc(len, GFP_KERNEL);
	if (!bytes)
		return -ENOMEM;
	lunatik_run(runtime, call_read, n, bytes, len, offset);
	if (n > 0 && copy_to_user(to, bytes, n))
		n = -EFAULT;
	kfree(bytes);
	return n;
}

static const struct file_operations operations = {
	.owner = THIS_MODULE,
	.read = mydevice_read,
};

static struct miscdevice device = { MISC_DYNAMIC_MINOR, "mydevice", &operations };

/* The device comes last, when what it calls is there, and goes first. */
static int __init mydevice_init(void)
{
	int err = lunatik_runtime(&runtime, "mydevice", true);

	if (err)
		return err;
	err = misc_register(&device);
	if (err)
		lunatik_stop(runtime);
	return err;
}

static void __exit mydevice_exit(void)
{
	misc_deregister(&device);
	lunatik_stop(runtime);
}

module_init(mydevice_init);
module_exit(mydevice_exit);
MODULE_DESCRIPTION("A device that is read by a Lua function");
MODULE_LICENSE("Dual MIT/GPL");
