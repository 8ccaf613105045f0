/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#define LUA_LIB
#include "lprefix.h"

#include <string.h>

#include "lua.h"
#include "lauxlib.h"

#include "bind.h"
#include "count.h"
#include "host.h"
#include "internals.h"

#define SLOTS	(2 * PS_COUNTERS_MAX)	/* a power of 2; half of them are free, so looking for a name ends */
#define LOCK	0			/* of ps_host_lock(): names are added seldom */

_Static_assert(PS_COUNTER_NAME_MAX <= LUAI_MAXSHORTLEN, "a name is a string that Lua has once");

struct ps_counters {
	uint64_t count[PS_COUNTERS_MAX];
	const TString *key[PS_COUNTERS_MAX];	/* the name, which the registry keeps; NULL: it has not been used here */
	uint16_t slot[SLOTS];			/* by the string's hash: 1 + number; 0: free */
};

/*
 * Names.
 */
unsigned int ps_counted_names(const struct ps_counted *counted)
{
	return __atomic_load_n(&counted->n, __ATOMIC_ACQUIRE);
}

static char *copy(const char *text)
{
	size_t size = strlen(text) + 1;
	char *name = ps_host_realloc(NULL, size);

	return name ? memcpy(name, text, size) : NULL;
}

/* With the lock. The number of the name, which is added if it is not there; -1: there is no room, or no memory. */
static int number_of(struct ps_counted *counted, const char *text)
{
	unsigned int i;

	for (i = 0; i < counted->n; i++) {
		if (!strcmp(counted->names[i], text))
			return i;
	}
	if (i == PS_COUNTERS_MAX)
		return -1;
	counted->names[i] = copy(text);
	if (!counted->names[i])
		return -1;
	__atomic_store_n(&counted->n, i + 1, __ATOMIC_RELEASE);
	return i;
}

static int find_number(struct ps_counted *counted, const char *text)
{
	int number;

	ps_host_lock(LOCK);
	number = number_of(counted, text);
	ps_host_unlock(LOCK);
	return number;
}

void ps_counted_keep(struct ps_counted *counted, const struct ps_bind *bind)
{
	unsigned int i;

	for (i = 0; i < counted->n; i++)
		counted->past[i] += ps_count_of(bind, i);
}

int ps_counted_move(struct ps_counted *to, const struct ps_counted *from)
{
	int number, err = 0;
	unsigned int i;

	for (i = 0; i < from->n; i++) {
		number = find_number(to, from->names[i]);
		if (number < 0)
			err = -1;
		else
			to->past[number] += from->past[i];
	}
	return err;
}

void ps_counted_clean(struct ps_counted *counted)
{
	while (counted->n)
		ps_host_realloc(counted->names[--counted->n], 0);
}

/*
 * Counters.
 */
uint64_t ps_count_of(const struct ps_bind *bind, unsigned int id)
{
	const struct ps_counters *counters = __atomic_load_n(&bind->counters, __ATOMIC_ACQUIRE);

	return counters ? __atomic_load_n(&counters->count[id], __ATOMIC_RELAXED) : 0;
}

void ps_count_clean(struct ps_bind *bind)
{
	if (!bind->counters)
		return;
	ps_host_realloc(bind->counters, 0);
	bind->counters = NULL;
	bind->rt.memory -= sizeof(*bind->counters);
}

/* Where the name's number is, or the slot that is free for it. */
static uint16_t *find_slot(struct ps_counters *counters, const TString *name)
{
	unsigned int i = name->hash;

	while (counters->slot[i % SLOTS] && counters->key[counters->slot[i % SLOTS] - 1] != name)
		i++;
	return &counters->slot[i % SLOTS];
}

static void check_name(lua_State *L, const TString *name)
{
	const char *text = getstr(name);
	size_t i, len = tsslen(name);

	luaL_argcheck(L, len && len <= PS_COUNTER_NAME_MAX, 1, "the name of a counter has 1 to 40 bytes");
	for (i = 0; i < len; i++)
		luaL_argcheck(L, text[i] > ' ' && text[i] < 0x7f, 1, "the name of a counter is of printable ASCII, without spaces");
}

static void make_counters(lua_State *L, struct ps_bind *bind)
{
	struct ps_counters *counters = ps_runtime_allocate(&bind->rt, sizeof(*counters));

	if (!counters)
		luaL_error(L, "not enough memory");
	memset(counters, 0, sizeof(*counters));
	__atomic_store_n(&bind->counters, counters, __ATOMIC_RELEASE);
}

/* The first time that the name, which is argument 1, is used in this Lua state. Returns where its number is. */
static ps_noinline uint16_t *add_name(lua_State *L, const TString *name)
{
	struct ps_bind *bind = ps_bind_of(L);
	uint16_t *slot;
	int number;

	check_name(L, name);
	if (!bind->counters)
		make_counters(L, bind);
	number = find_number(bind->counted, getstr(name));
	if (number < 0 && ps_counted_names(bind->counted) < PS_COUNTERS_MAX)
		luaL_error(L, "not enough memory");
	if (number < 0)
		luaL_error(L, "nf.count: %d counters are there already, which is all a state may have", PS_COUNTERS_MAX);
	lua_pushvalue(L, 1);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &bind->counters->key[number]);	/* as long as it is there, no other string is where it is */
	slot = find_slot(bind->counters, name);
	bind->counters->key[number] = name;
	*slot = number + 1;
	return slot;
}

int ps_count(lua_State *L)
{
	struct ps_bind *bind = ps_bind_of(L);
	const TString *name;
	uint16_t *slot;
	lua_Integer n;

	luaL_checktype(L, 1, LUA_TSTRING);
	n = luaL_optinteger(L, 2, 1);
	luaL_argcheck(L, n >= 0, 2, "counters only go up");
	if (!bind->counted)
		return 0;
	name = tsvalue(ps_arg(L, 1));
	slot = ps_likely(bind->counters) && name->tt == LUA_VSHRSTR ? find_slot(bind->counters, name) : NULL;
	if (ps_unlikely(!slot || !*slot))
		slot = add_name(L, name);
	bind->counters->count[*slot - 1] += n;
	return 0;
}
