/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Target scripts: scripts made by a grammar, or the input's own text, on a few packets. A script
 * that does the same each time runs compiled and interpreted, and has to come to the same; others
 * also meet memory that runs out, and a time that is up anywhere.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "grammar.h"

#define NAME	"fuzz.lua"
#define FRAMES	3
#define TEXT	0xF5	/* the first byte of an input that is text from its eighth byte on */

enum kind {
	TAME,		/* compared */
	KEEPS,		/* views are kept; linear code makes fewer */
	WILD,
	STARVED,	/* wild, and memory runs out at some time */
	HURRIED,	/* wild, and its time is up at some time */
	KINDS,
};

struct play {
	unsigned int kind;	/* enum kind */
	unsigned int when;	/* memory runs out or time is up */
	unsigned int times;
	bool reload;		/* the script once more, beside itself, half-way */
	const char *text;
	size_t len;
	unsigned int nframes;
	struct frame frames[FRAMES];
};

static bool may_fail(const struct play *play)
{
	return play->kind == STARVED || play->kind == HURRIED;
}

static void set_events(const struct play *play)
{
	fuzz_events = (struct fuzz_events){ 0 };
	if (play->kind == STARVED) {
		fuzz_events.fails = 1 + play->when;
		fuzz_events.times = play->times;
	}
	if (play->kind == HURRIED)
		fuzz_events.expires = 1 + play->when;
}

/* What scripts are called, by their numbers. */
static const char *const names[] = { NAME, "again.lua" };

/* Returns the handler of the script of this number, or -1 if it has none. */
static int prepare(const struct play *play, struct fuzz_state *state, int id, bool *clear)
{
	struct ps_script *s = &state->s;
	int err = ps_script_load(s, id, names[id], play->text, play->len);

	if (err && fuzz_show)
		printf("not loaded: %s\n", s->error);
	if (err && !s->error[0])
		fuzz_fail("no reason why the script was not loaded");
	if (ps_script_has(s, id) != !err && !may_fail(play) && !state->refused)
		fuzz_fail("loaded or not?");
	if (err) {
		*clear = false;
		return -1;
	}
	return ps_script_find(s, id, "process_packet");
}

struct history {
	struct fuzz_outcome outcomes[FRAMES];
	unsigned int n;
	bool comparable;
};

static void run(const struct play *play, struct history *h)
{
	struct fuzz_state state;
	int first, handler, second = -1;
	unsigned int i;

	h->n = 0;
	h->comparable = play->kind == TAME;
	set_events(play);
	if (fuzz_state_init(&state)) {
		fuzz_events = (struct fuzz_events){ 0 };
		return;
	}
	first = handler = prepare(play, &state, 0, &h->comparable);
	for (i = 0; i < play->nframes && handler >= 0; i++) {
		struct fuzz_outcome *o = &h->outcomes[i];

		if (may_fail(play) && !fuzz_events.fails && !fuzz_events.expires)
			set_events(play);
		fuzz_run(&state, handler, &play->frames[i], o);
		h->n++;
		if (play->kind == TAME && o->verdict == PS_VERDICT_ERROR && !o->late && !state.refused)
			fuzz_check_place(o->error, names[handler != first]);
		h->comparable &= !o->late && !state.refused;
		if (play->reload && i == 0) {
			second = prepare(play, &state, 1, &h->comparable);
			if (second >= 0)
				handler = second;
		}
	}
	if (first >= 0)
		ps_script_put(&state.s, first);
	if (second >= 0 && play->when & 1)
		ps_script_put(&state.s, second);
	if (handler >= 0 && play->when & 2) {
		handler = ps_script_find(&state.s, 0, "process_packet");
		if (handler >= 0)
			ps_script_put(&state.s, handler);
	}
	fuzz_events = (struct fuzz_events){ 0 };
	fuzz_state_clean(&state);
}

static void clean(struct history *h)
{
	while (h->n)
		fuzz_outcome_clean(&h->outcomes[--h->n]);
}

static void check_alone(const struct play *play)
{
	char error[PS_SCRIPT_ERROR_SIZE];

	memset(error, 'x', sizeof(error));
	if (ps_script_check(NAME, play->text, play->len, error, sizeof(error)) &&
	    !memchr(error, 0, sizeof(error)))
		fuzz_fail("the error has no end");
}

static void play(const struct play *play)
{
	struct history compiled, plain;
	unsigned int i;

	fuzz_recycle(play->when & 16);
	fuzz_plainly = play->kind != TAME && play->when & 4;
	run(play, &compiled);
	if (compiled.comparable) {
		fuzz_plainly = true;
		run(play, &plain);
		for (i = 0; plain.comparable && i < play->nframes; i++)
			fuzz_compare(&compiled.outcomes[i], &plain.outcomes[i]);
		clean(&plain);
	}
	clean(&compiled);
	fuzz_recycle(false);
	if (play->when == 8)
		check_alone(play);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char text[GRAMMAR_MAX + 1];
	struct fuzz_input in = { data, data + size };
	struct play p = { .text = text };
	struct grammar g = { .in = &in, .text = text };
	unsigned int flags = fuzz_take(&in), i;
	uint32_t seed;

	p.kind = flags % 16 < KINDS ? flags % 16 : TAME;
	p.when = fuzz_take16(&in) % 4096;
	p.reload = flags & 0x10;
	p.times = flags & 0x20 ? 3 : 1 + (flags >> 6);
	p.nframes = 1 + fuzz_take(&in) % FRAMES;
	seed = fuzz_take16(&in);
	for (i = 0; i < p.nframes; i++) {
		struct frame *f = &p.frames[i];

		frame_build(f, seed + i * 77);
		if (p.kind > KEEPS && !(seed & 0x700))
			f->failing = seed & 3;
	}
	if (flags == TEXT) {
		p.kind = p.when & 1 ? HURRIED : WILD;
		fuzz_take(&in);
		p.text = (const char *)in.at;
		p.len = in.end - in.at;
	} else {
		g.wild = p.kind >= WILD;
		g.keeps = p.kind == KEEPS || p.kind >= WILD;
		grammar_make(&g);
		p.len = g.len;
	}
	if (fuzz_show)
		printf("kind %u, when %u, times %u, reload %d\n%.*s\n", p.kind, p.when, p.times,
		       p.reload, (int)p.len, p.text);
	play(&p);
	return 0;
}
