/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include <string.h>

#include "shared_parts.h"

struct ps_addresses {
	struct ps_ranges ranges;	/* first */
	struct ps_deferred deferred;
	long refs;
	uint32_t room4, room6;	/* of their arrays of pieces */
};

struct ps_shared_set {
	struct ps_shared_thing thing;	/* first */
	struct ps_addresses *addresses;	/* NULL: none */
};

/* The same of both types. */
struct part {
	struct ps_pieces *pieces;
	uint32_t *room;
	uint32_t per_piece;
};

static struct part part_of(const struct ps_addresses *a, const struct ps_type *type)
{
	struct ps_addresses *addresses = (struct ps_addresses *)a;

	if (type == PS_IPV4)
		return (struct part){ &addresses->ranges.ranges4, &addresses->room4, PS_PER_PIECE(struct ps_span4) };
	return (struct part){ &addresses->ranges.ranges6, &addresses->room6, PS_PER_PIECE(struct ps_span) };
}

static uint32_t count_pieces(const struct part *part)
{
	return (part->pieces->n + part->per_piece - 1) / part->per_piece;
}

/*
 * Addresses.
 */
struct ps_addresses *ps_addresses_new(enum ps_shared_result *why)
{
	struct ps_addresses *addresses = ps_shared_resize(NULL, 0, sizeof(*addresses), why);

	if (!addresses)
		return NULL;
	memset(addresses, 0, sizeof(*addresses));
	addresses->refs = 1;
	return addresses;
}

static void free_part(struct part part)
{
	enum ps_shared_result why;
	uint32_t i;

	for (i = 0; i < count_pieces(&part); i++) {
		ps_shared_resize(part.pieces->pieces[i], PS_RANGES_PIECE, 0, &why);
		ps_host_pause();
	}
	if (*part.room)
		ps_shared_resize(part.pieces->pieces, *part.room * sizeof(uint8_t *), 0, &why);
}

static void free_addresses(struct ps_deferred *deferred)
{
	struct ps_addresses *addresses = (struct ps_addresses *)((char *)deferred - offsetof(struct ps_addresses, deferred));
	enum ps_shared_result why;

	free_part(part_of(addresses, PS_IPV4));
	free_part(part_of(addresses, PS_IPV6));
	ps_shared_resize(addresses, sizeof(*addresses), 0, &why);
}

/* Packets may look at what a set has had. */
void ps_addresses_put(struct ps_addresses *addresses)
{
	if (addresses && !ps_host_add(&addresses->refs, -1))
		ps_host_retire(&addresses->deferred, free_addresses);
}

static void *range_at(const struct part *part, uint32_t i, size_t size)
{
	return part->pieces->pieces[i / part->per_piece] + i % part->per_piece * size;
}

static void put_range(const struct part *part, const struct ps_type *type, uint32_t i, const struct ps_span *range)
{
	if (type == PS_IPV4)
		*(struct ps_span4 *)range_at(part, i, sizeof(struct ps_span4)) = (struct ps_span4){ range->first.low, range->last.low };
	else
		*(struct ps_span *)range_at(part, i, sizeof(*range)) = *range;
}

uint32_t ps_addresses_count(const struct ps_addresses *addresses, const struct ps_type *type)
{
	return part_of(addresses, type).pieces->n;
}

struct ps_span ps_addresses_at(const struct ps_addresses *addresses, const struct ps_type *type, uint32_t i)
{
	struct part part = part_of(addresses, type);
	const struct ps_span4 *range;

	if (type != PS_IPV4)
		return *(struct ps_span *)range_at(&part, i, sizeof(struct ps_span));
	range = range_at(&part, i, sizeof(*range));
	return (struct ps_span){ { 0, range->first }, { 0, range->last } };
}

/* Room for one more range. */
static bool extend(struct part *part, enum ps_shared_result *why)
{
	uint32_t n = part->pieces->n / part->per_piece, room = n ? 2 * n : 4;
	uint8_t **pieces, *piece;

	if (part->pieces->n % part->per_piece)
		return true;
	if (n == *part->room) {
		pieces = ps_shared_resize(part->pieces->pieces, n * sizeof(*pieces), room * sizeof(*pieces), why);
		if (!pieces)
			return false;
		part->pieces->pieces = pieces;
		*part->room = room;
	}
	piece = ps_shared_resize(NULL, 0, PS_RANGES_PIECE, why);
	if (!piece)
		return false;
	part->pieces->pieces[n] = piece;
	ps_host_pause();
	return true;
}

enum ps_shared_result ps_addresses_add(struct ps_addresses *addresses, const struct ps_type *type, struct ps_span range)
{
	struct part part = part_of(addresses, type);
	enum ps_shared_result why;
	struct ps_span last;
	uint32_t n = part.pieces->n;

	if (n) {
		last = ps_addresses_at(addresses, type, n - 1);
		if (ps_value_is_at_most(range.first, last.last))
			return PS_SHARED_ORDER;
		if (ps_value_is(range.first, ps_value_next(last.last))) {
			last.last = range.last;
			put_range(&part, type, n - 1, &last);
			return PS_SHARED_DONE;
		}
	}
	if (n == ~(uint32_t)0)
		return PS_SHARED_LIMIT;
	if (!extend(&part, &why))
		return why;
	put_range(&part, type, n, &range);
	part.pieces->n++;
	return PS_SHARED_DONE;
}

/*
 * Two of them, gone through side by side.
 */
struct cursor {
	const struct ps_addresses *addresses;
	const struct ps_type *type;
	uint32_t i, n;
	struct ps_span range;	/* the one that is next, if i < n */
};

static void read_range(struct cursor *at)
{
	if (at->i < at->n)
		at->range = ps_addresses_at(at->addresses, at->type, at->i);
}

static struct cursor first_of(const struct ps_addresses *addresses, const struct ps_type *type)
{
	struct cursor at = { addresses, type, 0, ps_addresses_count(addresses, type), { { 0, 0 }, { 0, 0 } } };

	read_range(&at);
	return at;
}

/* There may be millions of ranges. */
static void go_on(struct cursor *at)
{
	ps_host_pause();
	at->i++;
	read_range(at);
}

/* Takes what begins first, of those that are left. */
static bool take_first(struct cursor *a, struct cursor *b, struct ps_span *range)
{
	struct cursor *first = a;

	if (a->i == a->n || (b->i < b->n && !ps_value_is_at_most(a->range.first, b->range.first)))
		first = b;
	if (first->i == first->n)
		return false;
	*range = first->range;
	go_on(first);
	return true;
}

static enum ps_shared_result unite(struct ps_addresses *to, struct cursor a, struct cursor b)
{
	enum ps_shared_result result = PS_SHARED_DONE;
	struct ps_span whole, next;
	bool any = take_first(&a, &b, &whole);

	while (any && !result) {
		any = take_first(&a, &b, &next);
		if (any && ps_value_is_at_most(next.first, whole.last)) {
			if (!ps_value_is_at_most(next.last, whole.last))
				whole.last = next.last;
			continue;
		}
		result = ps_addresses_add(to, a.type, whole);
		whole = next;
	}
	return result;
}

static struct ps_value before(struct ps_value v)
{
	v.high -= !v.low;
	v.low--;
	return v;
}

static enum ps_shared_result subtract(struct ps_addresses *to, struct cursor a, struct cursor b)
{
	enum ps_shared_result result = PS_SHARED_DONE;

	while (a.i < a.n && !result) {
		if (b.i < b.n && !ps_value_is_at_most(a.range.first, b.range.last)) {
			go_on(&b);
		} else if (b.i == b.n || !ps_value_is_at_most(b.range.first, a.range.last)) {
			result = ps_addresses_add(to, a.type, a.range);
			go_on(&a);
		} else {
			if (!ps_value_is_at_most(b.range.first, a.range.first))
				result = ps_addresses_add(to, a.type, (struct ps_span){ a.range.first, before(b.range.first) });
			if (ps_value_is_at_most(a.range.last, b.range.last))
				go_on(&a);
			else
				a.range.first = ps_value_next(b.range.last);
		}
	}
	return result;
}

typedef enum ps_shared_result combine_fn(struct ps_addresses *to, struct cursor a, struct cursor b);

static struct ps_addresses *combine(combine_fn *f, const struct ps_addresses *a, const struct ps_addresses *b, enum ps_shared_result *why)
{
	struct ps_addresses *to = ps_addresses_new(why);

	if (!to)
		return NULL;
	*why = f(to, first_of(a, PS_IPV4), first_of(b, PS_IPV4));
	if (!*why)
		*why = f(to, first_of(a, PS_IPV6), first_of(b, PS_IPV6));
	if (!*why)
		return to;
	ps_addresses_put(to);
	return NULL;
}

struct ps_addresses *ps_addresses_unite(const struct ps_addresses *a, const struct ps_addresses *b, enum ps_shared_result *why)
{
	return combine(unite, a, b, why);
}

struct ps_addresses *ps_addresses_subtract(const struct ps_addresses *a, const struct ps_addresses *b, enum ps_shared_result *why)
{
	return combine(subtract, a, b, why);
}

/*
 * The set.
 */
const struct ps_ranges *ps_shared_set_ranges(const struct ps_shared_set *set)
{
	static const struct ps_ranges none;
	const struct ps_addresses *addresses = __atomic_load_n(&set->addresses, __ATOMIC_ACQUIRE);

	return ps_likely(addresses) ? &addresses->ranges : &none;
}

void ps_shared_set_fill(struct ps_shared_set *set, struct ps_addresses *addresses)
{
	struct ps_addresses *last = set->addresses;

	ps_host_add(&addresses->refs, 1);
	__atomic_store_n(&set->addresses, addresses, __ATOMIC_RELEASE);
	ps_addresses_put(last);
}

struct ps_addresses *ps_shared_set_get(struct ps_shared_set *set)
{
	enum ps_shared_result why;

	if (!set->addresses)
		return ps_addresses_new(&why);
	ps_host_add(&set->addresses->refs, 1);
	return set->addresses;
}

/* Whoever has asked one of them before it had all must not ask the other one when it has less again. */
static void swap_by(struct ps_shared_set *a, struct ps_shared_set *b, struct ps_addresses *of_a, struct ps_addresses *of_b, struct ps_addresses *all)
{
	ps_shared_set_fill(a, all);
	ps_shared_set_fill(b, all);
	ps_host_wait_for_readers();
	ps_shared_set_fill(a, of_b);
	ps_shared_set_fill(b, of_a);
}

enum ps_shared_result ps_shared_set_swap(struct ps_shared_set *a, struct ps_shared_set *b)
{
	struct ps_addresses *of_a = ps_shared_set_get(a), *of_b = ps_shared_set_get(b), *all = NULL;
	enum ps_shared_result why = PS_SHARED_MEMORY;

	if (of_a && of_b)
		all = ps_addresses_unite(of_a, of_b, &why);
	if (all)
		swap_by(a, b, of_a, of_b, all);
	ps_addresses_put(of_a);
	ps_addresses_put(of_b);
	ps_addresses_put(all);
	return all ? PS_SHARED_DONE : why;
}

static size_t bytes_of(const struct ps_addresses *addresses, const struct ps_type *type)
{
	struct part part = part_of(addresses, type);

	return count_pieces(&part) * PS_RANGES_PIECE + *part.room * sizeof(uint8_t *);
}

struct ps_set_size ps_shared_set_size(const struct ps_shared_set *set)
{
	struct ps_set_size size = { .bytes = sizeof(*set) };
	const struct ps_addresses *addresses;

	ps_host_read_begin();
	addresses = __atomic_load_n(&set->addresses, __ATOMIC_ACQUIRE);
	if (addresses) {
		size.ranges4 = addresses->ranges.ranges4.n;
		size.ranges6 = addresses->ranges.ranges6.n;
		size.bytes += sizeof(*addresses) + bytes_of(addresses, PS_IPV4) + bytes_of(addresses, PS_IPV6);
	}
	ps_host_read_end();
	return size;
}

struct ps_shared_thing *ps_shared_set_new(enum ps_shared_result *why)
{
	struct ps_shared_set *set = ps_shared_allocate(sizeof(*set), why);

	if (!set)
		return NULL;
	memset(set, 0, sizeof(*set));
	return &set->thing;
}

void ps_shared_set_free(struct ps_shared_thing *thing)
{
	struct ps_shared_set *set = ps_shared_set_of(thing);

	ps_addresses_put(set->addresses);
	ps_shared_free(set, sizeof(*set));
}
