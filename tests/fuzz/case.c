/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include <string.h>

#include "case.h"
#include "fuzz.h"

enum { LINK = 1, MOVING = 2, SEGMENTS = 4, OTHER = 8, FAILING = 0x30, LENGTHS = 0x40, CHECKSUMS = 0x80 };

static void read_frame(struct frame *f, uint8_t *repair, struct fuzz_input *in, bool last)
{
	unsigned int flags = fuzz_take(in), prefix = fuzz_take(in), rest;

	f->link = flags & LINK;
	f->moving = flags & MOVING;
	f->segments = flags & SEGMENTS;
	f->other = flags & OTHER;
	f->failing = (flags & FAILING) / (FAILING / 3);
	f->prefix = prefix & 127;
	f->seed = fuzz_take(in);
	f->partial = fuzz_take(in);
	*repair = (flags & LENGTHS ? CASE_LENGTHS : 0) | (flags & CHECKSUMS ? CASE_CHECKSUMS : 0) |
		  (prefix & 128 ? CASE_PARTIAL : 0);
	f->len = fuzz_take16(in);
	rest = in->end - in->at;
	if (last || f->len > rest)
		f->len = rest;
	if (f->len > FRAME_MAX)
		f->len = FRAME_MAX;
	memcpy(f->bytes, in->at, f->len);
	in->at += f->len;
}

void case_read(struct fuzz_case *c, const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, data + size };
	unsigned int counts, i;

	memset(c, 0, sizeof(*c));
	c->script = fuzz_take(&in);
	c->function = fuzz_take(&in);
	counts = fuzz_take(&in);
	c->nframes = 1 + counts % CASE_FRAMES;
	c->nstatements = 1 + counts / CASE_FRAMES % CASE_STATEMENTS;
	if (c->script < CASE_SCRIPTS) {
		for (i = 0; i < c->nstatements; i++) {
			struct statement *s = &c->statements[i];

			s->way = fuzz_take(&in);
			s->inner = fuzz_take(&in);
			s->field = fuzz_take(&in);
			s->style = fuzz_take(&in);
			s->value[0] = fuzz_take(&in);
			s->value[1] = fuzz_take(&in);
			s->value[2] = fuzz_take(&in);
			s->value[3] = fuzz_take(&in);
		}
	}
	for (i = 0; i < c->nframes; i++)
		read_frame(&c->frames[i], &c->repair[i], &in, i + 1 == c->nframes);
}

size_t case_write(const struct fuzz_case *c, uint8_t *data, size_t max)
{
	static uint8_t all[64 + CASE_STATEMENTS * sizeof(struct statement) +
			   CASE_FRAMES * (6 + FRAME_MAX)];
	uint8_t *to = all;
	size_t size;
	int i;

	*to++ = c->script;
	*to++ = c->function;
	*to++ = (c->nframes - 1) + (c->nstatements - 1) * CASE_FRAMES;
	if (c->script < CASE_SCRIPTS) {
		memcpy(to, c->statements, c->nstatements * sizeof(c->statements[0]));
		to += c->nstatements * sizeof(c->statements[0]);
	}
	for (i = 0; i < c->nframes; i++) {
		const struct frame *f = &c->frames[i];

		*to++ = (f->link ? LINK : 0) | (f->moving ? MOVING : 0) |
			(f->segments ? SEGMENTS : 0) | (f->other ? OTHER : 0) |
			(f->failing & 3) * (FAILING / 3) |
			(c->repair[i] & CASE_LENGTHS ? LENGTHS : 0) |
			(c->repair[i] & CASE_CHECKSUMS ? CHECKSUMS : 0);
		*to++ = (f->prefix & 127) | (c->repair[i] & CASE_PARTIAL ? 128 : 0);
		*to++ = f->seed;
		*to++ = f->partial;
		*to++ = f->len >> 8;
		*to++ = f->len;
		memcpy(to, f->bytes, f->len);
		to += f->len;
	}
	size = to - all;
	if (size > max)
		size = max;
	memcpy(data, all, size);
	return size;
}
