/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Memory, values and names of what states share. */
#include <string.h>

#include "shared_parts.h"

struct ps_shared_limits ps_shared_limits = { .shared_mb = 256 };

static long used;	/* bytes of all spaces */

/* What the machine takes for a block, about. */
static long taken(size_t size)
{
	return (size + 31) / 32 * 32;
}

/* Counts as many bytes more, if there may be. */
static bool count(long bytes, enum ps_shared_result *why)
{
	if (ps_host_add(&used, bytes) <= (long)__atomic_load_n(&ps_shared_limits.shared_mb, __ATOMIC_RELAXED) << 20)
		return true;
	ps_host_add(&used, -bytes);
	*why = PS_SHARED_LIMIT;
	return false;
}

void *ps_shared_allocate(size_t size, enum ps_shared_result *why)
{
	void *block;

	if (!count(taken(size), why))
		return NULL;
	block = ps_host_realloc(NULL, size);
	if (!block) {
		ps_host_add(&used, -taken(size));
		*why = PS_SHARED_MEMORY;
	}
	return block;
}

void ps_shared_free(void *block, size_t size)
{
	ps_host_realloc(block, 0);
	ps_host_add(&used, -taken(size));
}

void *ps_shared_resize(void *block, size_t old, size_t size, enum ps_shared_result *why)
{
	void *other;

	if (size && !count(taken(size), why))
		return NULL;
	other = ps_host_resize(block, old, size);
	if (other || !size)
		ps_host_add(&used, -taken(old));
	if (size && !other) {
		ps_host_add(&used, -taken(size));
		*why = PS_SHARED_MEMORY;
	}
	return other;
}

long ps_shared_used(void)
{
	return __atomic_load_n(&used, __ATOMIC_RELAXED);
}

uint64_t ps_shared_now(void)
{
	return ps_host_time() / 1000000;
}

/*
 * Values.
 */
#define PIECE	PS_HOST_PAGES	/* bytes; the last piece may have half of them */
#define SMALL	(PS_SHARED_LENT - sizeof(struct ps_blob))	/* bytes that follow a blob at most */

static size_t blob_size(uint32_t len, uint32_t npieces)
{
	return sizeof(struct ps_blob) + (npieces ? npieces * sizeof(uint8_t *) : len);
}

struct ps_blob *ps_blob_begin(uint32_t len, enum ps_shared_result *why)
{
	uint32_t npieces = len > SMALL ? (len + PIECE - 1) / PIECE : 0;
	struct ps_blob *blob = ps_shared_allocate(blob_size(len, npieces), why);

	if (!blob)
		return NULL;
	blob->len = len;
	blob->npieces = npieces;
	blob->made = 0;
	return blob;
}

static size_t piece_size(const struct ps_blob *blob, uint32_t i)
{
	return blob->len - i * PIECE > PIECE / 2 ? PIECE : PIECE / 2;
}

bool ps_blob_extend(struct ps_blob *blob, enum ps_shared_result *why)
{
	size_t size = piece_size(blob, blob->made);
	uint8_t *piece;

	if (!count(size, why))
		return false;
	piece = ps_host_get_pages(size);
	if (piece) {
		blob->piece[blob->made++] = piece;
	} else {
		ps_host_add(&used, -(long)size);
		*why = PS_SHARED_MEMORY;
	}
	return piece;
}

void ps_blob_free(struct ps_blob *blob)
{
	uint32_t i;

	if (!blob)
		return;
	for (i = 0; i < blob->made; i++) {
		ps_host_put_pages(blob->piece[i]);
		ps_host_add(&used, -(long)piece_size(blob, i));
	}
	ps_shared_free(blob, blob_size(blob->len, blob->npieces));
}

static void free_blob(struct ps_deferred *deferred)
{
	ps_blob_free((struct ps_blob *)deferred);
}

/* Whether it would keep a softirq up. */
static bool is_large(const struct ps_blob *blob)
{
	return blob->made > 16;
}

void ps_blob_let_go(struct ps_blob *blob)
{
	if (blob && is_large(blob))
		ps_host_retire(&blob->deferred, free_blob);
	else
		ps_blob_free(blob);
}

void ps_blob_retire(struct ps_blob *blob)
{
	if (is_large(blob))
		ps_host_retire(&blob->deferred, free_blob);
	else
		ps_host_defer(&blob->deferred, free_blob);
}

uint8_t *ps_blob_at(struct ps_blob *blob, uint32_t off, uint32_t *n)
{
	if (!blob->npieces) {
		*n = blob->len - off;
		return (uint8_t *)blob->piece + off;
	}
	*n = PIECE - off % PIECE;
	if (*n > blob->len - off)
		*n = blob->len - off;
	return blob->piece[off / PIECE] + off % PIECE;
}

void ps_blob_read(struct ps_blob *blob, uint32_t off, void *to, uint32_t n)
{
	uint8_t *at = to;
	uint32_t part;

	for (; n; n -= part, at += part, off += part) {
		const uint8_t *from = ps_blob_at(blob, off, &part);

		part = part < n ? part : n;
		memcpy(at, from, part);
	}
}

static bool blob_is(struct ps_blob *a, struct ps_blob *b)
{
	uint32_t off, n;

	if (a->len != b->len)
		return false;
	for (off = 0; off < a->len; off += n) {	/* pieces of both are in the same places */
		const uint8_t *p = ps_blob_at(a, off, &n);

		if (memcmp(p, ps_blob_at(b, off, &n), n))
			return false;
	}
	return true;
}

bool ps_shared_is(struct ps_shared_value a, struct ps_shared_value b)
{
	if (a.type != b.type)
		return false;
	if (ps_shared_has_bytes(a.type))
		return blob_is(a.blob, b.blob);
	return a.type == PS_SHARED_NOTHING || a.i == b.i;
}

/*
 * Spaces. One lock for all of them: names are looked for when scripts are loaded.
 */
struct ps_shared_space {
	struct ps_shared_space *next, **place;
	struct ps_shared_thing *things;
	unsigned int refs;	/* also of each thing */
	unsigned int changes;	/* of which things there are */
	bool is_closed;
};

#define NAMES	PS_SHARED_NAMES_LOCK

static struct ps_shared_space *spaces;

struct ps_shared_space *ps_shared_space_new(void)
{
	struct ps_shared_space *space = ps_host_realloc(NULL, sizeof(*space));

	if (!space)
		return NULL;
	space->things = NULL;
	space->refs = 1;
	space->changes = 1;
	space->is_closed = false;
	ps_host_lock(NAMES);
	space->next = spaces;
	space->place = &spaces;
	if (space->next)
		space->next->place = &space->next;
	spaces = space;
	ps_host_unlock(NAMES);
	return space;
}

struct ps_shared_space *ps_shared_space_get(struct ps_shared_space *space)
{
	ps_host_lock(NAMES);
	space->refs++;
	ps_host_unlock(NAMES);
	return space;
}

void ps_shared_space_put(struct ps_shared_space *space)
{
	bool is_last;

	ps_host_lock(NAMES);
	is_last = !--space->refs;
	if (is_last) {
		*space->place = space->next;
		if (space->next)
			space->next->place = space->place;
	}
	ps_host_unlock(NAMES);
	if (is_last)
		ps_host_realloc(space, 0);
}

static const struct {
	struct ps_shared_thing *(*make)(enum ps_shared_result *why);
	void (*free)(struct ps_shared_thing *thing);
} kinds[] = {
	[PS_SHARED_TABLE] = { ps_table_new, ps_table_free },
	[PS_SHARED_QUEUE] = { ps_queue_new, ps_queue_free },
	[PS_SHARED_SET] = { ps_shared_set_new, ps_shared_set_free },
};

/* Of those that have just been made, or that the space has no more. */
static void free_thing(struct ps_deferred *deferred)
{
	struct ps_shared_thing *thing = (struct ps_shared_thing *)deferred;

	kinds[thing->kind].free(thing);
}

/* With the lock: takes it out of the space, if nobody has it and it is not kept. Then it is to be retired. */
static bool let_go(struct ps_shared_thing *thing)
{
	struct ps_shared_thing **at = &thing->space->things;

	if (thing->refs || (thing->is_kept && !thing->space->is_closed))
		return false;
	while (*at != thing)
		at = &(*at)->next;
	*at = thing->next;
	thing->space->changes++;
	return true;
}

static void retire(struct ps_shared_thing *thing)
{
	struct ps_shared_space *space = thing->space;

	ps_host_retire(&thing->deferred, free_thing);
	ps_shared_space_put(space);
}

void ps_shared_put(struct ps_shared_thing *thing)
{
	bool is_last;

	ps_host_lock(NAMES);
	thing->refs--;
	is_last = let_go(thing);
	ps_host_unlock(NAMES);
	if (is_last)
		retire(thing);
}

void ps_shared_keep(struct ps_shared_thing *thing, bool is_kept)
{
	ps_host_lock(NAMES);
	thing->is_kept = is_kept;
	ps_host_unlock(NAMES);
}

bool ps_shared_is_alone(const struct ps_shared_thing *thing)
{
	return ps_shared_refs(thing) == 1;
}

unsigned int ps_shared_refs(const struct ps_shared_thing *thing)
{
	unsigned int refs;

	ps_host_lock(NAMES);
	refs = thing->refs;
	ps_host_unlock(NAMES);
	return refs;
}

bool ps_shared_abandon(struct ps_shared_thing *thing)
{
	bool is_alone;

	ps_host_lock(NAMES);
	is_alone = thing->refs == 1;
	if (is_alone)
		thing->is_kept = false;
	ps_host_unlock(NAMES);
	return is_alone;
}

/* With the lock: one of the space's things that nobody has, taken out; or NULL. */
static struct ps_shared_thing *take_kept(struct ps_shared_space *space)
{
	struct ps_shared_thing *thing = space->things;

	while (thing && !let_go(thing))
		thing = thing->next;
	return thing;
}

void ps_shared_space_close(struct ps_shared_space *space)
{
	struct ps_shared_thing *thing;

	do {
		ps_host_lock(NAMES);
		space->is_closed = true;
		thing = take_kept(space);
		ps_host_unlock(NAMES);
		if (thing)
			retire(thing);
	} while (thing);
}

/* With the lock: with a reference for the caller, or NULL. */
static struct ps_shared_thing *find(struct ps_shared_space *space, enum ps_shared_kind kind, const char *name)
{
	struct ps_shared_thing *thing = space->things;

	while (thing && (thing->kind != kind || strcmp(thing->name, name)))
		thing = thing->next;
	if (thing)
		thing->refs++;
	return thing;
}

struct ps_shared_thing *ps_shared_find(struct ps_shared_space *space, enum ps_shared_kind kind, const char *name)
{
	struct ps_shared_thing *thing;

	ps_host_lock(NAMES);
	thing = find(space, kind, name);
	ps_host_unlock(NAMES);
	return thing;
}

bool ps_shared_each(struct ps_shared_space *space, bool (*f)(const struct ps_shared_thing *thing, void *context), void *context,
		    unsigned int *changes)
{
	const struct ps_shared_thing *thing;

	ps_host_lock(NAMES);
	*changes = space->changes;
	for (thing = space->things; thing && f(thing, context); thing = thing->next)
		;
	ps_host_unlock(NAMES);
	return !thing;
}

struct ps_shared_thing *ps_shared_open(struct ps_shared_space *space, enum ps_shared_kind kind, const char *name,
				       enum ps_shared_result *why)
{
	struct ps_shared_thing *thing = ps_shared_find(space, kind, name), *made;

	if (thing)
		return thing;

	made = kinds[kind].make(why);
	if (!made)
		return NULL;
	made->kind = kind;
	made->space = space;
	made->refs = 1;
	strcpy(made->name, name);
	ps_host_lock(NAMES);
	thing = find(space, kind, name);
	if (!thing) {
		made->next = space->things;
		space->things = made;
		space->refs++;
		space->changes++;
	}
	ps_host_unlock(NAMES);
	if (!thing)
		return made;
	ps_host_retire(&made->deferred, free_thing);	/* somebody else was quicker */
	return thing;
}

/* With the lock: the first table from thing on, and else of the spaces behind, with a reference for the caller; or NULL. */
static struct ps_shared_table *find_table(struct ps_shared_thing *thing, struct ps_shared_space *space)
{
	for (;;) {
		while (thing && thing->kind != PS_SHARED_TABLE)
			thing = thing->next;
		if (thing) {
			thing->refs++;
			return ps_shared_table_of(thing);
		}
		if (!space)
			return NULL;
		thing = space->things;
		space = space->next;
	}
}

bool ps_shared_sweep(void)
{
	struct ps_shared_thing *last;
	struct ps_shared_table *t;
	bool any = false;

	ps_host_lock(NAMES);
	t = find_table(NULL, spaces);
	ps_host_unlock(NAMES);
	while (t) {
		any |= ps_table_sweep(t);
		last = (struct ps_shared_thing *)t;
		ps_host_lock(NAMES);
		t = find_table(last->next, last->space->next);
		ps_host_unlock(NAMES);
		ps_shared_put(last);
	}
	return any;
}
