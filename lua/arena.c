/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "arena.h"

#include <string.h>

#define UNIT	4096

struct ps_arena {
	char *bytes;
	size_t units;
	char is_used[];		/* each unit: 0 or 1 */
};

static size_t units_of(size_t size)
{
	return (size + UNIT - 1) / UNIT;
}

/* How many units the arena itself takes, before the blocks. */
static size_t head_of(size_t units)
{
	return units_of(sizeof(struct ps_arena) + units);
}

size_t ps_arena_size(size_t memory)
{
	size_t units = units_of(memory);

	return (head_of(units) + units) * UNIT;
}

struct ps_arena *ps_arena_make(void *region, size_t memory)
{
	struct ps_arena *a = region;

	a->units = units_of(memory);
	a->bytes = (char *)region + head_of(a->units) * UNIT;
	memset(a->is_used, 0, a->units);
	return a;
}

bool ps_arena_has(const struct ps_arena *a, const void *block)
{
	const char *byte = block;

	return byte >= a->bytes && byte < a->bytes + a->units * UNIT;
}

/* True if n units from first on exist and are free. If not, *next is where to look further. */
static bool is_free(const struct ps_arena *a, size_t first, size_t n, size_t *next)
{
	const char *used;

	*next = a->units;
	if (n > a->units - first)
		return false;
	used = memchr(a->is_used + first, 1, n);
	if (used)
		*next = used - a->is_used + 1;
	return !used;
}

static void *take(struct ps_arena *a, size_t n)
{
	size_t first = 0, next;

	while (!is_free(a, first, n, &next)) {
		first = next;
		if (first == a->units)
			return NULL;
	}
	memset(a->is_used + first, 1, n);
	return a->bytes + first * UNIT;
}

void *ps_arena_realloc(struct ps_arena *a, void *block, size_t old, size_t size)
{
	size_t have = units_of(old), want = units_of(size), first, next;
	void *moved;

	if (!block)
		return take(a, want);
	first = ((char *)block - a->bytes) / UNIT;
	if (want <= have) {
		memset(a->is_used + first + want, 0, have - want);
		return want ? block : NULL;
	}
	if (is_free(a, first + have, want - have, &next)) {
		memset(a->is_used + first + have, 1, want - have);
		return block;
	}
	moved = take(a, want);
	if (moved) {
		memcpy(moved, block, old);
		memset(a->is_used + first, 0, have);
	}
	return moved;
}
