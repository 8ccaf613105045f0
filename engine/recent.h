/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Records of one size, which are found by a hash, and of which the one that has not been used for longest goes first. At most so
 * many, in memory that counts as a runtime's, and that stays for later ones. It grows by a bucket with each record (linear
 * hashing), so nothing ever stalls. One thread of control at a time; knows no Lua.
 */
#ifndef PS_RECENT_H
#define PS_RECENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attr.h"

struct ps_runtime;

/* Each record begins so. */
struct ps_entry {
	struct ps_entry *next;			/* of the same bucket; or that is free */
	struct ps_entry *older, *newer;	/* of the same list; NULL: the end */
	uint64_t hash;
	uint64_t used;		/* ps_host_time() when it was used last */
};

/* Those that are used up after the same time: in the order in which they were used. */
struct ps_entry_list {
	struct ps_entry *oldest, *newest;
};

#define PS_RECENT_BLOCK	4096	/* bytes that are allocated at a time */
#define PS_RECENT_CHUNK	256	/* buckets, too */
#define PS_RECENT_LISTS	8

struct ps_recent {
	struct ps_runtime *rt;
	uint32_t size;		/* of a record */
	uint32_t max;		/* records, at most */
	size_t memory_max;	/* bytes, at most */
	size_t memory;		/* that it has */
	uint32_t n;		/* records */
	uint32_t nbuckets;
	uint32_t nchunks, room;	/* there are, and fit */
	struct ps_entry **(*chunks);
	struct ps_entry *free;
	void *blocks;		/* each begins with where the next one is */
	struct ps_entry_list lists[PS_RECENT_LISTS];
};

/* Empty; allocates nothing. */
void ps_recent_init(struct ps_recent *r, struct ps_runtime *rt, uint32_t size, uint32_t max, size_t memory_max);
void ps_recent_clean(struct ps_recent *r);

static ps_inline struct ps_entry **ps_recent_bucket(const struct ps_recent *r, uint64_t hash)
{
	uint32_t mask = ~0u >> __builtin_clz(r->nbuckets), i = hash & mask;

	if (i >= r->nbuckets)
		i &= mask >> 1;
	return &r->chunks[i / PS_RECENT_CHUNK][i % PS_RECENT_CHUNK];
}

/* The first record that may have the hash; others by next. NULL: there is none. */
static ps_inline struct ps_entry *ps_recent_first(const struct ps_recent *r, uint64_t hash)
{
	return ps_likely(r->nbuckets) ? *ps_recent_bucket(r, hash) : NULL;
}

/*
 * A new record, the newest of the list; what follows the struct ps_entry is 0, or what it was when the record was removed. NULL: one
 * has to go before, or there is no memory.
 */
struct ps_entry *ps_recent_add(struct ps_recent *r, uint64_t hash, unsigned int list, uint64_t now);

/* The record, of this list, has been used. */
static ps_inline void ps_recent_use(struct ps_recent *r, struct ps_entry *record, unsigned int list, uint64_t now)
{
	struct ps_entry_list *l = &r->lists[list];

	record->used = now;
	if (l->newest == record)
		return;
	record->newer->older = record->older;
	if (record->older)
		record->older->newer = record->newer;
	else
		l->oldest = record->newer;
	record->older = l->newest;
	record->newer = NULL;
	l->newest->newer = record;
	l->newest = record;
}

/* The record, of this list, becomes the newest of another. */
void ps_recent_move(struct ps_recent *r, struct ps_entry *record, unsigned int from, unsigned int to);

/* Its memory is for others then. */
void ps_recent_remove(struct ps_recent *r, struct ps_entry *record, unsigned int list);

/* The list whose oldest record has not been used for longest; below 0: there is none. */
int ps_recent_oldest(const struct ps_recent *r);

#endif
