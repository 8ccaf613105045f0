/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What the files of shared_store.h have in common. */
#ifndef PS_SHARED_PARTS_H
#define PS_SHARED_PARTS_H

#include "shared_store.h"

/* Which locks of ps_host_lock() are whose. A table has one for each few of its buckets, and shares them with other tables. */
enum {
	PS_SHARED_NAMES_LOCK,
	PS_SHARED_QUEUE_LOCKS,
	PS_SHARED_NQUEUE_LOCKS = 63,
	PS_SHARED_TABLE_LOCKS = PS_SHARED_QUEUE_LOCKS + PS_SHARED_NQUEUE_LOCKS,
	PS_SHARED_STRIPES = 64,	/* of a table */
};

/* Memory that counts; NULL: *why. Its size has to be told again when it is freed. */
void *ps_shared_allocate(size_t size, enum ps_shared_result *why);
void ps_shared_free(void *block, size_t size);

/* The same in process context, where it may sleep, of any size: as ps_host_resize(). If NULL is returned, the block is as it was. */
void *ps_shared_resize(void *block, size_t old, size_t size, enum ps_shared_result *why);

/* Whether the caller's reference is the only one: nobody else has read the thing and goes on to do so. */
bool ps_shared_is_alone(const struct ps_shared_thing *thing);

/* The same value. */
bool ps_shared_is(struct ps_shared_value a, struct ps_shared_value b);

/* Makes one, and frees one that nobody has a reference to. Process context, may sleep: the latter. */
struct ps_shared_thing *ps_table_new(enum ps_shared_result *why);
void ps_table_free(struct ps_shared_thing *thing);
struct ps_shared_thing *ps_queue_new(enum ps_shared_result *why);
void ps_queue_free(struct ps_shared_thing *thing);
struct ps_shared_thing *ps_shared_set_new(enum ps_shared_result *why);
void ps_shared_set_free(struct ps_shared_thing *thing);

/* Process context, may sleep: frees what has expired. Returns whether anything will expire later. */
bool ps_table_sweep(struct ps_shared_table *t);

/* What is read while others write it. */
static ps_inline uint64_t ps_shared_load(const uint64_t *at)
{
	return __atomic_load_n(at, __ATOMIC_ACQUIRE);
}

static ps_inline void ps_shared_store(uint64_t *at, uint64_t value)
{
	__atomic_store_n(at, value, __ATOMIC_RELEASE);
}

#endif
