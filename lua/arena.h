/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Memory set aside for the large blocks of one runtime: when a packet comes, the machine may not have that much at hand
 * in one piece. First fit, in units of a page. The owner serialises all calls.
 */
#ifndef PS_ARENA_H
#define PS_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct ps_arena;

#define PS_ARENA_LEAST	(32 * 1024)	/* smaller blocks would waste too much of their last unit */

/* The size of the region that an arena needs for memory bytes of blocks; and an arena made in such a region. */
size_t ps_arena_size(size_t memory);
struct ps_arena *ps_arena_make(void *region, size_t memory);

bool ps_arena_has(const struct ps_arena *a, const void *block);

/*
 * As realloc, for NULL and blocks that the arena has. old is the block's size: to shrink it never fails.
 */
void *ps_arena_realloc(struct ps_arena *a, void *block, size_t old, size_t size);

#endif
