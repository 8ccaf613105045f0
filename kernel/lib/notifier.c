/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The library notifier: callbacks on the kernel's chains of keys that are pressed, and of network devices.
 */
#include <linux/keyboard.h>
#include <linux/netdevice.h>
#include <linux/notifier.h>

#include <lunatik.h>

#include "compat.h"

struct chain {
	notifier_fn_t call;
	int (*install)(struct notifier_block *block);
	int (*remove)(struct notifier_block *block);
};

struct notifier {
	struct notifier_block block;
	const struct chain *chain;
	lunatik_object_t *object;
	lunatik_object_t *runtime;	/* a reference */
	bool is_installed;		/* whoever sets it to false removes it */
	bool is_deleted;		/* its callback is not called any more; within the runtime */
};

static const struct lunatik_class class;

/* May sleep, and waits for callbacks that are being called. */
static void remove(struct notifier *notifier)
{
	if (xchg(&notifier->is_installed, false))
		notifier->chain->remove(&notifier->block);
}

static void release(lunatik_object_t *object)
{
	struct notifier *notifier = object->private;

	remove(notifier);
	if (notifier->runtime)
		lunatik_putobject(notifier->runtime);
}

/*
 * Callbacks. What they cannot say, for whatever reason, is that the event is none of their business.
 */
static bool push_callback(lua_State *L, const struct notifier *notifier)
{
	if (notifier->is_deleted)
		return false;
	lunatik_pushkept(L, notifier->object);
	return true;
}

static lua_Integer call(lua_State *L, int nargs)
{
	return lunatik_call(L, nargs, 1, "notifier: ") == LUA_OK ? lua_tointeger(L, -1) : NOTIFY_DONE;
}

static int key_answer(lua_Integer answer)
{
	return answer == NOTIFY_OK || answer == NOTIFY_BAD || answer == NOTIFY_STOP ? answer : NOTIFY_DONE;
}

/*
 * Who comes later in the chain has to hear of what has happened to a device, or goes on with one that is not there any more. Only what has
 * not happened yet can be refused.
 */
static int device_answer(lua_Integer answer, unsigned long event, const struct netdev_notifier_info *info)
{
	const struct netdev_notifier_changeupper_info *upper = container_of(info, struct netdev_notifier_changeupper_info, info);

	switch (event) {
	case NETDEV_PRE_UP:
	case NETDEV_PRE_TYPE_CHANGE:
	case NETDEV_PRE_CHANGEADDR:
	case NETDEV_PRECHANGEMTU:
		return answer == NOTIFY_BAD ? NOTIFY_BAD : NOTIFY_DONE;
	case NETDEV_PRECHANGEUPPER:	/* nobody asks whether a device may leave another one */
		return answer == NOTIFY_BAD && upper->linking ? NOTIFY_BAD : NOTIFY_DONE;
	default:
		return NOTIFY_DONE;
	}
}

static int handle_key(lua_State *L, const struct notifier *notifier, unsigned long event,
		      const struct keyboard_notifier_param *key)
{
	if (!push_callback(L, notifier))
		return NOTIFY_DONE;
	lua_pushinteger(L, event);
	lua_pushboolean(L, key->down);
	lua_pushboolean(L, key->shift);
	lua_pushinteger(L, key->value);
	return key_answer(call(L, 4));
}

/* Interrupts are disabled. */
static int on_key(struct notifier_block *block, unsigned long event, void *key)
{
	struct notifier *notifier = container_of(block, struct notifier, block);
	struct lunatik_entry entry;
	int ret;

	if (lunatik_enter(notifier->runtime, &entry, LUNATIK_HARDIRQ))
		return NOTIFY_DONE;
	ret = handle_key(entry.L, notifier, event, key);
	lunatik_leave(notifier->runtime, &entry);
	return ret;
}

static int push_device(lua_State *L)
{
	lua_pushstring(L, lua_touserdata(L, 1));
	return 1;
}

/* The name becomes a string within a protected call, as there may be no memory for it. */
static int handle_device(lua_State *L, const struct notifier *notifier, unsigned long event, struct netdev_notifier_info *info)
{
	if (!push_callback(L, notifier))
		return NOTIFY_DONE;
	lua_pushinteger(L, event);
	lua_pushcfunction(L, push_device);
	lua_pushlightuserdata(L, netdev_notifier_info_to_dev(info)->name);
	if (lunatik_call(L, 1, 1, "notifier: ") != LUA_OK)
		return NOTIFY_DONE;
	return device_answer(call(L, 2), event, info);
}

/*
 * The thread that changes the device has the lock of all devices, for which much that sleeps would wait: so the callback
 * must not sleep, though the kernel does, nor take long, nor wait for who does.
 */
static int on_device(struct notifier_block *block, unsigned long event, void *info)
{
	struct notifier *notifier = container_of(block, struct notifier, block);
	struct lunatik_entry entry;
	int ret;

	if (lunatik_enterbriefly(notifier->runtime, &entry))
		return NOTIFY_DONE;
	ret = handle_device(entry.L, notifier, event, info);
	lunatik_leave(notifier->runtime, &entry);
	return ret;
}

static const struct chain keyboard = { on_key, register_keyboard_notifier, unregister_keyboard_notifier };
static const struct chain devices = { on_device, register_netdevice_notifier, unregister_netdevice_notifier };

/* A new chain member may be called before it is said to be installed: devices that there are, are told to it. */
static int install(lua_State *L, const struct chain *chain, const char *function)
{
	struct lunatik_entry *entry;
	struct notifier *notifier;
	lunatik_object_t *object;
	int err;

	luaL_checktype(L, 1, LUA_TFUNCTION);
	lunatik_checksleep(L, function);
	object = lunatik_newobject(L, &class, sizeof(*notifier));
	notifier = object->private;
	notifier->chain = chain;
	notifier->block.notifier_call = chain->call;
	notifier->object = object;
	notifier->runtime = lunatik_toruntime(L);
	lunatik_getobject(notifier->runtime);
	lua_pushvalue(L, 1);
	lunatik_keep(L, -2);
	entry = lunatik_sleep(L);
	notifier->is_installed = true;
	err = chain->install(&notifier->block);
	if (err)
		notifier->is_installed = false;
	lunatik_awake(entry);
	if (!err)
		return 1;
	lunatik_drop(L, object);
	return lunatik_throw(L, err);
}

/* notifier.keyboard(callback) */
static int new_keyboard(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TFUNCTION);
	lunatik_checksleep(L, "notifier.keyboard()");
	lunatik_calledin(L, LUNATIK_HARDIRQ);
	return install(L, &keyboard, "notifier.keyboard()");
}

/* notifier.netdevice(callback) */
static int new_netdevice(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TFUNCTION);
	lunatik_checksleep(L, "notifier.netdevice()");
	lunatik_calledin(L, LUNATIK_SOFTIRQ);
	return install(L, &devices, "notifier.netdevice()");
}

/*
 * notfr:delete(). Where that cannot be waited for, as in the callback itself, the callback is not called any more, and the chain lets go
 * of it soon.
 */
static int delete(lua_State *L)
{
	lunatik_object_t *object = lunatik_checkobject(L, 1, &class);
	struct notifier *notifier = object->private;
	struct lunatik_entry *entry;

	if (notifier->runtime != lunatik_toruntime(L))
		return luaL_error(L, "a notifier is deleted in the runtime that has made it");
	notifier->is_deleted = true;
	lunatik_getobject(object);	/* another visit may delete it, too, and be through first */
	lunatik_drop(L, object);
	if (lunatik_cansleep(L)) {
		entry = lunatik_sleep(L);
		remove(notifier);
		lunatik_awake(entry);
	}
	lunatik_closeobject(L, 1);
	lunatik_putobject(object);
	return 0;
}

static const luaL_Reg methods[] = {
	{ "delete", delete },
	{ "stop", delete },
	{ NULL, NULL }
};

static const struct lunatik_class class = {
	.name = "notifier",
	.methods = methods,
	.release = release,
	.owner = THIS_MODULE,
};

static const struct lunatik_constant key_events[] = {
	{ "KEYCODE", KBD_KEYCODE },	{ "UNBOUND_KEYCODE", KBD_UNBOUND_KEYCODE },	{ "UNICODE", KBD_UNICODE },
	{ "KEYSYM", KBD_KEYSYM },	{ "POST_KEYSYM", KBD_POST_KEYSYM },
};

static const struct lunatik_constant device_events[] = {
	{ "UP", NETDEV_UP },
	{ "DOWN", NETDEV_DOWN },
	{ "REBOOT", NETDEV_REBOOT },
	{ "CHANGE", NETDEV_CHANGE },
	{ "REGISTER", NETDEV_REGISTER },
	{ "UNREGISTER", NETDEV_UNREGISTER },
	{ "CHANGEMTU", NETDEV_CHANGEMTU },
	{ "CHANGEADDR", NETDEV_CHANGEADDR },
	{ "PRE_CHANGEADDR", NETDEV_PRE_CHANGEADDR },
	{ "GOING_DOWN", NETDEV_GOING_DOWN },
	{ "CHANGENAME", NETDEV_CHANGENAME },
	{ "FEAT_CHANGE", NETDEV_FEAT_CHANGE },
	{ "BONDING_FAILOVER", NETDEV_BONDING_FAILOVER },
	{ "PRE_UP", NETDEV_PRE_UP },
	{ "PRE_TYPE_CHANGE", NETDEV_PRE_TYPE_CHANGE },
	{ "POST_TYPE_CHANGE", NETDEV_POST_TYPE_CHANGE },
	{ "POST_INIT", NETDEV_POST_INIT },
	{ "PRE_UNINIT", NETDEV_PRE_UNINIT },
	{ "RELEASE", NETDEV_RELEASE },
	{ "NOTIFY_PEERS", NETDEV_NOTIFY_PEERS },
	{ "JOIN", NETDEV_JOIN },
	{ "CHANGEUPPER", NETDEV_CHANGEUPPER },
	{ "RESEND_IGMP", NETDEV_RESEND_IGMP },
	{ "PRECHANGEMTU", NETDEV_PRECHANGEMTU },
	{ "CHANGEINFODATA", NETDEV_CHANGEINFODATA },
	{ "BONDING_INFO", NETDEV_BONDING_INFO },
	{ "PRECHANGEUPPER", NETDEV_PRECHANGEUPPER },
	{ "CHANGELOWERSTATE", NETDEV_CHANGELOWERSTATE },
	{ "UDP_TUNNEL_PUSH_INFO", NETDEV_UDP_TUNNEL_PUSH_INFO },
	{ "UDP_TUNNEL_DROP_INFO", NETDEV_UDP_TUNNEL_DROP_INFO },
	{ "CHANGE_TX_QUEUE_LEN", NETDEV_CHANGE_TX_QUEUE_LEN },
	{ "CVLAN_FILTER_PUSH_INFO", NETDEV_CVLAN_FILTER_PUSH_INFO },
	{ "CVLAN_FILTER_DROP_INFO", NETDEV_CVLAN_FILTER_DROP_INFO },
	{ "SVLAN_FILTER_PUSH_INFO", NETDEV_SVLAN_FILTER_PUSH_INFO },
	{ "SVLAN_FILTER_DROP_INFO", NETDEV_SVLAN_FILTER_DROP_INFO },
	{ "OFFLOAD_XSTATS_ENABLE", NETDEV_OFFLOAD_XSTATS_ENABLE },
	{ "OFFLOAD_XSTATS_DISABLE", NETDEV_OFFLOAD_XSTATS_DISABLE },
	{ "OFFLOAD_XSTATS_REPORT_USED", NETDEV_OFFLOAD_XSTATS_REPORT_USED },
	{ "OFFLOAD_XSTATS_REPORT_DELTA", NETDEV_OFFLOAD_XSTATS_REPORT_DELTA },
	{ "XDP_FEAT_CHANGE", NETDEV_XDP_FEAT_CHANGE },
};

static const struct lunatik_constant answers[] = {
	{ "DONE", NOTIFY_DONE }, { "OK", NOTIFY_OK }, { "BAD", NOTIFY_BAD }, { "STOP", NOTIFY_STOP },
};

static const luaL_Reg functions[] = {
	{ "keyboard", new_keyboard },
	{ "netdevice", new_netdevice },
	{ "delete", delete },
	{ "stop", delete },
	{ NULL, NULL }
};

static int open(lua_State *L)
{
	luaL_newlib(L, functions);
	lunatik_setconstants(L, "kbd", key_events, ARRAY_SIZE(key_events));
	lunatik_setconstants(L, "netdev", device_events, ARRAY_SIZE(device_events));
	lunatik_setconstants(L, "notify", answers, ARRAY_SIZE(answers));
	return 1;
}

static struct lunatik_library library = { "notifier", open, THIS_MODULE };

module_lunatik(library, "notifier");
MODULE_DESCRIPTION("Lua library notifier");
MODULE_LICENSE("Dual MIT/GPL");
MODULE_VERSION(PS_VERSION);
