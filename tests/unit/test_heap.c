/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include <stdlib.h>
#include <string.h>

#include "heap.h"
#include "test.h"

#define MANY	20000

static int compare(const void *a, const void *b)
{
	const struct ps_due *x = *(struct ps_due *const *)a, *y = *(struct ps_due *const *)b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

static void comes_out_in_order(void)
{
	static struct ps_due all[MANY], *order[MANY];
	struct ps_heap heap = { NULL };
	unsigned int random = 1;
	int i, n = 0, wrong = 0;

	CHECK(!ps_heap_first(&heap));
	CHECK(ps_heap_at(&heap) == PS_NEVER);
	for (i = 0; i < MANY; i++) {
		random = random * 1103515245 + 12345;
		all[i].at = random >> 16 & 0x3FF;	/* many are due at the same time */
		CHECK(ps_heap_add(&heap, &all[i]));
	}
	for (i = 0; i < MANY; i++) {	/* a third is taken out, from anywhere */
		if (i % 3 == 1)
			ps_heap_remove(&heap, &all[i]);
		else
			order[n++] = &all[i];
	}
	CHECK_INT(heap.n, n);
	qsort(order, n, sizeof(order[0]), compare);
	for (i = 0; i < n; i++) {
		struct ps_due *due = ps_heap_first(&heap);

		wrong += due != order[i] || ps_heap_at(&heap) != order[i]->at;
		ps_heap_remove(&heap, due);
		wrong += due->place != 0;
	}
	CHECK_INT(wrong, 0);
	CHECK_INT(heap.n, 0);
	CHECK(heap.bytes <= 3 * PS_HEAP_BLOCK);	/* it has given back what it needs no more */
	ps_heap_clean(&heap);
	CHECK_INT(heap.bytes, 0);
}

static void is_full_some_time(void)
{
	const int most = PS_HEAP_BLOCK / sizeof(void *) * (PS_HEAP_BLOCK / sizeof(void *));
	struct ps_due *all = calloc(most + 1, sizeof(*all));
	struct ps_heap heap = { NULL };
	int i, refused = 0;

	for (i = 0; i < most; i++)
		refused += !ps_heap_add(&heap, &all[i]);
	CHECK_INT(refused, 0);
	CHECK(!ps_heap_add(&heap, &all[most]));
	CHECK_INT(all[most].place, 0);
	ps_heap_remove(&heap, &all[17]);
	CHECK(ps_heap_add(&heap, &all[most]));
	ps_heap_clean(&heap);
	free(all);
}

const struct test heap_tests[] = {
	{ "heap: what is due comes out in order, also when some is taken out", comes_out_in_order },
	{ "heap: is full some time, and goes on when something is taken out", is_full_some_time },
	{ NULL, NULL },
};
