/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The bytes of a file or a pipe, in order; they can be looked at before they are taken. What gzip or zstd has compressed is
 * unpacked.
 */
#ifndef PS_USER_SOURCE_H
#define PS_USER_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ps_unpacker;

struct ps_source {
	int fd;				/* -1: there are no more bytes than those in memory */
	struct ps_unpacker *unpacker;	/* NULL: the file is not compressed */
	uint8_t *bytes;			/* from start to end they have been read and not yet taken */
	size_t room, start, end;
	uint64_t at;			/* how many have been taken */
	uint64_t read;			/* how many bytes of the file have been read, compressed or not */
	char error[128];		/* why there are no more bytes; "": the file ends here */
};

/* Takes fd, which ps_source_close() closes unless it is standard input. Returns 0, or -1: error. */
int ps_source_open(struct ps_source *s, int fd);

/* The same with bytes in memory, which are copied. Compressed ones are not unpacked. */
int ps_source_memory(struct ps_source *s, const uint8_t *bytes, size_t len);

void ps_source_close(struct ps_source *s);

/* ps_source_peek() when fewer than n bytes have been read. */
const uint8_t *ps_source_fill(struct ps_source *s, size_t n);

/*
 * The next n bytes, which are not taken yet; or NULL: there are only ps_source_left(). The pointer holds until the next
 * call of this function.
 */
static inline const uint8_t *ps_source_peek(struct ps_source *s, size_t n)
{
	return n <= s->end - s->start ? s->bytes + s->start : ps_source_fill(s, n);
}

static inline size_t ps_source_left(const struct ps_source *s)
{
	return s->end - s->start;
}

/* Takes n bytes that have been looked at. */
static inline void ps_source_take(struct ps_source *s, size_t n)
{
	s->start += n;
	s->at += n;
}

#endif
