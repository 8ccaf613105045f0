/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The library xdp: functions of scripts that XDP programs call, by the kfunc bpf_luaxdp_run().
 */
#include <linux/bpf.h>
#include <linux/btf.h>
#include <linux/btf_ids.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/mutex.h>
#include <linux/rculist.h>
#include <linux/string.h>
#include <net/xdp.h>

#include "bind.h"
#include "buffer.h"
#include "compat.h"
#include "data.h"

/* The function of a runtime. Its object is known to the runtime's registry by key. */
struct attachment {
	struct list_head list;		/* RCU; written within mutex */
	bool is_listed, is_over;	/* within mutex */
	lunatik_object_t *runtime;
	lunatik_object_t *buffer, *argument;	/* references: a script may close its own */
	int function, buffer_ref, argument_ref;
	void **packet;			/* buffer's place for the one that it is asked about */
};

static DEFINE_MUTEX(mutex);
static LIST_HEAD(attachments);
static const char key;
static bool has_btf;

/*
 * Packets.
 */
static struct attachment *find(const char *script, size_t size)
{
	struct attachment *attachment;
	const char *name;

	list_for_each_entry_rcu(attachment, &attachments, list) {
		name = lunatik_script(attachment->runtime);
		if (strlen(name) == strnlen(script, size) && !strncmp(name, script, size))
			return attachment;
	}
	return NULL;
}

/* What the engine has for memory, of which it changes no length: the program knows where the packet's bytes are. */
struct packet {
	const struct xdp_buff *xdp;
	lunatik_object_t *buffer;
	bool is_there;
	struct ps_buffer bytes;
};

/* For luadata_offer(): the bytes are there from the beginning. */
static bool get_bytes(void *of)
{
	return false;
}

/* From then on it is the packet's object that writes. */
static void *get_packet(lua_State *L, void *of)
{
	struct packet *packet = of;
	const struct xdp_buff *xdp;
	size_t size;

	if (!packet)
		return NULL;
	xdp = packet->xdp;
	size = xdp->data_end - xdp->data;
	if (size < ETH_HLEN)
		return NULL;
	if (!packet->is_there) {
		ps_buffer_init_room(&packet->bytes, xdp->data, size, 0, ETH_HLEN, ntohs(((struct ethhdr *)xdp->data)->h_proto));
		packet->is_there = true;
		luadata_reset(packet->buffer, xdp->data, size, true);
	}
	return ps_bind_begin_guest(L, &packet->bytes.pkt);
}

static const struct luadata_source source = { get_bytes, get_packet };

static int call(lua_State *L, struct attachment *attachment, const struct xdp_buff *xdp, void *arg, size_t arg_size)
{
	struct packet packet = { .xdp = xdp, .buffer = attachment->buffer };
	int action = -1;

	luadata_reset(attachment->buffer, xdp->data, xdp->data_end - xdp->data, false);
	*attachment->packet = &packet;
	luadata_reset(attachment->argument, arg, arg_size, false);
	lua_rawgeti(L, LUA_REGISTRYINDEX, attachment->function);
	lua_rawgeti(L, LUA_REGISTRYINDEX, attachment->buffer_ref);
	lua_rawgeti(L, LUA_REGISTRYINDEX, attachment->argument_ref);
	if (lunatik_call(L, 2, 1, "xdp: ") == LUA_OK && lua_isinteger(L, -1) && lua_tointeger(L, -1) >= XDP_ABORTED &&
	    lua_tointeger(L, -1) <= XDP_REDIRECT)
		action = lua_tointeger(L, -1);
	luadata_clear(attachment->argument);
	luadata_clear(attachment->buffer);
	*attachment->packet = NULL;
	if (packet.is_there)
		ps_bind_end_guest(L);
	return action;
}

int bpf_luaxdp_run(char *script, size_t script__sz, struct xdp_md *ctx, void *arg, size_t arg__sz);

/* Returns the script's action; -1: there is no such script, it cannot be called, or it has not returned an action. */
__bpf_kfunc int bpf_luaxdp_run(char *script, size_t script__sz, struct xdp_md *ctx, void *arg, size_t arg__sz)
{
	struct attachment *attachment;
	struct lunatik_entry entry;
	int action = -1;

	rcu_read_lock();
	attachment = find(script, script__sz);
	if (attachment && !lunatik_enter(attachment->runtime, &entry, LUNATIK_SOFTIRQ)) {
		action = call(entry.L, attachment, (struct xdp_buff *)ctx, arg, arg__sz);
		lunatik_leave(attachment->runtime, &entry);
	}
	rcu_read_unlock();
	return action;
}

BTF_KFUNCS_START(kfuncs)
BTF_ID_FLAGS(func, bpf_luaxdp_run)
BTF_KFUNCS_END(kfuncs)

static const struct btf_kfunc_id_set kfunc_set = {
	.owner = THIS_MODULE,
	.set = &kfuncs,
};

/*
 * What scripts call.
 */
static void uninstall(struct attachment *attachment)
{
	mutex_lock(&mutex);
	if (attachment->is_listed)
		list_del_rcu(&attachment->list);
	attachment->is_listed = false;
	attachment->is_over = true;
	mutex_unlock(&mutex);
	synchronize_rcu();
}

static void release(lunatik_object_t *object)
{
	struct attachment *attachment = object->private;

	if (attachment->runtime)
		uninstall(attachment);
	if (attachment->buffer) {
		luadata_withdraw(attachment->buffer);
		lunatik_putobject(attachment->buffer);
	}
	if (attachment->argument)
		lunatik_putobject(attachment->argument);
	if (attachment->runtime)
		lunatik_putobject(attachment->runtime);
}

static const struct lunatik_class class = {
	.name = "xdp",
	.release = release,
	.owner = THIS_MODULE,
};

/* xdp.detach() */
static int detach(lua_State *L)
{
	struct attachment *attachment;
	struct lunatik_entry *entry;
	lunatik_object_t *object;

	lunatik_checksleep(L, "xdp.detach()");
	lua_settop(L, 0);
	if (lua_rawgetp(L, LUA_REGISTRYINDEX, &key) != LUA_TUSERDATA)
		return 0;
	object = lunatik_toobject(L, 1);
	lua_pushnil(L);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &key);
	attachment = object->private;
	lunatik_getobject(object);
	entry = lunatik_sleep(L);
	uninstall(attachment);
	lunatik_awake(entry);
	luaL_unref(L, LUA_REGISTRYINDEX, attachment->function);
	luaL_unref(L, LUA_REGISTRYINDEX, attachment->buffer_ref);
	luaL_unref(L, LUA_REGISTRYINDEX, attachment->argument_ref);
	lunatik_closeobject(L, 1);
	lunatik_putobject(object);
	return 0;
}

static int new_data(lua_State *L, lunatik_object_t **data)
{
	*data = luadata_new(L);
	lunatik_getobject(*data);
	return luaL_ref(L, LUA_REGISTRYINDEX);
}

/* Another visit may have detached it before. */
static void install(struct attachment *attachment)
{
	mutex_lock(&mutex);
	if (!attachment->is_over)
		list_add_rcu(&attachment->list, &attachments);
	attachment->is_listed = !attachment->is_over;
	mutex_unlock(&mutex);
}

/* xdp.attach(callback) */
static int attach(lua_State *L)
{
	struct attachment *attachment;
	struct lunatik_entry *entry;
	lunatik_object_t *object;

	luaL_checktype(L, 1, LUA_TFUNCTION);
	lunatik_checksleep(L, "xdp.attach()");
	if (!has_btf)
		return luaL_error(L, "no program can call bpf_luaxdp_run(): luaxdp was built without BTF, see 'make btf_install'");
	if (lua_rawgetp(L, LUA_REGISTRYINDEX, &key) != LUA_TNIL)
		return luaL_error(L, "this runtime has a function attached already");
	lua_settop(L, 1);
	lunatik_calledin(L, LUNATIK_SOFTIRQ);
	object = lunatik_newobject(L, &class, sizeof(*attachment));
	attachment = object->private;
	lua_pushvalue(L, 1);
	attachment->function = luaL_ref(L, LUA_REGISTRYINDEX);
	attachment->buffer_ref = new_data(L, &attachment->buffer);
	attachment->packet = luadata_offer(attachment->buffer, &source);
	attachment->argument_ref = new_data(L, &attachment->argument);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &key);
	lunatik_getobject(object);
	attachment->runtime = lunatik_toruntime(L);
	lunatik_getobject(attachment->runtime);
	entry = lunatik_sleep(L);
	install(attachment);
	lunatik_awake(entry);
	lunatik_putobject(object);
	return 0;
}

static const struct lunatik_constant action[] = {
	{ "ABORTED", XDP_ABORTED }, { "DROP", XDP_DROP }, { "PASS", XDP_PASS }, { "TX", XDP_TX }, { "REDIRECT", XDP_REDIRECT },
};

static int open(lua_State *L)
{
	static const luaL_Reg functions[] = {
		{ "attach", attach },
		{ "detach", detach },
		{ NULL, NULL }
	};

	ps_bind_open_guest(L);
	luaL_newlib(L, functions);
	lunatik_setconstants(L, "action", action, ARRAY_SIZE(action));
	return 1;
}

static struct lunatik_library library = { "xdp", open, THIS_MODULE };

static int __init xdp_setup(void)
{
	/* some kernels register what nobody will find */
	has_btf = PS_HAS_BTF(THIS_MODULE) && !register_btf_kfunc_id_set(BPF_PROG_TYPE_XDP, &kfunc_set);
	return lunatik_register(&library);
}

static void __exit xdp_teardown(void)
{
	lunatik_unregister(&library);
}

module_init(xdp_setup);
module_exit(xdp_teardown);
MODULE_ALIAS(LUNATIK_ALIAS "xdp");
MODULE_DESCRIPTION("Lua library xdp");
MODULE_LICENSE("Dual MIT/GPL");
MODULE_VERSION(PS_VERSION);
