/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-02.html */
#include "pcapng.h"

#include <stdlib.h>
#include <string.h>

#include "order.h"

#define BLOCK_MAX	((128u << 20) + 4096)	/* the largest packet that any program reads, USB's */
#define INTERFACES_MAX	65536
#define MICRO		1000000

enum block {
	INTERFACE = 1,
	PACKET = 2,		/* obsolete, and still around */
	SIMPLE = 3,
	ENHANCED = 6,
	SECTION = 0x0A0D0D0A,	/* the same in both byte orders */
};

enum { ORDER_MAGIC = 0x1A2B3C4D };

/* Bytes of a block before its body, and behind it. */
enum { HEAD = 8, TAIL = 4 };

enum option { OPTION_END = 0, OPTION_COMMENT = 1, OPTION_UNITS = 9, OPTION_OFFSET = 14 };

static int fail(const char **why, const char *text)
{
	*why = text;
	return -1;
}

bool ps_pcapng_is_section(const uint8_t *block)
{
	return ps_get32(block, PS_HOST_IS_BIG) == SECTION;
}

/* Finds the byte order of a section in its block. False: the block has neither. */
static bool find_order(const uint8_t *block, bool *is_big)
{
	for (*is_big = false; ps_get32(block + HEAD, *is_big) != ORDER_MAGIC; *is_big = true) {
		if (*is_big)
			return false;
	}
	return true;
}

uint32_t ps_pcapng_size(const struct ps_pcapng *p, const uint8_t head[PS_PCAPNG_HEAD],
			const char **why)
{
	bool is_big = p->is_big;
	uint32_t size;

	*why = "no section of pcapng begins here";
	if (ps_pcapng_is_section(head) ? !find_order(head, &is_big) : !p->has_section)
		return 0;
	size = ps_get32(head + 4, is_big);
	*why = "a block whose length is less than that of its header";
	if (size < HEAD + TAIL)
		return 0;
	*why = "a block whose length is no multiple of four";
	if (size % 4)
		return 0;
	*why = "a block larger than 128 MiB";
	return size <= BLOCK_MAX ? size : 0;
}

static int take_section(struct ps_pcapng *p, const uint8_t *body, uint32_t len, const char **why)
{
	enum { MAJOR = 4, BODY = 16 };

	find_order(body - HEAD, &p->is_big);
	if (len < BODY)
		return fail(why, "a section's block that is too short");
	if (ps_get16(body + MAJOR, p->is_big) != 1)
		return fail(why, "a version of pcapng that is not known");
	p->has_section = true;
	p->ninterfaces = 0;
	return 0;
}

/* How many units a second has, by one byte: a negative power of ten, or of two. */
static uint64_t units_of(uint8_t power)
{
	enum { IS_BINARY = 0x80 };
	uint64_t units = 1;
	int n = power & ~IS_BINARY;

	if (power & IS_BINARY)
		return n < 64 ? 1ull << n : 0;
	if (n > 19)
		return 0;
	while (n--)
		units *= 10;
	return units;
}

static int take_options(const struct ps_pcapng *p, const uint8_t *at, uint32_t len,
			struct ps_interface *interface, const char **why)
{
	uint32_t size, padded;
	uint16_t code;

	while (len >= 4) {
		code = ps_get16(at, p->is_big);
		size = ps_get16(at + 2, p->is_big);
		padded = (size + 3) & ~3u;
		if (code == OPTION_END)
			break;
		at += 4;
		len -= 4;
		if (padded > len)
			return fail(why, "an interface's option that is longer than its block");
		if (code == OPTION_UNITS && size == 1)
			interface->units = units_of(*at);
		else if (code == OPTION_OFFSET && size == 8)
			interface->offset = (int64_t)(p->is_big ?
				(uint64_t)ps_get32(at, true) << 32 | ps_get32(at + 4, true) :
				(uint64_t)ps_get32(at + 4, false) << 32 | ps_get32(at, false));
		at += padded;
		len -= padded;
	}
	return interface->units ? 0 :
	       fail(why, "an interface whose times are finer than can be told");
}

static int take_interface(struct ps_pcapng *p, const uint8_t *body, uint32_t len, const char **why)
{
	enum { LINK = 0, SNAP = 4, BODY = 8 };
	struct ps_interface *interfaces = p->interfaces;

	if (len < BODY)
		return fail(why, "an interface's block that is too short");
	if (p->ninterfaces == INTERFACES_MAX)
		return fail(why, "more than 65536 interfaces");
	/* the array doubles whenever its length is a power of two */
	if (!(p->ninterfaces & (p->ninterfaces - 1)))
		interfaces = realloc(interfaces,
				     (p->ninterfaces ? 2 * p->ninterfaces : 1) * sizeof(*interfaces));
	if (!interfaces)
		return fail(why, "not enough memory");
	p->interfaces = interfaces;
	interfaces += p->ninterfaces;
	*interfaces = (struct ps_interface){ ps_get16(body + LINK, p->is_big),
					     ps_get32(body + SNAP, p->is_big), MICRO, 0 };
	if (take_options(p, body + BODY, len - BODY, interfaces, why))
		return -1;
	p->ninterfaces++;
	return 0;
}

/* Fills in the rest of a record: the packet's bytes are at off in the body. */
static int take_bytes(struct ps_pcapng *p, const uint8_t *body, uint32_t len, uint32_t off,
		      uint32_t interface, struct ps_record *record, const char **why)
{
	if (interface >= p->ninterfaces)
		return fail(why, "a packet of an interface that there is not");
	if (record->captured > len - off)
		return fail(why, "a packet that is longer than its block");
	record->interface = p->interfaces + interface;
	record->bytes = body + off;
	return 1;
}

/* Both kinds of packet blocks have the same from byte 4 on. */
static void take_times(const struct ps_pcapng *p, const uint8_t *body, struct ps_record *record)
{
	record->time = (uint64_t)ps_get32(body + 4, p->is_big) << 32 | ps_get32(body + 8, p->is_big);
	record->captured = ps_get32(body + 12, p->is_big);
	record->length = ps_get32(body + 16, p->is_big);
}

static int take_packet(struct ps_pcapng *p, const uint8_t *body, uint32_t len, bool is_enhanced,
		       struct ps_record *record, const char **why)
{
	enum { BODY = 20 };

	if (len < BODY)
		return fail(why, "a packet's block that is too short");
	take_times(p, body, record);
	/* the older block counts lost packets behind a number of 16 bits */
	return take_bytes(p, body, len, BODY, is_enhanced ? ps_get32(body, p->is_big) :
			  ps_get16(body, p->is_big), record, why);
}

static int take_simple(struct ps_pcapng *p, const uint8_t *body, uint32_t len,
		       struct ps_record *record, const char **why)
{
	enum { BODY = 4 };
	uint32_t snap;

	if (len < BODY)
		return fail(why, "a packet's block that is too short");
	record->time = 0;
	record->length = record->captured = ps_get32(body, p->is_big);
	snap = p->ninterfaces ? p->interfaces->snap : 0;
	if (snap && snap < record->captured)
		record->captured = snap;
	return take_bytes(p, body, len, BODY, 0, record, why);
}

int ps_pcapng_take(struct ps_pcapng *p, const uint8_t *block, uint32_t size,
		   struct ps_record *record, const char **why)
{
	const uint8_t *body = block + HEAD;
	const uint32_t len = size - HEAD - TAIL;
	int got;

	if (memcmp(block + 4, block + size - TAIL, TAIL))
		return fail(why, "a block with another length at its end than at its beginning");
	if (ps_pcapng_is_section(block))
		return take_section(p, body, len, why);
	switch (ps_get32(block, p->is_big)) {
	case INTERFACE:
		return take_interface(p, body, len, why);
	case ENHANCED:
		got = take_packet(p, body, len, true, record, why);
		break;
	case PACKET:
		got = take_packet(p, body, len, false, record, why);
		break;
	case SIMPLE:
		got = take_simple(p, body, len, record, why);
		break;
	default:
		return 0;
	}
	record->all = block;
	record->size = size;
	return got;
}

void ps_pcapng_clean(struct ps_pcapng *p)
{
	free(p->interfaces);
	p->interfaces = NULL;
	p->ninterfaces = 0;
}

/*
 * Blocks that are written.
 */
static void put(FILE *to, const void *bytes, size_t len)
{
	fwrite_unlocked(bytes, 1, len, to);
}

static const uint8_t unknown_length[8] = { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF };

void ps_pcapng_put_section(FILE *to)
{
	const uint32_t head[] = { SECTION, 28, ORDER_MAGIC };
	const uint16_t version[] = { 1, 0 };

	put(to, head, sizeof(head));
	put(to, version, sizeof(version));
	put(to, unknown_length, sizeof(unknown_length));
	put(to, &head[1], sizeof(head[1]));
}

void ps_pcapng_put_again(FILE *to, const uint8_t *block, uint32_t size)
{
	enum { LENGTH = 16 };

	put(to, block, LENGTH);
	put(to, unknown_length, sizeof(unknown_length));
	put(to, block + LENGTH + sizeof(unknown_length), size - LENGTH - sizeof(unknown_length));
}

void ps_pcapng_put_record(FILE *to, const struct ps_pcapng *p, const struct ps_record *record, const uint8_t *bytes,
			  uint32_t len)
{
	enum { TOTAL = 4, SIMPLE_LENGTH = 8, CAPTURED = 20, LENGTH = 24, HEAD_MAX = 28 };
	static const uint8_t padding[3];
	const uint32_t before = record->bytes - record->all, old = before + record->captured + (-record->captured & 3);
	const uint32_t total = record->size - old + before + len + (-len & 3);
	uint8_t head[HEAD_MAX], tail[TAIL];

	memcpy(head, record->all, before);
	ps_put32(head + TOTAL, p->is_big, total);
	ps_put32(tail, p->is_big, total);
	if (before == HEAD_MAX)
		ps_put32(head + CAPTURED, p->is_big, len);
	ps_put32(head + (before == HEAD_MAX ? LENGTH : SIMPLE_LENGTH), p->is_big,
		 ps_record_length(record, len));
	put(to, head, before);
	put(to, bytes, len);
	put(to, padding, -len & 3);
	put(to, record->all + old, record->size - old - TAIL);
	put(to, tail, TAIL);
}

void ps_pcapng_put_interface(FILE *to, const struct ps_interface *interface)
{
	const bool is_micro = interface->units == MICRO;
	const uint32_t head[] = { INTERFACE, is_micro ? 20 : 32 };
	const uint16_t link[] = { interface->link, 0 };
	const uint16_t option[] = { OPTION_UNITS, 1 };
	const uint8_t nano[8] = { 9 };	/* padding, and the end of options */

	put(to, head, sizeof(head));
	put(to, link, sizeof(link));
	put(to, &interface->snap, sizeof(interface->snap));
	if (!is_micro) {
		put(to, option, sizeof(option));
		put(to, nano, sizeof(nano));
	}
	put(to, &head[1], sizeof(head[1]));
}

static void put_comment(FILE *to, const char *comment, uint16_t len)
{
	static const uint8_t padding[3], end[4];
	const uint16_t option[] = { OPTION_COMMENT, len };

	put(to, option, sizeof(option));
	put(to, comment, len);
	put(to, padding, -len & 3);
	put(to, end, sizeof(end));
}

/* comment: NULL, if there is none. */
static void put_enhanced(FILE *to, const struct ps_record *record, uint32_t interface, const uint8_t *bytes, uint32_t len,
			 const char *comment)
{
	static const uint8_t padding[3];
	const uint16_t said = comment ? strnlen(comment, UINT16_MAX) : 0;
	const uint32_t pad = -len & 3, options = comment ? 8 + said + (-said & 3) : 0;
	const uint32_t head[] = {
		ENHANCED, 32 + len + pad + options, interface, record->time >> 32, record->time, len, ps_record_length(record, len),
	};

	put(to, head, sizeof(head));
	put(to, bytes, len);
	put(to, padding, pad);
	if (comment)
		put_comment(to, comment, said);
	put(to, &head[1], sizeof(head[1]));
}

void ps_pcapng_put_packet(FILE *to, const struct ps_record *record, const uint8_t *bytes, uint32_t len)
{
	put_enhanced(to, record, 0, bytes, len, NULL);
}

void ps_pcapng_put_commented(FILE *to, const struct ps_record *record, uint32_t interface, const uint8_t *bytes, uint32_t len,
			     const char *comment)
{
	put_enhanced(to, record, interface, bytes, len, comment);
}

void ps_pcapng_put_new(FILE *to, const struct ps_pcapng *p, const struct ps_record *record, const uint8_t *bytes, uint32_t len)
{
	static const uint8_t padding[3];
	const uint32_t total = 32 + len + (-len & 3);
	const uint32_t head[] = {
		ENHANCED, total, record->interface - p->interfaces, record->time >> 32, record->time, len, len,
	};
	uint8_t word[4];
	size_t i;

	for (i = 0; i < sizeof(head) / sizeof(*head); i++) {
		ps_put32(word, p->is_big, head[i]);
		put(to, word, sizeof(word));
	}
	put(to, bytes, len);
	put(to, padding, -len & 3);
	ps_put32(word, p->is_big, total);
	put(to, word, sizeof(word));
}
