/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#define ROOM	(64 << 10)	/* bytes that are read at once */

/* The unpacking of a file: bytes that were read and are still compressed, and the state of the library. */
struct ps_unpacker {
	ssize_t (*unpack)(struct ps_source *s, uint8_t *to, size_t room);
	void (*close)(struct ps_unpacker *u);
	z_stream gzip;
	ZSTD_DStream *zstd;
	uint8_t packed[ROOM];
	size_t start, end;
	bool is_within;		/* a compressed stream has begun, and not ended */
};

static ssize_t fail(struct ps_source *s, const char *why)
{
	snprintf(s->error, sizeof(s->error), "%s", why);
	return -1;
}

static ssize_t read_file(struct ps_source *s, uint8_t *to, size_t room)
{
	ssize_t n = read(s->fd, to, room);

	if (n < 0)
		return fail(s, strerror(errno));
	s->read += n;
	return n;
}

/* Reads compressed bytes, if none are left. Returns how many there are, 0 at the end of the file, or -1. */
static ssize_t read_packed(struct ps_source *s)
{
	struct ps_unpacker *u = s->unpacker;
	ssize_t n;

	if (u->start < u->end)
		return u->end - u->start;
	u->start = u->end = 0;
	n = read_file(s, u->packed, sizeof(u->packed));
	if (n > 0)
		u->end = n;
	if (!n && u->is_within)
		return fail(s, "what is compressed is truncated");
	return n;
}

/* There may be several streams in a file. Other bytes behind one are passed over, as gzip does. */
static ssize_t unpack_gzip(struct ps_source *s, uint8_t *to, size_t room)
{
	struct ps_unpacker *u = s->unpacker;
	ssize_t n;
	int status;

	for (;;) {
		n = read_packed(s);
		if (n <= 0)
			return n;
		if (!u->is_within && u->packed[u->start] != 0x1F)
			return 0;
		u->is_within = true;
		u->gzip.next_in = u->packed + u->start;
		u->gzip.avail_in = n;
		u->gzip.next_out = to;
		u->gzip.avail_out = room;
		status = inflate(&u->gzip, Z_NO_FLUSH);
		u->start = u->end - u->gzip.avail_in;
		if (status == Z_STREAM_END) {
			u->is_within = false;
			inflateReset(&u->gzip);
		} else if (status != Z_OK && status != Z_BUF_ERROR) {
			return fail(s, "what gzip compressed is malformed");
		}
		if (u->gzip.avail_out < room)
			return room - u->gzip.avail_out;
	}
}

static void close_gzip(struct ps_unpacker *u)
{
	inflateEnd(&u->gzip);
}

static ssize_t unpack_zstd(struct ps_source *s, uint8_t *to, size_t room)
{
	struct ps_unpacker *u = s->unpacker;
	ZSTD_outBuffer out = { to, room, 0 };
	ZSTD_inBuffer in;
	size_t left;
	ssize_t n;

	for (;;) {
		n = read_packed(s);
		if (n <= 0)
			return n;
		in = (ZSTD_inBuffer){ u->packed, u->end, u->start };
		left = ZSTD_decompressStream(u->zstd, &out, &in);
		u->start = in.pos;
		if (ZSTD_isError(left))
			return fail(s, ZSTD_getErrorName(left));
		u->is_within = left;
		if (out.pos)
			return out.pos;
	}
}

static void close_zstd(struct ps_unpacker *u)
{
	ZSTD_freeDStream(u->zstd);
}

static bool open_gzip(struct ps_unpacker *u)
{
	u->unpack = unpack_gzip;
	u->close = close_gzip;
	return inflateInit2(&u->gzip, 16 + MAX_WBITS) == Z_OK;
}

static bool open_zstd(struct ps_unpacker *u)
{
	u->unpack = unpack_zstd;
	u->close = close_zstd;
	u->zstd = ZSTD_createDStream();
	return u->zstd;
}

/* How files of each kind begin. */
static const struct packing {
	uint8_t magic[4];
	uint8_t len;
	bool (*open)(struct ps_unpacker *u);
} packings[] = {
	{ { 0x1F, 0x8B }, 2, open_gzip },
	{ { 0x28, 0xB5, 0x2F, 0xFD }, 4, open_zstd },
};

/* What has been read so far is compressed: hands it to the unpacker. */
static int unpack_from_here(struct ps_source *s, const struct packing *packing)
{
	struct ps_unpacker *u = calloc(1, sizeof(*u));

	if (!u || !packing->open(u)) {
		free(u);
		return fail(s, "not enough memory");
	}
	s->unpacker = u;
	u->end = ps_source_left(s);
	memcpy(u->packed, s->bytes + s->start, u->end);
	s->start = s->end = 0;
	return 0;
}

int ps_source_open(struct ps_source *s, int fd)
{
	const struct packing *p;
	const uint8_t *bytes;

	memset(s, 0, sizeof(*s));
	s->fd = fd;
	s->room = ROOM;
	s->bytes = malloc(s->room);
	if (!s->bytes)
		return fail(s, "not enough memory");
	for (p = packings; p < packings + sizeof(packings) / sizeof(*packings); p++) {
		bytes = ps_source_peek(s, p->len);
		if (bytes && !memcmp(bytes, p->magic, p->len))
			return unpack_from_here(s, p);
	}
	return s->error[0] ? -1 : 0;
}

int ps_source_memory(struct ps_source *s, const uint8_t *bytes, size_t len)
{
	memset(s, 0, sizeof(*s));
	s->fd = -1;
	s->room = s->end = len;
	s->bytes = malloc(len + 1);
	if (!s->bytes)
		return fail(s, "not enough memory");
	memcpy(s->bytes, bytes, len);
	return 0;
}

void ps_source_close(struct ps_source *s)
{
	if (s->unpacker)
		s->unpacker->close(s->unpacker);
	free(s->unpacker);
	free(s->bytes);
	if (s->fd > STDIN_FILENO)
		close(s->fd);
	memset(s, 0, sizeof(*s));
	s->fd = -1;
}

/* Moves the bytes not taken, fewer than n, to the beginning of the buffer, and makes that at least n bytes large. */
static bool make_room(struct ps_source *s, size_t n)
{
	uint8_t *bytes;

	memmove(s->bytes, s->bytes + s->start, ps_source_left(s));
	s->end -= s->start;
	s->start = 0;
	if (n <= s->room)
		return true;
	bytes = realloc(s->bytes, n);
	if (!bytes)
		return false;
	s->bytes = bytes;
	s->room = n;
	return true;
}

const uint8_t *ps_source_fill(struct ps_source *s, size_t n)
{
	ssize_t got;

	if (s->fd < 0 || s->error[0])
		return NULL;
	if (!make_room(s, n)) {
		fail(s, "not enough memory");
		return NULL;
	}
	while (ps_source_left(s) < n) {
		got = s->unpacker ? s->unpacker->unpack(s, s->bytes + s->end, s->room - s->end) :
		      read_file(s, s->bytes + s->end, s->room - s->end);
		if (got <= 0)
			return NULL;
		s->end += got;
	}
	return s->bytes + s->start;
}
