/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Memory set aside for the large blocks of one runtime, which a machine may not have at hand in one
 * piece when packets come. First fit, in units of a page; who has it serialises its uses.
 */
#ifndef PS_ARENA_H
#define PS_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct ps_arena;

#define PS_ARENA_LEAST	(32 * 1024)	/* bytes of a block that is worth its units */

/* How many bytes an arena for blocks of memory bytes altogether is to be made of, and makes one. */
size_t ps_arena_size(size_t memory);
struct ps_arena *ps_arena_make(void *region, size_t memory);

bool ps_arena_has(const struct ps_arena *a, const void *block);

/*
 * As realloc, for NULL and blocks that the arena has; old is the block's size. Never fails for less
 * than that.
 */
void *ps_arena_realloc(struct ps_arena *a, void *block, size_t old, size_t size);

#endif
