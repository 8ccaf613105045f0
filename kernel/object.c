/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Objects that runtimes share, their userdata, and the libraries that make them.
 */
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "env.h"
#include "reference.h"

/*
 * Memory of objects.
 */
struct ps_account *ps_account_new(void)
{
	struct ps_account *account = kzalloc(sizeof(*account), GFP_KERNEL);

	if (account)
		kref_init(&account->kref);
	return account;
}

static void free_account(struct kref *kref)
{
	kfree(container_of(kref, struct ps_account, kref));
}

void ps_account_put(struct ps_account *account)
{
	kref_put(&account->kref, free_account);
}

static bool count(struct ps_env *env, size_t size)
{
	size_t used = atomic_long_add_return(size, &env->account->used);

	if (likely(used <= env->bind.rt.memory_max))
		return true;
	atomic_long_sub(size, &env->account->used);
	return false;
}

static int refuse(lua_State *L, struct ps_env *env, size_t size)
{
	return luaL_error(L, "not enough memory: objects of this runtime have %I KiB, and with %I bytes more would exceed the limit "
			  "of %I MiB (%s)", (lua_Integer)atomic_long_read(&env->account->used) / 1024, (lua_Integer)size,
			  (lua_Integer)env->bind.rt.memory_max / (1024 * 1024),
			  env->level == LUNATIK_PROCESS ? "process_mib" : "interrupt_mib");
}

/* Objects that nobody has any more are freed by Lua's collector, so it does as much as if it knew these bytes. */
void lunatik_charge(lua_State *L, struct lunatik_charge *charge, size_t size)
{
	struct ps_env *env = ps_env_here(L);

	if (size >= 1024)
		lua_gc(L, LUA_GCSTEP, size / 1024);
	if (unlikely(!count(env, size))) {
		lua_gc(L, LUA_GCCOLLECT);
		if (!count(env, size))
			refuse(L, env, size);
	}
	if (!charge->account) {
		kref_get(&env->account->kref);
		charge->account = env->account;
	}
	charge->size += size;
}
EXPORT_SYMBOL_GPL(lunatik_charge);

void lunatik_discharge(struct lunatik_charge *charge)
{
	if (!charge->account)
		return;
	atomic_long_sub(charge->size, &charge->account->used);
	ps_account_put(charge->account);
	*charge = (struct lunatik_charge){ };
}
EXPORT_SYMBOL_GPL(lunatik_discharge);

/*
 * Objects.
 */
static void free_object(lunatik_object_t *object)
{
	struct module *owner = object->class->owner;

	lunatik_discharge(&object->charge);
	kfree(object->private);
	kfree(object);
	module_put(owner);
}

static void release(lunatik_object_t *object)
{
	if (object->class->release)
		object->class->release(object);
	if (!object->class->is_atomic)
		mutex_destroy(&object->mutex);
	free_object(object);
}

/* What is released by work has its item in the memory of the object, which nobody uses any more. */
struct late {
	struct work_struct work;
	lunatik_object_t *object;
};

static struct workqueue_struct *releases;
static atomic_t late_objects;	/* that wait for it */

static void release_late(struct work_struct *work)
{
	struct late *late = container_of(work, struct late, work);
	lunatik_object_t *object = late->object;

	kfree(late);
	release(object);
	atomic_dec(&late_objects);
}

/* Where the last reference goes may be an interrupt, or a visit in a runtime that has its lock. */
static void last_put(struct kref *kref)
{
	lunatik_object_t *object = container_of(kref, lunatik_object_t, kref);
	struct late *late = object->late;

	if (!late) {
		release(object);
		return;
	}
	INIT_WORK(&late->work, release_late);
	late->object = object;
	atomic_inc(&late_objects);
	queue_work(releases, &late->work);
}

void lunatik_getobject(lunatik_object_t *object)
{
	kref_get(&object->kref);
}
EXPORT_SYMBOL_GPL(lunatik_getobject);

int lunatik_putobject(lunatik_object_t *object)
{
	return kref_put(&object->kref, last_put);
}
EXPORT_SYMBOL_GPL(lunatik_putobject);

void lunatik_lock(lunatik_object_t *object)
{
	unsigned long flags;

	if (!object->class->is_atomic) {
		mutex_lock(&object->mutex);
		return;
	}
	spin_lock_irqsave(&object->spin, flags);
	object->flags = flags;
}
EXPORT_SYMBOL_GPL(lunatik_lock);

void lunatik_unlock(lunatik_object_t *object)
{
	if (object->class->is_atomic)
		spin_unlock_irqrestore(&object->spin, object->flags);
	else
		mutex_unlock(&object->mutex);
}
EXPORT_SYMBOL_GPL(lunatik_unlock);

/* Fills in an object that is all zero. */
int ps_object_init(lunatik_object_t *object, const struct lunatik_class *class, gfp_t gfp)
{
	kref_init(&object->kref);
	object->class = class;
	if (class->is_atomic)
		spin_lock_init(&object->spin);
	else
		mutex_init(&object->mutex);
	if (class->is_atomic && !class->is_container)
		return 0;
	object->late = kzalloc(sizeof(struct late), gfp);
	return object->late ? 0 : -ENOMEM;
}

/* In memory, all of it, before it is anybody's; the class's module stays as long. */
static lunatik_object_t *new_object(const struct lunatik_class *class, size_t size, gfp_t gfp)
{
	lunatik_object_t *object = kzalloc(sizeof(*object), gfp);

	if (!object)
		return NULL;
	object->private = kzalloc(max_t(size_t, size, 1), gfp);
	if (!object->private || ps_object_init(object, class, gfp)) {
		kfree(object->private);
		kfree(object);
		return NULL;
	}
	__module_get(class->owner);
	return object;
}

/*
 * Userdata.
 */
static lunatik_object_t *object_at(lua_State *L, int index)
{
	struct ps_reference *reference = ps_reference_at(L, index);

	return reference ? reference->target : NULL;
}

void lunatik_closeobject(lua_State *L, int index)
{
	lunatik_object_t *object = object_at(L, index);

	ps_reference_free(L, index);
	if (object)
		lunatik_putobject(object);
}
EXPORT_SYMBOL_GPL(lunatik_closeobject);

static int collect(lua_State *L)
{
	lunatik_closeobject(L, 1);
	return 0;
}

static int to_text(lua_State *L)
{
	lunatik_object_t *object = object_at(L, 1);

	if (object)
		lua_pushfstring(L, "%s: %p", object->class->name, object);
	else
		lua_pushliteral(L, "closed object");
	return 1;
}

static bool are_same(lua_State *L)
{
	lunatik_object_t *object = object_at(L, 1);

	return object && object == object_at(L, 2);
}

/* Two userdata may stand for one object. */
static int equal(lua_State *L)
{
	lua_pushboolean(L, are_same(L));
	return 1;
}

static void make_metatable(lua_State *L, const struct lunatik_class *class)
{
	static const luaL_Reg always[] = {
		{ "__gc", collect }, { "__close", collect }, { "__tostring", to_text }, { "__eq", equal },
		{ NULL, NULL }
	};
	const struct ps_quick *quick;
	const luaL_Reg *method;

	lua_newtable(L);
	luaL_setfuncs(L, always, 0);
	lua_newtable(L);
	for (quick = class->quick; quick && quick->method.name; quick++) {
		ps_push_method(L, &quick->method);
		lua_setfield(L, -2, quick->method.name);
	}
	for (method = class->methods; method && method->name; method++) {
		lua_pushcfunction(L, method->func);
		lua_setfield(L, strncmp(method->name, "__", 2) ? -2 : -3, method->name);
	}
	if (lua_getfield(L, -2, "__index") == LUA_TNIL) {
		lua_pushvalue(L, -2);
		lua_setfield(L, -4, "__index");
	}
	lua_pop(L, 2);
	lua_pushstring(L, class->name);
	lua_pushvalue(L, -1);
	lua_setfield(L, -3, "__name");
	lua_setfield(L, -2, "__metatable");
}

/* In the registry, by the class's address. The functions in it are of the class's module. */
static void push_metatable(lua_State *L, const struct lunatik_class *class)
{
	if (lua_rawgetp(L, LUA_REGISTRYINDEX, class) == LUA_TTABLE)
		return;
	lua_pop(L, 1);
	ps_env_hold(L, class->owner);
	make_metatable(L, class);
	lua_pushvalue(L, -1);
	lua_rawsetp(L, LUA_REGISTRYINDEX, class);
}

/* The userdata of the reference is the object's from now on. */
static void refer(lua_State *L, struct ps_reference *reference, lunatik_object_t *object)
{
	const struct ps_window *window = object->class->window ? object->class->window(L, object->private) : NULL;

	reference->target = object;
	if (window)
		reference->window = window;
}

#define OBJECT_SIZE	(sizeof(lunatik_object_t) + sizeof(struct late))

lunatik_object_t *lunatik_newobject(lua_State *L, const struct lunatik_class *class, size_t size)
{
	struct ps_reference *reference = ps_reference_new(L);
	struct lunatik_charge charge = { };
	lunatik_object_t *object;

	push_metatable(L, class);
	lua_setmetatable(L, -2);
	ps_reference_adopt(L);
	lua_gc(L, LUA_GCSTEP, 1);
	lunatik_charge(L, &charge, OBJECT_SIZE + size);
	object = new_object(class, size, lunatik_gfp(L) | __GFP_NOWARN);
	if (!object) {
		lunatik_discharge(&charge);
		luaL_error(L, "not enough memory");
	}
	object->charge = charge;
	refer(L, reference, object);
	return object;
}
EXPORT_SYMBOL_GPL(lunatik_newobject);

void lunatik_pushempty(lua_State *L)
{
	ps_reference_new(L);
}
EXPORT_SYMBOL_GPL(lunatik_pushempty);

void lunatik_fillempty(lua_State *L, lunatik_object_t *object)
{
	refer(L, ps_reference_at(L, -1), object);
	push_metatable(L, object->class);
	lua_setmetatable(L, -2);
	ps_reference_adopt(L);
}
EXPORT_SYMBOL_GPL(lunatik_fillempty);

void lunatik_pushobject(lua_State *L, lunatik_object_t *object)
{
	lunatik_pushempty(L);
	lunatik_getobject(object);
	lunatik_fillempty(L, object);
}
EXPORT_SYMBOL_GPL(lunatik_pushobject);

lunatik_object_t *lunatik_toobject(lua_State *L, int index)
{
	return object_at(L, index);
}
EXPORT_SYMBOL_GPL(lunatik_toobject);

lunatik_object_t *lunatik_checkobject(lua_State *L, int arg, const struct lunatik_class *class)
{
	lunatik_object_t *object = object_at(L, arg);

	if (object && object->class == class)
		return object;
	if (!object && luaL_getmetafield(L, arg, "__name") == LUA_TSTRING && !strcmp(lua_tostring(L, -1), class->name))
		luaL_error(L, "the %s is closed", class->name);
	luaL_typeerror(L, arg, class->name);
	return NULL;
}
EXPORT_SYMBOL_GPL(lunatik_checkobject);

lunatik_object_t *lunatik_checkruntime(lua_State *L, int arg)
{
	return lunatik_checkobject(L, arg, &ps_env_class);
}
EXPORT_SYMBOL_GPL(lunatik_checkruntime);

void ps_objects_put(struct ps_runtime *rt)
{
	void *object;

	while (ps_reference_take(rt, &object)) {
		if (object)
			lunatik_putobject(object);
	}
}

/*
 * What is kept: in the registry, by the object's address a table of the userdata and its value.
 */
void lunatik_keep(lua_State *L, int object)
{
	object = lua_absindex(L, object);
	lua_createtable(L, 2, 0);
	lua_pushvalue(L, object);
	lua_rawseti(L, -2, 1);
	lua_rotate(L, -2, 1);
	lua_rawseti(L, -2, 2);
	lua_rawsetp(L, LUA_REGISTRYINDEX, object_at(L, object));
}
EXPORT_SYMBOL_GPL(lunatik_keep);

void lunatik_pushkept(lua_State *L, const lunatik_object_t *object)
{
	if (lua_rawgetp(L, LUA_REGISTRYINDEX, object) == LUA_TTABLE) {
		lua_rawgeti(L, -1, 2);
		lua_remove(L, -2);
	}
}
EXPORT_SYMBOL_GPL(lunatik_pushkept);

void lunatik_drop(lua_State *L, const lunatik_object_t *object)
{
	lua_pushnil(L);
	lua_rawsetp(L, LUA_REGISTRYINDEX, object);
}
EXPORT_SYMBOL_GPL(lunatik_drop);

/*
 * Values between runtimes.
 */
void lunatik_checkvalue(lua_State *L, int index, struct lunatik_value *value)
{
	int type = lua_type(L, index);
	const char *string;

	value->type = LUA_TNIL;		/* until there is something to let go of */
	switch (type) {
	case LUA_TNONE:
	case LUA_TNIL:
		return;
	case LUA_TBOOLEAN:
		value->boolean = lua_toboolean(L, index);
		break;
	case LUA_TNUMBER:
		value->integer = lua_tointeger(L, index);
		break;
	case LUA_TLIGHTUSERDATA:
		value->pointer = lua_touserdata(L, index);
		break;
	case LUA_TSTRING:
		string = lua_tolstring(L, index, &value->len);
		value->string = kmemdup(string, value->len + 1, lunatik_gfp(L) | __GFP_NOWARN);
		if (!value->string)
			luaL_error(L, "not enough memory");
		break;
	case LUA_TUSERDATA:
		value->object = object_at(L, index);
		if (!value->object)
			luaL_error(L, "no object that can go to another runtime: it is closed, or a callback's");
		lunatik_getobject(value->object);
		break;
	default:
		luaL_error(L, "a %s cannot go to another runtime: only nil, booleans, integers, strings and objects can",
			   luaL_typename(L, index));
	}
	value->type = type;
}
EXPORT_SYMBOL_GPL(lunatik_checkvalue);

void lunatik_pushvalue(lua_State *L, const struct lunatik_value *value)
{
	switch (value->type) {
	case LUA_TBOOLEAN:
		lua_pushboolean(L, value->boolean);
		return;
	case LUA_TNUMBER:
		lua_pushinteger(L, value->integer);
		return;
	case LUA_TLIGHTUSERDATA:
		lua_pushlightuserdata(L, value->pointer);
		return;
	case LUA_TSTRING:
		lua_pushlstring(L, value->string, value->len);
		return;
	case LUA_TUSERDATA:
		lunatik_pushobject(L, value->object);
		return;
	default:
		lua_pushnil(L);
	}
}
EXPORT_SYMBOL_GPL(lunatik_pushvalue);

void lunatik_putvalue(struct lunatik_value *value)
{
	if (value->type == LUA_TSTRING)
		kfree(value->string);
	else if (value->type == LUA_TUSERDATA)
		lunatik_putobject(value->object);
	value->type = LUA_TNIL;
}
EXPORT_SYMBOL_GPL(lunatik_putvalue);

/*
 * Libraries.
 */
static LIST_HEAD(libraries);
static DEFINE_SPINLOCK(libraries_lock);	/* a script may look for one in any context */

static struct lunatik_library *find(const char *name)
{
	struct lunatik_library *library;

	list_for_each_entry(library, &libraries, list) {
		if (!strcmp(library->name, name))
			return library;
	}
	return NULL;
}

int lunatik_register(struct lunatik_library *library)
{
	unsigned long flags;
	int err = 0;

	spin_lock_irqsave(&libraries_lock, flags);
	if (find(library->name))
		err = -EEXIST;
	else
		list_add(&library->list, &libraries);
	spin_unlock_irqrestore(&libraries_lock, flags);
	return err;
}
EXPORT_SYMBOL_GPL(lunatik_register);

void lunatik_unregister(struct lunatik_library *library)
{
	unsigned long flags;

	spin_lock_irqsave(&libraries_lock, flags);
	list_del(&library->list);
	spin_unlock_irqrestore(&libraries_lock, flags);
}
EXPORT_SYMBOL_GPL(lunatik_unregister);

/* The runtime's reference to the module is taken before the list lets go of the library. */
lua_CFunction ps_library_find(lua_State *L, const char *name)
{
	const struct lunatik_library *library;
	struct module *owner = NULL;
	lua_CFunction open = NULL;
	unsigned long flags;
	bool is_held;

	spin_lock_irqsave(&libraries_lock, flags);
	library = find(name);
	if (library && try_module_get(library->owner)) {
		owner = library->owner;
		open = library->open;
	}
	spin_unlock_irqrestore(&libraries_lock, flags);
	if (!open)
		return NULL;
	is_held = ps_env_has_owner(ps_env_here(L), owner);
	if (!is_held && ps_env_add_owner(ps_env_here(L), owner))
		return open;
	module_put(owner);
	if (is_held)
		return open;
	luaL_error(L, "library '%s': this runtime has libraries of too many modules", name);
	return NULL;
}

void lunatik_setconstants(lua_State *L, const char *name, const struct lunatik_constant *constants, size_t n)
{
	size_t i;

	lua_createtable(L, 0, n);
	for (i = 0; i < n; i++) {
		lua_pushinteger(L, constants[i].value);
		lua_setfield(L, -2, constants[i].name);
	}
	lua_setfield(L, -2, name);
}
EXPORT_SYMBOL_GPL(lunatik_setconstants);

int lunatik_throw(lua_State *L, int err)
{
	lua_pushinteger(L, -err);
	return lua_error(L);
}
EXPORT_SYMBOL_GPL(lunatik_throw);

void lunatik_checkfield(lua_State *L, int index, const char *name, int type)
{
	int is = lua_getfield(L, index, name);

	lua_pop(L, 1);
	if (is != type)
		luaL_error(L, "bad field '%s': %s expected, got %s", name, lua_typename(L, type), lua_typename(L, is));
}
EXPORT_SYMBOL_GPL(lunatik_checkfield);

/* What one of them has let go comes behind it; but others may let go of more without an end. */
#define FLUSHES	16

void ps_objects_flush(void)
{
	int n;

	for (n = 0; n < FLUSHES && atomic_read(&late_objects); n++)
		flush_workqueue(releases);
}

int __init ps_objects_setup(void)
{
	releases = alloc_workqueue("lunatik", WQ_UNBOUND, 0);
	if (!releases)
		return -ENOMEM;
	return lunatik_register(&ps_lunatik_library);
}

void ps_objects_teardown(void)
{
	lunatik_unregister(&ps_lunatik_library);
	destroy_workqueue(releases);
}
