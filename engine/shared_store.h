/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What states share: tables, queues and sets, which belong to a space (a network namespace) and have a name there. No Lua.
 *
 * All functions may be called in any context, and by several CPUs at a time, unless they say otherwise. Memory comes from the
 * machine, outside of any state, and all of it together is bounded by ps_shared_limits.
 */
#ifndef PS_SHARED_STORE_H
#define PS_SHARED_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attr.h"
#include "host.h"
#include "ranges.h"

#define PS_SHARED_NAME_MAX	63		/* bytes of a name */
#define PS_SHARED_KEY_MAX	255		/* of a key */
#define PS_SHARED_VALUE_MAX	(16u << 20)	/* of a value */
#define PS_SHARED_SIZE_MAX	(1u << 30)	/* entries or values that a size may allow */

/* Settings, which may change at any time. */
struct ps_shared_limits {
	unsigned int shared_mb;		/* MiB that everything shared may take */
};

extern struct ps_shared_limits ps_shared_limits;

long ps_shared_used(void);		/* bytes that it does take */

/* Why something was not done. */
enum ps_shared_result {
	PS_SHARED_DONE,
	PS_SHARED_DIFFERS,	/* the value is not the one that was to be replaced */
	PS_SHARED_TYPE,		/* it is no integer */
	PS_SHARED_SIZE,		/* the table or queue has as many as it may have */
	PS_SHARED_LIMIT,	/* ps_shared_limits */
	PS_SHARED_MEMORY,	/* the machine has none at the moment */
	PS_SHARED_ORDER,	/* a range begins before the one before it ends */
};

/*
 * Values.
 */
enum ps_shared_type {
	PS_SHARED_NOTHING,
	PS_SHARED_INTEGER,
	PS_SHARED_BOOLEAN,
	PS_SHARED_STRING,	/* has bytes, as has the next */
	PS_SHARED_ARRAY,
};

#define PS_SHARED_LENT	2048	/* values with more bytes are in pages of their own, which packets may refer to */

/* Bytes in pieces, since the machine may have no large block at hand. They do not change. */
struct ps_blob {
	struct ps_deferred deferred;
	uint32_t len;
	uint32_t npieces;	/* 0: they follow */
	uint32_t made;		/* so many pieces are there */
	uint8_t *piece[];
};

struct ps_shared_value {
	enum ps_shared_type type;
	union {
		int64_t i;		/* a boolean: 0 or 1 */
		struct ps_blob *blob;
	};
};

static inline bool ps_shared_has_bytes(enum ps_shared_type type)
{
	return type >= PS_SHARED_STRING;
}

/*
 * One of len bytes, which whoever has it fills in before others see it. A large one takes long, so it is made step by step:
 * ps_blob_extend() makes the next piece, while made is below npieces. NULL, false: *why.
 */
struct ps_blob *ps_blob_begin(uint32_t len, enum ps_shared_result *why);
bool ps_blob_extend(struct ps_blob *blob, enum ps_shared_result *why);

/* Nobody reads it; NULL is nothing. ps_blob_let_go() leaves a large one to process context. */
void ps_blob_free(struct ps_blob *blob);
void ps_blob_let_go(struct ps_blob *blob);

/* Somebody may read it yet. */
void ps_blob_retire(struct ps_blob *blob);

/* Where its bytes from off on are, and in *n how many of them are there in a row. */
uint8_t *ps_blob_at(struct ps_blob *blob, uint32_t off, uint32_t *n);

/* Copies n bytes from off on. */
void ps_blob_read(struct ps_blob *blob, uint32_t off, void *to, uint32_t n);

/*
 * Spaces.
 */
struct ps_shared_space;

/* Without anything in it; NULL: no memory. Whoever makes it has a reference. */
struct ps_shared_space *ps_shared_space_new(void);
struct ps_shared_space *ps_shared_space_get(struct ps_shared_space *space);
void ps_shared_space_put(struct ps_shared_space *space);	/* the last one frees it: nothing is in it any more */

/* Nobody will look for a name in it: what was kept is let go. */
void ps_shared_space_close(struct ps_shared_space *space);

enum ps_shared_kind {
	PS_SHARED_TABLE,
	PS_SHARED_QUEUE,
	PS_SHARED_SET,
};

/* A table, queue or set. It is there as long as someone has a reference, or it is kept. */
struct ps_shared_thing {
	struct ps_deferred deferred;
	struct ps_shared_thing *next;	/* in the space */
	struct ps_shared_space *space;
	unsigned int refs;
	enum ps_shared_kind kind;
	bool is_kept;
	unsigned int size;		/* so many it may have; 0: as many as there is memory for */
	char name[PS_SHARED_NAME_MAX + 1];
};

/* The thing of this kind and name, which is made if need be: the caller gets a reference. NULL: *why. */
struct ps_shared_thing *ps_shared_open(struct ps_shared_space *space, enum ps_shared_kind kind, const char *name,
				       enum ps_shared_result *why);
void ps_shared_put(struct ps_shared_thing *thing);

/* The same of one that is there; or NULL. */
struct ps_shared_thing *ps_shared_find(struct ps_shared_space *space, enum ps_shared_kind kind, const char *name);

/* How many references there are. */
unsigned int ps_shared_refs(const struct ps_shared_thing *thing);

/* It does not stay, unless others than the caller have a reference: then false, and all is as it was. */
bool ps_shared_abandon(struct ps_shared_thing *thing);

/*
 * Calls f with each thing of the space, none of which comes or goes meanwhile, until it returns false: then that is returned. f neither
 * sleeps nor asks for names. *changes becomes another number whenever things have come or gone.
 */
bool ps_shared_each(struct ps_shared_space *space, bool (*f)(const struct ps_shared_thing *thing, void *context), void *context,
		    unsigned int *changes);

/* Whether it stays when nobody has a reference any more. The caller has one. */
void ps_shared_keep(struct ps_shared_thing *thing, bool is_kept);

/* Process context, may sleep: frees what has expired, in all tables. Returns whether anything will expire later. */
bool ps_shared_sweep(void);

/*
 * Tables. Time is that of ps_shared_now(); a ttl of 0 is none.
 */
struct ps_shared_table;

struct ps_shared_key {
	uint64_t hash;
	const char *text;	/* NULL: an integer, i */
	int64_t i;
	uint8_t len;
};

void ps_shared_key_integer(struct ps_shared_key *key, int64_t i);
void ps_shared_key_text(struct ps_shared_key *key, const char *text, uint8_t len);

uint64_t ps_shared_now(void);	/* in milliseconds */

static inline struct ps_shared_table *ps_shared_table_of(struct ps_shared_thing *thing)
{
	return (struct ps_shared_table *)thing;
}

/* The ttl that entries get which are set without one. */
void ps_table_set_ttl(struct ps_shared_table *t, uint64_t ttl);
uint64_t ps_table_ttl(const struct ps_shared_table *t);

/*
 * What the key has; PS_SHARED_NOTHING: nothing. Between ps_host_read_begin() and ps_host_read_end(), where the value's bytes
 * are there until the latter.
 */
struct ps_shared_value ps_table_get(const struct ps_shared_table *t, const struct ps_shared_key *key);

/* The same, and in *left how many milliseconds it will be there; 0: it stays. */
struct ps_shared_value ps_table_look(const struct ps_shared_table *t, const struct ps_shared_key *key, uint64_t *left);

/* Gives the key the value for ttl milliseconds; nothing takes it out. If that is done, the value's bytes are the table's. */
enum ps_shared_result ps_table_set(struct ps_shared_table *t, const struct ps_shared_key *key, struct ps_shared_value value,
				   uint64_t ttl);

/* Adds n to what the integer i has, if that is an integer. False: it is not, and ps_table_add() is called. */
bool ps_table_add_quickly(struct ps_shared_table *t, int64_t i, int64_t n, int64_t *sum);

/* Adds n to the integer there, which is 0 if there is nothing; then the new one is there for ttl. */
enum ps_shared_result ps_table_add(struct ps_shared_table *t, const struct ps_shared_key *key, int64_t n, uint64_t ttl,
				   int64_t *sum);

/*
 * Replaces old by value, if that is what is there; either may be nothing. What is there without having been before lasts for
 * ttl, else as long as before. If that is done, the bytes of value are the table's; those of old are the caller's.
 */
enum ps_shared_result ps_table_cas(struct ps_shared_table *t, const struct ps_shared_key *key, struct ps_shared_value old,
				   struct ps_shared_value value, uint64_t ttl);

/* How many entries there are, with those that have expired lately. */
long ps_table_count(const struct ps_shared_table *t);

/*
 * Goes through a table that may change meanwhile: what is there all the time is found once, what comes or goes once or not at
 * all. All zero at first.
 */
struct ps_table_walk {
	uint64_t at;		/* hashes are gone through in the order of their bits reversed: this one is the next */
	bool is_over;
	bool is_integer;	/* the key that was found */
	int64_t i;
	uint8_t len;
	char text[PS_SHARED_KEY_MAX];
};

/* Finds the next key. False: the walk is over, or not, and this call has looked for long enough. */
bool ps_table_next(const struct ps_shared_table *t, struct ps_table_walk *walk);

/*
 * Queues: values go out in the order in which they came in.
 */
struct ps_shared_queue;

static inline struct ps_shared_queue *ps_shared_queue_of(struct ps_shared_thing *thing)
{
	return (struct ps_shared_queue *)thing;
}

/* If that is done, the value's bytes are the queue's. */
enum ps_shared_result ps_queue_send(struct ps_shared_queue *q, struct ps_shared_value value);

/* Takes the first value out: its bytes are the caller's. PS_SHARED_NOTHING: the queue is empty. */
struct ps_shared_value ps_queue_receive(struct ps_shared_queue *q);

long ps_queue_count(const struct ps_shared_queue *q);

/*
 * One of those that listen to a queue, which share its values: it is woken for one, and then takes what there is until the queue is
 * empty. Others are woken for what comes meanwhile.
 */
struct ps_listener {
	/*
	 * It shall take values: soon, not now, since the queue is locked. Any context. False: it cannot, so another one shall; but it
	 * stays awake.
	 */
	bool (*wake)(struct ps_listener *listener);
	bool is_awake;			/* there may be values for it */
	struct ps_listener *next;	/* of those that are not */
};

/* From now on it listens, until ps_queue_leave(); its owner serialises all that follows. */
void ps_queue_listen(struct ps_shared_queue *q, struct ps_listener *listener);

/* As ps_queue_receive(); if the queue is empty, the listener is not awake any more. */
struct ps_shared_value ps_queue_take(struct ps_shared_queue *q, struct ps_listener *listener);

/* One that is awake takes nothing for now: another one shall, if there is one that is not. */
void ps_queue_pass_on(struct ps_shared_queue *q);

/* It is not woken any more when this returns. */
void ps_queue_leave(struct ps_shared_queue *q, struct ps_listener *listener);

/* Whether to look at the queue. Without a lock. */
static inline bool ps_listener_is_awake(const struct ps_listener *listener)
{
	return __atomic_load_n(&listener->is_awake, __ATOMIC_ACQUIRE);
}

/*
 * Sets of addresses, which are filled from outside of scripts: what is in one is never changed, but replaced as a whole. Who fills a set
 * is in process context and may sleep, and nobody else fills it meanwhile.
 */
struct ps_shared_set;

static inline struct ps_shared_set *ps_shared_set_of(struct ps_shared_thing *thing)
{
	return (struct ps_shared_set *)thing;
}

/* What is in it: between ps_host_read_begin() and ps_host_read_end(). */
const struct ps_ranges *ps_shared_set_ranges(const struct ps_shared_set *set);

/* Ranges of addresses of which a set may be made. Whoever makes them has a reference, and so has a set that has them. */
struct ps_addresses;

/* Without any. NULL: *why. */
struct ps_addresses *ps_addresses_new(enum ps_shared_result *why);
void ps_addresses_put(struct ps_addresses *addresses);	/* NULL is nothing */

/*
 * Adds a range of this type, PS_IPV4 or PS_IPV6, behind those that are there, of which none is in a set yet. If it touches the last
 * one, they become one.
 */
enum ps_shared_result ps_addresses_add(struct ps_addresses *addresses, const struct ps_type *type, struct ps_span range);

/* All that are in either; those of a that are not in b. The caller gets a reference. NULL: *why. */
struct ps_addresses *ps_addresses_unite(const struct ps_addresses *a, const struct ps_addresses *b, enum ps_shared_result *why);
struct ps_addresses *ps_addresses_subtract(const struct ps_addresses *a, const struct ps_addresses *b, enum ps_shared_result *why);

/* How many ranges of the type there are, and range i of them. */
uint32_t ps_addresses_count(const struct ps_addresses *addresses, const struct ps_type *type);
struct ps_span ps_addresses_at(const struct ps_addresses *addresses, const struct ps_type *type, uint32_t i);

/* Gives the set these, instead of what is in it. */
void ps_shared_set_fill(struct ps_shared_set *set, struct ps_addresses *addresses);

/*
 * Process context: what is in one goes into the other. Who asks both, in any order, between ps_host_read_begin() and ps_host_read_end(), finds
 * an address of either in one of them at least: while it is done, both have all.
 */
enum ps_shared_result ps_shared_set_swap(struct ps_shared_set *a, struct ps_shared_set *b);

/* A reference to what is in it. NULL: the machine has no memory. */
struct ps_addresses *ps_shared_set_get(struct ps_shared_set *set);

/* Any context. How many ranges there are, and how many bytes they take. */
struct ps_set_size {
	uint32_t ranges4, ranges6;
	size_t bytes;
};

struct ps_set_size ps_shared_set_size(const struct ps_shared_set *set);

#endif
