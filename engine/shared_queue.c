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
	}
	ps_host_unlock(q->lock);
	if (!node)
		return PS_SHARED_DONE;
	ps_shared_free(node, sizeof(*node));
	return PS_SHARED_SIZE;
}

struct ps_shared_value ps_queue_receive(struct ps_shared_queue *q)
{
	struct ps_shared_value value = { PS_SHARED_NOTHING };
	struct node *node;

	if (!ps_shared_load(&q->count))
		return value;
	ps_host_lock(q->lock);
	node = q->first;
	if (node) {
		q->first = node->next;
		if (!q->first)
			q->end = &q->first;
		ps_shared_store(&q->count, q->count - 1);
	}
	ps_host_unlock(q->lock);
	if (!node)
		return value;
	value = node->value;
	ps_shared_free(node, sizeof(*node));
	return value;
}

long ps_queue_count(const struct ps_shared_queue *q)
{
	return ps_shared_load(&q->count);
}
