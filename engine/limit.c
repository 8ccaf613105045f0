/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#define LUA_LIB
#include "lprefix.h"

#include <string.h>

#include "lua.h"
#include "lauxlib.h"

#include "access.h"
#include "hash.h"
#include "limit.h"
#include "recent.h"

#define MS		1000000		/* nanoseconds */
#define NUMBER_MAX	1000000000
#define SIZE		4096		/* buckets, unless the script says how many */
#define CREDIT_MAX	9000000000000	/* burst * per: in nanoseconds, twice as much fits in 64 bits */

enum { RATE, BURST, PER, BUCKETS, NUMBERS, KEY = NUMBERS, OPTIONS = PS_LIMIT_OPTIONS };

/* The numbers in the table, with what holds if they are not there; 0: that depends on others. */
static const struct option {
	const char *name;
	lua_Integer max, otherwise;
} options[OPTIONS] = {
	[RATE] = { "rate", NUMBER_MAX, 0 },
	[BURST] = { "burst", NUMBER_MAX, 0 },
	[PER] = { "per", 24 * 60 * 60 * 1000, 1000 },
	[BUCKETS] = { "size", 1000000, SIZE },
	[KEY] = { "key" },
};

/* Its address is the registry's key of a table that keeps the names of options. */
static const char names;

/*
 * Credit is time, in nanoseconds, multiplied by the rate: a token costs the period, whatever the rate is, and nothing is rounded.
 */
struct bucket {
	struct ps_entry record;	/* first */
	uint64_t credit;
};

struct ps_limiter {
	struct ps_limiter *next;
	lua_Integer number[NUMBERS];
	uint64_t cost, most;	/* of a token, and that a bucket holds */
	uint64_t fill;		/* nanoseconds after which any bucket is full */
	struct bucket alone;	/* of calls without a key */
	struct ps_recent keyed;
};

void ps_limit_open(lua_State *L)
{
	int i;

	ps_hash_setup();
	lua_createtable(L, OPTIONS, 0);
	for (i = 0; i < OPTIONS; i++) {
		ps_bind_of(L)->limiters.names[i] = ps_string_of(lua_pushstring(L, options[i].name));
		lua_rawseti(L, -2, i + 1);
	}
	lua_rawsetp(L, LUA_REGISTRYINDEX, &names);
}

/* For the keys of a limiter. */
static size_t memory_of(const struct ps_bind *bind)
{
	return bind->rt.memory_max / 4;
}

void ps_limit_memory(struct ps_bind *bind)
{
	struct ps_limiter *limiter;

	for (limiter = bind->limiters.first; limiter; limiter = limiter->next)
		limiter->keyed.memory_max = memory_of(bind);
}

void ps_limit_clean(struct ps_bind *bind)
{
	struct ps_limiter *limiter, *next;

	for (limiter = bind->limiters.first; limiter; limiter = next) {
		next = limiter->next;
		ps_recent_clean(&limiter->keyed);
		ps_host_realloc(limiter, 0);
		bind->rt.memory -= sizeof(*limiter);
	}
	bind->limiters.first = NULL;
	bind->limiters.n = 0;
}

/*
 * Options.
 */
static int refuse(lua_State *L, const char *name, lua_Integer max, const char *got)
{
	return luaL_error(L, "nf.limit: %s is an integer from 1 to %I, not %s", name, (LUAI_UACINT)max, got);
}

/* Raises that of an option which is none. */
static void refuse_unknown(lua_State *L)
{
	const char *name;
	int i;

	lua_pushnil(L);
	while (lua_next(L, 1)) {
		name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : NULL;
		for (i = 0; name && i < OPTIONS && strcmp(name, options[i].name); i++)
			;
		if (!name || i == OPTIONS)
			luaL_error(L, "nf.limit: there is no option '%s': there are rate, burst, per, size and key",
				   luaL_tolstring(L, -2, NULL));
		lua_pop(L, 1);
	}
}

/* How many entries the table has, as far as it takes to know whether there are more than so many. */
static int count(const Table *t, int max)
{
	int n = 0;
	unsigned int i;

	if (t->alimit)
		return max + 1;
	for (i = 0; i < (unsigned int)sizenode(t) && n <= max; i++)
		n += !isempty(gval(gnode(t, i)));
	return n;
}

static lua_Integer check_number(lua_State *L, const struct option *option, const TValue *value)
{
	if (!value || ttisnil(value))
		return option->otherwise;
	if (!ttisinteger(value))
		refuse(L, option->name, option->max, luaT_typenames_[ttype(value) + 1]);
	if (ivalue(value) < 1 || ivalue(value) > option->max) {
		lua_pushinteger(L, ivalue(value));
		refuse(L, option->name, option->max, lua_tostring(L, -1));
	}
	return ivalue(value);
}

/* The numbers in the table that is argument 1; argument 2 becomes its key, unless there is one. Nothing is allocated, unless it raises. */
static void check_options(lua_State *L, lua_Integer number[NUMBERS])
{
	const struct TString *const *known = ps_bind_of(L)->limiters.names;
	const Table *t = hvalue(ps_arg(L, 1));
	const TValue *value[OPTIONS];
	int i, n = 0;

	for (i = 0; i < OPTIONS; i++) {
		value[i] = ps_find(t, known[i]);
		n += value[i] && !isempty(value[i]);
	}
	if (count(t, n) > n)
		refuse_unknown(L);
	for (i = 0; i < NUMBERS; i++)
		number[i] = check_number(L, &options[i], value[i]);
	if (!number[RATE])
		luaL_error(L, "nf.limit: rate is missing: how many are within it in a second, or in 'per' milliseconds");
	if (!number[BURST])
		number[BURST] = number[RATE];
	if (number[BURST] > CREDIT_MAX / number[PER])
		luaL_error(L, "nf.limit: burst is at most %I where per is %I", (LUAI_UACINT)(CREDIT_MAX / number[PER]),
			   (LUAI_UACINT)number[PER]);
	if (value[KEY] && ttisnil(ps_arg(L, 2)))
		setobj2s(L, PS_CALL_FUNC(L) + 2, value[KEY]);
}

/* What keys of other types have in place of a text's length, so that none of them is another's. */
enum { A_FIELD = -2, AN_INTEGER };

/*
 * The hash that stands for the key, which is argument 2: 64 bits that nobody can foresee. False: there is none, or the packet has
 * no such field.
 */
static bool hash_key(lua_State *L, uint64_t *hash)
{
	const TValue *key = ps_arg(L, 2);
	const struct ps_place *at;
	struct ps_value value;

	if (ttisstring(key)) {
		if (tsslen(tsvalue(key)) > PS_LIMIT_KEY_MAX)
			luaL_error(L, "nf.limit: a key has at most %d bytes", PS_LIMIT_KEY_MAX);
		*hash = ps_hash_text(getstr(tsvalue(key)), tsslen(tsvalue(key)));
		return true;
	}
	if (ttisinteger(key)) {
		*hash = ps_hash_words(ps_hash_integer(AN_INTEGER), ivalue(key), 0);
		return true;
	}
	if (ttisnil(key))
		return false;
	if (!ps_check(key, &ps_class_view))
		luaL_error(L, "nf.limit: a key is a string, an integer or a field, not %s", luaL_typename(L, 2));
	at = &ps_view_check_at(L, 2)->place;
	if (!at->field || at->field->type->is_bytes || at->field->type->is_text)
		luaL_error(L, "nf.limit: a view is a key only if it is a field that is a number or an address");
	if (!ps_view_value(L, at, &value))
		return false;
	*hash = ps_hash_words(ps_hash_integer(A_FIELD), value.low, value.high);
	return true;
}

/*
 * Buckets.
 */
static void fill(const struct ps_limiter *limiter, struct bucket *bucket, uint64_t now)
{
	bucket->record.used = now;
	bucket->credit = limiter->most;
}

/* The limiter of these numbers, which becomes the first. */
static struct ps_limiter *find_limiter(struct ps_limiters *limiters, const lua_Integer number[NUMBERS])
{
	struct ps_limiter **at = &limiters->first, *limiter;

	while (*at && memcmp((*at)->number, number, sizeof((*at)->number)))
		at = &(*at)->next;
	limiter = *at;
	if (limiter && limiter != limiters->first) {
		*at = limiter->next;
		limiter->next = limiters->first;
		limiters->first = limiter;
	}
	return limiter;
}

static ps_noinline struct ps_limiter *new_limiter(lua_State *L, const lua_Integer number[NUMBERS], uint64_t now)
{
	struct ps_bind *bind = ps_bind_of(L);
	struct ps_limiters *limiters = &bind->limiters;
	struct ps_limiter *limiter;

	if (limiters->n == PS_LIMITERS_MAX)
		luaL_error(L, "nf.limit: %d limits of other rate, burst, per or size are there already, which is all a state may "
			   "have; those that differ in nothing but the key are one", PS_LIMITERS_MAX);
	limiter = ps_runtime_allocate(&bind->rt, sizeof(*limiter));
	if (!limiter)
		luaL_error(L, "not enough memory");
	memcpy(limiter->number, number, sizeof(limiter->number));
	limiter->cost = number[PER] * MS;
	limiter->most = number[BURST] * limiter->cost;
	limiter->fill = limiter->most / number[RATE] + 1;
	fill(limiter, &limiter->alone, now);
	ps_recent_init(&limiter->keyed, &bind->rt, sizeof(struct bucket), number[BUCKETS], memory_of(bind));
	limiter->next = limiters->first;
	limiters->first = limiter;
	limiters->n++;
	return limiter;
}

/* A full one. In place of the one that has not been used for longest, if there are enough, or there is no memory for more. */
static ps_noinline struct bucket *new_bucket(lua_State *L, struct ps_limiter *limiter, uint64_t hash, uint64_t now)
{
	struct ps_recent *keyed = &limiter->keyed;
	struct ps_entry *record = ps_recent_add(keyed, hash, 0, now);

	if (!record && keyed->n) {
		ps_recent_remove(keyed, keyed->lists[0].oldest, 0);
		record = ps_recent_add(keyed, hash, 0, now);
	}
	if (!record)
		luaL_error(L, "not enough memory");
	fill(limiter, (struct bucket *)record, now);
	return (struct bucket *)record;
}

static struct bucket *find_bucket(lua_State *L, struct ps_limiter *limiter, uint64_t hash, uint64_t now)
{
	struct ps_entry *record = ps_recent_first(&limiter->keyed, hash);

	while (record && record->hash != hash)
		record = record->next;
	return record ? (struct bucket *)record : new_bucket(L, limiter, hash, now);
}

/* Whether there is a token, which is taken then. */
static bool take(const struct ps_limiter *limiter, struct bucket *bucket, uint64_t now)
{
	uint64_t idle = now - bucket->record.used;

	if (idle >= limiter->fill)
		bucket->credit = limiter->most;
	else
		bucket->credit += idle * (uint64_t)limiter->number[RATE];
	if (bucket->credit > limiter->most)
		bucket->credit = limiter->most;
	if (bucket->credit < limiter->cost)
		return false;
	bucket->credit -= limiter->cost;
	return true;
}

int ps_limit(lua_State *L)
{
	uint64_t now = ps_host_time(), hash;
	lua_Integer number[NUMBERS];
	struct ps_limiter *limiter;
	struct bucket *bucket;
	bool is_within, has_key;

	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 2);
	check_options(L, number);
	has_key = hash_key(L, &hash);
	limiter = find_limiter(&ps_bind_of(L)->limiters, number);
	if (ps_unlikely(!limiter))
		limiter = new_limiter(L, number, now);
	bucket = has_key ? find_bucket(L, limiter, hash, now) : &limiter->alone;
	is_within = take(limiter, bucket, now);
	if (has_key)
		ps_recent_use(&limiter->keyed, &bucket->record, 0, now);
	else
		bucket->record.used = now;
	lua_pushboolean(L, is_within);
	return 1;
}
