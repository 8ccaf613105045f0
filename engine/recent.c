/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "recent.h"

#include <string.h>

#include "runtime.h"

void ps_recent_init(struct ps_recent *r, struct ps_runtime *rt, uint32_t size, uint32_t max, size_t memory_max)
{
	memset(r, 0, sizeof(*r));
	r->rt = rt;
	r->size = size;
	r->max = max;
	r->memory_max = memory_max;
}

static void *allocate(struct ps_recent *r, size_t size)
{
	void *block = r->memory <= r->memory_max && size <= r->memory_max - r->memory ? ps_runtime_allocate(r->rt, size) : NULL;

	if (block)
		r->memory += size;
	return block;
}

static void release(struct ps_recent *r, void *block, size_t size)
{
	if (!block)
		return;
	ps_host_realloc(block, 0);
	r->rt->memory -= size;
	r->memory -= size;
}

#define CHUNK_SIZE	(PS_RECENT_CHUNK * sizeof(struct ps_entry *))

static size_t directory_size(uint32_t room)
{
	return room * sizeof(struct ps_entry **);
}

void ps_recent_clean(struct ps_recent *r)
{
	void *block, *next;
	uint32_t i;

	for (block = r->blocks; block; block = next) {
		next = *(void **)block;
		release(r, block, PS_RECENT_BLOCK);
	}
	for (i = 0; i < r->nchunks; i++)
		release(r, r->chunks[i], CHUNK_SIZE);
	release(r, r->chunks, directory_size(r->room));
	ps_recent_init(r, r->rt, r->size, r->max, r->memory_max);
}

/* Makes room for twice as many chunks. */
static bool widen(struct ps_recent *r)
{
	uint32_t room = r->room ? 2 * r->room : 4;
	struct ps_entry ***chunks = allocate(r, directory_size(room));

	if (!chunks)
		return false;
	if (r->nchunks)
		memcpy(chunks, r->chunks, directory_size(r->nchunks));
	release(r, r->chunks, directory_size(r->room));
	r->chunks = chunks;
	r->room = room;
	return true;
}

static bool add_chunk(struct ps_recent *r)
{
	struct ps_entry **chunk;

	if (r->nchunks == r->room && !widen(r))
		return false;
	chunk = allocate(r, CHUNK_SIZE);
	if (!chunk)
		return false;
	memset(chunk, 0, CHUNK_SIZE);
	r->chunks[r->nchunks++] = chunk;
	return true;
}

/* One more bucket: it gets its share of another one's. Without memory there are fewer, and chains are longer. */
static void split(struct ps_recent *r)
{
	struct ps_entry **from, **to, *record, *next;

	if (r->nbuckets == r->nchunks * PS_RECENT_CHUNK && !add_chunk(r))
		return;
	from = ps_recent_bucket(r, r->nbuckets);	/* which there is not yet: so this is where its records are */
	to = &r->chunks[r->nbuckets / PS_RECENT_CHUNK][r->nbuckets % PS_RECENT_CHUNK];
	record = *from;
	*from = *to = NULL;
	r->nbuckets++;
	for (; record; record = next) {
		struct ps_entry **bucket = ps_recent_bucket(r, record->hash);

		next = record->next;
		record->next = *bucket;
		*bucket = record;
	}
}

static bool begin(struct ps_recent *r)
{
	if (!r->nbuckets && add_chunk(r))
		r->nbuckets = PS_RECENT_CHUNK;
	return r->nbuckets;
}

static bool add_block(struct ps_recent *r)
{
	void **block = allocate(r, PS_RECENT_BLOCK);
	char *at = (char *)(block + 1);
	struct ps_entry *record;

	if (!block)
		return false;
	memset(block, 0, PS_RECENT_BLOCK);
	*block = r->blocks;
	r->blocks = block;
	for (; at + r->size <= (char *)block + PS_RECENT_BLOCK; at += r->size) {
		record = (struct ps_entry *)at;
		record->next = r->free;
		r->free = record;
	}
	return true;
}

static void put_last(struct ps_entry_list *l, struct ps_entry *record)
{
	record->older = l->newest;
	record->newer = NULL;
	if (l->newest)
		l->newest->newer = record;
	else
		l->oldest = record;
	l->newest = record;
}

static void take_out(struct ps_entry_list *l, struct ps_entry *record)
{
	if (record->newer)
		record->newer->older = record->older;
	else
		l->newest = record->older;
	if (record->older)
		record->older->newer = record->newer;
	else
		l->oldest = record->newer;
}

struct ps_entry *ps_recent_add(struct ps_recent *r, uint64_t hash, unsigned int list, uint64_t now)
{
	struct ps_entry *record, **bucket;

	if (r->n >= r->max || !begin(r) || (!r->free && !add_block(r)))
		return NULL;
	record = r->free;
	r->free = record->next;
	if (++r->n > r->nbuckets)
		split(r);
	bucket = ps_recent_bucket(r, hash);
	record->next = *bucket;
	*bucket = record;
	record->hash = hash;
	record->used = now;
	put_last(&r->lists[list], record);
	return record;
}

void ps_recent_move(struct ps_recent *r, struct ps_entry *record, unsigned int from, unsigned int to)
{
	take_out(&r->lists[from], record);
	put_last(&r->lists[to], record);
}

void ps_recent_remove(struct ps_recent *r, struct ps_entry *record, unsigned int list)
{
	struct ps_entry **at = ps_recent_bucket(r, record->hash);

	while (*at != record)
		at = &(*at)->next;
	*at = record->next;
	take_out(&r->lists[list], record);
	record->next = r->free;
	r->free = record;
	r->n--;
}

int ps_recent_oldest(const struct ps_recent *r)
{
	int list, oldest = -1;

	for (list = 0; list < PS_RECENT_LISTS; list++) {
		const struct ps_entry *record = r->lists[list].oldest;

		if (record && (oldest < 0 || record->used < r->lists[oldest].oldest->used))
			oldest = list;
	}
	return oldest;
}
