// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * The library device: character devices whose driver is a table of Lua functions. Process context.
 *
 * A struct driver lives as long as its object, or a file that is open on it. It keeps the runtime, closed or not; so who
 * comes late finds that.
 */
#include <linux/cdev.h>
#include <linux/ctype.h>
#include <linux/fs.h>
#include <linux/idr.h>
#include <linux/mm.h>
#include <linux/namei.h>
#include <linux/slab.h>
#include <linux/stat.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include <lunatik.h>

#include "compat.h"

#define DEVICES		4096
#define NAME_MAX_LEN	64
#define BYTES_MAX	(1024 * 1024)	/* that one read() or write() passes */

struct driver {
	struct device dev;
	struct cdev cdev;
	lunatik_object_t *runtime;	/* a reference */
	const lunatik_object_t *object;	/* whose kept value is the driver's table; only while !is_stopped */
	bool is_stopped;		/* within the runtime */
	bool is_added;			/* taken away by who sets it to false */
	umode_t mode;
};

/* An open file. The address has the script's table for it in the registry. */
struct opened {
	struct driver *driver;
};

static dev_t first;
static DEFINE_IDA(minors);

static const struct lunatik_class class;

/*
 * What is called in the runtime.
 */
struct operation {
	struct opened *opened;
	const char *name;
	const char *bytes;	/* to be written; or NULL */
	size_t len;
	loff_t offset;
	bool is_undefined;
};

/* Pushes the table of this open file, which its first use makes. */
static void push_state(lua_State *L, const struct opened *opened)
{
	if (lua_rawgetp(L, LUA_REGISTRYINDEX, opened) == LUA_TTABLE)
		return;
	lua_pop(L, 1);
	lua_newtable(L);
	lua_pushvalue(L, -1);
	lua_rawsetp(L, LUA_REGISTRYINDEX, opened);
}

static void drop_state(lua_State *L, const struct opened *opened)
{
	lua_pushnil(L);
	lua_rawsetp(L, LUA_REGISTRYINDEX, opened);
}

/* Pushes the driver's function and the driver; or returns false. */
static bool push_function(lua_State *L, struct operation *operation)
{
	lunatik_pushkept(L, operation->opened->driver->object);
	operation->is_undefined = lua_getfield(L, -1, operation->name) == LUA_TNIL;
	lua_insert(L, -2);
	return !operation->is_undefined;
}

static lua_Integer check_offset(lua_State *L, int index, lua_Integer otherwise)
{
	int is_integer = true;
	lua_Integer offset = lua_isnil(L, index) ? otherwise : lua_tointegerx(L, index, &is_integer);

	if (!is_integer || offset < 0)
		luaL_error(L, "the updated offset must be an integer that is not negative");
	return offset;
}

/* driver:open(state), driver:release(state) */
static int call_plain(lua_State *L)
{
	struct operation *operation = lua_touserdata(L, 1);

	if (!push_function(L, operation))
		return 0;
	push_state(L, operation->opened);
	lua_call(L, 2, 0);
	return 0;
}

/* driver:read(length, offset, state). Leaves the string, and in the operation how much of it is wanted. */
static int call_read(lua_State *L)
{
	struct operation *operation = lua_touserdata(L, 1);
	size_t len = 0;

	if (!push_function(L, operation))
		return 0;
	lua_pushinteger(L, operation->len);
	lua_pushinteger(L, operation->offset);
	push_state(L, operation->opened);
	lua_call(L, 4, 2);
	if (lua_isnil(L, -2))
		operation->bytes = "";
	else
		operation->bytes = lua_tolstring(L, -2, &len);
	if (!operation->bytes)
		return luaL_error(L, "read() must return a string, not a %s", luaL_typename(L, -2));
	operation->len = min(operation->len, len);
	operation->offset = check_offset(L, -1, operation->offset + operation->len);
	lua_pop(L, 1);
	return 1;
}

/* driver:write(string, offset, state) */
static int call_write(lua_State *L)
{
	struct operation *operation = lua_touserdata(L, 1);
	int is_integer = true;
	lua_Integer len = operation->len;

	if (!push_function(L, operation))
		return 0;
	lua_pushlstring(L, operation->bytes, operation->len);
	lua_pushinteger(L, operation->offset);
	push_state(L, operation->opened);
	lua_call(L, 4, 2);
	if (!lua_isnil(L, -2))
		len = lua_tointegerx(L, -2, &is_integer);
	if (!is_integer || len < 0)
		return luaL_error(L, "write() must return a length, or nothing");
	operation->len = min_t(size_t, operation->len, len);
	operation->offset = check_offset(L, -1, operation->offset + operation->len);
	return 0;
}

static int call(lua_State *L, lua_CFunction function, struct operation *operation, int nresults)
{
	if (operation->opened->driver->is_stopped)
		return -ENODEV;
	lua_pushcfunction(L, function);
	lua_pushlightuserdata(L, operation);
	if (lunatik_call(L, 1, nresults, "device: ") != LUA_OK)
		return -ECANCELED;
	return operation->is_undefined ? -ENXIO : 0;
}

/*
 * Files.
 */
static int open_file(struct inode *inode, struct file *file)
{
	struct driver *driver = container_of(inode->i_cdev, struct driver, cdev);
	struct opened *opened = kmalloc(sizeof(*opened), GFP_KERNEL_ACCOUNT);
	struct operation operation = { .opened = opened, .name = "open" };
	struct lunatik_entry entry;
	int err;

	if (!opened)
		return -ENOMEM;
	opened->driver = driver;
	err = lunatik_enter(driver->runtime, &entry, LUNATIK_PROCESS);
	if (err)
		goto err_free;
	drop_state(entry.L, opened);	/* of one that was here before, and could not be closed in the runtime */
	err = call(entry.L, call_plain, &operation, 0);
	if (err)
		drop_state(entry.L, opened);
	lunatik_leave(driver->runtime, &entry);
	if (err)
		goto err_free;
	file->private_data = opened;
	return 0;
err_free:
	kfree(opened);
	return err;
}

static int close_file(struct inode *inode, struct file *file)
{
	struct opened *opened = file->private_data;
	struct operation operation = { .opened = opened, .name = "release" };
	lunatik_object_t *runtime = opened->driver->runtime;
	struct lunatik_entry entry;

	if (!lunatik_enteranyway(runtime, &entry)) {
		call(entry.L, call_plain, &operation, 0);
		drop_state(entry.L, opened);
		lunatik_leave(runtime, &entry);
	}
	kfree(opened);
	return 0;
}

/* Within the runtime, out of which the bytes go. Mostly the reader's page is there; else they are copied, and *rest has them. */
static ssize_t copy_out(lua_State *L, char __user *to, const struct operation *operation, void **rest)
{
	struct lunatik_entry *entry;

	if (operation->len <= PAGE_SIZE && !copy_to_user_nofault(to, operation->bytes, operation->len))
		return operation->len;
	entry = lunatik_sleep(L);
	*rest = kvmalloc(operation->len, GFP_KERNEL_ACCOUNT);
	lunatik_awake(entry);
	if (!*rest)
		return -ENOMEM;
	memcpy(*rest, operation->bytes, operation->len);
	return operation->len;
}

/* Outside of it, since whoever has the page may keep the copier waiting for as long as he likes. */
static ssize_t copy_rest(char __user *to, void *rest, size_t len)
{
	bool has_failed = copy_to_user(to, rest, len);

	kvfree(rest);
	return has_failed ? -EFAULT : len;
}

static ssize_t read_file(struct file *file, char __user *to, size_t len, loff_t *offset)
{
	struct opened *opened = file->private_data;
	struct operation operation = { opened, "read", NULL, min_t(size_t, len, BYTES_MAX), *offset };
	lunatik_object_t *runtime = opened->driver->runtime;
	struct lunatik_entry entry;
	ssize_t ret = lunatik_enter(runtime, &entry, LUNATIK_PROCESS);
	void *rest = NULL;

	if (ret)
		return ret;
	ret = call(entry.L, call_read, &operation, 1);
	if (!ret)
		ret = copy_out(entry.L, to, &operation, &rest);
	lunatik_leave(runtime, &entry);
	if (rest)
		ret = copy_rest(to, rest, ret);
	if (ret >= 0)
		*offset = operation.offset;
	return ret;
}

static ssize_t write_file(struct file *file, const char __user *from, size_t len, loff_t *offset)
{
	struct opened *opened = file->private_data;
	struct operation operation = { opened, "write", NULL, min_t(size_t, len, BYTES_MAX), *offset };
	lunatik_object_t *runtime = opened->driver->runtime;
	struct lunatik_entry entry;
	void *bytes = vmemdup_user(from, operation.len);
	ssize_t ret;

	if (IS_ERR(bytes))
		return PTR_ERR(bytes);
	operation.bytes = bytes;
	ret = lunatik_enter(runtime, &entry, LUNATIK_PROCESS);
	if (ret)
		goto out;
	ret = call(entry.L, call_write, &operation, 0);
	lunatik_leave(runtime, &entry);
	if (ret)
		goto out;
	*offset = operation.offset;
	ret = operation.len;
out:
	kvfree(bytes);
	return ret;
}

static const struct file_operations operations = {
	.owner = THIS_MODULE,
	.open = open_file,
	.release = close_file,
	.read = read_file,
	.write = write_file,
	.llseek = default_llseek,
};

/*
 * Devices.
 */
static char *device_node(PS_DEVNODE_DEVICE *dev, umode_t *mode)
{
	if (mode)
		*mode = container_of(dev, struct driver, dev)->mode;
	return NULL;
}

static struct class devices = {
	.name = "lunatik",
	.devnode = device_node,
};

static void free_driver(struct device *dev)
{
	struct driver *driver = container_of(dev, struct driver, dev);

	if (dev->devt)
		ida_free(&minors, MINOR(dev->devt) - MINOR(first));
	lunatik_putobject(driver->runtime);
	kfree(driver);
}

static void remove(struct driver *driver)
{
	if (xchg(&driver->is_added, false))
		cdev_device_del(&driver->cdev, &driver->dev);
}

/* Open files find no other object's value where this one's was, if it has been closed without being stopped. */
static void forget(lunatik_object_t *object, struct driver *driver)
{
	struct lunatik_entry entry;

	if (lunatik_enteranyway(driver->runtime, &entry))
		return;
	if (!driver->is_stopped)
		lunatik_drop(entry.L, object);
	driver->is_stopped = true;
	lunatik_leave(driver->runtime, &entry);
}

static void release(lunatik_object_t *object)
{
	struct driver *driver = *(struct driver **)object->private;

	if (!driver)
		return;
	remove(driver);
	forget(object, driver);
	put_device(&driver->dev);
}

/* Someone else's file in /dev would be hidden, or in the way. */
static bool is_taken(const char *name)
{
	char path[sizeof("/dev/") + NAME_MAX_LEN];
	struct fs_struct *own;
	struct path found;
	int err;

	snprintf(path, sizeof(path), "/dev/%s", name);
	own = ps_files_enter();
	err = kern_path(path, 0, &found);
	ps_files_leave(own);
	if (err)
		return false;
	path_put(&found);
	return true;
}

/* Outside of the runtime. */
static int add(struct driver *driver, const char *name)
{
	int minor, err = dev_set_name(&driver->dev, "%s", name);

	if (err)
		return err;
	if (!current->fs)
		return -ESRCH;
	if (is_taken(dev_name(&driver->dev)))
		return -EEXIST;
	minor = ida_alloc_max(&minors, DEVICES - 1, GFP_KERNEL);
	if (minor < 0)
		return minor;
	driver->dev.devt = MKDEV(MAJOR(first), MINOR(first) + minor);
	cdev_init(&driver->cdev, &operations);
	driver->cdev.owner = THIS_MODULE;
	driver->is_added = true;
	err = cdev_device_add(&driver->cdev, &driver->dev);
	if (err)
		driver->is_added = false;
	return err;
}

static const char *check_name(lua_State *L)
{
	const char *name, *c;

	lunatik_checkfield(L, 1, "name", LUA_TSTRING);
	lua_getfield(L, 1, "name");
	name = lua_tostring(L, -1);
	for (c = name; isgraph(*c) && *c != '/' && *c != '!'; c++)
		;
	if (!*name || *c || lua_rawlen(L, -1) != c - name || c - name >= NAME_MAX_LEN || !strcmp(name, ".") || !strcmp(name, ".."))
		luaL_error(L, "bad field 'name': a device's name has 1 to 63 letters, digits and the like, and no '/' or '!'");
	return name;	/* stays on the stack */
}

static umode_t check_mode(lua_State *L)
{
	int is_integer = true;
	lua_Integer mode = lua_getfield(L, 1, "mode") == LUA_TNIL ? S_IRUSR | S_IWUSR : lua_tointegerx(L, -1, &is_integer);

	if (!is_integer || mode & ~S_IRWXUGO)
		luaL_error(L, "bad field 'mode': permissions of linux.stat expected");
	return mode;
}

static void check_functions(lua_State *L)
{
	static const char *const names[] = { "open", "release", "read", "write" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (lua_getfield(L, 1, names[i]) != LUA_TNIL)
			lunatik_checkfield(L, 1, names[i], LUA_TFUNCTION);
		lua_pop(L, 1);
	}
}

/* Outside of the runtime, whose lock may be one under which memory is not waited for. */
static struct driver *new_driver(lunatik_object_t *runtime, const lunatik_object_t *object, umode_t mode)
{
	struct driver *driver = kzalloc(sizeof(*driver), GFP_KERNEL);

	if (!driver)
		return NULL;
	device_initialize(&driver->dev);
	driver->dev.class = &devices;
	driver->dev.release = free_driver;
	driver->runtime = runtime;
	lunatik_getobject(runtime);
	driver->object = object;
	driver->mode = mode;
	return driver;
}

static const char *explain(int err)
{
	switch (err) {
	case -EEXIST:
		return "there is one of this name";
	case -ENOSPC:
		return "there are too many";
	case -ESRCH:
		return "a process that ends cannot make one";
	default:
		return "not enough memory";
	}
}

/* device.new(driver) */
static int new(lua_State *L)
{
	struct lunatik_entry *entry;
	lunatik_object_t *object;
	struct driver *driver;
	const char *name;
	umode_t mode;
	int err = -ENOMEM;

	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 1);
	lunatik_checksleep(L, "device.new()");
	name = check_name(L);
	mode = check_mode(L);
	check_functions(L);
	object = lunatik_newobject(L, &class, sizeof(driver));
	lua_pushvalue(L, 1);
	lunatik_keep(L, -2);		/* it may be opened as soon as it is there */
	entry = lunatik_sleep(L);
	driver = new_driver(lunatik_toruntime(L), object, mode);
	*(struct driver **)object->private = driver;
	if (driver)
		err = add(driver, name);
	lunatik_awake(entry);
	if (!err)
		return 1;
	if (driver)
		driver->is_stopped = true;
	lunatik_drop(L, object);
	return luaL_error(L, "device '%s': %s", name, explain(err));
}

/* device.stop(dev), dev:stop(). Who has it open gets -ENODEV from now on. */
static int stop(lua_State *L)
{
	lunatik_object_t *object = lunatik_checkobject(L, 1, &class);
	struct driver *driver = *(struct driver **)object->private;
	struct lunatik_entry *entry;

	lunatik_checksleep(L, "device.stop()");
	if (!driver || driver->runtime != lunatik_toruntime(L))
		return luaL_error(L, "the device is another runtime's");
	if (driver->is_stopped)
		return luaL_error(L, "the device is closed");
	driver->is_stopped = true;
	lunatik_drop(L, object);
	get_device(&driver->dev);	/* another visit may close the object meanwhile */
	entry = lunatik_sleep(L);
	remove(driver);
	put_device(&driver->dev);
	lunatik_awake(entry);
	lunatik_closeobject(L, 1);
	return 0;
}

static const luaL_Reg methods[] = {
	{ "stop", stop },
	{ NULL, NULL }
};

static const struct lunatik_class class = {
	.name = "device",
	.methods = methods,
	.release = release,
	.owner = THIS_MODULE,
};

static const luaL_Reg functions[] = {
	{ "new", new },
	{ "stop", stop },
	{ NULL, NULL }
};

static int open(lua_State *L)
{
	luaL_newlib(L, functions);
	return 1;
}

static struct lunatik_library library = { "device", open, THIS_MODULE };

static int __init setup(void)
{
	int err = alloc_chrdev_region(&first, 0, DEVICES, "lunatik");

	if (err)
		return err;
	err = class_register(&devices);
	if (err)
		goto err_region;
	err = lunatik_register(&library);
	if (err)
		goto err_class;
	return 0;
err_class:
	class_unregister(&devices);
err_region:
	unregister_chrdev_region(first, DEVICES);
	return err;
}

static void __exit teardown(void)
{
	lunatik_unregister(&library);
	class_unregister(&devices);
	unregister_chrdev_region(first, DEVICES);
	ida_destroy(&minors);
}

module_init(setup);
module_exit(teardown);
MODULE_ALIAS(LUNATIK_ALIAS "device");
MODULE_DESCRIPTION("Lua library device");
MODULE_LICENSE("Dual MIT/GPL");
MODULE_VERSION(PS_VERSION);
