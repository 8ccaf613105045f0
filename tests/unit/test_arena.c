/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include <stdlib.h>
#include <time.h>

#include "lua.h"

#include "arena.h"
#include "buffer.h"
#include "script.h"
#include "test.h"

#define MEMORY	(1024 * 1024)

static struct ps_arena *make(void **region)
{
	*region = malloc(ps_arena_size(MEMORY));
	return ps_arena_make(*region, MEMORY);
}

/* Blocks that come, grow, shrink and go at random: none touches another, and nothing is lost. */
static void blocks_keep_apart(void)
{
	struct { unsigned char *at, fill; size_t size; } blocks[24] = { { 0 } }, *b;
	void *region, *whole;
	struct ps_arena *a = make(&region);
	unsigned int moved = 0, refused = 0;
	size_t size, i, k, kept;
	unsigned char *at;

	srand(1);
	for (i = 0; i < 20000; i++) {
		b = &blocks[rand() % 24];
		size = rand() % 4 ? 1 + rand() % (rand() % 2 ? 200000 : 9000) : 0;
		if (!b->at && !size)
			continue;
		at = ps_arena_realloc(a, b->at, b->size, size);
		if (!at && size) {
			CHECK(size > b->size);
			refused++;
			continue;
		}
		kept = size < b->size ? size : b->size;
		for (k = 0; k < kept; k++) {
			if (at[k] != b->fill)
				CHECK(!"the bytes are another's");
		}
		moved += b->at && at && at != b->at;
		CHECK(!at || (ps_arena_has(a, at) && ps_arena_has(a, at + size - 1)));
		b->at = at;
		b->size = size;
		b->fill = rand();
		if (at)
			memset(at, b->fill, size);
	}
	CHECK(moved > 100 && refused > 100);
	for (b = blocks; b < blocks + 24; b++) {
		if (b->at)
			CHECK(!ps_arena_realloc(a, b->at, b->size, 0));
	}
	whole = ps_arena_realloc(a, NULL, 0, MEMORY);
	CHECK(whole && !ps_arena_realloc(a, NULL, 0, 1));
	CHECK(!ps_arena_has(a, (char *)whole - 1) && !ps_arena_has(a, (char *)whole + MEMORY));
	CHECK(!ps_arena_has(a, NULL));
	free(region);
}

/* Of the memory that a state may hold, a table can have what it needs to double. */
static void large_tables(void)
{
	static const struct {
		const char *memory;
		int entries;		/* of strings of 12 bytes, that fit at least */
	} sizes[] = {
		{ "128K", 1024 }, { "512K", 4096 }, { "1M", 8192 }, { "2M", 25000 }, { "4M", 50000 },
		{ "16M", 200000 },
	};
	static const char fill[] = "local t, n = {}, 0\n"
		"function process_packet() for i = 1, 100 do\n"
		"t[string.pack('>I4I4I4', n, n, 1)] = n n = n + 1 end return NF_ACCEPT end";
	uint8_t byte[1] = { 0 };
	struct ps_packet pkt;
	struct ps_script s;
	size_t memory;
	const unsigned int packet_ms = ps_limits.packet_ms;
	void *region;
	int handler, n;
	unsigned int i;

	ps_limits.packet_ms = 10000;	/* this is about memory: to collect 16 MiB takes longer than a packet has */
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		if (sizes[i].entries > 10 * (int)test_rounds(200000))	/* millions of entries, under memcheck */
			break;
		CHECK(ps_script_memory(sizes[i].memory, &memory));
		region = malloc(ps_script_region(memory));
		CHECK_INT(ps_script_init_sized(&s, 0, true, memory, region), 0);
		CHECK_INT(ps_script_load(&s, 0, "/s/fill.lua", fill, strlen(fill)), 0);
		handler = ps_script_find(&s, 0, "process_packet");
		ps_buffer_init(&pkt, byte, 1, 0, 0);
		for (n = 0; n < sizes[i].entries; n += 100) {
			uint16_t queue;

			if (ps_script_run(&s, handler, &pkt, &queue) != PS_VERDICT_ACCEPT)
				break;
		}
		CHECK(n >= sizes[i].entries / 100 * 100);
		for (; n < 10 * sizes[i].entries; n += 100) {
			uint16_t queue;

			if (ps_script_run(&s, handler, &pkt, &queue) != PS_VERDICT_ACCEPT)
				break;
		}
		CHECK_TEXT(s.error, "KiB are held, without room for ");
		ps_script_clean(&s);
		CHECK_INT(s.bind.rt.memory, 0);
		free(region);
	}
	ps_limits.packet_ms = packet_ms;
}

/* The machine is asked for no piece as large as these, in a state of the default size, with all but what it needs itself. */
static void large_arrays(void)
{
	static const char script[] = "arrays = {} for i = 1, 12 do arrays[i] = bytes.new(65536) end\n"
				     "arrays[13] = bytes.many_to_one{ arrays[1], ('x'):rep(5000) }\n";
	size_t size = ps_script_region(PS_SCRIPT_MEMORY);
	char *region = malloc(size);
	const char *array;
	struct ps_script s;
	int i;

	CHECK_INT(ps_script_init_sized(&s, 0, true, PS_SCRIPT_MEMORY, region), 0);
	CHECK_INT(ps_script_load(&s, 0, "/s/arrays.lua", script, strlen(script)), 0);
	lua_getglobal(s.bind.rt.L, "arrays");
	for (i = 1; i <= 13; i++) {
		CHECK_INT(lua_rawgeti(s.bind.rt.L, 1, i), LUA_TUSERDATA);
		array = lua_touserdata(s.bind.rt.L, -1);
		CHECK(array >= region && array < region + size);
		lua_pop(s.bind.rt.L, 1);
	}
	lua_settop(s.bind.rt.L, 0);
	ps_script_clean(&s);
	CHECK_INT(s.bind.rt.memory, 0);
	free(region);
}

/* A block for which the arena has no gap is the machine's; it goes back when it can, and with the state. */
static void full_arena(void)
{
	static const char script[] = "local arrays = {}\n"
		"for i = 1, 40 do arrays[i] = bytes.new(36000) end\n"		/* 9 units each */
		"for i = 1, 39, 2 do arrays[i] = nil end collectgarbage()\n"
		"local t = {} for i = 1, 10000 do t[i] = i end\n"		/* grows from one to the other */
		"local large = { bytes.new(200000), bytes.new(100000), ('x'):rep(150000) }\n"
		"assert(#large[1] == 200000 and #large[3] == 150000 and large[2][99999] == 0)\n"
		"for i = 1, 10000 do assert(t[i] == i) end\n"
		"for i = 2, 40, 2 do assert(arrays[i][35999] == 0) end\n";
	const size_t memory = 4 * PS_SCRIPT_MEMORY, small = 256 * 1024;
	void *region = malloc(ps_arena_size(small));
	struct ps_arena *arena = ps_arena_make(region, small);
	struct ps_script s;

	CHECK_INT(ps_script_init_sized(&s, 0, true, memory, NULL), 0);
	s.bind.rt.arena = arena;
	if (ps_script_load(&s, 0, "/s/full.lua", script, strlen(script)))
		CHECK_TEXT(s.error, "no error");
	ps_script_clean(&s);
	CHECK_INT(s.bind.rt.memory, 0);
	CHECK(ps_arena_realloc(arena, NULL, 0, small));
	free(region);
}

/* The least time, in nanoseconds of the processor, that a call of the handler takes. */
static long long least_time(struct ps_script *s, int handler)
{
	long long least = -1, ns;
	struct timespec from, to;
	uint8_t byte[1] = { 0 };
	struct ps_packet pkt;
	uint16_t queue;
	int i;

	for (i = 0; i < 7; i++) {
		ps_buffer_init(&pkt, byte, 1, 0, 0);
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
		CHECK_INT(ps_script_run(s, handler, &pkt, &queue), PS_VERDICT_ACCEPT);
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
		ns = (to.tv_sec - from.tv_sec) * 1000000000ll + to.tv_nsec - from.tv_nsec;
		if (least < 0 || ns < least)
			least = ns;
	}
	return least;
}

/* Eight times as many arrays take less than twenty times as long: it would be 64 if each were copied with all before it. */
static void many_arrays(void)
{
	static const char script[] = "local function many(n) local t = {} for i = 1, n do t[i] = bytes.new(5) end return t end\n"
		"local few, many = many(2500), many(20000)\n"
		"function of_few(p) return #bytes.many_to_one(few) == 12500 and NF_ACCEPT end\n"
		"function of_many(p) return #bytes.many_to_one(many) == 100000 and NF_ACCEPT end\n";
	const size_t memory = 16 * PS_SCRIPT_MEMORY;
	void *region = malloc(ps_script_region(memory));
	struct ps_script s;
	long long few, many;

	CHECK_INT(ps_script_init_sized(&s, 0, true, memory, region), 0);
	CHECK_INT(ps_script_load(&s, 0, "/s/many.lua", script, strlen(script)), 0);
	few = least_time(&s, ps_script_find(&s, 0, "of_few"));
	many = least_time(&s, ps_script_find(&s, 0, "of_many"));
	CHECK(many < 20 * few);
	if (test_failed)
		printf("# 2500: %lld ns, 20000: %lld ns\n", few, many);
	ps_script_clean(&s);
	free(region);
}

static void sizes_are_read(void)
{
	static const char *const wrong[] = {
		"", "K", "M", "1", "1048576", "127K", "65M", "65537K", "1G", "1k", "1MB", " 1M", "1 M", "-1M",
		"0x80K", "1.5M", "99999999999999999999K", "4194304M", "0M", "18014398509481985K",
	};
	size_t memory, i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		if (ps_script_memory(wrong[i], &memory)) {
			printf("# %s\n", wrong[i]);
			test_failed = true;
		}
	}
	CHECK(ps_script_memory("128K", &memory) && memory == 128 * 1024);
	CHECK(ps_script_memory("1M", &memory) && memory == 1024 * 1024);
	CHECK(ps_script_memory("64M", &memory) && memory == 64 * 1024 * 1024);
	CHECK(ps_script_memory("65536K", &memory) && memory == 64 * 1024 * 1024);
	CHECK(ps_script_memory(NULL, &memory) && memory == PS_SCRIPT_MEMORY);
}

const struct test arena_tests[] = {
	{ "arena: blocks keep apart, and nothing is lost", blocks_keep_apart },
	{ "arena: tables of states fill the memory that these may hold", large_tables },
	{ "arena: byte arrays of 64 KiB are in it, in a state of any size", large_arrays },
	{ "arena: what it has no room for is elsewhere", full_arena },
	{ "arena: many byte arrays are joined in time that grows as they do", many_arrays },
	{ "arena: what sizes of memory are written like", sizes_are_read },
	{ NULL, NULL },
};
