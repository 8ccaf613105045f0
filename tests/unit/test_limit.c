/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* nf.limit() by a clock of our own, and what its buckets are kept in. */
#include <stdlib.h>
#include <string.h>

#include "lua.h"

#include "hash.h"
#include "host_user.h"
#include "packets.h"
#include "recent.h"
#include "script.h"
#include "test.h"

#define MS	1000000ull

struct record {
	struct ps_entry record;
	uint64_t n;
};

/* Finds the number, by a hash of which few bits differ, so that chains are long. */
static struct ps_entry *find(const struct ps_recent *r, uint64_t hash, uint64_t n)
{
	struct ps_entry *record = ps_recent_first(r, hash);

	while (record && (record->hash != hash || ((struct record *)record)->n != n))
		record = record->next;
	return record;
}

static struct ps_entry *add(struct ps_recent *r, uint64_t hash, uint64_t n, unsigned int list, uint64_t now)
{
	struct ps_entry *record = ps_recent_add(r, hash, list, now);

	if (record)
		((struct record *)record)->n = n;
	return record;
}

static void records_are_found_until_they_go(void)
{
	enum { N = 20000 };
	struct ps_runtime rt = { .memory_max = 16 << 20 };
	struct ps_entry *record;
	struct ps_recent r;
	uint64_t n;
	int list;

	ps_recent_init(&r, &rt, sizeof(struct record), N, rt.memory_max);
	CHECK(!find(&r, 1, 1));
	CHECK(ps_recent_oldest(&r) < 0);
	for (n = 0; n < N; n++)
		CHECK(add(&r, n * 0x9E3779B97F4A7C15 >> (n & 1 ? 0 : 54), n, n % 3, n));
	CHECK(!add(&r, 1, N, 0, N));
	CHECK_INT(r.n, N);
	for (n = 0; n < N; n++)
		CHECK(find(&r, n * 0x9E3779B97F4A7C15 >> (n & 1 ? 0 : 54), n));
	/* every fourth is used, and goes to another list */
	for (n = 0; n < N; n += 4) {
		record = find(&r, n * 0x9E3779B97F4A7C15 >> (n & 1 ? 0 : 54), n);
		ps_recent_use(&r, record, n % 3, N + n);
		ps_recent_move(&r, record, n % 3, 5);
	}
	for (n = 0; n < N; n++) {
		if (n % 4 == 0)
			continue;
		list = ps_recent_oldest(&r);
		CHECK_INT(list, n % 3);
		record = r.lists[list].oldest;
		CHECK_INT(((struct record *)record)->n, n);
		ps_recent_remove(&r, record, list);
	}
	for (n = 0; n < N; n += 4) {
		CHECK_INT(ps_recent_oldest(&r), 5);
		CHECK_INT(((struct record *)r.lists[5].oldest)->n, n);
		ps_recent_remove(&r, r.lists[5].oldest, 5);
	}
	CHECK_INT(r.n, 0);
	CHECK(!r.lists[5].newest);
	CHECK(add(&r, 7, 7, 0, 0));
	CHECK(find(&r, 7, 7));
	CHECK_INT(rt.memory, r.memory);
	ps_recent_clean(&r);
	CHECK_INT(rt.memory, 0);
}

static void records_keep_within_their_memory(void)
{
	struct ps_runtime rt = { .memory_max = 1 << 20 };
	struct ps_recent r;
	uint64_t n;

	ps_recent_init(&r, &rt, sizeof(struct record), ~0u, 100000);
	for (n = 0; add(&r, ps_hash_integer(n), n, 0, n); n++)
		CHECK(rt.memory <= 100000);
	CHECK(n > 1200 && n < 2100);
	ps_recent_remove(&r, r.lists[0].oldest, 0);
	CHECK(add(&r, ps_hash_integer(n), n, 0, n));
	CHECK(!add(&r, 1, n, 0, n));
	ps_recent_clean(&r);
	rt.memory = rt.memory_max - PS_RECENT_BLOCK;
	ps_recent_init(&r, &rt, sizeof(struct record), ~0u, rt.memory_max);
	CHECK(!add(&r, 1, 1, 0, 0));
	ps_recent_clean(&r);
	CHECK_INT(rt.memory, rt.memory_max - PS_RECENT_BLOCK);
}

struct bench {
	struct ps_script s;
	int handler;
};

static bool begin(struct bench *b, const char *text)
{
	memset(b, 0, sizeof(*b));
	ps_user_time = 1000 * MS;
	CHECK_INT(ps_script_init(&b->s, 0, true), 0);
	CHECK_INT(ps_script_load(&b->s, 0, "/s/limit.lua", text, strlen(text)), 0);
	CHECK_TEXT(b->s.error, "");
	b->handler = ps_script_find(&b->s, 0, "process_packet");
	return b->handler >= 0;
}

static void end(struct bench *b)
{
	ps_script_clean(&b->s);
	CHECK_INT(b->s.bind.rt.memory, 0);
	ps_user_time = 0;
}

static enum ps_verdict feed(struct bench *b)
{
	const struct shape shape = { .protocol = 17, .payload = 8, .ethernet = true };
	enum ps_verdict verdict;
	struct ps_packet pkt;
	struct layout at;
	uint16_t queue;
	uint8_t *data = make_packet(&shape, &pkt, &at);

	verdict = ps_script_run(&b->s, b->handler, &pkt, &queue);
	free(data);
	return verdict;
}

/* How many of n packets are accepted. */
static int accepted(struct bench *b, int n)
{
	int passed = 0;

	while (n--)
		passed += feed(b) == PS_VERDICT_ACCEPT;
	CHECK_TEXT(b->s.error, "");
	return passed;
}

static void a_bucket_fills_with_time(void)
{
	struct bench b;
	int i, passed = 0;

	CHECK(begin(&b, "local limit = { rate = 100, burst = 20 }\n"
			"function process_packet(p) return nf.limit(limit) and NF_ACCEPT or NF_DROP end\n"));
	CHECK_INT(accepted(&b, 50), 20);
	ps_user_time += 10 * MS - 1;	/* a token takes 10 ms */
	CHECK_INT(accepted(&b, 3), 0);
	ps_user_time += 1;
	CHECK_INT(accepted(&b, 3), 1);
	ps_user_time += 55 * MS;
	CHECK_INT(accepted(&b, 10), 5);
	ps_user_time += 5 * MS;		/* the rest was not lost */
	CHECK_INT(accepted(&b, 10), 1);
	ps_user_time += 3600 * 1000 * MS;
	CHECK_INT(accepted(&b, 5), 5);
	ps_user_time += 199 * MS;	/* nearly as long as it takes to fill an empty one */
	CHECK_INT(accepted(&b, 100), 20);
	for (i = 0; i < 1000; i++) {
		ps_user_time += 7 * MS;
		passed += accepted(&b, 1);
	}
	CHECK_INT(passed, 700);
	ps_user_time = ~0ull - 1;	/* 584 years later */
	CHECK_INT(accepted(&b, 100), 20);
	end(&b);
}

static void rates_are_exact(void)
{
	struct bench b;
	int i, passed = 0;

	/* 7 in 11 ms is none that divides anything */
	CHECK(begin(&b, "function process_packet(p) return nf.limit{ rate = 7, per = 11, burst = 1 } and NF_ACCEPT or NF_DROP end\n"));
	for (i = 0; i < 11000; i++) {
		ps_user_time += MS / 100;
		passed += accepted(&b, 1);
	}
	CHECK(passed >= 69 && passed <= 71);
	end(&b);
	CHECK(begin(&b, "function process_packet(p)\n"
			"  return nf.limit{ rate = 1000000000, burst = 1000000000 } and NF_ACCEPT or NF_DROP end\n"));
	CHECK_INT(accepted(&b, 10000), 10000);
	end(&b);
	CHECK(begin(&b, "function process_packet(p)\n"
			"  return nf.limit{ rate = 1, per = 86400000, burst = 104166 } and NF_ACCEPT or NF_DROP end\n"));
	CHECK_INT(accepted(&b, 104170), 104166);
	ps_user_time += 86400000 * MS - 1;
	CHECK_INT(accepted(&b, 1), 0);
	ps_user_time += 1;
	CHECK_INT(accepted(&b, 2), 1);
	end(&b);
}

static void each_key_has_a_bucket(void)
{
	struct bench b;

	CHECK(begin(&b, "local function n(key) local n = 0 for _ = 1, 9 do n = n + (nf.limit({ rate = 1, burst = 3 }, key) and 1 or 0) end return n end\n"
			"local keys = { 'a', 'b', '', 1, -1, 0, '1', ('x'):rep(255), 'a\\0b', 'a\\0c', math.mininteger, '`aaa', '`aaaa' }\n"
			"function process_packet(p)\n"
			"  for i, key in ipairs(keys) do if n(key) ~= 3 then error('key ' .. i) end end\n"
			"  for i, key in ipairs(keys) do if n(key) ~= 0 then error('again ' .. i) end end\n"
			"  if n(nil) ~= 3 or n(nil) ~= 0 then error('no key') end\n"
			"  if n(p.ip:saddr()) ~= 3 or n(p.ip:saddr()) ~= 0 or n(p.ip:daddr()) ~= 3 then error('fields') end\n"
			"  if n(p.ip.saddr) ~= 3 then error('a text is no field') end\n"
			"  if nf.limit{ rate = 1, burst = 3, key = 'a' } then error('the key may be in the table') end\n"
			"  if not nf.limit{ rate = 1, burst = 4, key = 'a' } then error('another limit') end\n"
			"  if not nf.limit{ rate = 2, burst = 3, key = 'a' } then error('another rate') end\n"
			"  if not nf.limit{ rate = 1, burst = 3, per = 999, key = 'a' } then error('another period') end\n"
			"  if not nf.limit({ rate = 1, burst = 3, key = 'a' }, 'c') then error('the argument counts') end\n"
			"  return NF_ACCEPT\n"
			"end\n"));
	CHECK_INT(accepted(&b, 1), 1);
	end(&b);
}

static void the_oldest_key_goes_first(void)
{
	struct bench b;

	CHECK(begin(&b, "local limit = { rate = 1, per = 86400000, burst = 1, size = 100 }\n"
			"function process_packet(p)\n"
			"  for i = 1, 100 do if not nf.limit(limit, i) then error(i) end end\n"
			"  for i = 1, 99 do if nf.limit(limit, i) then error(i) end end\n"
			"  if not nf.limit(limit, 'new') then error('new') end\n"		/* in place of 100 */
			"  for i = 1, 99 do if nf.limit(limit, i) then error(i) end end\n"
			"  if nf.limit(limit, 'new') then error('new again') end\n"
			"  if not nf.limit(limit, 100) then error('100') end\n"			/* in place of 1 */
			"  if nf.limit(limit, 2) or not nf.limit(limit, 1) then error('1') end\n"
			"  return NF_ACCEPT\n"
			"end\n"));
	CHECK_INT(accepted(&b, 1), 1);
	end(&b);
	/* and where memory is short */
	CHECK(begin(&b, "local limit, n = { rate = 1, size = 1000000, burst = 1 }, 0\n"
			"function process_packet(p)\n"
			"  for i = 1, 1000 do\n"
			"    n = n + 1\n"
			"    if not nf.limit(limit, n) or nf.limit(limit, n) or n > 1500 and nf.limit(limit, n - 1500) then error(n) end\n"
			"  end\n"
			"  return NF_ACCEPT\n"
			"end\n"));
	CHECK_INT(accepted(&b, 100), 100);
	CHECK(b.s.bind.rt.memory < b.s.bind.rt.memory_max / 2);
	end(&b);
}

static void options_are_checked(void)
{
	static const struct {
		const char *options, *error;
	} wrong[] = {
		{ "", "table expected, got no value" },
		{ "7", "table expected, got number" },
		{ "{}", "nf.limit: rate is missing" },
		{ "{ burst = 5 }", "nf.limit: rate is missing" },
		{ "{ rate = 0 }", "/s/limit.lua:1: nf.limit: rate is an integer from 1 to 1000000000, not 0" },
		{ "{ rate = 1000000001 }", "rate is an integer from 1 to 1000000000, not 1000000001" },
		{ "{ rate = '10/s' }", "rate is an integer from 1 to 1000000000, not string" },
		{ "{ rate = 1, burst = -1 }", "burst is an integer from 1 to 1000000000, not -1" },
		{ "{ rate = 1, burst = {} }", "burst is an integer from 1 to 1000000000, not table" },
		{ "{ rate = 1, per = 86400001 }", "per is an integer from 1 to 86400000, not 86400001" },
		{ "{ rate = 1, size = 1000001 }", "size is an integer from 1 to 1000000, not 1000001" },
		{ "{ rate = 1, per = 86400000, burst = 104167 }", "burst is at most 104166 where per is 86400000" },
		{ "{ rate = 1000000, per = 86400000 }", "burst is at most 104166 where per is 86400000" },
		{ "{ rate = 1, bursts = 5 }", "there is no option 'bursts': there are rate, burst, per, size and key" },
		{ "{ rate = 1, 5 }", "there is no option '1'" },
		{ "{ rate = 1, [print] = 5 }", "there is no option 'function: " },
		{ "{ rate = 1, key = print }", "a key is a string, an integer or a field, not function" },
		{ "{ rate = 1, key = true }", "a key is a string, an integer or a field, not boolean" },
		{ "{ rate = 1 }, p", "a view is a key only if it is a field that is a number or an address" },
		{ "{ rate = 1 }, p.ip", "a view is a key only if it is a field" },
		{ "{ rate = 1 }, ('x'):rep(256)", "a key has at most 255 bytes" },
	};
	char text[512];
	struct bench b;
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		snprintf(text, sizeof(text), "function process_packet(p) nf.limit(%s) return NF_ACCEPT end", wrong[i].options);
		CHECK(begin(&b, text));
		CHECK_INT(feed(&b), PS_VERDICT_ERROR);
		CHECK_TEXT(b.s.error, wrong[i].error);
		end(&b);
	}
	CHECK(begin(&b, "local n = 0 function process_packet(p) n = n + 1 nf.limit{ rate = n } return NF_ACCEPT end"));
	CHECK_INT(accepted(&b, 64), 64);
	CHECK_INT(feed(&b), PS_VERDICT_ERROR);
	CHECK_TEXT(b.s.error, "64 limits of other rate, burst, per or size are there already");
	end(&b);
}

static void nothing_is_allocated_for_a_packet(void)
{
	struct bench b;
	size_t memory;

	CHECK(begin(&b, "local limit = { rate = 100, burst = 20 }\n"
			"function process_packet(p)\n"
			"  return nf.limit(limit) and nf.limit(limit, 'key') and nf.limit(limit, p.ip:saddr()) and NF_ACCEPT or NF_DROP\n"
			"end\n"));
	CHECK_INT(accepted(&b, 3), 3);
	memory = b.s.bind.rt.memory;
	CHECK_INT(accepted(&b, 100), 17);
	CHECK_INT(b.s.bind.rt.memory, memory);
	end(&b);
}

const struct test limit_tests[] = {
	{ "limit: records are found until they go, the oldest first", records_are_found_until_they_go },
	{ "limit: records keep within their memory", records_keep_within_their_memory },
	{ "limit: a bucket fills with time", a_bucket_fills_with_time },
	{ "limit: rates are exact", rates_are_exact },
	{ "limit: each key has a bucket", each_key_has_a_bucket },
	{ "limit: the oldest key goes first, also where memory is short", the_oldest_key_goes_first },
	{ "limit: options are checked", options_are_checked },
	{ "limit: nothing is allocated for a packet", nothing_is_allocated_for_a_packet },
	{ NULL, NULL },
};
