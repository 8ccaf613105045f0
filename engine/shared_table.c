/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * A hash table that is read without a lock, and grows a few buckets at a time. Each entry has two pointers to the next one: while
 * the table grows, it is in a chain of the old buckets, by the one, and of the new ones, by the other. So whoever reads the old
 * ones is not disturbed; when all is moved, the new ones take over, and the table may grow again when nobody reads the old ones
 * any more.
 *
 * The kernel's rhashtable does the same, but is made where one may sleep. A script names its tables with softirqs off, and what is
 * here runs under the sanitizers of the unit tests, too.
 */
#include <string.h>

#include "hash.h"
#include "shared_parts.h"

struct entry {
	struct entry *next[2];
	uint64_t hash;
	uint64_t content;	/* an integer, a boolean, or where the blob is: what can be read in one go */
	/*
	 * From the lowest bit on: 8 bits, the key's length; 8, whether it is an integer; 8, enum ps_shared_type, another of which needs
	 * another entry; the rest, ps_shared_now() from which on it is not there any more; 0: it stays.
	 */
	uint64_t about;
	struct ps_deferred deferred;
	uint8_t key[];		/* of an integer, up to here it has 64 bytes: as large as blocks of the machine are */
};

#define ABOUT_KEY	0xffff	/* the bits that do not depend on the value */
#define ABOUT_INTEGER	(1 << 8 | sizeof(int64_t))	/* what these are of an integer */
#define TYPE_SHIFT	16
#define EXPIRES_SHIFT	24
#define EXPIRES_MAX	((1ull << 40) - 1)

#define CHUNK		512	/* buckets that are allocated at a time */
#define BITS_MIN	6
#define BITS_MAX	22
#define MOVED		4	/* buckets, with each entry that comes while the table grows */

struct buckets {
	struct ps_deferred deferred;
	struct ps_shared_table *table;
	struct buckets *next;	/* what the table grows to */
	uint32_t moved;		/* so many of these are in next, too */
	uint8_t bits;		/* there are 2^bits */
	uint8_t side;		/* the pointer of struct entry that is theirs */
	struct entry **chunk[];	/* NULL: not yet */
};

struct ps_shared_table {
	struct ps_shared_thing thing;	/* first */
	struct buckets *buckets;
	unsigned int first_lock;
	long count;
	long expiring;		/* entries that will */
	uint64_t ttl;
	uint32_t swept;		/* where the next look for what has expired begins */
	bool is_busy;		/* somebody has it grow, or looks for what has expired */
	bool is_settling;	/* it has grown, and the old buckets may still be read */
};

/*
 * Keys.
 */
void ps_shared_key_integer(struct ps_shared_key *key, int64_t i)
{
	key->text = NULL;
	key->i = i;
	key->len = sizeof(i);
	key->hash = ps_hash_integer(i);
}

void ps_shared_key_text(struct ps_shared_key *key, const char *text, uint8_t len)
{
	key->text = text;
	key->len = len;
	key->hash = ps_hash_text(text, len);
}

static ps_inline uint64_t load_about(const struct entry *e)
{
	return __atomic_load_n(&e->about, __ATOMIC_RELAXED);
}

static ps_inline bool is_integer(const struct entry *e)
{
	return load_about(e) >> 8 & 1;
}

static ps_inline uint8_t key_len(const struct entry *e)
{
	return load_about(e);
}

static ps_inline enum ps_shared_type type_of(const struct entry *e)
{
	return load_about(e) >> TYPE_SHIFT & 0xff;
}

static ps_inline uint64_t expires(const struct entry *e)
{
	return load_about(e) >> EXPIRES_SHIFT;
}

static ps_inline bool is_text(const struct entry *e, const struct ps_shared_key *key)
{
	return e->hash == key->hash && (load_about(e) & ABOUT_KEY) == key->len && !memcmp(e->key, key->text, key->len);
}

static ps_inline bool is_number(const struct entry *e, int64_t i)
{
	int64_t key;

	if ((load_about(e) & ABOUT_KEY) != ABOUT_INTEGER)
		return false;
	memcpy(&key, e->key, sizeof(key));
	return key == i;
}

/*
 * Buckets.
 */
static ps_inline struct entry *load_entry(struct entry *const *at)
{
	return __atomic_load_n(at, __ATOMIC_ACQUIRE);
}

static ps_inline void store_entry(struct entry **at, struct entry *e)
{
	__atomic_store_n(at, e, __ATOMIC_RELEASE);
}

static ps_inline struct buckets *load_buckets(struct buckets *const *at)
{
	return __atomic_load_n(at, __ATOMIC_ACQUIRE);
}

static ps_inline uint32_t count_buckets(const struct buckets *b)
{
	return 1u << b->bits;
}

static ps_inline uint32_t index_of(const struct buckets *b, uint64_t hash)
{
	return hash & (count_buckets(b) - 1);
}

static ps_inline struct entry **bucket(const struct buckets *b, uint32_t i)
{
	return &b->chunk[i / CHUNK][i % CHUNK];
}

static ps_inline unsigned int lock_of(const struct ps_shared_table *t, uint64_t hash)
{
	return t->first_lock + hash % PS_SHARED_STRIPES;
}

static ps_inline struct entry *first_in(const struct buckets *b, uint64_t hash)
{
	return load_entry(bucket(b, index_of(b, hash)));
}

static ps_inline struct entry *next_in(const struct buckets *b, const struct entry *e)
{
	return load_entry(&e->next[b->side]);
}

static ps_inline struct entry *find_integer(const struct buckets *b, uint64_t hash, int64_t i)
{
	struct entry *e = first_in(b, hash);

	while (e && !is_number(e, i))
		e = next_in(b, e);
	return e;
}

static ps_inline struct entry *find_in(const struct buckets *b, const struct ps_shared_key *key)
{
	struct entry *e;

	if (!key->text)
		return find_integer(b, key->hash, key->i);
	e = first_in(b, key->hash);
	while (e && !is_text(e, key))
		e = next_in(b, e);
	return e;
}

static uint32_t count_chunks(uint8_t bits)
{
	return ((1u << bits) + CHUNK - 1) / CHUNK;
}

static size_t buckets_size(uint8_t bits)
{
	return sizeof(struct buckets) + count_chunks(bits) * sizeof(struct entry **);
}

static size_t chunk_size(uint8_t bits)
{
	return ((1u << bits) < CHUNK ? 1u << bits : CHUNK) * sizeof(struct entry *);
}

static struct buckets *buckets_new(struct ps_shared_table *t, uint8_t bits, uint8_t side, enum ps_shared_result *why)
{
	struct buckets *b = ps_shared_allocate(buckets_size(bits), why);

	if (!b)
		return NULL;
	memset(b, 0, buckets_size(bits));
	b->table = t;
	b->bits = bits;
	b->side = side;
	return b;
}

static void buckets_free(struct buckets *b)
{
	uint32_t i;

	for (i = 0; i < count_chunks(b->bits); i++) {
		if (b->chunk[i])
			ps_shared_free(b->chunk[i], chunk_size(b->bits));
	}
	ps_shared_free(b, buckets_size(b->bits));
}

/* Whether bucket i has memory from now on. */
static bool make_bucket(struct buckets *b, uint32_t i)
{
	struct entry ***chunk = &b->chunk[i / CHUNK];
	enum ps_shared_result why;

	if (*chunk)
		return true;
	*chunk = ps_shared_allocate(chunk_size(b->bits), &why);
	if (*chunk)
		memset(*chunk, 0, chunk_size(b->bits));
	return *chunk;
}

static void link_in(struct entry *e, const struct buckets *b)
{
	struct entry **at = bucket(b, index_of(b, e->hash));

	e->next[b->side] = *at;
	store_entry(at, e);
}

static void unlink_in(struct entry *e, const struct buckets *b)
{
	struct entry **at = bucket(b, index_of(b, e->hash));

	while (*at != e)
		at = &(*at)->next[b->side];
	store_entry(at, e->next[b->side]);
}

/*
 * What the table grows to, if it does and has the entries of this hash already. That of a bucket changes under its lock only,
 * which the caller has.
 */
static struct buckets *grown(const struct buckets *b, uint64_t hash)
{
	struct buckets *next = load_buckets(&b->next);

	return next && index_of(b, hash) < __atomic_load_n(&b->moved, __ATOMIC_RELAXED) ? next : NULL;
}

/*
 * Growing. Whoever has put an entry in moves a few buckets, unless somebody else does.
 */
static bool begin_work(struct ps_shared_table *t)
{
	bool is_free;

	ps_host_lock(t->first_lock);
	is_free = !t->is_busy;
	t->is_busy = true;
	ps_host_unlock(t->first_lock);
	return is_free;
}

static void end_work(struct ps_shared_table *t)
{
	__atomic_store_n(&t->is_busy, false, __ATOMIC_RELEASE);
}

static bool move_bucket(struct ps_shared_table *t, struct buckets *b)
{
	uint32_t i = b->moved;
	struct entry *e;

	if (!make_bucket(b->next, i) || !make_bucket(b->next, i + count_buckets(b)))
		return false;
	ps_host_lock(lock_of(t, i));
	for (e = *bucket(b, i); e; e = e->next[b->side])
		link_in(e, b->next);
	__atomic_store_n(&b->moved, i + 1, __ATOMIC_RELAXED);
	ps_host_unlock(lock_of(t, i));
	return true;
}

/* Of a large table this takes long. */
static void free_buckets(struct ps_deferred *deferred)
{
	buckets_free((struct buckets *)deferred);
}

static void settle(struct ps_deferred *deferred)
{
	struct ps_shared_table *t = ((struct buckets *)deferred)->table;

	free_buckets(deferred);
	__atomic_store_n(&t->is_settling, false, __ATOMIC_RELEASE);
}

/*
 * The new buckets take over. A script that fills a table as it is loaded has the CPU for so long that no reader ends meanwhile: but where
 * it is alone with the table, there is none. Who names the table from now on finds the new buckets.
 */
static void take_over(struct ps_shared_table *t, struct buckets *b)
{
	__atomic_store_n(&t->buckets, b->next, __ATOMIC_RELEASE);
	if (ps_shared_is_alone(&t->thing)) {
		ps_host_retire(&b->deferred, free_buckets);
	} else {
		t->is_settling = true;
		ps_host_retire(&b->deferred, settle);
	}
}

static void grow(struct ps_shared_table *t)
{
	struct buckets *b = t->buckets, *next;
	enum ps_shared_result why;
	int n;

	if (!b->next) {
		if (__atomic_load_n(&t->is_settling, __ATOMIC_ACQUIRE))
			return;
		next = buckets_new(t, b->bits + 1, !b->side, &why);
		if (!next)
			return;
		__atomic_store_n(&b->next, next, __ATOMIC_RELEASE);
	}
	for (n = 0; n < MOVED && b->moved < count_buckets(b); n++) {
		if (!move_bucket(t, b))
			return;
	}
	if (b->moved == count_buckets(b))
		take_over(t, b);
}

static ps_inline void grow_if_full(struct ps_shared_table *t)
{
	const struct buckets *b = load_buckets(&t->buckets);

	if (ps_likely(t->count <= (long)count_buckets(b)) || b->bits == BITS_MAX || !begin_work(t))
		return;
	if (load_buckets(&t->buckets) == b)
		grow(t);
	end_work(t);
}

/*
 * Entries.
 */
static size_t entry_size(uint8_t len)
{
	return sizeof(struct entry) + len;
}

static struct ps_blob *blob_of(uint64_t content)
{
	return (struct ps_blob *)(uintptr_t)content;
}

static uint64_t content_of(struct ps_shared_value value)
{
	return ps_shared_has_bytes(value.type) ? (uintptr_t)value.blob : (uint64_t)value.i;
}

static ps_inline struct ps_shared_value value_of(enum ps_shared_type type, uint64_t content)
{
	struct ps_shared_value value = { type, { content } };

	if (ps_shared_has_bytes(type))
		value.blob = blob_of(content);
	return value;
}

static struct entry *entry_new(const struct ps_shared_key *key, struct ps_shared_value value, enum ps_shared_result *why)
{
	struct entry *e = ps_shared_allocate(entry_size(key->len), why);

	if (!e)
		return NULL;
	e->hash = key->hash;
	e->content = content_of(value);
	e->about = value.type << TYPE_SHIFT | !key->text << 8 | key->len;
	memcpy(e->key, key->text ? (const void *)key->text : &key->i, key->len);
	return e;
}

static void entry_free(struct entry *e, void (*free_bytes)(struct ps_blob *blob))
{
	if (ps_shared_has_bytes(type_of(e)))
		free_bytes(blob_of(e->content));
	ps_shared_free(e, entry_size(key_len(e)));
}

static void free_entry(struct ps_deferred *deferred)
{
	entry_free((struct entry *)((char *)deferred - offsetof(struct entry, deferred)), ps_blob_let_go);
}

/* Before the content is read: whoever sees a new time sees that, too. */
static ps_inline bool is_gone(const struct entry *e)
{
	uint64_t at = ps_shared_load(&e->about) >> EXPIRES_SHIFT;

	return ps_unlikely(at) && ps_shared_now() >= at;
}

/* Those that follow have the lock of the entry's bucket. */
static ps_inline bool has_integer(const struct entry *e)
{
	uint64_t about = load_about(e) >> TYPE_SHIFT;

	return ps_likely(about == PS_SHARED_INTEGER) || ((about & 0xff) == PS_SHARED_INTEGER && !is_gone(e));
}

static void set_expiry(struct ps_shared_table *t, struct entry *e, uint64_t at)
{
	uint64_t before = expires(e);

	if (!before && at && ps_host_add(&t->expiring, 1) == 1)
		ps_host_sweep();
	if (before && !at)
		ps_host_add(&t->expiring, -1);
	if (before != at)
		ps_shared_store(&e->about, at << EXPIRES_SHIFT | (load_about(e) & ((1 << EXPIRES_SHIFT) - 1)));
}

static void set_content(struct entry *e, uint64_t content)
{
	uint64_t before = e->content;

	ps_shared_store(&e->content, content);
	if (ps_shared_has_bytes(type_of(e)))
		ps_blob_retire(blob_of(before));
}

static void put_in(struct ps_shared_table *t, struct entry *e)
{
	struct buckets *b = load_buckets(&t->buckets), *next = grown(b, e->hash);

	link_in(e, b);
	if (next)
		link_in(e, next);
	ps_host_add(&t->count, 1);
}

static void take_out(struct ps_shared_table *t, struct entry *e)
{
	struct buckets *b = load_buckets(&t->buckets), *next = grown(b, e->hash);

	unlink_in(e, b);
	if (next)
		unlink_in(e, next);
	ps_host_add(&t->count, -1);
	if (expires(e))
		ps_host_add(&t->expiring, -1);
	ps_host_defer(&e->deferred, free_entry);
}

/*
 * Changes. All are the same: with the lock, one looks at what is there, and says what is to be there afterwards. An entry that is
 * needed for that is made without the lock; then one looks again.
 */
struct change {
	const struct ps_shared_key *key;
	uint64_t ttl;
	struct ps_shared_value value;		/* what is to be there */
	const struct ps_shared_value *old;	/* of cas: what has to be there */
	int64_t n;				/* of add: added to what is there */
	bool is_add;
};

/* What is to be there where now is. */
static enum ps_shared_result decide(struct change *c, struct ps_shared_value now)
{
	if (c->is_add) {
		if (now.type && now.type != PS_SHARED_INTEGER)
			return PS_SHARED_TYPE;
		c->value.type = PS_SHARED_INTEGER;
		c->value.i = (int64_t)((uint64_t)(now.type ? now.i : 0) + (uint64_t)c->n);
		return PS_SHARED_DONE;
	}
	return !c->old || ps_shared_is(now, *c->old) ? PS_SHARED_DONE : PS_SHARED_DIFFERS;
}

/* When that expires. now: the entry that is there, or NULL. */
static uint64_t expiry_of(const struct change *c, const struct entry *now)
{
	uint64_t at;

	if (now && (c->is_add || c->old))
		return expires(now);
	if (!c->ttl)
		return 0;
	at = ps_shared_now() + c->ttl;
	return at < EXPIRES_MAX ? at : EXPIRES_MAX;
}

/* With the lock. *fresh is NULL, or an entry, which is used or stays. False: one is needed. */
static bool do_change(struct ps_shared_table *t, struct change *c, struct entry **fresh, enum ps_shared_result *result)
{
	struct entry *e = find_in(load_buckets(&t->buckets), c->key), *there = e && !is_gone(e) ? e : NULL;
	struct ps_shared_value now = { PS_SHARED_NOTHING };

	if (there)
		now = value_of(type_of(e), e->content);
	*result = decide(c, now);
	if (*result)
		return true;
	if (!c->value.type) {
		if (e)
			take_out(t, e);
		return true;
	}
	if (e && type_of(e) == c->value.type) {
		set_content(e, content_of(c->value));
		set_expiry(t, e, expiry_of(c, there));
		return true;
	}
	if (!*fresh)
		return false;
	if (!e && t->thing.size && t->count >= (long)t->thing.size) {
		*result = PS_SHARED_SIZE;
		return true;
	}
	(*fresh)->content = content_of(c->value);
	set_expiry(t, *fresh, expiry_of(c, there));
	put_in(t, *fresh);
	*fresh = NULL;
	if (e)
		take_out(t, e);
	return true;
}

static enum ps_shared_result try_change(struct ps_shared_table *t, struct change *c)
{
	unsigned int lock = lock_of(t, c->key->hash);
	enum ps_shared_result result = PS_SHARED_DONE;
	struct entry *fresh = NULL;
	bool is_done;

	ps_host_read_begin();
	ps_host_lock(lock);
	is_done = do_change(t, c, &fresh, &result);
	ps_host_unlock(lock);
	if (ps_unlikely(!is_done)) {
		fresh = entry_new(c->key, c->value, &result);
		if (fresh) {
			ps_host_lock(lock);
			do_change(t, c, &fresh, &result);
			ps_host_unlock(lock);
			if (fresh)
				ps_shared_free(fresh, entry_size(key_len(fresh)));
			else
				grow_if_full(t);
		}
	}
	ps_host_read_end();
	return result;
}

/* Takes out what has expired of the entries that have this index now. */
static void sweep_bucket(struct ps_shared_table *t, uint32_t i)
{
	struct buckets *b;
	struct entry *e, *next;

	ps_host_read_begin();
	ps_host_lock(lock_of(t, i));
	b = load_buckets(&t->buckets);
	for (e = *bucket(b, index_of(b, i)); e; e = next) {
		next = e->next[b->side];
		if (is_gone(e))
			take_out(t, e);
	}
	ps_host_unlock(lock_of(t, i));
	ps_host_read_end();
}

#define SWEPT	64	/* buckets, where there is no room */

static ps_noinline bool make_room(struct ps_shared_table *t)
{
	int n;

	if (!__atomic_load_n(&t->expiring, __ATOMIC_RELAXED) || !begin_work(t))
		return false;
	for (n = 0; n < SWEPT; n++)
		sweep_bucket(t, t->swept++);
	end_work(t);
	return true;
}

static ps_inline enum ps_shared_result change(struct ps_shared_table *t, struct change *c)
{
	enum ps_shared_result result = try_change(t, c);

	if (ps_unlikely(result >= PS_SHARED_SIZE) && make_room(t))
		result = try_change(t, c);
	return result;
}

static ps_noinline enum ps_shared_result set_any(struct ps_shared_table *t, const struct ps_shared_key *key,
						 struct ps_shared_value value, uint64_t ttl)
{
	struct change c = { .key = key, .ttl = ttl, .value = value };

	return change(t, &c);
}

/* The quick way is for an integer or a boolean in place of another, without a time. */
enum ps_shared_result ps_table_set(struct ps_shared_table *t, const struct ps_shared_key *key, struct ps_shared_value value,
				   uint64_t ttl)
{
	unsigned int lock = lock_of(t, key->hash);
	struct entry *e;
	bool is_quick;

	if (ttl || ps_shared_has_bytes(value.type))
		return set_any(t, key, value, ttl);
	ps_host_lock(lock);
	e = find_in(load_buckets(&t->buckets), key);
	is_quick = e && type_of(e) == value.type && !expires(e);
	if (is_quick)
		ps_shared_store(&e->content, value.i);
	ps_host_unlock(lock);
	return is_quick ? PS_SHARED_DONE : set_any(t, key, value, ttl);
}

static ps_noinline enum ps_shared_result add_any(struct ps_shared_table *t, const struct ps_shared_key *key, int64_t n,
						 uint64_t ttl, int64_t *sum)
{
	struct change c = { .key = key, .ttl = ttl, .n = n, .is_add = true };
	enum ps_shared_result result = change(t, &c);

	*sum = c.value.i;
	return result;
}

/* To an integer that is there, if one is. e: NULL, or an entry. */
static ps_inline bool add_to(struct entry *e, int64_t n, int64_t *sum)
{
	if (ps_unlikely(!e || !has_integer(e)))
		return false;
	*sum = (int64_t)(e->content + (uint64_t)n);
	ps_shared_store(&e->content, *sum);
	return true;
}

bool ps_table_add_quickly(struct ps_shared_table *t, int64_t i, int64_t n, int64_t *sum)
{
	uint64_t hash = ps_hash_integer(i);
	unsigned int lock = lock_of(t, hash);
	bool is_done;

	ps_host_lock(lock);
	is_done = add_to(find_integer(load_buckets(&t->buckets), hash, i), n, sum);
	ps_host_unlock(lock);
	return is_done;
}

enum ps_shared_result ps_table_add(struct ps_shared_table *t, const struct ps_shared_key *key, int64_t n, uint64_t ttl,
				   int64_t *sum)
{
	unsigned int lock = lock_of(t, key->hash);
	bool is_done;

	ps_host_lock(lock);
	is_done = add_to(find_in(load_buckets(&t->buckets), key), n, sum);
	ps_host_unlock(lock);
	return is_done ? PS_SHARED_DONE : add_any(t, key, n, ttl, sum);
}

enum ps_shared_result ps_table_cas(struct ps_shared_table *t, const struct ps_shared_key *key, struct ps_shared_value old,
				   struct ps_shared_value value, uint64_t ttl)
{
	struct change c = { .key = key, .ttl = ttl, .value = value, .old = &old };

	return change(t, &c);
}

struct ps_shared_value ps_table_get(const struct ps_shared_table *t, const struct ps_shared_key *key)
{
	const struct entry *e = find_in(load_buckets(&t->buckets), key);

	if (!e || is_gone(e))
		return (struct ps_shared_value){ PS_SHARED_NOTHING };
	return value_of(type_of(e), ps_shared_load(&e->content));
}

struct ps_shared_value ps_table_look(const struct ps_shared_table *t, const struct ps_shared_key *key, uint64_t *left)
{
	const struct entry *e = find_in(load_buckets(&t->buckets), key);
	uint64_t at = e ? expires(e) : 0, now = at ? ps_shared_now() : 0;

	*left = 0;
	if (!e || (at && now >= at))
		return (struct ps_shared_value){ PS_SHARED_NOTHING };
	*left = at - now;
	return value_of(type_of(e), ps_shared_load(&e->content));
}

long ps_table_count(const struct ps_shared_table *t)
{
	return __atomic_load_n(&t->count, __ATOMIC_RELAXED);
}

void ps_table_set_ttl(struct ps_shared_table *t, uint64_t ttl)
{
	ps_shared_store(&t->ttl, ttl);
}

uint64_t ps_table_ttl(const struct ps_shared_table *t)
{
	return ps_shared_load(&t->ttl);
}

/*
 * Going through. In the order of reversed bits, a bucket's hashes are those between it and the next one, and when there are more
 * buckets, it is so as well: so a hash tells how far one has come, however many there are. (Of two keys of the same 64 bits
 * one would be left out.)
 */
static uint64_t reverse(uint64_t n)
{
	n = (n >> 1 & 0x5555555555555555) | (n & 0x5555555555555555) << 1;
	n = (n >> 2 & 0x3333333333333333) | (n & 0x3333333333333333) << 2;
	n = (n >> 4 & 0x0f0f0f0f0f0f0f0f) | (n & 0x0f0f0f0f0f0f0f0f) << 4;
	return __builtin_bswap64(n);
}

/* The first entry that is not before at, in the bucket that has what is there. */
static const struct entry *first_from(const struct buckets *b, uint64_t at)
{
	const struct entry *e = load_entry(bucket(b, index_of(b, reverse(at)))), *best = NULL;
	uint64_t best_at = 0;

	for (; e; e = load_entry(&e->next[b->side])) {
		uint64_t here = reverse(e->hash);

		if (here >= at && (!best || here < best_at) && !is_gone(e)) {
			best = e;
			best_at = here;
		}
	}
	return best;
}

#define LOOKS	256	/* buckets that are looked at in one call */

static bool next_key(const struct buckets *b, struct ps_table_walk *walk)
{
	const struct entry *e = NULL;
	uint64_t step = 1ull << (64 - b->bits), at = walk->at;
	int n;

	for (n = 0; n < LOOKS; n++) {
		e = first_from(b, at);
		if (e)
			break;
		at = (at | (step - 1)) + 1;
		walk->is_over = !at;
		if (walk->is_over)
			return false;
	}
	walk->at = at;
	if (!e)
		return false;
	walk->at = reverse(e->hash) + 1;
	walk->is_over = !walk->at;
	walk->is_integer = is_integer(e);
	walk->len = key_len(e);
	memcpy(walk->is_integer ? (void *)&walk->i : walk->text, e->key, walk->len);
	return true;
}

bool ps_table_next(const struct ps_shared_table *t, struct ps_table_walk *walk)
{
	bool found;

	ps_host_read_begin();
	found = next_key(load_buckets(&t->buckets), walk);
	ps_host_read_end();
	return found;
}

bool ps_table_sweep(struct ps_shared_table *t)
{
	uint32_t i, n;

	if (!__atomic_load_n(&t->expiring, __ATOMIC_RELAXED))
		return false;
	ps_host_read_begin();
	n = count_buckets(load_buckets(&t->buckets));
	ps_host_read_end();
	for (i = 0; i < n; i++) {
		sweep_bucket(t, i);
		if (i % LOOKS == 0)
			ps_host_pause();
	}
	return __atomic_load_n(&t->expiring, __ATOMIC_RELAXED);
}

/*
 * The table.
 */
struct ps_shared_thing *ps_table_new(enum ps_shared_result *why)
{
	static long serial;
	struct ps_shared_table *t = ps_shared_allocate(sizeof(*t), why);
	unsigned int groups = (PS_LOCKS - PS_SHARED_TABLE_LOCKS) / PS_SHARED_STRIPES;

	if (!t)
		return NULL;
	ps_hash_setup();
	memset(t, 0, sizeof(*t));
	t->first_lock = PS_SHARED_TABLE_LOCKS + ps_host_add(&serial, 1) % groups * PS_SHARED_STRIPES;
	t->buckets = buckets_new(t, BITS_MIN, 0, why);
	if (t->buckets && make_bucket(t->buckets, 0))
		return &t->thing;
	if (t->buckets)
		buckets_free(t->buckets);
	ps_shared_free(t, sizeof(*t));
	return NULL;
}

void ps_table_free(struct ps_shared_thing *thing)
{
	struct ps_shared_table *t = ps_shared_table_of(thing);
	struct buckets *b = t->buckets;
	struct entry *e, *next;
	uint32_t i;

	for (i = 0; i < count_buckets(b); i++) {
		for (e = *bucket(b, i); e; e = next) {
			next = e->next[b->side];
			entry_free(e, ps_blob_free);
		}
		if (i % LOOKS == 0)
			ps_host_pause();
	}
	if (b->next)
		buckets_free(b->next);
	buckets_free(b);
	ps_shared_free(t, sizeof(*t));
}
