/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include <string.h>

#include "shared_parts.h"

struct node {
	struct node *next;
	struct ps_shared_value value;
};

struct ps_shared_queue {
	struct ps_shared_thing thing;	/* first */
	unsigned int lock;
	struct node *first, **end;
	uint64_t count;
	struct ps_listener *asleep, **last;	/* in the order in which they will be woken */
};

#define SIZE	1024	/* unless the script says */

struct ps_shared_thing *ps_queue_new(enum ps_shared_result *why)
{
	static long serial;
	struct ps_shared_queue *q = ps_shared_allocate(sizeof(*q), why);

	if (!q)
		return NULL;
	memset(q, 0, sizeof(*q));
	q->lock = PS_SHARED_QUEUE_LOCKS + ps_host_add(&serial, 1) % PS_SHARED_NQUEUE_LOCKS;
	q->end = &q->first;
	q->last = &q->asleep;
	q->thing.size = SIZE;
	return &q->thing;
}

void ps_queue_free(struct ps_shared_thing *thing)
{
	struct ps_shared_queue *q = ps_shared_queue_of(thing);
	struct ps_shared_value value = ps_queue_receive(q);

	for (; value.type; value = ps_queue_receive(q)) {
		if (ps_shared_has_bytes(value.type))
			ps_blob_free(value.blob);
		ps_host_pause();
	}
	ps_shared_free(q, sizeof(*q));
}

static void set_awake(struct ps_listener *listener, bool is_awake)
{
	__atomic_store_n(&listener->is_awake, is_awake, __ATOMIC_RELEASE);
}

/* With the lock: wakes the one that has slept longest. Each of those that cannot now is asked once, as it is awake then. */
static void wake_one(struct ps_shared_queue *q)
{
	struct ps_listener *listener;

	do {
		listener = q->asleep;
		if (!listener)
			return;
		q->asleep = listener->next;
		if (!q->asleep)
			q->last = &q->asleep;
		set_awake(listener, true);
	} while (!listener->wake(listener));
}

/* With the lock. */
static void fall_asleep(struct ps_shared_queue *q, struct ps_listener *listener)
{
	set_awake(listener, false);
	listener->next = NULL;
	*q->last = listener;
	q->last = &listener->next;
}

enum ps_shared_result ps_queue_send(struct ps_shared_queue *q, struct ps_shared_value value)
{
	enum ps_shared_result result = PS_SHARED_DONE;
	struct node *node = ps_shared_allocate(sizeof(*node), &result);

	if (!node)
		return result;
	node->next = NULL;
	node->value = value;
	ps_host_lock(q->lock);
	if (q->count < q->thing.size) {
		*q->end = node;
		q->end = &node->next;
		ps_shared_store(&q->count, q->count + 1);
		node = NULL;
		wake_one(q);
	}
	ps_host_unlock(q->lock);
	if (!node)
		return PS_SHARED_DONE;
	ps_shared_free(node, sizeof(*node));
	return PS_SHARED_SIZE;
}

/* With the lock: takes out what is first. NULL: nothing is. */
static struct node *take_first(struct ps_shared_queue *q)
{
	struct node *node = q->first;

	if (!node)
		return NULL;
	q->first = node->next;
	if (!q->first)
		q->end = &q->first;
	ps_shared_store(&q->count, q->count - 1);
	return node;
}

static struct ps_shared_value open_node(struct node *node)
{
	struct ps_shared_value value = { PS_SHARED_NOTHING };

	if (!node)
		return value;
	value = node->value;
	ps_shared_free(node, sizeof(*node));
	return value;
}

struct ps_shared_value ps_queue_receive(struct ps_shared_queue *q)
{
	struct node *node;

	if (!ps_shared_load(&q->count))
		return open_node(NULL);
	ps_host_lock(q->lock);
	node = take_first(q);
	ps_host_unlock(q->lock);
	return open_node(node);
}

long ps_queue_count(const struct ps_shared_queue *q)
{
	return ps_shared_load(&q->count);
}

void ps_queue_listen(struct ps_shared_queue *q, struct ps_listener *listener)
{
	ps_host_lock(q->lock);
	fall_asleep(q, listener);
	if (q->first)
		wake_one(q);
	ps_host_unlock(q->lock);
}

struct ps_shared_value ps_queue_take(struct ps_shared_queue *q, struct ps_listener *listener)
{
	struct node *node;

	ps_host_lock(q->lock);
	node = take_first(q);
	if (!node)
		fall_asleep(q, listener);
	ps_host_unlock(q->lock);
	return open_node(node);
}

void ps_queue_pass_on(struct ps_shared_queue *q)
{
	ps_host_lock(q->lock);
	if (q->first)
		wake_one(q);
	ps_host_unlock(q->lock);
}

void ps_queue_leave(struct ps_shared_queue *q, struct ps_listener *listener)
{
	struct ps_listener **at = &q->asleep;

	ps_host_lock(q->lock);
	while (*at && *at != listener)
		at = &(*at)->next;
	if (*at) {
		*at = listener->next;
		if (q->last == &listener->next)
			q->last = at;
	} else if (q->first) {
		wake_one(q);
	}
	set_awake(listener, false);
	ps_host_unlock(q->lock);
}
