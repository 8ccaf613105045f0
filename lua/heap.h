/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What is due at some time, in order; of what is due at the same time, the first that was added first. Each call takes as long
 * as the logarithm of how many there are, and no large block of memory is asked for. The owner serialises all calls.
 */
#ifndef PS_HEAP_H
#define PS_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PS_HEAP_BLOCK	4096	/* bytes: what memory is asked for at most at once */
#define PS_NEVER	(~0ull)

/* Part of what is due. */
struct ps_due {
	uint64_t at;		/* nanoseconds of ps_host_time() */
	uint64_t number;	/* counts what was added */
	uint32_t place;		/* in the heap, from 1; 0: in none */
};

/* All zero: empty. */
struct ps_heap {
	struct ps_due ***blocks;	/* NULL: there is none yet */
	uint32_t nblocks;
	uint32_t n;
	uint64_t added;		/* how many ever were */
	size_t bytes;		/* of memory that it holds */
};

/* Adds what is due at due->at. False: there are as many as there may be, or no memory. */
bool ps_heap_add(struct ps_heap *heap, struct ps_due *due);

/* Takes it out, which is in it. */
void ps_heap_remove(struct ps_heap *heap, struct ps_due *due);

/* The one that is due first, or NULL. */
struct ps_due *ps_heap_first(const struct ps_heap *heap);

/* One of them: number i, from 0, in no order. */
struct ps_due *ps_heap_get(const struct ps_heap *heap, uint32_t i);

static inline uint64_t ps_heap_at(const struct ps_heap *heap)
{
	return heap->n ? ps_heap_first(heap)->at : PS_NEVER;
}

/* Gives its memory back, whatever is in it. */
void ps_heap_clean(struct ps_heap *heap);

#endif
