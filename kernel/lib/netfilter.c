/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The library netfilter: functions of scripts as hooks of netfilter, in each network namespace.
 */
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/netfilter_arp.h>
#include <linux/netfilter_bridge.h>
#include <linux/netfilter_ipv4.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include "actions.h"
#include "data.h"
#include "frame.h"

/* What a script has registered. */
struct hook {
	lunatik_object_t *runtime;
	lunatik_object_t *data;		/* a reference: a script may close its own */
	struct lunatik_handler handler;
	int object;			/* in its registry: data's userdata */
	unsigned int on_error;
	bool foretells;			/* that somebody will ask for the packet object */
	struct list_head list;		/* of all */
	struct list_head places;
	struct nf_hook_ops ops;
	char device[IFNAMSIZ];		/* of NETDEV */
};

/* Where it is registered: in a namespace, or at a device. */
struct place {
	struct list_head list;
	struct nf_hook_ops ops;
	struct net *net;
	struct rcu_head rcu;	/* who lists hooks may still read ops */
};

/* A network namespace, as long as it is there. */
struct namespace {
	struct list_head list;
	struct net *net;
};

/* Taken within rtnl, where both are. */
static DEFINE_MUTEX(mutex);
static LIST_HEAD(hooks);
static LIST_HEAD(namespaces);
static unsigned int namespace_id __read_mostly;

/*
 * Packets.
 */
struct visit {
	struct frame frame;
	struct hook *hook;
	unsigned int repeats;
	bool is_settled;	/* the result is what is to become of the packet */
};

/* QUEUE is for what nfnetlink_queue can give back. */
static bool may_queue(const struct nf_hook_state *state)
{
	return state->pf != NFPROTO_ARP && state->pf != NFPROTO_NETDEV;
}

/* Whether somebody will ask for the next packet's object before its bytes is said by the last one. */
static void look_back(struct visit *visit)
{
	bool is_asked = visit->frame.guest.is_asked && !visit->frame.guest.is_shown;

	if (unlikely(READ_ONCE(visit->hook->foretells) != is_asked))
		WRITE_ONCE(visit->hook->foretells, is_asked);
}

static __always_inline void open_frame(struct visit *visit, struct sk_buff *skb, const struct nf_hook_state *state)
{
	frame_open(&visit->frame, skb, true, state, visit->hook->data, visit->hook->handler.userdata, true);
	visit->is_settled = false;
}

static bool fail(struct visit *visit)
{
	visit->frame.guest.result = visit->hook->on_error;
	return false;
}

static noinline bool settle(lua_State *L, struct ps_guest *guest, int status)
{
	struct visit *visit = container_of(guest, struct visit, frame.guest);
	lua_Integer action = guest->result;

	visit->is_settled = true;
	look_back(visit);
	if (unlikely(!frame_close(L, &visit->frame))) {
		guest->result = NF_DROP;
		return false;
	}
	if (status != LUA_OK)
		return fail(visit);
	if (!guest->is_integer || !action_is_known(action)) {
		action_refuse_result(L, guest->is_integer, action, visit->hook->handler.what);
		lua_settop(L, 0);	/* as what is called next expects it */
		return fail(visit);
	}
	if (action == NF_REPEAT && visit->repeats++ < ACTION_REPEATS) {
		open_frame(visit, visit->frame.skb, visit->frame.state);
		return true;
	}
	if (action == NF_REPEAT || (action == NF_QUEUE && !may_queue(visit->frame.state)))
		return fail(visit);
	return false;
}

static unsigned int verdict(lua_Integer action, struct sk_buff *skb)
{
	switch (action) {
	case NF_DROP:
	case NF_QUEUE:
		return action;
	case NF_STOLEN:	/* the script has no place for it */
		consume_skb(skb);
		return NF_STOLEN;
	default:
		return NF_ACCEPT;
	}
}

/* What has nobody to ask yet, or any more, passes. */
static unsigned int handle(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct hook *hook = priv;
	struct visit visit ps_uninit;
	int err;

	visit.hook = hook;
	visit.repeats = 0;
	open_frame(&visit, skb, state);
	if (READ_ONCE(hook->foretells) && likely(in_softirq()))	/* else softirqs are not disabled yet */
		frame_foretell(&visit.frame);
	err = lunatik_handle(hook->runtime, &hook->handler, &visit.frame.guest);
	if (unlikely(err))
		return action_has_nobody(err) ? NF_ACCEPT : verdict(hook->on_error, skb);
	if (unlikely(visit.is_settled))
		return verdict(visit.frame.guest.result, skb);
	look_back(&visit);
	if (visit.frame.has_packet && unlikely(!frame_end_packet(&visit.frame)))
		return NF_DROP;
	frame_settle_sum(&visit.frame);
	return NF_ACCEPT;
}

/*
 * Places.
 */
static int add_place(struct hook *hook, struct net *net, struct net_device *dev)
{
	struct place *place = kzalloc(sizeof(*place), GFP_KERNEL);
	int err;

	if (!place)
		return -ENOMEM;
	place->net = net;
	place->ops = hook->ops;
	place->ops.dev = dev;
	err = nf_register_net_hook(net, &place->ops);
	if (err) {
		kfree(place);
		return err;
	}
	list_add(&place->list, &hook->places);
	return 0;
}

static void remove_place(struct place *place)
{
	nf_unregister_net_hook(place->net, &place->ops);
	list_del(&place->list);
	kfree_rcu(place, rcu);
}

static void remove_places(struct hook *hook)
{
	struct place *place, *next;

	list_for_each_entry_safe(place, next, &hook->places, list)
		remove_place(place);
}

static bool is_of_devices(const struct hook *hook)
{
	return hook->ops.pf == NFPROTO_NETDEV;
}

/* Scripts make messages of netlink themselves while they run, and would wait for themselves there. */
static bool has_packets(const struct net_device *dev)
{
	return dev->type != ARPHRD_NETLINK;
}

static int add_to_devices(struct hook *hook, struct net *net)
{
	struct net_device *dev;
	int err = 0;

	for_each_netdev(net, dev) {
		if (!err && !strcmp(dev->name, hook->device))
			err = has_packets(dev) ? add_place(hook, net, dev) : -EPROTONOSUPPORT;
	}
	return err;
}

static int add_to_all(struct hook *hook)
{
	struct namespace *namespace;
	int err = 0;

	list_for_each_entry(namespace, &namespaces, list) {
		err = is_of_devices(hook) ? add_to_devices(hook, namespace->net) : add_place(hook, namespace->net, NULL);
		if (err)
			break;
	}
	if (err)
		remove_places(hook);
	else
		list_add(&hook->list, &hooks);
	return err;
}

static int install(struct hook *hook)
{
	int err;

	rtnl_lock();
	mutex_lock(&mutex);
	err = add_to_all(hook);
	mutex_unlock(&mutex);
	rtnl_unlock();
	return err;
}

/* No packet is in it any more when this returns. May be called again. */
static void uninstall(struct hook *hook)
{
	mutex_lock(&mutex);
	list_del_init(&hook->list);
	remove_places(hook);
	mutex_unlock(&mutex);
	synchronize_net();
}

static void remove_from(struct net *net)
{
	struct place *place, *next;
	struct hook *hook;

	list_for_each_entry(hook, &hooks, list) {
		list_for_each_entry_safe(place, next, &hook->places, list) {
			if (place->net == net)
				remove_place(place);
		}
	}
}

/* A namespace that cannot have a hook does not come into being. */
static int __net_init namespace_init(struct net *net)
{
	struct namespace *namespace = net_generic(net, namespace_id);
	struct hook *hook;
	int err = 0;

	mutex_lock(&mutex);
	list_for_each_entry(hook, &hooks, list) {
		if (!err && !is_of_devices(hook))
			err = add_place(hook, net, NULL);
	}
	if (err) {
		remove_from(net);
	} else {
		namespace->net = net;
		list_add(&namespace->list, &namespaces);
	}
	mutex_unlock(&mutex);
	return err;
}

static void __net_exit namespace_exit(struct net *net)
{
	struct namespace *namespace = net_generic(net, namespace_id);

	mutex_lock(&mutex);
	remove_from(net);
	list_del(&namespace->list);
	mutex_unlock(&mutex);
}

static struct pernet_operations namespace_ops = {
	.init = namespace_init,
	.exit = namespace_exit,
	.id = &namespace_id,
	.size = sizeof(struct namespace),
};

static int device_comes(struct net_device *dev)
{
	struct hook *hook;
	int err = 0;

	list_for_each_entry(hook, &hooks, list) {
		if (!err && is_of_devices(hook) && has_packets(dev) && !strcmp(hook->device, dev->name))
			err = add_place(hook, dev_net(dev), dev);
	}
	return err;
}

static void device_goes(const struct net_device *dev)
{
	struct place *place, *next;
	struct hook *hook;

	list_for_each_entry(hook, &hooks, list) {
		list_for_each_entry_safe(place, next, &hook->places, list) {
			if (place->ops.dev == dev)
				remove_place(place);
		}
	}
}

static int device_event(struct notifier_block *block, unsigned long event, void *info)
{
	struct net_device *dev = netdev_notifier_info_to_dev(info);
	int err = 0;

	mutex_lock(&mutex);
	if (event == NETDEV_REGISTER)
		err = device_comes(dev);
	else if (event == NETDEV_UNREGISTER)
		device_goes(dev);
	mutex_unlock(&mutex);
	return notifier_from_errno(err);
}

static struct notifier_block devices = { .notifier_call = device_event };

/*
 * What scripts call.
 */
static const struct lunatik_class class;

/* Two visits may stop one hook. */
static void forget(lua_State *L, struct hook *hook, lunatik_object_t *object)
{
	if (!hook->handler.function)
		return;
	lunatik_freehandler(L, hook->handler.function);
	hook->handler.function = NULL;
	luaL_unref(L, LUA_REGISTRYINDEX, hook->object);
	lunatik_drop(L, object);
}

/* hook:stop() */
static int stop(lua_State *L)
{
	lunatik_object_t *object = lunatik_checkobject(L, 1, &class);
	struct hook *hook = object->private;
	struct lunatik_entry *entry;

	lunatik_checksleep(L, "stop()");
	if (lunatik_toruntime(L) != hook->runtime)
		return luaL_error(L, "the hook is another runtime's");
	lunatik_getobject(object);
	entry = lunatik_sleep(L);
	uninstall(hook);
	lunatik_awake(entry);
	forget(L, hook, object);
	lunatik_closeobject(L, 1);
	lunatik_putobject(object);
	return 0;
}

static void release(lunatik_object_t *object)
{
	struct hook *hook = object->private;

	if (hook->runtime)
		uninstall(hook);
	if (hook->data) {
		luadata_withdraw(hook->data);
		lunatik_putobject(hook->data);
	}
	if (hook->runtime)
		lunatik_putobject(hook->runtime);
}

static const luaL_Reg methods[] = {
	{ "stop", stop },
	{ NULL, NULL }
};

static const struct lunatik_class class = {
	.name = "netfilter",
	.methods = methods,
	.release = release,
	.owner = THIS_MODULE,
};

static lua_Integer integer_field(lua_State *L, const char *name, lua_Integer min, lua_Integer max)
{
	lua_Integer value;
	int is_integer;

	lua_getfield(L, 1, name);
	value = lua_tointegerx(L, -1, &is_integer);
	if (!is_integer)
		luaL_error(L, "bad field '%s': number expected, got %s", name, luaL_typename(L, -1));
	if (value < min || value > max)
		luaL_error(L, "bad field '%s': %I is out of range", name, (LUAI_UACINT)value);
	lua_pop(L, 1);
	return value;
}

/* Families, and how many hooks each has, of those that have a name here. */
static const struct { u8 pf, hooks; } families[] = {
	{ NFPROTO_INET, NF_INET_NUMHOOKS },
	{ NFPROTO_IPV4, NF_INET_NUMHOOKS },
	{ NFPROTO_IPV6, NF_INET_NUMHOOKS },
	{ NFPROTO_ARP, NF_ARP_FORWARD + 1 },
	{ NFPROTO_NETDEV, NF_NETDEV_EGRESS + 1 },
	{ NFPROTO_BRIDGE, NF_BR_POST_ROUTING + 1 },
};

static unsigned int hooks_of(lua_State *L, lua_Integer pf)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(families); i++) {
		if (families[i].pf == pf)
			return families[i].hooks;
	}
	return luaL_error(L, "bad field 'pf': family %I has no hooks", (LUAI_UACINT)pf);
}

static void read_device(lua_State *L, struct hook *hook)
{
	lunatik_checkfield(L, 1, "device", LUA_TSTRING);
	lua_getfield(L, 1, "device");
	if (lua_rawlen(L, -1) >= IFNAMSIZ)
		luaL_error(L, "bad field 'device': no device has so long a name");
	strscpy(hook->device, lua_tostring(L, -1), sizeof(hook->device));
	lua_pop(L, 1);
}

static void read_fields(lua_State *L, struct hook *hook)
{
	hook->ops.pf = integer_field(L, "pf", 0, U8_MAX);
	hook->ops.hooknum = integer_field(L, "hooknum", 0, hooks_of(L, hook->ops.pf) - 1);
	hook->ops.priority = integer_field(L, "priority", INT_MIN, INT_MAX);
	hook->ops.hook = handle;
	hook->ops.priv = hook;
	hook->on_error = action_on_error(L, 1);
	lunatik_checkfield(L, 1, "hook", LUA_TFUNCTION);
	if (is_of_devices(hook))
		read_device(L, hook);
}

static int refuse(lua_State *L, int err)
{
	if (err == -EOPNOTSUPP || err == -ENOENT)
		return luaL_error(L, "this kernel has no such hook");
	if (err == -EPROTONOSUPPORT)
		return luaL_error(L, "the device's packets are the kernel's messages of netlink, for which there are no hooks");
	return luaL_error(L, "the hook cannot be registered: error %d", -err);
}

/* netfilter.register(ops) */
static int register_hook(lua_State *L)
{
	struct lunatik_entry *entry;
	lunatik_object_t *object;
	struct hook *hook;
	int err;

	luaL_checktype(L, 1, LUA_TTABLE);
	lunatik_checksleep(L, "netfilter.register()");
	lua_settop(L, 1);
	object = lunatik_newobject(L, &class, sizeof(*hook));
	hook = object->private;
	INIT_LIST_HEAD(&hook->list);
	INIT_LIST_HEAD(&hook->places);
	read_fields(L, hook);
	hook->data = luadata_new(L);
	lunatik_getobject(hook->data);
	hook->handler.what = "netfilter: ";
	hook->handler.usual = NF_ACCEPT;
	hook->handler.settle = settle;
	hook->handler.place = luadata_offer(hook->data, &frame_source);
	hook->handler.window = luadata_window(hook->data);
	hook->handler.userdata = lua_touserdata(L, -1);
	hook->object = luaL_ref(L, LUA_REGISTRYINDEX);
	lua_getfield(L, 1, "hook");
	hook->handler.function = lunatik_newhandler(L, hook->handler.userdata);
	lunatik_calledin(L, LUNATIK_SOFTIRQ);
	lua_pushvalue(L, 1);
	lunatik_keep(L, 2);
	hook->runtime = lunatik_toruntime(L);
	lunatik_getobject(hook->runtime);
	entry = lunatik_sleep(L);
	err = install(hook);
	lunatik_awake(entry);
	if (err) {
		forget(L, hook, object);
		return refuse(L, err);
	}
	return 1;
}

#define ROW(prefix, name)	{ #name, prefix ## name }

static const struct lunatik_constant family[] = {
	ROW(NFPROTO_, UNSPEC), ROW(NFPROTO_, INET), ROW(NFPROTO_, IPV4), ROW(NFPROTO_, IPV6), ROW(NFPROTO_, ARP),
	ROW(NFPROTO_, NETDEV), ROW(NFPROTO_, BRIDGE),
};

static const struct lunatik_constant action[] = {
	ROW(NF_, DROP), ROW(NF_, ACCEPT), ROW(NF_, STOLEN), ROW(NF_, QUEUE), ROW(NF_, REPEAT), ROW(NF_, STOP),
	ROW(XT_, CONTINUE), ROW(XT_, RETURN),
};

static const struct lunatik_constant inet_hooks[] = {
	ROW(NF_INET_, PRE_ROUTING), ROW(NF_INET_, LOCAL_IN), ROW(NF_INET_, FORWARD), ROW(NF_INET_, LOCAL_OUT),
	ROW(NF_INET_, POST_ROUTING),
};

static const struct lunatik_constant bridge_hooks[] = {
	ROW(NF_BR_, PRE_ROUTING), ROW(NF_BR_, LOCAL_IN), ROW(NF_BR_, FORWARD), ROW(NF_BR_, LOCAL_OUT), ROW(NF_BR_, POST_ROUTING),
};

static const struct lunatik_constant arp_hooks[] = {
	ROW(NF_ARP_, IN), ROW(NF_ARP_, OUT), ROW(NF_ARP_, FORWARD),
};

static const struct lunatik_constant netdev_hooks[] = {
	ROW(NF_NETDEV_, INGRESS), ROW(NF_NETDEV_, EGRESS),
};

static const struct lunatik_constant ip_priority[] = {
	ROW(NF_IP_PRI_, FIRST), ROW(NF_IP_PRI_, RAW_BEFORE_DEFRAG), ROW(NF_IP_PRI_, CONNTRACK_DEFRAG), ROW(NF_IP_PRI_, RAW),
	ROW(NF_IP_PRI_, SELINUX_FIRST), ROW(NF_IP_PRI_, CONNTRACK), ROW(NF_IP_PRI_, MANGLE), ROW(NF_IP_PRI_, NAT_DST),
	ROW(NF_IP_PRI_, FILTER), ROW(NF_IP_PRI_, SECURITY), ROW(NF_IP_PRI_, NAT_SRC), ROW(NF_IP_PRI_, SELINUX_LAST),
	ROW(NF_IP_PRI_, CONNTRACK_HELPER), ROW(NF_IP_PRI_, LAST),
};

static const struct lunatik_constant bridge_priority[] = {
	ROW(NF_BR_PRI_, FIRST), ROW(NF_BR_PRI_, NAT_DST_BRIDGED), ROW(NF_BR_PRI_, FILTER_BRIDGED), ROW(NF_BR_PRI_, BRNF),
	ROW(NF_BR_PRI_, NAT_DST_OTHER), ROW(NF_BR_PRI_, FILTER_OTHER), ROW(NF_BR_PRI_, NAT_SRC), ROW(NF_BR_PRI_, LAST),
};

#define TABLE(name)	{ #name, name, ARRAY_SIZE(name) }

static const struct {
	const char *name;
	const struct lunatik_constant *rows;
	size_t n;
} tables[] = {
	TABLE(family), TABLE(action), TABLE(inet_hooks), TABLE(bridge_hooks), TABLE(arp_hooks), TABLE(netdev_hooks), TABLE(ip_priority),
	TABLE(bridge_priority),
};

static int open(lua_State *L)
{
	static const luaL_Reg functions[] = {
		{ "register", register_hook },
		{ "stop", stop },
		{ NULL, NULL }
	};
	size_t i;

	ps_bind_open_guest(L);
	luaL_newlib(L, functions);
	for (i = 0; i < ARRAY_SIZE(tables); i++)
		lunatik_setconstants(L, tables[i].name, tables[i].rows, tables[i].n);
	return 1;
}

static struct lunatik_library library = { "netfilter", open, THIS_MODULE };

static int __init netfilter_setup(void)
{
	int err = register_pernet_subsys(&namespace_ops);

	if (err)
		return err;
	err = register_netdevice_notifier(&devices);
	if (err)
		goto err_namespaces;
	err = lunatik_register(&library);
	if (err)
		goto err_notifier;
	return 0;
err_notifier:
	unregister_netdevice_notifier(&devices);
err_namespaces:
	unregister_pernet_subsys(&namespace_ops);
	return err;
}

static void __exit netfilter_teardown(void)
{
	lunatik_unregister(&library);
	unregister_netdevice_notifier(&devices);
	unregister_pernet_subsys(&namespace_ops);
}

module_init(netfilter_setup);
module_exit(netfilter_teardown);
MODULE_ALIAS(LUNATIK_ALIAS "netfilter");
MODULE_DESCRIPTION("Lua library netfilter");
MODULE_LICENSE("Dual MIT/GPL");
MODULE_VERSION(PS_VERSION);
