/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The bytes of a file or a pipe, one after the other: looked at before they are taken. What gzip or
 * zstd made smaller is unpacked on the way.
 */
#ifndef PS_USER_SOURCE_H
#define PS_USER_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ps_unpacker;

struct ps_source {
	int fd;				/* -1: there is no more than what is at bytes */
	struct ps_unpacker *unpacker;	/* NULL: nothing is packed */
	uint8_t *bytes;			/* those from start to end have been read, and not taken */
	size_t room, start, end;
	uint64_t at;			/* how many have been taken */
	uint64_t read;			/* how many came from the file */
	char error[128];		/* why there are no more; "": that is the end */
};

/* Takes fd, which ps_source_close() closes unless it is standard input. Returns 0, or -1: error. */
int ps_source_open(struct ps_source *s, int fd);

/* The same with bytes in memory, which are copied; packed ones stay so. */
int ps_source_memory(struct ps_source *s, const uint8_t *bytes, size_t len);

void ps_source_close(struct ps_source *s);

/* As ps_source_peek(), where there are not enough yet. */
const uint8_t *ps_source_fill(struct ps_source *s, size_t n);

/*
 * The next n bytes, or NULL: there are only ps_source_left(). They stay where they are until the next
 * call, and the next ones until they are taken.
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
