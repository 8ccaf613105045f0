/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include <stdlib.h>

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
	size_t memory, size;
	const unsigned int packet_ms = ps_limits.packet_ms;
	void *region;
	int handler, n;
	unsigned int i;

	ps_limits.packet_ms = 10000;	/* this is about memory: to collect 16 MiB takes longer than a packet has */
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		CHECK(ps_script_memory(sizes[i].memory, &memory));
		size = ps_script_region(memory);
		CHECK_INT(size > 0, memory > PS_SCRIPT_MEMORY);
		region = size ? malloc(size) : NULL;
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
	{ "arena: what sizes of memory are written like", sizes_are_read },
	{ NULL, NULL },
};
