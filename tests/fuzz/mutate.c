/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* How libFuzzer changes an input of the target packets: as one that knows what it is. */
#include <string.h>

#include "case.h"
#include "fuzz.h"
#include "messages.h"
#include "proto.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed);

static uint32_t random_state;

static unsigned int draw(unsigned int n)
{
	return frame_draw(&random_state, n);
}

static void build(struct fuzz_case *c, int i)
{
	frame_build(&c->frames[i], random_state);
	c->repair[i] = 0;
	draw(2);
}

/* Another assignment, or a byte of it: libFuzzer's own changes seldom leave the way to a header a whole one. */
static void change_statement(struct statement *s)
{
	uint8_t *p = (uint8_t *)s;
	size_t i;

	if (draw(2)) {
		LLVMFuzzerMutate(p, sizeof(*s), sizeof(*s));
		return;
	}
	for (i = 0; i < sizeof(*s); i++)
		p[i] = draw(256);
}

static void set_field(uint8_t *p, uint32_t room, const struct ps_field *field)
{
	static const uint32_t values[] = { 0, 1, 5, 6, 15, 17, 20, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0xFFFF, ~0u };
	uint32_t value = draw(2) ? values[draw(14)] : random_state, bit = field->at.bit + field->at.width;

	for (; bit-- > field->at.bit; value >>= 1) {
		if (bit / 8 < room) {
			p[bit / 8] &= ~(0x80 >> bit % 8);
			p[bit / 8] |= (value & 1) << (7 - bit % 8);
		}
	}
}

/* Sets a field of one of the first headers. */
static void change_header(struct frame *f)
{
	uint32_t at = frame_network(f), transport = frame_transport(f);
	uint8_t protocol = f->len > at + 9 ? f->bytes[at + 9] : 0;
	const struct ps_proto *proto = ps_protos[2];

	if (transport && draw(2)) {
		at = transport;
		proto = ps_protos[protocol == 6 ? 4 : protocol == 17 ? 5 : protocol == 4 ? 2 :
				  protocol == 136 ? 6 : protocol == 33 ? 7 : protocol == 47 ? 8 : 3];
	} else if (at && !draw(6)) {
		at = 0;
		proto = ps_protos[1];
	}
	if (at < f->len)
		set_field(f->bytes + at, f->len - at, &proto->fields[draw(proto->nfields)]);
}

/* Another message behind TCP or UDP. */
static void change_message(struct frame *f)
{
	uint32_t transport = frame_transport(f), at;
	uint8_t protocol = transport ? frame_carried(f) : 0, message[MESSAGE_MAX];

	if ((protocol != 6 && protocol != 17) || transport + 20 > f->len)
		return;
	at = transport + (protocol == 17 ? 8 : f->bytes[transport + 12] / 16 * 4u);
	if (at > f->len || at + MESSAGE_MAX > FRAME_MAX)
		return;
	f->len = at + messages_build(message, protocol, f->bytes + transport, &random_state);
	memcpy(f->bytes + at, message, f->len - at);
	frame_repair(f, true, true);
}

static void change_frame(struct fuzz_case *c, int i)
{
	static const uint8_t protocols[] = { 1, 6, 17, 4, 47, 136, 33 };
	struct frame *f = &c->frames[i];
	uint32_t network = frame_network(f);

	switch (draw(15)) {
	case 0:
	case 12:
		build(c, i);
		break;
	case 13:
	case 14:
		change_message(f);
		break;
	case 1:
	case 2:
		change_header(f);
		break;
	case 3:
		if (f->len > network + 9)
			f->bytes[network + 9] = protocols[draw(7)];
		break;
	case 4:
		f->len -= draw(f->len + 1);
		break;
	case 5:
		f->len -= draw(f->len < 40 ? f->len + 1 : 40);
		break;
	case 6:
		f->len = LLVMFuzzerMutate(f->bytes, f->len, FRAME_MAX);
		break;
	case 7:
		frame_repair(f, draw(2), true);
		break;
	case 8:
		c->repair[i] = draw(8);
		break;
	case 9:
		f->moving = draw(4);
		f->prefix = draw(128);
		f->seed = draw(256);
		f->failing = draw(2) ? FRAME_NEVER_FAILS : draw(4);
		break;
	case 10:
		f->link = draw(2);
		f->segments = !draw(4);
		f->other = !draw(8);
		break;
	case 11:
		f->partial = draw(3) ? 0 : draw(256);
		break;
	}
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed)
{
	static struct fuzz_case c;
	unsigned int n;

	random_state = seed;
	draw(2);
	if (size > 3 && !draw(8))
		return LLVMFuzzerMutate(data, size, max);
	case_read(&c, data, size);
	if (size < 12)
		build(&c, 0);
	for (n = 1 + draw(3); n; n--) {
		switch (draw(8)) {
		case 0:
			c.script = draw(256);
			c.function = draw(16) | (draw(3) ? 0 : draw(16) << 4);
			break;
		case 1:
			c.nframes = 1 + draw(CASE_FRAMES);
			if (!c.frames[c.nframes - 1].len)
				build(&c, c.nframes - 1);
			break;
		case 2:
			c.nstatements = 1 + draw(CASE_STATEMENTS);
			/* fall through */
		case 3:
			if (c.script < CASE_SCRIPTS) {
				change_statement(&c.statements[draw(c.nstatements)]);
				break;
			}
			/* fall through */
		default:
			change_frame(&c, draw(c.nframes));
		}
	}
	return case_write(&c, data, max);
}
