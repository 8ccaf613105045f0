/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The library xtable: matches and targets of iptables that are functions of scripts.
 */
#include <linux/capability.h>
#include <linux/mutex.h>
#include <linux/netfilter/x_tables.h>
#include <linux/netfilter_bridge/ebtables.h>
#include <linux/slab.h>

#include "actions.h"
#include "data.h"
#include "frame.h"
#include "lua_xtable.h"
#include "unref.h"

/* What a script has made. */
struct xtable {
	lunatik_object_t *runtime;
	lunatik_object_t *data;		/* a reference: a script may close its own */
	lunatik_object_t *object;	/* itself, which no reference counts */
	struct extension *extension;	/* that it serves; or NULL */
	int function, checkentry, destroy, skb, par;	/* in the runtime's registry */
	void **frame;			/* data's place for that of the packet that it is asked about */
	lua_Integer on_error;
};

/*
 * What iptables knows, by name, revision and family. Rules point to it, and so does who is about to make one: so it is there
 * as long as this module, which these hold. A script serves it for as long as it runs, and the next one of that name takes it
 * over with its rules.
 */
struct extension {
	struct list_head list;
	struct xtable __rcu *xtable;	/* or NULL; written within mutex */
	unsigned int rules;		/* within mutex */
	bool is_match;
	struct xt_match match;
	struct xt_target target;
};

static DEFINE_MUTEX(mutex);
static LIST_HEAD(extensions);

/*
 * Packets.
 */
static size_t userargs_len(const struct lua_xtable_info *info)
{
	return strnlen(info->userargs, sizeof(info->userargs));
}

static void set_par(lua_State *L, const struct xt_action_param *par)
{
	lua_pushboolean(L, par->hotdrop);
	lua_setfield(L, -2, "hotdrop");
	lua_pushinteger(L, par->thoff);
	lua_setfield(L, -2, "thoff");
	lua_pushinteger(L, par->fragoff);
	lua_setfield(L, -2, "fragoff");
}

/* Within a protected call: function(skb, par, userargs), and par as it has been left. */
static int call_function(lua_State *L)
{
	const struct xtable *xtable = lua_touserdata(L, 1);
	const struct xt_action_param *par = lua_touserdata(L, 2);
	const struct lua_xtable_info *info = par->matchinfo;	/* of a target: the same place */

	lua_rawgeti(L, LUA_REGISTRYINDEX, xtable->par);
	set_par(L, par);
	lua_rawgeti(L, LUA_REGISTRYINDEX, xtable->function);
	lua_rawgeti(L, LUA_REGISTRYINDEX, xtable->skb);
	lua_pushvalue(L, 3);
	lua_pushlstring(L, info->userargs, userargs_len(info));
	lua_call(L, 3, 1);
	lua_getfield(L, 3, "hotdrop");
	return 2;
}

/* Leaves the function's result and par.hotdrop on the stack. */
static bool run(lua_State *L, struct xtable *xtable, struct sk_buff *skb, const struct xt_action_param *par, bool is_written)
{
	struct frame frame ps_uninit;
	int status;

	frame_open(&frame, skb, false, par->state, xtable->data, NULL, is_written);
	*xtable->frame = &frame;
	lua_pushcfunction(L, call_function);
	lua_pushlightuserdata(L, xtable);
	lua_pushlightuserdata(L, (void *)par);
	status = lunatik_call(L, 2, 2, "xtable: ");
	*xtable->frame = NULL;
	return frame_close(L, &frame) && status == LUA_OK;
}

static bool run_match(lua_State *L, struct xtable *xtable, const struct sk_buff *skb, struct xt_action_param *par)
{
	bool is_matching;

	if (!run(L, xtable, (struct sk_buff *)skb, par, false)) {
		par->hotdrop = xtable->on_error == NF_DROP;
		return false;
	}
	is_matching = lua_toboolean(L, -2);
	par->hotdrop = lua_toboolean(L, -1);
	return is_matching;
}

/* As the netfilter library does: what has nobody to ask passes, here to the next rule. */
static bool match(const struct sk_buff *skb, struct xt_action_param *par)
{
	const struct extension *extension = container_of(par->match, struct extension, match);
	struct lunatik_entry entry;
	struct xtable *xtable;
	bool is_matching = false;
	int err;

	rcu_read_lock();
	xtable = rcu_dereference(extension->xtable);
	if (!xtable)
		goto out;
	err = lunatik_enter(xtable->runtime, &entry, LUNATIK_SOFTIRQ);
	if (!err) {
		is_matching = run_match(entry.L, xtable, skb, par);
		lunatik_leave(xtable->runtime, &entry);
	} else if (!action_has_nobody(err)) {
		par->hotdrop = xtable->on_error == NF_DROP;
	}
out:
	rcu_read_unlock();
	return is_matching;
}

static lua_Integer decide(lua_State *L, struct xtable *xtable, struct sk_buff *skb, const struct xt_action_param *par)
{
	lua_Integer action;
	int n;

	for (n = 0; n <= ACTION_REPEATS; n++) {
		if (!run(L, xtable, skb, par, true))
			return xtable->on_error;
		lua_pop(L, 1);
		if (!action_take(L, "xtable: ", &action))
			return xtable->on_error;
		if (action != NF_REPEAT)
			return action;
	}
	return xtable->on_error;
}

static unsigned int bridge_verdict(lua_Integer action)
{
	switch (action) {
	case NF_DROP:
	case NF_QUEUE:
		return EBT_DROP;
	case (lua_Integer)XT_CONTINUE:
		return EBT_CONTINUE;
	case (lua_Integer)XT_RETURN:
		return EBT_RETURN;
	default:
		return EBT_ACCEPT;
	}
}

static unsigned int verdict(lua_Integer action, struct sk_buff *skb, const struct xt_action_param *par)
{
	const struct lua_xtable_info *info = par->targinfo;

	if (action == (lua_Integer)XT_RETURN && !info->can_return)
		return xt_family(par) == NFPROTO_BRIDGE ? EBT_CONTINUE : XT_CONTINUE;
	/* netfilter would take it, and not know how to go on with it */
	if (action == NF_QUEUE && xt_family(par) == NFPROTO_ARP)
		return NF_DROP;
	/* the script has no place for it; and bridges know no such verdict */
	if (action == NF_STOLEN) {
		if (xt_family(par) == NFPROTO_BRIDGE)
			return EBT_DROP;
		consume_skb(skb);
		return NF_STOLEN;
	}
	if (xt_family(par) == NFPROTO_BRIDGE)
		return bridge_verdict(action);
	return action == NF_STOP ? NF_ACCEPT : action;
}

static unsigned int target(struct sk_buff *skb, const struct xt_action_param *par)
{
	const struct extension *extension = container_of(par->target, struct extension, target);
	lua_Integer action = XT_CONTINUE;
	struct lunatik_entry entry;
	struct xtable *xtable;
	int err;

	rcu_read_lock();
	xtable = rcu_dereference(extension->xtable);
	if (!xtable)
		goto out;
	err = lunatik_enter(xtable->runtime, &entry, LUNATIK_SOFTIRQ);
	if (!err) {
		action = decide(entry.L, xtable, skb, par);
		lunatik_leave(xtable->runtime, &entry);
	} else if (!action_has_nobody(err)) {
		action = xtable->on_error;
	}
out:
	rcu_read_unlock();
	return verdict(action, skb, par);
}

/*
 * Rules.
 */
struct asking {
	const struct xtable *xtable;
	const struct lua_xtable_info *info;
	int function;
};

static int ask_function(lua_State *L)
{
	const struct asking *asking = lua_touserdata(L, 1);

	lua_rawgeti(L, LUA_REGISTRYINDEX, asking->function);
	lua_pushlstring(L, asking->info->userargs, userargs_len(asking->info));
	lua_call(L, 1, 1);
	return 1;
}

/* Of a function that is there. Returns 0, or -EINVAL: it has raised or returned false. */
static int ask(const struct xtable *xtable, const struct lua_xtable_info *info, int function)
{
	struct asking asking = { xtable, info, function };
	struct lunatik_entry entry;
	int err;

	if (function == LUA_NOREF)
		return 0;
	err = lunatik_enterbriefly(xtable->runtime, &entry);	/* who takes a network namespace away waits for it, and others for him */
	if (err)
		return err;
	lua_pushcfunction(entry.L, ask_function);
	lua_pushlightuserdata(entry.L, &asking);
	if (lunatik_call(entry.L, 1, 1, "xtable: ") != LUA_OK)
		err = -EINVAL;
	else if (lua_isboolean(entry.L, -1) && !lua_toboolean(entry.L, -1))
		err = -EINVAL;
	lunatik_leave(xtable->runtime, &entry);
	return err;
}

/* With a reference; or NULL. Within mutex. */
static struct xtable *get_xtable(const struct extension *extension)
{
	struct xtable *xtable = rcu_dereference_protected(extension->xtable, lockdep_is_held(&mutex));

	return xtable && kref_get_unless_zero(&xtable->object->kref) ? xtable : NULL;
}

/* Tables are written back as a whole: so a rule of a script that has gone is checked anew, and stays. */
static int check(struct extension *extension, const struct lua_xtable_info *info)
{
	struct xtable *xtable;
	int err = 0;

	if (!capable(CAP_NET_ADMIN))
		return -EPERM;
	mutex_lock(&mutex);
	xtable = get_xtable(extension);
	if (!xtable && !extension->rules)
		err = -ENOENT;
	else
		extension->rules++;
	mutex_unlock(&mutex);
	if (!xtable)
		return err;
	err = ask(xtable, info, xtable->checkentry);
	lunatik_putobject(xtable->object);
	if (err) {
		mutex_lock(&mutex);
		extension->rules--;
		mutex_unlock(&mutex);
	}
	return err;
}

static void destroy(struct extension *extension, const struct lua_xtable_info *info)
{
	struct xtable *xtable;

	mutex_lock(&mutex);
	extension->rules--;
	xtable = get_xtable(extension);
	mutex_unlock(&mutex);
	if (!xtable)
		return;
	ask(xtable, info, xtable->destroy);
	lunatik_putobject(xtable->object);
}

static int check_match(const struct xt_mtchk_param *par)
{
	return check(container_of(par->match, struct extension, match), par->matchinfo);
}

static void destroy_match(const struct xt_mtdtor_param *par)
{
	destroy(container_of(par->match, struct extension, match), par->matchinfo);
}

/* Legacy tables give what a target returns to netfilter, which knows no XT_RETURN; ebtables does, but not in a base chain. */
static bool can_return(const struct xt_tgchk_param *par)
{
	return par->nft_compat || (par->family == NFPROTO_BRIDGE && !(par->hook_mask & BIT(NF_BR_NUMHOOKS)));
}

static int check_target(const struct xt_tgchk_param *par)
{
	struct lua_xtable_info *info = par->targinfo;

	info->can_return = can_return(par);
	return check(container_of(par->target, struct extension, target), par->targinfo);
}

static void destroy_target(const struct xt_tgdtor_param *par)
{
	destroy(container_of(par->target, struct extension, target), par->targinfo);
}

/*
 * Extensions.
 */
struct wanted {
	char name[XT_EXTENSION_MAXNAMELEN];
	u8 revision;
	u16 family, proto;
	unsigned int hooks;
	bool is_match;
};

static struct extension *find(const struct wanted *wanted)
{
	struct extension *extension;

	list_for_each_entry(extension, &extensions, list) {
		if (extension->is_match == wanted->is_match && extension->match.family == wanted->family &&
		    extension->match.revision == wanted->revision && !strcmp(extension->match.name, wanted->name))
			return extension;
	}
	return NULL;
}

static void fill(struct extension *extension, const struct wanted *wanted)
{
	struct xt_match *match = &extension->match;
	struct xt_target *target = &extension->target;

	extension->is_match = wanted->is_match;
	strscpy((char *)match->name, wanted->name, sizeof(match->name));
	strscpy((char *)target->name, wanted->name, sizeof(target->name));
	match->revision = target->revision = wanted->revision;
	match->family = target->family = wanted->family;
	match->proto = target->proto = wanted->proto;
	match->hooks = target->hooks = wanted->hooks;
}

/* A name that the kernel has for something of its own would be hidden by it. */
static bool is_taken(const struct wanted *wanted)
{
	if (wanted->is_match) {
		struct xt_match *match = xt_request_find_match(wanted->family, wanted->name, wanted->revision);

		if (IS_ERR(match))
			return false;
		module_put(match->me);
	} else {
		struct xt_target *target = xt_request_find_target(wanted->family, wanted->name, wanted->revision);

		if (IS_ERR(target))
			return false;
		module_put(target->me);
	}
	return true;
}

static int new_extension(const struct wanted *wanted, struct extension **result)
{
	struct extension *extension = kzalloc(sizeof(*extension), GFP_KERNEL);
	int err;

	if (!extension)
		return -ENOMEM;
	fill(extension, wanted);
	extension->match.match = match;
	extension->match.checkentry = check_match;
	extension->match.destroy = destroy_match;
	extension->target.target = target;
	extension->target.checkentry = check_target;
	extension->target.destroy = destroy_target;
	extension->match.matchsize = extension->target.targetsize = XT_ALIGN(sizeof(struct lua_xtable_info));
	extension->match.usersize = extension->target.usersize = offsetof(struct lua_xtable_info, can_return);
	extension->match.me = extension->target.me = THIS_MODULE;
	err = wanted->is_match ? xt_register_match(&extension->match) : xt_register_target(&extension->target);
	if (err) {
		kfree(extension);
		return err;
	}
	list_add(&extension->list, &extensions);
	*result = extension;
	return 0;
}

/* Then it stays one. */
static bool is_extension(const struct wanted *wanted)
{
	bool is;

	mutex_lock(&mutex);
	is = find(wanted);
	mutex_unlock(&mutex);
	return is;
}

/* The kernel's own are looked for without the mutex, since modprobe may take long, and each rule and each end of a script needs that. */
static int serve(struct xtable *xtable, const struct wanted *wanted)
{
	bool is_kernels = !is_extension(wanted) && is_taken(wanted);
	struct extension *extension;
	int err = 0;

	mutex_lock(&mutex);
	extension = find(wanted);
	if (extension ? rcu_access_pointer(extension->xtable) != NULL : is_kernels)
		err = -EEXIST;
	else if (extension)
		fill(extension, wanted);
	else
		err = new_extension(wanted, &extension);
	if (!err) {
		xtable->extension = extension;
		rcu_assign_pointer(extension->xtable, xtable);
	}
	mutex_unlock(&mutex);
	return err;
}

/* No packet is in it any more when this returns. May be called again. */
static void stop_serving(struct xtable *xtable)
{
	mutex_lock(&mutex);
	if (xtable->extension)
		RCU_INIT_POINTER(xtable->extension->xtable, NULL);
	xtable->extension = NULL;
	mutex_unlock(&mutex);
	synchronize_rcu();
}

/*
 * What scripts call.
 */
static const struct lunatik_class class;

static void release(lunatik_object_t *object)
{
	struct xtable *xtable = object->private;

	if (xtable->runtime)
		stop_serving(xtable);
	if (xtable->data) {
		luadata_withdraw(xtable->data);
		lunatik_putobject(xtable->data);
	}
	if (xtable->runtime)
		lunatik_putobject(xtable->runtime);
}

static void forget(lua_State *L, struct xtable *xtable)
{
	unref_once(L, &xtable->function);
	unref_once(L, &xtable->skb);
	unref_once(L, &xtable->par);
	lunatik_drop(L, xtable->object);
}

/* xtable:stop(). What rules ask, checkentry and destroy, goes with the runtime: one may be on its way. */
static int stop(lua_State *L)
{
	lunatik_object_t *object = lunatik_checkobject(L, 1, &class);
	struct xtable *xtable = object->private;
	struct lunatik_entry *entry;

	lunatik_checksleep(L, "stop()");
	if (lunatik_toruntime(L) != xtable->runtime)
		return luaL_error(L, "the extension is another runtime's");
	lunatik_getobject(object);
	entry = lunatik_sleep(L);
	stop_serving(xtable);
	lunatik_awake(entry);
	forget(L, xtable);
	lunatik_closeobject(L, 1);
	lunatik_putobject(object);
	return 0;
}

static const luaL_Reg methods[] = {
	{ "stop", stop },
	{ NULL, NULL }
};

static const struct lunatik_class class = {
	.name = "xtable",
	.methods = methods,
	.release = release,
	.owner = THIS_MODULE,
};

static lua_Integer integer_field(lua_State *L, const char *name, bool is_optional, lua_Integer max)
{
	lua_Integer value = 0;
	int is_integer;

	if (lua_getfield(L, 1, name) != LUA_TNIL || !is_optional) {
		value = lua_tointegerx(L, -1, &is_integer);
		if (!is_integer)
			luaL_error(L, "bad field '%s': number expected, got %s", name, luaL_typename(L, -1));
	}
	if (value < 0 || value > max)
		luaL_error(L, "bad field '%s': %I is out of range", name, (LUAI_UACINT)value);
	lua_pop(L, 1);
	return value;
}

static int function_field(lua_State *L, const char *name)
{
	if (lua_getfield(L, 1, name) == LUA_TNIL) {
		lua_pop(L, 1);
		return LUA_NOREF;
	}
	if (!lua_isfunction(L, -1))
		luaL_error(L, "bad field '%s': function expected, got %s", name, luaL_typename(L, -1));
	return luaL_ref(L, LUA_REGISTRYINDEX);
}

static void read_fields(lua_State *L, struct wanted *wanted)
{
	lunatik_checkfield(L, 1, "name", LUA_TSTRING);
	lua_getfield(L, 1, "name");
	if (!lua_rawlen(L, -1) || lua_rawlen(L, -1) >= sizeof(wanted->name))
		luaL_error(L, "bad field 'name': 1 to %d bytes expected", (int)sizeof(wanted->name) - 1);
	strscpy(wanted->name, lua_tostring(L, -1), sizeof(wanted->name));
	lua_pop(L, 1);
	wanted->revision = integer_field(L, "revision", false, U8_MAX);
	wanted->family = integer_field(L, "family", false, NFPROTO_NUMPROTO - 1);
	if (wanted->family == NFPROTO_INET)	/* of both: tables have no such family */
		wanted->family = NFPROTO_UNSPEC;
	wanted->proto = integer_field(L, "proto", true, U16_MAX);
	wanted->hooks = integer_field(L, "hooks", true, (1 << NF_INET_NUMHOOKS) - 1);
}

static int new_xtable(lua_State *L, bool is_match)
{
	struct wanted wanted = { .is_match = is_match };
	const char *function = is_match ? "match" : "target";
	struct lunatik_entry *entry;
	struct xtable *xtable;
	int err;

	luaL_checktype(L, 1, LUA_TTABLE);
	lunatik_checksleep(L, is_match ? "xtable.match()" : "xtable.target()");
	lua_settop(L, 1);
	read_fields(L, &wanted);
	lunatik_checkfield(L, 1, function, LUA_TFUNCTION);
	lunatik_calledin(L, LUNATIK_SOFTIRQ);
	xtable = lunatik_newobject(L, &class, sizeof(*xtable))->private;
	xtable->object = lunatik_toobject(L, 2);
	xtable->on_error = action_on_error(L, 1);
	xtable->function = function_field(L, function);
	xtable->checkentry = function_field(L, "checkentry");
	xtable->destroy = function_field(L, "destroy");
	lua_createtable(L, 0, 3);
	xtable->par = luaL_ref(L, LUA_REGISTRYINDEX);
	xtable->data = luadata_new(L);
	lunatik_getobject(xtable->data);
	xtable->frame = luadata_offer(xtable->data, &frame_source);
	xtable->skb = luaL_ref(L, LUA_REGISTRYINDEX);
	lua_pushvalue(L, 1);
	lunatik_keep(L, 2);
	xtable->runtime = lunatik_toruntime(L);
	lunatik_getobject(xtable->runtime);
	entry = lunatik_sleep(L);
	err = serve(xtable, &wanted);
	lunatik_awake(entry);
	if (!err)
		return 1;
	forget(L, xtable);
	return err == -EEXIST ? luaL_error(L, "there is a %s '%s' already", function, wanted.name) :
				luaL_error(L, "the %s cannot be registered: error %d", function, -err);
}

/* xtable.match(opts) */
static int new_match(lua_State *L)
{
	return new_xtable(L, true);
}

/* xtable.target(opts) */
static int new_target(lua_State *L)
{
	return new_xtable(L, false);
}

static int open(lua_State *L)
{
	static const luaL_Reg functions[] = {
		{ "match", new_match },
		{ "target", new_target },
		{ "stop", stop },
		{ NULL, NULL }
	};

	ps_bind_open_guest(L);
	luaL_newlib(L, functions);
	return 1;
}

static struct lunatik_library library = { "xtable", open, THIS_MODULE };

static int __init xtable_setup(void)
{
	return lunatik_register(&library);
}

static void __exit xtable_teardown(void)
{
	struct extension *extension, *next;

	lunatik_unregister(&library);
	list_for_each_entry_safe(extension, next, &extensions, list) {
		if (extension->is_match)
			xt_unregister_match(&extension->match);
		else
			xt_unregister_target(&extension->target);
		kfree(extension);
	}
}

module_init(xtable_setup);
module_exit(xtable_teardown);
MODULE_ALIAS(LUNATIK_ALIAS "xtable");
MODULE_DESCRIPTION("Lua library xtable");
MODULE_LICENSE("Dual MIT/GPL");
MODULE_VERSION(PS_VERSION);
