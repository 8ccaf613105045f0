/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "heap.h"

#include <string.h>

#include "host.h"

#define PER_BLOCK	(PS_HEAP_BLOCK / sizeof(struct ps_due *))
#define BLOCKS		(PS_HEAP_BLOCK / sizeof(struct ps_due **))

static struct ps_due **slot(const struct ps_heap *heap, uint32_t place)
{
	return &heap->blocks[(place - 1) / PER_BLOCK][(place - 1) % PER_BLOCK];
}

static bool is_before(const struct ps_due *a, const struct ps_due *b)
{
	return a->at != b->at ? a->at < b->at : a->number < b->number;
}

static void put(struct ps_heap *heap, struct ps_due *due, uint32_t place)
{
	*slot(heap, place) = due;
	due->place = place;
}

/* Puts it at the place, or at that of the first around which it has to be after. */
static void rise(struct ps_heap *heap, struct ps_due *due, uint32_t place)
{
	for (; place > 1 && is_before(due, *slot(heap, place / 2)); place /= 2)
		put(heap, *slot(heap, place / 2), place);
	put(heap, due, place);
}

/* Puts it at the place, or further down. */
static void sink(struct ps_heap *heap, struct ps_due *due, uint32_t place)
{
	uint32_t below;

	for (; 2 * place <= heap->n; place = below) {
		below = 2 * place;
		if (below < heap->n && is_before(*slot(heap, below + 1), *slot(heap, below)))
			below++;
		if (!is_before(*slot(heap, below), due))
			break;
		put(heap, *slot(heap, below), place);
	}
	put(heap, due, place);
}

static void *allocate(struct ps_heap *heap)
{
	void *block = ps_host_realloc(NULL, PS_HEAP_BLOCK);

	if (block)
		heap->bytes += PS_HEAP_BLOCK;
	return block;
}

static bool has_room(struct ps_heap *heap)
{
	if (heap->n < heap->nblocks * PER_BLOCK)
		return true;
	if (heap->nblocks == BLOCKS)
		return false;
	if (!heap->blocks)
		heap->blocks = allocate(heap);
	if (!heap->blocks)
		return false;
	heap->blocks[heap->nblocks] = allocate(heap);
	if (!heap->blocks[heap->nblocks])
		return false;
	heap->nblocks++;
	return true;
}

static void drop_block(struct ps_heap *heap)
{
	ps_host_realloc(heap->blocks[--heap->nblocks], 0);
	heap->bytes -= PS_HEAP_BLOCK;
}

bool ps_heap_add(struct ps_heap *heap, struct ps_due *due)
{
	if (!has_room(heap))
		return false;
	due->number = heap->added++;
	rise(heap, due, ++heap->n);
	return true;
}

void ps_heap_remove(struct ps_heap *heap, struct ps_due *due)
{
	uint32_t place = due->place;
	struct ps_due *last = *slot(heap, heap->n--);

	due->place = 0;
	if (last != due && place > 1 && is_before(last, *slot(heap, place / 2)))
		rise(heap, last, place);
	else if (last != due)
		sink(heap, last, place);
	if (heap->nblocks > 1 && heap->n <= (heap->nblocks - 2) * PER_BLOCK)	/* so that one more does not ask for it at once */
		drop_block(heap);
}

struct ps_due *ps_heap_first(const struct ps_heap *heap)
{
	return heap->n ? *slot(heap, 1) : NULL;
}

struct ps_due *ps_heap_get(const struct ps_heap *heap, uint32_t i)
{
	return *slot(heap, i + 1);
}

void ps_heap_clean(struct ps_heap *heap)
{
	while (heap->nblocks)
		drop_block(heap);
	ps_host_realloc(heap->blocks, 0);
	memset(heap, 0, sizeof(*heap));
}
