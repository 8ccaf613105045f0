/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What states share: tables are what a simple model of them says, while they grow and are gone through; things are there as long
 * as somebody uses their names; and all memory comes back.
 */
#include <stdlib.h>

#include "compile.h"
#include "host_user.h"
#include "packets.h"
#include "script.h"
#include "shared.h"
#include "shared_store.h"
#include "test.h"

/* Time goes on, by milliseconds. */
static void pass(unsigned int ms)
{
	ps_user_time += ms * 1000000ull;
}

static struct ps_shared_thing *open_thing(struct ps_shared_space *space, enum ps_shared_kind kind, const char *name)
{
	enum ps_shared_result why;
	struct ps_shared_thing *thing = ps_shared_open(space, kind, name, &why);

	CHECK(thing);
	return thing;
}

static struct ps_shared_value integer(int64_t i)
{
	return (struct ps_shared_value){ PS_SHARED_INTEGER, { i } };
}

static struct ps_blob *new_blob(uint32_t len, enum ps_shared_result *why)
{
	struct ps_blob *blob = ps_blob_begin(len, why);

	while (blob && blob->made < blob->npieces) {
		if (ps_blob_extend(blob, why))
			continue;
		ps_blob_free(blob);
		blob = NULL;
	}
	return blob;
}

static struct ps_shared_value text(const char *from, enum ps_shared_type type)
{
	enum ps_shared_result why;
	struct ps_shared_value value = { type };
	uint32_t n;

	value.blob = new_blob(strlen(from), &why);
	memcpy(ps_blob_at(value.blob, 0, &n), from, strlen(from));
	return value;
}

/* Key n of the model: an integer, or text, of all lengths there may be. */
static char key_text[PS_SHARED_KEY_MAX];

static struct ps_shared_key key_of(int n)
{
	struct ps_shared_key key;
	int len = n % 2 ? n % PS_SHARED_KEY_MAX : 2;

	if (n % 4 == 0) {
		ps_shared_key_integer(&key, n - 100);
		return key;
	}
	memset(key_text, 'k', sizeof(key_text));
	memcpy(key_text, &n, len < 2 ? len : 2);
	ps_shared_key_text(&key, key_text, len);
	return key;
}

#define KEYS	4096	/* of the model, of which those that key_of() makes the same are left out */

static bool is_odd_one(int n)
{
	return n % 2 && n % PS_SHARED_KEY_MAX < 2;
}

static int64_t get(const struct ps_shared_table *t, int n)
{
	struct ps_shared_key key = key_of(n);
	struct ps_shared_value value;

	ps_host_read_begin();
	value = ps_table_get(t, &key);
	ps_host_read_end();
	return value.type == PS_SHARED_INTEGER ? value.i : -1;
}

static void check_model(const struct ps_shared_table *t, const int64_t *model)
{
	struct ps_table_walk walk = { .at = 0 };
	long count = 0, found = 0;
	int n;

	for (n = 0; n < KEYS; n++) {
		if (is_odd_one(n))
			continue;
		if (get(t, n) != model[n]) {
			CHECK_INT(get(t, n), model[n]);
			return;
		}
		count += model[n] >= 0;
	}
	CHECK_INT(ps_table_count(t), count);
	while (!walk.is_over)
		found += ps_table_next(t, &walk);
	CHECK_INT(found, count);
}

/* Up to all of the keys, and back to few, twice: so that the table grows, and has less afterwards. */
static void random_changes(void)
{
	static int64_t model[KEYS];
	long before = ps_shared_used();
	struct ps_shared_space *space = ps_shared_space_new();
	struct ps_shared_thing *thing = open_thing(space, PS_SHARED_TABLE, "model");
	struct ps_shared_table *t = ps_shared_table_of(thing);
	int turn, i, n;

	srand(1);
	memset(model, 0xff, sizeof(model));
	for (turn = 0; turn < 40 && !test_failed; turn++) {
		bool fills = turn % 20 < 12;

		for (i = 0; i < 1000; i++) {
			struct ps_shared_key key;
			int64_t sum, value = rand();

			n = rand() % (KEYS / 40 * (turn % 20 * 2 + 2));
			if (is_odd_one(n))
				continue;
			key = key_of(n);
			switch (fills ? rand() % 4 : 4 + rand() % 2) {
			case 0:
			case 1:
				CHECK_INT(ps_table_set(t, &key, integer(value), 0), PS_SHARED_DONE);
				model[n] = value;
				break;
			case 2:
				CHECK_INT(ps_table_add(t, &key, 3, 0, &sum), PS_SHARED_DONE);
				model[n] = (model[n] < 0 ? 0 : model[n]) + 3;
				CHECK_INT(sum, model[n]);
				break;
			case 3:
				CHECK_INT(ps_table_cas(t, &key, integer(model[n]), integer(value), 0),
					  model[n] < 0 ? PS_SHARED_DIFFERS : PS_SHARED_DONE);
				model[n] = model[n] < 0 ? -1 : value;
				break;
			default:
				CHECK_INT(ps_table_set(t, &key, (struct ps_shared_value){ PS_SHARED_NOTHING }, 0), PS_SHARED_DONE);
				model[n] = -1;
			}
		}
		check_model(t, model);
	}
	ps_shared_put(thing);
	ps_shared_space_put(space);
	CHECK_INT(ps_shared_used(), before);
}

/* Grows by far while it is gone through: what was there before, and stays, is found once; what has gone is not. */
static void walk_of_what_changes(void)
{
	enum { MANY = 20000 };
	static uint8_t found[MANY * 3];
	struct ps_shared_space *space = ps_shared_space_new();
	struct ps_shared_thing *thing = open_thing(space, PS_SHARED_TABLE, "walk");
	struct ps_shared_table *t = ps_shared_table_of(thing);
	struct ps_table_walk walk = { .at = 0 };
	struct ps_shared_key key;
	int64_t n, next = MANY, missing = 0, twice = 0, gone = 0;

	for (n = 0; n < MANY; n++) {
		ps_shared_key_integer(&key, n);
		CHECK_INT(ps_table_set(t, &key, integer(n), 0), PS_SHARED_DONE);
	}
	while (!walk.is_over) {
		if (!ps_table_next(t, &walk))
			continue;
		twice += found[walk.i] & 1;
		gone += found[walk.i] >> 1;
		found[walk.i] |= 1;
		ps_shared_key_integer(&key, next);
		if (next < MANY * 3)
			ps_table_set(t, &key, integer(next++), 0);
		n = walk.i ^ 1;		/* one of each pair takes the other away */
		ps_shared_key_integer(&key, n);
		if (n < MANY && n % 8 == 1) {
			ps_table_set(t, &key, (struct ps_shared_value){ PS_SHARED_NOTHING }, 0);
			found[n] |= 2;
		}
	}
	for (n = 0; n < MANY; n++)
		missing += n % 8 != 1 && !(found[n] & 1);
	CHECK_INT(missing, 0);
	CHECK_INT(twice, 0);
	CHECK_INT(gone, 0);
	CHECK(next > MANY + MANY / 2);
	ps_shared_put(thing);
	ps_shared_space_put(space);
}

static void types_change(void)
{
	long before = ps_shared_used();
	struct ps_shared_space *space = ps_shared_space_new();
	struct ps_shared_thing *thing = open_thing(space, PS_SHARED_TABLE, "types");
	struct ps_shared_table *t = ps_shared_table_of(thing);
	struct ps_shared_value old = text("one", PS_SHARED_STRING), value = text("two", PS_SHARED_ARRAY);
	struct ps_shared_key key;
	int64_t sum;
	char read[4] = "";

	ps_shared_key_text(&key, "key", 3);
	CHECK_INT(ps_table_set(t, &key, integer(4), 0), PS_SHARED_DONE);
	CHECK_INT(ps_table_set(t, &key, text("none", PS_SHARED_STRING), 0), PS_SHARED_DONE);
	CHECK_INT(ps_table_add(t, &key, 1, 0, &sum), PS_SHARED_TYPE);
	CHECK_INT(ps_table_cas(t, &key, old, value, 0), PS_SHARED_DIFFERS);
	CHECK_INT(ps_table_set(t, &key, text("one", PS_SHARED_STRING), 0), PS_SHARED_DONE);
	CHECK_INT(ps_table_cas(t, &key, old, value, 0), PS_SHARED_DONE);
	ps_host_read_begin();
	value = ps_table_get(t, &key);
	CHECK_INT(value.type, PS_SHARED_ARRAY);
	ps_blob_read(value.blob, 1, read, 2);
	ps_host_read_end();
	CHECK_TEXT(read, "wo");
	CHECK_INT(ps_table_count(t), 1);
	ps_blob_free(old.blob);
	ps_shared_put(thing);
	ps_shared_space_put(space);
	CHECK_INT(ps_shared_used(), before);
}

static void values_expire(void)
{
	uint64_t left;
	long before = ps_shared_used();
	struct ps_shared_space *space = ps_shared_space_new();
	struct ps_shared_thing *thing = open_thing(space, PS_SHARED_TABLE, "expiry");
	struct ps_shared_table *t = ps_shared_table_of(thing);
	struct ps_shared_key key = key_of(2);
	int64_t sum;
	int n;

	ps_user_time = 1000000000;
	CHECK_INT(ps_table_set(t, &key, integer(7), 100), PS_SHARED_DONE);
	pass(99);
	CHECK_INT(get(t, 2), 7);
	CHECK_INT(ps_table_look(t, &key, &left).i, 7);
	CHECK(left > 0 && left < 100);
	CHECK_INT(ps_table_add(t, &key, 1, 100, &sum), PS_SHARED_DONE);
	CHECK_INT(ps_table_cas(t, &key, integer(8), integer(9), 100), PS_SHARED_DONE);
	pass(1);	/* neither of these two has made it longer */
	CHECK_INT(get(t, 2), -1);
	CHECK_INT(ps_table_count(t), 1);
	CHECK_INT(ps_table_look(t, &key, &left).type, PS_SHARED_NOTHING);
	CHECK_INT(left, 0);
	CHECK_INT(ps_table_cas(t, &key, integer(9), integer(9), 100), PS_SHARED_DIFFERS);
	CHECK_INT(ps_table_add(t, &key, 5, 100, &sum), PS_SHARED_DONE);
	CHECK_INT(sum, 5);
	pass(100);
	CHECK_INT(ps_table_cas(t, &key, (struct ps_shared_value){ PS_SHARED_NOTHING }, integer(1), 50), PS_SHARED_DONE);
	pass(50);
	CHECK(!ps_shared_sweep());
	CHECK_INT(ps_table_count(t), 0);

	/* where there is no room, what has expired makes some; what has not stays */
	thing->size = 500;
	for (n = 0; n < 2000; n++) {
		ps_shared_key_integer(&key, (int64_t)rand() << 31 ^ rand());	/* numbers in a row may leave those buckets out */
		if (ps_table_set(t, &key, integer(n), 400))
			break;
		pass(1);
	}
	CHECK_INT(n, 2000);
	CHECK(ps_table_count(t) <= 500);
	thing->size = 300;
	ps_user_time -= 100000000;
	ps_shared_key_integer(&key, 5000);
	CHECK_INT(ps_table_set(t, &key, integer(n), 400), PS_SHARED_SIZE);
	CHECK(ps_shared_sweep());
	pass(1000);
	CHECK(!ps_shared_sweep());
	CHECK_INT(ps_table_count(t), 0);
	ps_user_time = 0;
	ps_shared_put(thing);
	ps_shared_space_put(space);
	CHECK_INT(ps_shared_used(), before);
}

static void memory_is_bounded(void)
{
	long before = ps_shared_used(), most;
	struct ps_shared_space *space = ps_shared_space_new();
	struct ps_shared_thing *thing = open_thing(space, PS_SHARED_TABLE, "memory");
	struct ps_shared_table *t = ps_shared_table_of(thing);
	unsigned int limit = ps_shared_limits.shared_mb;
	enum ps_shared_result why;
	struct ps_shared_key key;
	int64_t n = 0;

	ps_shared_limits.shared_mb = 2;
	do {
		ps_shared_key_integer(&key, n);
		why = ps_table_set(t, &key, n % 100 ? integer(n) : text("bytes", PS_SHARED_STRING), 0);
	} while (!why && n++ < 100000);
	CHECK_INT(why, PS_SHARED_LIMIT);
	CHECK(n > 10000 && n < 30000);
	CHECK(ps_shared_used() <= 2 << 20);
	CHECK(!new_blob(PS_SHARED_VALUE_MAX, &why));
	CHECK_INT(why, PS_SHARED_LIMIT);
	ps_shared_limits.shared_mb = limit;
	ps_shared_put(thing);
	CHECK_INT(ps_shared_used(), before);

	/* a large value is in pieces */
	thing = open_thing(space, PS_SHARED_QUEUE, "large");
	for (n = 0; n < 6; n++) {
		struct ps_shared_value value = { PS_SHARED_ARRAY, { 0 } };
		uint32_t off, room;

		value.blob = new_blob(PS_SHARED_VALUE_MAX - n, &why);
		for (off = 0; off < value.blob->len; off += room) {
			uint8_t *at = ps_blob_at(value.blob, off, &room);

			memset(at, off / 1000, room);
		}
		CHECK_INT(ps_queue_send(ps_shared_queue_of(thing), value), PS_SHARED_DONE);
	}
	most = ps_shared_used() - before;
	CHECK(most > 6 * (16 << 20) && most < 6 * (16 << 20) + (1 << 20));
	ps_shared_put(thing);
	ps_shared_space_put(space);
	CHECK_INT(ps_shared_used(), before);
}

static void names_have_owners(void)
{
	long before = ps_shared_used();
	struct ps_shared_space *space = ps_shared_space_new(), *other = ps_shared_space_new();
	struct ps_shared_thing *a = open_thing(space, PS_SHARED_TABLE, "name"), *b = open_thing(space, PS_SHARED_TABLE, "name"),
			       *c = open_thing(other, PS_SHARED_TABLE, "name"), *q = open_thing(space, PS_SHARED_QUEUE, "name");

	CHECK(a == b && a != c && a != q);
	ps_shared_put(a);
	CHECK_INT(ps_table_set(ps_shared_table_of(b), &(struct ps_shared_key){ .hash = 1, .i = 1, .len = 8 }, integer(1), 0), PS_SHARED_DONE);
	ps_shared_keep(b, true);
	ps_shared_put(b);
	a = open_thing(space, PS_SHARED_TABLE, "name");
	CHECK_INT(ps_table_count(ps_shared_table_of(a)), 1);
	ps_shared_keep(a, false);
	ps_shared_put(a);
	a = open_thing(space, PS_SHARED_TABLE, "name");
	CHECK_INT(ps_table_count(ps_shared_table_of(a)), 0);

	/* a space may close before the last one that uses its names goes; what is kept goes with it */
	ps_shared_keep(open_thing(space, PS_SHARED_TABLE, "kept"), true);
	ps_shared_put(open_thing(space, PS_SHARED_TABLE, "kept"));
	ps_shared_keep(a, true);
	ps_shared_put(q);
	ps_shared_put(c);
	ps_shared_space_put(other);
	ps_shared_space_close(space);
	ps_shared_space_put(space);
	b = open_thing(space, PS_SHARED_TABLE, "kept");
	ps_shared_put(b);
	ps_shared_put(b);
	ps_shared_put(a);
	CHECK_INT(ps_shared_used(), before);
}

static void queue_is_in_order(void)
{
	struct ps_shared_space *space = ps_shared_space_new();
	struct ps_shared_thing *thing = open_thing(space, PS_SHARED_QUEUE, "queue");
	struct ps_shared_queue *q = ps_shared_queue_of(thing);
	int64_t in = 0, out = 0;
	int turn;

	thing->size = 10;
	for (turn = 0; turn < 50; turn++) {
		while (!ps_queue_send(q, integer(in)))
			in++;
		CHECK_INT(ps_queue_count(q), 10);
		for (; out < in - turn % 10; out++)
			CHECK_INT(ps_queue_receive(q).i, out);
	}
	for (; out < in; out++)
		CHECK_INT(ps_queue_receive(q).i, out);
	CHECK_INT(ps_queue_receive(q).type, PS_SHARED_NOTHING);
	CHECK(out > 200);
	ps_shared_put(thing);
	ps_shared_space_put(space);
}

/*
 * Sets: addresses 0 to 1023 of the model are at both ends of all that there are.
 */
#define ADDRESSES	1024

static struct ps_value address(const struct ps_type *type, int n)
{
	if (type == PS_IPV4)
		return (struct ps_value){ 0, n < ADDRESSES / 2 ? (uint32_t)n : (uint32_t)n - ADDRESSES };
	return (struct ps_value){ n < ADDRESSES / 4 ? 0 : n < ADDRESSES / 2 ? 1 : ~0ull,
				  n < ADDRESSES / 4 ? n - ADDRESSES / 4 : n < ADDRESSES / 2 ? n - ADDRESSES / 4 : n - ADDRESSES };
}

/* Runs at random, or none, in the model and as ranges: some of these are next to each other. */
static void draw(bool *model, const struct ps_type *type, struct ps_addresses *to)
{
	int n, last;

	memset(model, 0, ADDRESSES);
	for (n = rand() % 100; n < ADDRESSES; n = last + 1 + rand() % 100 * (rand() % 3)) {
		last = n + rand() % 80;
		last = last < ADDRESSES ? last : ADDRESSES - 1;
		if (n < ADDRESSES / 2 && last >= ADDRESSES / 2)
			last = ADDRESSES / 2 - 1;
		memset(model + n, true, last + 1 - n);
		CHECK_INT(ps_addresses_add(to, type, (struct ps_span){ address(type, n), address(type, last) }), PS_SHARED_DONE);
	}
}

static void check_set(const struct ps_shared_set *set, const bool *model, const struct ps_type *type)
{
	const struct ps_ranges *ranges = ps_shared_set_ranges(set);
	int n, runs = 0;

	for (n = 0; n < ADDRESSES; n++) {
		CHECK(ps_ranges_have(ranges, type, address(type, n)) == model[n]);
		runs += model[n] && (!n || n == ADDRESSES / 2 || !model[n - 1]);
	}
	CHECK_INT((int)(type == PS_IPV4 ? ranges->ranges4.n : ranges->ranges6.n), runs);
}

/* What is there becomes more or less by what is drawn, or is that. */
static void change_set(struct ps_shared_set *set, bool model[2][ADDRESSES], int how)
{
	enum ps_shared_result why;
	struct ps_addresses *drawn = ps_addresses_new(&why), *before = ps_shared_set_get(set), *after = drawn;
	bool drawing[2][ADDRESSES];
	int i, n;

	draw(drawing[0], PS_IPV4, drawn);
	draw(drawing[1], PS_IPV6, drawn);
	for (i = 0; i < 2; i++) {
		for (n = 0; n < ADDRESSES; n++)
			model[i][n] = how == 0 ? model[i][n] || drawing[i][n] : how == 1 ? model[i][n] && !drawing[i][n] : drawing[i][n];
	}
	if (how == 0)
		after = ps_addresses_unite(before, drawn, &why);
	else if (how == 1)
		after = ps_addresses_subtract(before, drawn, &why);
	ps_shared_set_fill(set, after);
	if (after != drawn)
		ps_addresses_put(after);
	ps_addresses_put(drawn);
	ps_addresses_put(before);
}

static void sets_are_filled(void)
{
	static bool model[2][2][ADDRESSES];	/* of two sets, IPv4 and IPv6 */
	long before = ps_shared_used();
	struct ps_shared_space *space = ps_shared_space_new();
	struct ps_shared_thing *things[] = { open_thing(space, PS_SHARED_SET, "a"), open_thing(space, PS_SHARED_SET, "b") };
	struct ps_shared_set *sets[] = { ps_shared_set_of(things[0]), ps_shared_set_of(things[1]) };
	bool held[2][ADDRESSES];
	unsigned int turn, i;

	for (turn = 0; turn < test_rounds(500) && !test_failed; turn++) {
		i = rand() % 2;
		if (rand() % 10 == 0) {
			CHECK_INT(ps_shared_set_swap(sets[0], sets[1]), PS_SHARED_DONE);
			memcpy(held, model[0], sizeof(held));
			memcpy(model[0], model[1], sizeof(held));
			memcpy(model[1], held, sizeof(held));
		} else {
			change_set(sets[i], model[i], rand() % 3);
		}
		for (i = 0; i < 2; i++) {
			check_set(sets[i], model[i][0], PS_IPV4);
			check_set(sets[i], model[i][1], PS_IPV6);
		}
	}
	CHECK(ps_shared_set_size(sets[0]).bytes > 2 * PS_RANGES_PIECE);
	ps_shared_put(things[0]);
	ps_shared_put(things[1]);
	ps_shared_space_put(space);
	CHECK_INT(ps_shared_used(), before);
}

static void sets_are_bounded(void)
{
	long before = ps_shared_used();
	unsigned int limit = ps_shared_limits.shared_mb;
	enum ps_shared_result result = PS_SHARED_DONE;
	struct ps_addresses *addresses = ps_addresses_new(&result), *all;
	struct ps_span span = { { 0, 0 }, { 0, 0 } };
	uint32_t n;

	for (n = 0; n < 100000; n++) {
		span.first.low = span.last.low = 2 * n;
		CHECK_INT(ps_addresses_add(addresses, PS_IPV4, span), PS_SHARED_DONE);
	}
	CHECK_INT(ps_addresses_add(addresses, PS_IPV4, span), PS_SHARED_ORDER);
	CHECK_INT((int)ps_addresses_count(addresses, PS_IPV4), 100000);
	CHECK_INT((int)ps_addresses_at(addresses, PS_IPV4, 77777).last.low, 2 * 77777);
	CHECK(ps_shared_used() - before < 830 * 1024);
	ps_shared_limits.shared_mb = 1;
	all = ps_addresses_unite(addresses, addresses, &result);
	CHECK(!all);
	CHECK_INT(result, PS_SHARED_LIMIT);
	for (n = 0, result = PS_SHARED_DONE; !result; n++) {
		span.first.high = span.last.high = 2 * n + 1;
		result = ps_addresses_add(addresses, PS_IPV6, span);
	}
	CHECK_INT(result, PS_SHARED_LIMIT);
	CHECK(n > 3000 && n < 10000);
	ps_shared_limits.shared_mb = limit;
	ps_addresses_put(addresses);
	CHECK_INT(ps_shared_used(), before);
}

/*
 * Scripts.
 */
static void load(struct ps_script *s, struct ps_shared_space *space, const char *script)
{
	CHECK_INT(ps_script_init(s, 0, true), 0);
	s->compile = ps_compile;
	ps_shared_join(&s->bind, space);
	s->error[0] = 0;
	ps_script_load(s, 0, "/s/shared.lua", script, strlen(script));
}

static void accept(struct ps_script *s, struct ps_shared_space *space, const char *script)
{
	load(s, space, script);
	CHECK_TEXT(s->error, "");
}

static void refuse(struct ps_shared_space *space, const char *script, const char *expected)
{
	struct ps_script s;

	load(&s, space, script);
	CHECK_TEXT(s.error, expected);
	ps_script_clean(&s);
}

static void states_share(void)
{
	long before = ps_shared_used();
	struct ps_shared_space *space = ps_shared_space_new();
	struct ps_script a, b, c;

	accept(&a, space, "local t, q = shared.table('t', { size = 5 }), shared.queue('q')\n"
			  "t.text = ('x'):rep(1000) t[-1] = true t.array = bytes.new_from_string('hello') t.n = 1\n"
			  "q:send('first') q:send(bytes.new(20000))");
	accept(&b, space, "local t = shared.table 't'\n"
			  "assert(t.text == ('x'):rep(1000) and t[-1] == true and t.array:string(0, 5) == 'hello')\n"
			  "assert(not t['-1'] and not t[1] and #t == 4)\n"
			  "local q = shared.queue 'q'\n"
			  "assert(q:receive() == 'first' and #q:receive() == 20000 and q:receive() == nil)\n"
			  "t.text, t.n = nil, 'text'\n"
			  "local long = ('x'):rep(30000)\n"
			  "t.long = long .. 'a'\n"
			  "assert(not t:cas('long', long .. 'b', 1) and not t:cas('n', 'tex_', 1))\n"
			  "assert(t:cas('long', long .. 'a', nil) and not t.long)\n");
	accept(&c, space, "local t = shared.table('t', { keep = true })\n"
			  "assert(not t.text and t.n == 'text' and #t == 3)\n"
			  "t:set(1, 1) t:set(2, 2, 1000)\n"
			  "assert(not pcall(t.set, t, 3, 3))\n");
	ps_script_clean(&a);
	ps_script_clean(&b);
	ps_script_clean(&c);
	accept(&a, space, "local t = shared.table('t', { keep = false }) assert(t.n == 'text') assert(#shared.queue('q') == 0)");
	ps_script_clean(&a);
	CHECK_INT(ps_shared_used(), before);
	ps_shared_space_put(space);
}

/* A state that errors leave with bytes on their way gives these back. */
static void mistakes_are_told(void)
{
	static const struct {
		const char *script, *error;
	} mistakes[] = {
		{ "shared.table()", "bad argument #1 to 'table' (string expected" },
		{ "shared.table('')", "a name has 1 to 63 bytes" },
		{ "shared.table(('n'):rep(64))", "a name has 1 to 63 bytes" },
		{ "shared.table('a\\0b')", "a name has 1 to 63 bytes" },
		{ "shared.table('t', { Size = 1 })", "there is no option 'Size': there are size, ttl and keep" },
		{ "shared.table('t', { size = 0 })", "size is an integer from 1 to 1073741824" },
		{ "shared.table('t', { ttl = '1' })", "ttl is an integer from 1 to 315360000000" },
		{ "shared.queue('q', 0)", "a size is 1 to 1073741824" },
		{ "local t = shared.table 't' t[nil] = 1", "string or integer expected, got nil" },
		{ "local t = shared.table 't' t[true] = 1", "string or integer expected, got boolean" },
		{ "local t = shared.table 't' t[('k'):rep(256)] = 1", "a key has 255 bytes at most" },
		{ "local t = shared.table 't' local x = t[('k'):rep(256)]", "a key has 255 bytes at most" },
		{ "local t = shared.table 't' t.x = print", "string, integer, boolean, byte array or list of those with bytes expected, got function" },
		{ "local t = shared.table 't' t.x = { 'a', {} }", "part 2: string or byte array expected, got table" },
		{ "local t = shared.table 't' local a = bytes.new(900000) local l = {} for i = 1, 19 do l[i] = a end t.x = l",
		  "shared.table 't': a value has 16777216 bytes at most, not 17100000" },
		{ "local t = shared.table 't' t:set(1, 2, 0)", "a time to live is 1 ms to ten years" },
		{ "local t = shared.table 't' t:add('x')", "number expected, got no value" },
		{ "local t = shared.table 't' t.x = 'one' t:add('x', 1)", "shared.table 't': what is to be added to is no integer" },
		{ "local t = shared.table('t', { size = 1 }) t.x = 'one' t.y = 'two'", "shared.table 't' is full: it has 1 entries, its size" },
		{ "local t = shared.table 't' t:cas('x', 'a', print)", "list of those with bytes expected, got function" },
		{ "local t = shared.table 't' t:cas('x', bytes.new(65537), 1)", "what is replaced has 65536 bytes at most" },
		{ "local q = shared.queue 'q' q:send(nil)", "nil is what an empty queue gives" },
		{ "local q = shared.queue 'q' q:cas(1, 2, 3)", "attempt to call a nil value (method 'cas')" },
		{ "local t = shared.table 't' t:each(1)", "function expected, got number" },
		{ "local t = shared.table 't' t.x = { ('x'):rep(100000), ('x'):rep(600000) } local y = t.x .. t.x", "not enough memory" },
		{ "for i = 1, 300 do shared.table('t' .. i) end", "the state uses 256 names of what is shared, and may use no more" },
	};
	long before = ps_shared_used();
	struct ps_shared_space *space = ps_shared_space_new();
	struct ps_script s;
	size_t i;

	for (i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		refuse(space, mistakes[i].script, mistakes[i].error);
		CHECK_INT(ps_shared_used(), before);
	}
	ps_shared_space_put(space);
	CHECK_INT(ps_script_init(&s, 0, true), 0);
	s.error[0] = 0;
	ps_script_load(&s, 0, "/s/alone.lua", "shared.table 't'", 16);
	CHECK_TEXT(s.error, "nothing is shared here");
	ps_script_clean(&s);
}

/* Whatever is done next with the state. */
static void bytes_that_an_error_left_come_back(void)
{
	static const char *const next[] = { "q:send(1)", "q:receive()", "t:set('a', 1)", "t.a = true", "t:set('a', 'text')",
					    "t:cas('a', nil, 1)", "t:cas('a', 'x', 'y')", "q:send('text')" };
	long before = ps_shared_used();
	struct ps_shared_space *space = ps_shared_space_new();
	struct ps_script s;
	char script[500];
	size_t i;

	for (i = 0; i < sizeof(next) / sizeof(next[0]); i++) {
		snprintf(script, sizeof(script), "local t, q = shared.table 't', shared.queue 'q'\n"
			 "local function fails(f) local ok, why = pcall(f) assert(not ok and not why:find 'nil value', why) end\n"
			 "fails(function() t:cas('a', bytes.new(65537), 1) end)\n"
			 "fails(function() t:cas('a', ('x'):rep(60000), print) end)\n"
			 "fails(function() t:cas('a', bytes.new(65537), 1) end) %s\n", next[i]);
		accept(&s, space, script);
		ps_script_clean(&s);
		CHECK_INT(ps_shared_used(), before);
	}
	ps_shared_space_put(space);
}

/* Fills the table with n entries. Returns how many bytes that has taken besides theirs, with a reader that does not end. */
static long fill(struct ps_shared_table *t, int n)
{
	long before = ps_shared_used(), taken;
	struct ps_shared_key key;
	int i;

	ps_host_read_begin();
	for (i = 0; i < n; i++) {
		ps_shared_key_integer(&key, i);
		CHECK_INT(ps_table_set(t, &key, integer(i), 0), PS_SHARED_DONE);
	}
	taken = ps_shared_used() - before - 64l * n;
	ps_host_read_end();
	for (i = 0; i < n; i++) {
		ps_shared_key_integer(&key, i);
		CHECK_INT(ps_table_get(t, &key).i, i);
	}
	return taken;
}

/* As a script does while it is loaded. */
static void tables_grow_at_once(void)
{
	const int n = 20000;
	long before = ps_shared_used();
	struct ps_shared_space *space = ps_shared_space_new();
	struct ps_shared_thing *thing = open_thing(space, PS_SHARED_TABLE, "alone");

	CHECK(fill(ps_shared_table_of(thing), n) > n * (long)sizeof(void *));
	ps_shared_put(thing);
	thing = open_thing(space, PS_SHARED_TABLE, "with others");
	CHECK(thing == open_thing(space, PS_SHARED_TABLE, "with others"));
	CHECK(fill(ps_shared_table_of(thing), n) < 4096);	/* these may read what was there before: so it grew once */
	ps_shared_put(thing);
	ps_shared_put(thing);
	ps_shared_space_put(space);
	CHECK_INT(ps_shared_used(), before);
}

static void fill_set(struct ps_shared_space *space, const char *name, uint32_t first, uint32_t last)
{
	enum ps_shared_result why;
	struct ps_shared_thing *thing = open_thing(space, PS_SHARED_SET, name);
	struct ps_addresses *addresses = ps_addresses_new(&why);

	ps_addresses_add(addresses, PS_IPV4, (struct ps_span){ { 0, first }, { 0, last } });
	ps_addresses_add(addresses, PS_IPV6, (struct ps_span){ { 0, first }, { 0, last } });
	ps_shared_set_fill(ps_shared_set_of(thing), addresses);
	ps_addresses_put(addresses);
	ps_shared_put(thing);
}

/* Another script of the same state. */
static void add(struct ps_script *s, const char *script)
{
	static unsigned int text;

	CHECK_INT(ps_script_load(s, ++text, "/s/more.lua", script, strlen(script)), 0);
	CHECK_TEXT(s->error, "");
}

static void scripts_name_sets(void)
{
	long before = ps_shared_used();
	struct ps_shared_space *space = ps_shared_space_new();
	struct ps_script s;

	accept(&s, space, "s, other = set.named 's', set.named('other')\n"
	       "local none = set.named 's'\n"
	       "assert(none == s and other ~= s and set.named('s') == s)\n"
	       "assert(not s:has('1.2.3.4') and not s:has(0) and not s:has('::1') and not s:has('no address') and not s:has(nil))\n"
	       "function empty() assert(not s:has(16) and not s:has('0.0.0.16') and not s:has '::10') end\n"
	       "function filled() assert(s:has(16) and s:has('0.0.0.32') and s:has '::20' and not s:has(15) and not s:has '::21' and not other:has(16)) end\n");
	add(&s, "empty()");
	fill_set(space, "s", 16, 32);
	add(&s, "filled()");
	fill_set(space, "s", 160, 320);
	add(&s, "empty()");
	ps_script_clean(&s);
	refuse(space, "set.named()", "string expected");
	refuse(space, "set.named('')", "a name has 1 to 63 bytes");
	refuse(space, "set.named(('n'):rep(64))", "a name has 1 to 63 bytes");
	refuse(space, "for i = 1, 257 do set.named('s' .. i) end", "uses 256 names");
	ps_shared_space_put(space);
	CHECK_INT(ps_shared_used(), before);
}

const struct test shared_tests[] = {
	{ "shared: a table has what was put in, while it grows", random_changes },
	{ "shared: a table grows at once where only one state has it", tables_grow_at_once },
	{ "shared: going through finds what stays once, whatever else changes", walk_of_what_changes },
	{ "shared: a value may be replaced by one of another type", types_change },
	{ "shared: what has a time to live is gone after it", values_expire },
	{ "shared: memory is bounded, and comes back", memory_is_bounded },
	{ "shared: a thing is there as long as its name is used, or it is kept", names_have_owners },
	{ "shared: a queue gives what came in, in that order, and has a size", queue_is_in_order },
	{ "shared: sets are what a simple model of them says, while they are filled", sets_are_filled },
	{ "shared: sets are bounded, too", sets_are_bounded },
	{ "shared: scripts see what is in sets that they name", scripts_name_sets },
	{ "shared: states see each other's tables and queues", states_share },
	{ "shared: mistakes are told, and leave nothing behind", mistakes_are_told },
	{ "shared: bytes that an error left on their way come back", bytes_that_an_error_left_come_back },
	{ NULL },
};
