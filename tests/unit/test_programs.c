/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Linear code (compile/) against the interpreter alone, which is right by definition: random programs.
 */
#include <stdlib.h>
#include <time.h>

#include "compile.h"
#include "messages.h"
#include "packets.h"
#include "programs.h"
#include "script.h"
#include "test.h"

#define PACKETS	3
#define ROOM	400	/* bytes by which some packets may grow */

/* What a script has done to packets. */
struct deeds {
	bool is_loaded;
	enum ps_verdict verdicts[PACKETS];
	uint16_t queues[PACKETS], digests[PACKETS];
	char errors[PACKETS][PS_SCRIPT_ERROR_SIZE];
	uint8_t *data[PACKETS];
	uint32_t len[PACKETS];		/* as it is afterwards */
	unsigned int entered;	/* how often the interpreter was */
	size_t linear;
};

static unsigned int within;	/* handlers that have had other functions' code put within theirs */

static struct ps_linear *compile_and_count(struct lua_State *L, const struct ps_proto *proto, bool *is_own)
{
	struct ps_linear *linear = ps_compile(L, proto, is_own);

	within += *is_own;
	return linear;
}

static unsigned int draw(unsigned int *seed, unsigned int n)
{
	*seed = *seed * 1664525 + 1013904223;
	return (*seed >> 8) % n;
}

#define PICK(seed, array)	((array)[draw(seed, sizeof(array) / sizeof((array)[0]))])

static struct shape draw_shape(unsigned int *seed)
{
	static const uint8_t protocols[] = { 1, 6, 17, 17, 17 };
	static const uint16_t fragments[] = { 0, 0, 0, 0, 0x4000, 0x2000, 0x0010 };
	struct shape shape = {
		.protocol = PICK(seed, protocols), .ihl = draw(seed, 3) ? 0 : 5 + draw(seed, 11),
		.payload = draw(seed, 40), .ethernet = draw(seed, 2), .no_checksum = !draw(seed, 4),
		.frag = PICK(seed, fragments), .padding = draw(seed, 3) ? 0 : draw(seed, 20),
		.cut = draw(seed, 4) ? 0 : draw(seed, 20),
	};

	return shape;
}

/* What a transport carries, and the options of TCP in front of that, go to bytes; *len of them. */
static void draw_content(unsigned int *seed, struct shape *shape, uint8_t ports[4], uint8_t *bytes, uint32_t *options,
			 uint32_t *len)
{
	uint32_t random = *seed;

	draw(seed, 2);
	*options = shape->protocol == 6 ? messages_build_options(bytes, &random) : 0;
	*len = *options + messages_build(bytes + *options, shape->protocol, ports, &random);
	shape->payload = *len;
}

/* A packet with room to grow, or in memory of exactly its size. Free data with free(). */
static uint8_t *draw_packet(unsigned int *seed, struct ps_buffer *buffer)
{
	uint8_t bytes[40 + MESSAGE_MAX], ports[4] = { 1000 >> 8, 1000 & 255, 2000 >> 8, 2000 & 255 }, *data, *t;
	struct shape shape = draw_shape(seed);
	uint32_t options = 0, len = 0, room;
	bool carries = shape.protocol != 1 && draw(seed, 2);
	struct layout at;

	if (carries)
		draw_content(seed, &shape, ports, bytes, &options, &len);
	data = make_packet(&shape, &buffer->pkt, &at);
	t = data + at.transport;
	if (carries && !shape.frag && at.transport + (shape.protocol == 6 ? 20 : 8) + len <= at.len) {
		memcpy(t, ports, sizeof(ports));
		if (shape.protocol == 6)
			t[12] = (5 + options / 4) << 4;
		memcpy(t + (shape.protocol == 6 ? 20 : 8), bytes, len);
	}
	room = draw(seed, 2) ? ROOM : 0;
	if (room) {
		data = realloc(data, at.len + room);
		ps_buffer_init_room(buffer, data, at.len, at.len + room, buffer->pkt.network, 0x0800);
	}
	return data;
}

static void run_program(const char *text, unsigned int seed,
			struct ps_linear *(*compile)(struct lua_State *, const struct ps_proto *, bool *),
			struct deeds *d)
{
	int i, handler, digest;
	struct ps_script s;

	memset(d, 0, sizeof(*d));
	CHECK_INT(ps_script_init(&s, 0, true), 0);
	s.compile = compile;
	d->is_loaded = !ps_script_load(&s, 0, "program.lua", text, strlen(text));
	handler = d->is_loaded ? ps_script_find(&s, 0, "process_packet") : -1;
	digest = d->is_loaded ? ps_script_find(&s, 0, "digest") : -1;
	d->linear = s.bind.rt.linear;
	for (i = 0; i < PACKETS && handler >= 0 && digest >= 0; i++) {
		struct ps_buffer buffer;
		struct ps_packet other;
		uint16_t queue = 0;

		d->data[i] = draw_packet(&seed, &buffer);
		other = buffer.pkt;
		s.error[0] = 0;
		s.bind.rt.guard.stack_hard = 0;		/* ps_runtime_enter() sets it */
		d->verdicts[i] = ps_script_run(&s, handler, &buffer.pkt, &d->queues[i]);
		d->len[i] = buffer.pkt.len;
		d->entered += !!s.bind.rt.guard.stack_hard;
		strcpy(d->errors[i], s.error);
		CHECK_INT(ps_script_run(&s, digest, &other, &queue), PS_VERDICT_QUEUE);
		d->digests[i] = queue;
	}
	if (!d->is_loaded)
		strcpy(d->errors[0], s.error);
	ps_script_clean(&s);
}

struct tally {
	unsigned int programs, loaded, accepted, failed, not_entered, timed;
};

static bool ended_by_time(const char *error)
{
	return strstr(error, "time limit exceeded");
}

static void compare(unsigned int seed, struct tally *tally)
{
	static char text[64 * 1024];
	struct deeds with, without;
	bool is_timed = false;
	int i;

	make_program(seed, text, sizeof(text));
	run_program(text, seed, compile_and_count, &with);
	run_program(text, seed, NULL, &without);
	CHECK_INT(with.is_loaded, without.is_loaded);
	CHECK_INT(with.linear > 0, with.is_loaded);
	tally->programs++;
	tally->loaded += with.is_loaded;
	tally->not_entered += with.is_loaded ? PACKETS - with.entered : 0;
	for (i = 0; i < PACKETS && with.is_loaded; i++) {
		/* by the clock, so each is ended somewhere else, and what follows may differ */
		is_timed = is_timed || ended_by_time(with.errors[i]) || ended_by_time(without.errors[i]);
		if (is_timed)
			continue;
		CHECK_INT(with.verdicts[i], without.verdicts[i]);
		CHECK_INT(with.queues[i], without.queues[i]);
		CHECK_INT(with.digests[i], without.digests[i]);
		CHECK_TEXT(with.errors[i], without.errors[i]);
		CHECK_INT(with.len[i], without.len[i]);
		CHECK(!memcmp(with.data[i], without.data[i], with.len[i]));
		tally->accepted += with.verdicts[i] != PS_VERDICT_ERROR;
		tally->failed += with.verdicts[i] == PS_VERDICT_ERROR;
	}
	for (i = 0; i < PACKETS; i++) {
		free(with.data[i]);
		free(without.data[i]);
	}
	tally->timed += is_timed;
	if (test_failed)
		printf("# program %u (packets %d): %s\n%s\n", seed, i, with.errors[0], text);
}

/* As many as COMPILE_SECONDS allow, from a seed of its own; else always the same. */
static void random_programs(void)
{
	const char *seconds = getenv("COMPILE_SECONDS");
	time_t end = time(NULL) + (seconds ? atoi(seconds) : 0);
	unsigned int i, seed = seconds ? (unsigned int)time(NULL) * 1000003u : 0;
	struct tally tally = { 0 };

	within = 0;
	for (i = 0; !test_failed && (seconds ? time(NULL) < end : i < test_rounds(1500)); i++)
		compare(seed + i, &tally);
	if (seconds)
		printf("# %u programs from %u on, %u loaded, %u with code within code; of %u runs %u with an error, "
		       "%u without the interpreter\n", tally.programs, seed, tally.loaded, within,
		       tally.accepted + tally.failed, tally.failed, tally.not_entered);
	/* else it compares little */
	CHECK(tally.loaded > tally.programs * 4 / 5);
	CHECK(tally.accepted > tally.loaded / 2 && tally.failed > tally.loaded / 10);
	CHECK(tally.not_entered > tally.loaded / 10);
	CHECK(within > tally.loaded / 2);
	CHECK(tally.timed <= tally.loaded / 100);
}

const struct test programs_tests[] = {
	{ "compile: random programs do the same without", random_programs },
	{ NULL, NULL },
};
