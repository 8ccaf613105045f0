// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * The library rcu: tables of objects by name, which runtimes share. Any context; who reads waits for nobody.
 */
#include <linux/jhash.h>
#include <linux/log2.h>
#include <linux/random.h>
#include <linux/rculist.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <lunatik.h>

#define BUCKETS		1024
#define CHAIN_MAX	1024	/* keys of a bucket: who looks for one may have interrupts disabled */
#define BUCKETS_MAX	(KMALLOC_MAX_SIZE / sizeof(struct hlist_head))

struct entry {
	struct hlist_node node;
	struct rcu_head rcu;
	lunatik_object_t *object;	/* a reference */
	struct lunatik_charge charge;	/* of itself */
	size_t len;
	u32 hash;			/* of key, with the table's seed: what is compared first */
	char key[];
};

struct table {
	struct hlist_head *buckets;	/* written within the object's lock */
	u32 mask;
	u32 seed;
};

static const struct lunatik_class class;

static void free_entry(struct rcu_head *rcu)
{
	struct entry *entry = container_of(rcu, struct entry, rcu);

	lunatik_putobject(entry->object);
	lunatik_discharge(&entry->charge);
	kfree(entry);
}

/* Nobody reads it any more. */
static void release(lunatik_object_t *object)
{
	struct table *table = object->private;
	struct hlist_node *next;
	struct entry *entry;
	u32 i;

	for (i = 0; table->buckets && i <= table->mask; i++) {
		hlist_for_each_entry_safe(entry, next, table->buckets + i, node)
			free_entry(&entry->rcu);
	}
	kfree(table->buckets);
}

static u32 hash_of(const struct table *table, const char *key, size_t len)
{
	return jhash(key, len, table->seed);
}

static struct hlist_head *bucket_of(const struct table *table, u32 hash)
{
	return table->buckets + (hash & table->mask);
}

/* Within rcu_read_lock() or the object's lock. */
static struct entry *find(const struct table *table, u32 hash, const char *key, size_t len)
{
	struct entry *entry;

	hlist_for_each_entry_rcu(entry, bucket_of(table, hash), node, true) {
		if (entry->hash == hash && entry->len == len && !memcmp(entry->key, key, len))
			return entry;
	}
	return NULL;
}

static bool has(const struct table *table, u32 hash, const char *key, size_t len)
{
	bool is_there;

	rcu_read_lock();
	is_there = find(table, hash, key, len);
	rcu_read_unlock();
	return is_there;
}

/* Pushes the object that has this key, or nil. */
static void push(lua_State *L, const struct table *table, const char *key, size_t len)
{
	const u32 hash = hash_of(table, key, len);
	lunatik_object_t *object = NULL;
	struct entry *entry;

	if (!has(table, hash, key, len)) {
		lua_pushnil(L);
		return;
	}
	lunatik_pushempty(L);
	rcu_read_lock();
	entry = find(table, hash, key, len);
	if (entry) {
		object = entry->object;
		lunatik_getobject(object);
	}
	rcu_read_unlock();
	if (object) {
		lunatik_fillempty(L, object);
	} else {
		lunatik_closeobject(L, -1);	/* nothing collects what is empty */
		lua_pop(L, 1);
		lua_pushnil(L);
	}
}

/* t[key] */
static int get(lua_State *L)
{
	const struct table *table = lunatik_checkobject(L, 1, &class)->private;
	size_t len;
	const char *key = luaL_checklstring(L, 2, &len);

	push(L, table, key, len);
	return 1;
}

/* Not in a table yet, with a reference to the value. Raises. */
static struct entry *new_entry(lua_State *L, lunatik_object_t *value, const char *key, size_t len)
{
	size_t size = struct_size((struct entry *)NULL, key, len);
	struct lunatik_charge charge = { };
	struct entry *entry;

	lunatik_charge(L, &charge, size);
	entry = kmalloc(size, lunatik_gfp(L) | __GFP_NOWARN);
	if (!entry) {
		lunatik_discharge(&charge);
		luaL_error(L, "not enough memory");
	}
	lunatik_getobject(value);
	entry->object = value;
	entry->charge = charge;
	entry->len = len;
	memcpy(entry->key, key, len);
	return entry;
}

/* Within the object's lock. */
static bool is_full(const struct hlist_head *bucket)
{
	const struct entry *entry;
	unsigned int n = 0;

	hlist_for_each_entry(entry, bucket, node)
		n++;
	return n >= CHAIN_MAX;
}

/* Puts the entry in place of what has its key; NULL: only takes that away. False: there is no room for it. */
static bool replace(lunatik_object_t *object, struct entry *entry, const char *key, size_t len)
{
	struct table *table = object->private;
	const u32 hash = hash_of(table, key, len);
	struct hlist_head *bucket = bucket_of(table, hash);
	bool has_room = true;
	struct entry *old;

	if (entry)
		entry->hash = hash;
	lunatik_lock(object);
	old = find(table, hash, key, len);
	if (old && entry)
		hlist_replace_rcu(&old->node, &entry->node);
	else if (old)
		hlist_del_rcu(&old->node);
	else if (entry && is_full(bucket))
		has_room = false;
	else if (entry)
		hlist_add_head_rcu(&entry->node, bucket);
	lunatik_unlock(object);
	if (old)
		call_rcu(&old->rcu, free_entry);
	return has_room;
}

/* t[key] = object or nil */
static int set(lua_State *L)
{
	lunatik_object_t *object = lunatik_checkobject(L, 1, &class), *value = lunatik_toobject(L, 3);
	const struct table *table = object->private;
	struct entry *entry = NULL;
	size_t len;
	const char *key = luaL_checklstring(L, 2, &len);

	luaL_argexpected(L, value || lua_isnil(L, 3), 3, "object or nil");
	luaL_argcheck(L, value != object, 3, "a table that has itself would never go");
	if (value)
		entry = new_entry(L, value, key, len);
	if (replace(object, entry, key, len))
		return 0;
	free_entry(&entry->rcu);
	return luaL_error(L, "the table has too many keys for its %I buckets", (lua_Integer)table->mask + 1);
}

static const luaL_Reg methods[] = {
	{ "__index", get },
	{ "__newindex", set },
	{ NULL, NULL }
};

static const struct lunatik_class class = {
	.name = "rcu.table",
	.methods = methods,
	.release = release,
	.is_atomic = true,
	.is_container = true,
	.owner = THIS_MODULE,
};

/* rcu.table([size]) */
static int new(lua_State *L)
{
	lua_Integer size = luaL_optinteger(L, 1, BUCKETS);
	lunatik_object_t *object;
	struct table *table;

	luaL_argcheck(L, size >= 1 && size <= BUCKETS_MAX, 1, "must be from 1 to 524288");
	size = roundup_pow_of_two(size);
	object = lunatik_newobject(L, &class, sizeof(*table));
	lunatik_charge(L, &object->charge, size * sizeof(*table->buckets));
	table = object->private;
	table->mask = size - 1;
	table->seed = get_random_u32();
	table->buckets = kcalloc(size, sizeof(*table->buckets), lunatik_gfp(L) | __GFP_NOWARN);
	if (!table->buckets)
		return luaL_error(L, "not enough memory");
	return 1;
}

/*
 * rcu.map(): keys of one bucket at a time are copied, since what is called may do anything. Each is a length and its bytes.
 */
static size_t sum_keys(const struct hlist_head *bucket)
{
	const struct entry *entry;
	size_t sum = 0;

	rcu_read_lock();
	hlist_for_each_entry_rcu(entry, bucket, node)
		sum += sizeof(entry->len) + entry->len;
	rcu_read_unlock();
	return sum;
}

/* As many as there is room for; those that were added just now may miss it. Returns how many bytes. */
static size_t copy_keys(const struct hlist_head *bucket, char *keys, size_t room)
{
	const struct entry *entry;
	size_t used = 0;

	rcu_read_lock();
	hlist_for_each_entry_rcu(entry, bucket, node) {
		if (sizeof(entry->len) + entry->len > room - used)
			continue;
		memcpy(keys + used, &entry->len, sizeof(entry->len));
		memcpy(keys + used + sizeof(entry->len), entry->key, entry->len);
		used += sizeof(entry->len) + entry->len;
	}
	rcu_read_unlock();
	return used;
}

/* The function is at index 2. */
static void map_bucket(lua_State *L, const struct table *table, const struct hlist_head *bucket)
{
	size_t room = sum_keys(bucket), at, len;
	char *keys;

	if (!room)
		return;
	keys = lua_newuserdatauv(L, room, 0);
	room = copy_keys(bucket, keys, room);
	for (at = 0; at < room; at += sizeof(len) + len) {
		memcpy(&len, keys + at, sizeof(len));
		lua_pushvalue(L, 2);
		lua_pushlstring(L, keys + at + sizeof(len), len);
		push(L, table, keys + at + sizeof(len), len);
		if (lua_isnil(L, -1))
			lua_pop(L, 3);	/* has gone */
		else
			lua_call(L, 2, 0);
	}
	lua_pop(L, 1);
}

/* rcu.map(t, f): f(key, object) for each */
static int map(lua_State *L)
{
	lunatik_object_t *object = lunatik_checkobject(L, 1, &class);
	const struct table *table = object->private;
	u32 i;

	luaL_checktype(L, 2, LUA_TFUNCTION);
	lua_settop(L, 2);
	lunatik_pushobject(L, object);	/* f may close the first one */
	for (i = 0; i <= table->mask; i++)
		map_bucket(L, table, table->buckets + i);
	return 0;
}

static const luaL_Reg functions[] = {
	{ "table", new },
	{ "map", map },
	{ NULL, NULL }
};

static int open(lua_State *L)
{
	luaL_newlib(L, functions);
	return 1;
}

static struct lunatik_library library = { "rcu", open, THIS_MODULE };

static int __init setup(void)
{
	return lunatik_register(&library);
}

/* What was taken out of tables is freed by code of this module. */
static void __exit teardown(void)
{
	lunatik_unregister(&library);
	rcu_barrier();
}

module_init(setup);
module_exit(teardown);
MODULE_ALIAS(LUNATIK_ALIAS "rcu");
MODULE_DESCRIPTION("Lua library rcu");
MODULE_LICENSE("Dual MIT/GPL");
MODULE_VERSION(PS_VERSION);
