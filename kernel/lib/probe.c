/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The library probe: functions of scripts that are called before and after an instruction of the kernel.
 */
#include <linux/kprobes.h>
#include <linux/slab.h>
#include <linux/stacktrace.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include <lunatik.h>

#include "host.h"
#include "registers.h"
#include "unref.h"

struct probe {
	struct kprobe kprobe;
	lunatik_object_t *runtime;
	int pre, post, name, dump;	/* in its registry; LUA_NOREF: there is no such handler */
	const struct pt_regs *regs;	/* for the time of a handler */
	bool is_registered;		/* lunatik_lock() */
	struct ps_log log;		/* of what handlers show; within the runtime */
	char symbol[KSYM_NAME_LEN];
};

static const struct lunatik_class class;

/*
 * Handlers. What is called while the runtime itself is in the middle of something on this CPU is left out, as the kernel leaves out
 * probes within probes.
 */
static void hit(struct probe *probe, const struct pt_regs *regs, int handler)
{
	struct lunatik_entry entry;

	if (in_nmi() || lunatik_enter(probe->runtime, &entry, LUNATIK_HARDIRQ))
		return;
	probe->regs = regs;
	lua_rawgeti(entry.L, LUA_REGISTRYINDEX, handler);
	lua_rawgeti(entry.L, LUA_REGISTRYINDEX, probe->name);
	lua_rawgeti(entry.L, LUA_REGISTRYINDEX, probe->dump);
	lunatik_call(entry.L, 2, 0, "probe: ");
	probe->regs = NULL;
	lunatik_leave(probe->runtime, &entry);
}

static int before(struct kprobe *kprobe, struct pt_regs *regs)
{
	struct probe *probe = container_of(kprobe, struct probe, kprobe);

	hit(probe, regs, probe->pre);
	return 0;
}

static void after(struct kprobe *kprobe, struct pt_regs *regs, unsigned long flags)
{
	struct probe *probe = container_of(kprobe, struct probe, kprobe);

	hit(probe, regs, probe->post);
}

static void log_registers(const struct pt_regs *regs)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ps_registers); i++)
		pr_info("packetscript: probe: %-6s %016lx\n", ps_registers[i].name,
			*(const unsigned long *)((const char *)regs + ps_registers[i].offset));
}

#define FRAMES	16

static void log_stack(void)
{
	unsigned long frames[FRAMES];
	unsigned int n = stack_trace_save(frames, FRAMES, 0), i;

	for (i = 0; i < n; i++)
		pr_info("packetscript: probe: stack %pS\n", (void *)frames[i]);
}

/* What handlers get as their second argument. Upvalue: the probe. */
static int dump(lua_State *L)
{
	lunatik_object_t *object = lunatik_toobject(L, lua_upvalueindex(1));
	struct probe *probe = object ? object->private : NULL;
	unsigned int left_out;

	if (!probe || !probe->regs)
		return luaL_error(L, "registers can be shown only while a handler of the probe runs");
	if (!ps_host_may_log(&probe->log, &left_out))
		return 0;
	if (left_out)
		pr_info("packetscript: probe: %u times left out\n", left_out);
	log_registers(probe->regs);
	log_stack();
	return 0;
}

/*
 * Life.
 */
static void uninstall(lunatik_object_t *object)
{
	struct probe *probe = object->private;

	lunatik_lock(object);
	if (probe->is_registered)
		unregister_kprobe(&probe->kprobe);	/* waits for handlers */
	probe->is_registered = false;
	lunatik_unlock(object);
}

static void release(lunatik_object_t *object)
{
	struct probe *probe = object->private;

	if (!probe->runtime)
		return;
	uninstall(object);
	lunatik_putobject(probe->runtime);
}

static struct probe *check(lua_State *L, lunatik_object_t **object, const char *function)
{
	struct probe *probe;

	*object = lunatik_checkobject(L, 1, &class);
	probe = (*object)->private;
	lunatik_checksleep(L, function);
	if (probe->runtime != lunatik_toruntime(L))
		luaL_error(L, "the probe is another runtime's");
	return probe;
}

static void forget(lua_State *L, struct probe *probe, const lunatik_object_t *object)
{
	unref_once(L, &probe->pre);
	unref_once(L, &probe->post);
	unref_once(L, &probe->name);
	unref_once(L, &probe->dump);
	lunatik_drop(L, object);
}

/* p:stop() */
static int stop(lua_State *L)
{
	lunatik_object_t *object;
	struct probe *probe = check(L, &object, "stop()");
	struct lunatik_entry *entry;

	lunatik_getobject(object);
	entry = lunatik_sleep(L);
	uninstall(object);
	lunatik_awake(entry);
	forget(L, probe, object);
	lunatik_closeobject(L, 1);
	lunatik_putobject(object);
	return 0;
}

/* p:enable(bool) */
static int enable(lua_State *L)
{
	bool is_enabled = (luaL_checktype(L, 2, LUA_TBOOLEAN), lua_toboolean(L, 2));
	lunatik_object_t *object;
	struct probe *probe = check(L, &object, "enable()");
	struct lunatik_entry *entry;
	int err = -ENXIO;

	lunatik_getobject(object);
	entry = lunatik_sleep(L);
	lunatik_lock(object);
	if (probe->is_registered)
		err = is_enabled ? enable_kprobe(&probe->kprobe) : disable_kprobe(&probe->kprobe);
	lunatik_unlock(object);
	lunatik_awake(entry);
	lunatik_putobject(object);
	if (err)
		return luaL_error(L, "the probe cannot be %s: error %d", is_enabled ? "enabled" : "disabled", -err);
	return 0;
}

static const luaL_Reg methods[] = {
	{ "stop", stop },
	{ "enable", enable },
	{ NULL, NULL }
};

static const struct lunatik_class class = {
	.name = "probe",
	.methods = methods,
	.release = release,
	.owner = THIS_MODULE,
};

/*
 * Handlers use these themselves, and some of them with a lock held that a second call would wait for.
 */
static const char *const own[] = {
	"_raw_", "hrtimer_", "lunatik_", "lua_", "luaL_", "luaV_", "luaD_", "ps_", "kmem_cache_", "__kmem_cache_", "kmalloc", "__kmalloc",
	"kfree", "krealloc", "__slab_", "___slab_", "get_partial", "vprintk", "console_",
};

/* The kernel also takes "module:symbol". */
static void check_symbol(lua_State *L, const char *symbol)
{
	const char *colon = strchr(symbol, ':'), *name = colon ? colon + 1 : symbol;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(own); i++) {
		if (strstarts(name, own[i]))
			luaL_error(L, "%s cannot be probed: handlers themselves need it", symbol);
	}
}

static void read_place(lua_State *L, struct probe *probe)
{
	if (lua_islightuserdata(L, 1)) {
		probe->kprobe.addr = lua_touserdata(L, 1);
		snprintf(probe->symbol, sizeof(probe->symbol), "%ps", probe->kprobe.addr);
	} else {
		if (strscpy(probe->symbol, luaL_checkstring(L, 1), sizeof(probe->symbol)) < 0)
			luaL_argerror(L, 1, "no symbol has so long a name");
		probe->kprobe.symbol_name = probe->symbol;
	}
	check_symbol(L, probe->symbol);
}

/* A reference to field name of the handlers, which is a function or nil. */
static int read_handler(lua_State *L, const char *name)
{
	int type = lua_getfield(L, 2, name);

	if (type == LUA_TFUNCTION)
		return luaL_ref(L, LUA_REGISTRYINDEX);
	if (type != LUA_TNIL)
		luaL_error(L, "bad field '%s': function expected, got %s", name, lua_typename(L, type));
	lua_pop(L, 1);
	return LUA_NOREF;
}

static int refuse(lua_State *L, const struct probe *probe, int err)
{
	if (err == -ENOENT && probe->kprobe.symbol_name)
		return luaL_error(L, "the kernel has no function %s", probe->symbol);
	if (err == -ENOMEM)
		return luaL_error(L, "not enough memory");
	return luaL_error(L, "%s cannot be probed: error %d", probe->symbol, -err);
}

/* probe.new(symbol|address, handlers) */
static int new_probe(lua_State *L)
{
	struct lunatik_entry *entry;
	lunatik_object_t *object;
	struct probe *probe;
	int err;

	luaL_argexpected(L, lua_islightuserdata(L, 1) || lua_type(L, 1) == LUA_TSTRING, 1, "string or light userdata");
	luaL_checktype(L, 2, LUA_TTABLE);
	lunatik_checksleep(L, "probe.new()");
	lua_settop(L, 2);
	lunatik_calledin(L, LUNATIK_HARDIRQ);
	object = lunatik_newobject(L, &class, sizeof(*probe));
	probe = object->private;
	read_place(L, probe);
	probe->pre = read_handler(L, "pre");
	probe->post = read_handler(L, "post");
	lua_pushvalue(L, 1);
	probe->name = luaL_ref(L, LUA_REGISTRYINDEX);
	lua_pushvalue(L, 3);
	lua_pushcclosure(L, dump, 1);
	probe->dump = luaL_ref(L, LUA_REGISTRYINDEX);
	probe->kprobe.pre_handler = probe->pre == LUA_NOREF ? NULL : before;
	probe->kprobe.post_handler = probe->post == LUA_NOREF ? NULL : after;
	lua_pushvalue(L, 2);
	lunatik_keep(L, 3);
	probe->runtime = lunatik_toruntime(L);
	lunatik_getobject(probe->runtime);
	entry = lunatik_sleep(L);
	lunatik_lock(object);
	err = register_kprobe(&probe->kprobe);
	probe->is_registered = !err;
	lunatik_unlock(object);
	lunatik_awake(entry);
	if (err) {
		forget(L, probe, object);
		return refuse(L, probe, err);
	}
	return 1;
}

static int open(lua_State *L)
{
	static const luaL_Reg functions[] = {
		{ "new", new_probe },
		{ "stop", stop },
		{ "enable", enable },
		{ NULL, NULL }
	};

	luaL_newlib(L, functions);
	return 1;
}

static struct lunatik_library library = { "probe", open, THIS_MODULE };

module_lunatik(library, "probe");
MODULE_DESCRIPTION("Lua library probe");
MODULE_LICENSE("Dual MIT/GPL");
MODULE_VERSION(PS_VERSION);
