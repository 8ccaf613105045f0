/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "capture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "link.h"
#include "order.h"

#define PACKET_MAX	262144		/* bytes of a packet with a network layer, as libpcap has it */
#define OTHER_MAX	(128u << 20)	/* and of anything else, such as USB's */

#define MICRO	1000000
#define NANO	1000000000

/*
 * Where fields are in the header of a pcap file, and in that of each packet. A patched libpcap once wrote eight bytes more
 * for each packet.
 */
enum { PCAP_MAJOR = 4, PCAP_MINOR = 6, PCAP_SNAP = 16, PCAP_LINK = 20, PCAP_HEADER = 24 };
enum { RECORD_CAPTURED = 8, RECORD_LENGTH = 12, RECORD = 16, RECORD_PATCHED = 24 };

static const struct magic {
	uint32_t value;
	uint32_t units;
	uint8_t record;
} magics[] = {
	{ 0xA1B2C3D4, MICRO, RECORD },
	{ 0xA1B23C4D, NANO, RECORD },
	{ 0xA1B2CD34, MICRO, RECORD_PATCHED },
};

static int fail(char *error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error, PS_CAPTURE_ERROR_SIZE, format, args);
	va_end(args);
	return -1;
}

/*
 * Reading.
 */
static int no_capture(struct ps_capture_in *in, const char *why)
{
	return fail(in->error, "%s: no capture that can be read: %s", in->name, why);
}

/* Why there are fewer bytes than were wanted. */
static const char *end_of(const struct ps_capture_in *in)
{
	return in->source.error[0] ? in->source.error : "the file is truncated";
}

static const struct magic *find_magic(const uint8_t *header, bool *is_big)
{
	const struct magic *magic;

	for (magic = magics; magic < magics + sizeof(magics) / sizeof(*magics); magic++) {
		*is_big = ps_get32(header, true) == magic->value;
		if (*is_big || ps_get32(header, false) == magic->value)
			return magic;
	}
	return NULL;
}

static int begin_pcap(struct ps_capture_in *in, const struct magic *magic)
{
	const bool is_big = in->blocks.is_big;
	const uint8_t *header = ps_source_peek(&in->source, PCAP_HEADER);
	struct ps_interface *interface;

	if (!header)
		return no_capture(in, end_of(in));
	if (ps_get16(header + PCAP_MAJOR, is_big) != 2)
		return no_capture(in, "a version of pcap that is not known");
	interface = malloc(sizeof(*interface));
	if (!interface)
		return no_capture(in, "not enough memory");
	/* struct ps_interface has the low 16 bits: the others tell of checksums at the ends of frames */
	*interface = (struct ps_interface){ ps_get32(header + PCAP_LINK, is_big),
					    ps_get32(header + PCAP_SNAP, is_big), magic->units, 0 };
	in->blocks.interfaces = interface;
	in->blocks.ninterfaces = 1;
	in->format = PS_PCAP;
	in->record = magic->record;
	memcpy(in->header, header, PCAP_HEADER);
	ps_source_take(&in->source, PCAP_HEADER);
	return 0;
}

/* The block of the section stays in the source: it is read again with the first packet, and written then. */
static int begin_pcapng(struct ps_capture_in *in)
{
	const uint8_t *block = ps_source_peek(&in->source, PS_PCAPNG_HEAD);
	const char *why;
	uint32_t size;

	if (!block)
		return no_capture(in, end_of(in));
	size = ps_pcapng_size(&in->blocks, block, &why);
	if (!size)
		return no_capture(in, why);
	block = ps_source_peek(&in->source, size);
	if (!block)
		return no_capture(in, end_of(in));
	if (ps_pcapng_take(&in->blocks, block, size, NULL, &why) < 0)
		return no_capture(in, why);
	in->format = PS_PCAPNG;
	return 0;
}

int ps_capture_begin(struct ps_capture_in *in)
{
	const uint8_t *bytes = ps_source_peek(&in->source, sizeof(uint32_t));
	const struct magic *magic;

	if (!bytes)
		return no_capture(in, end_of(in));
	if (ps_pcapng_is_section(bytes))
		return begin_pcapng(in);
	magic = find_magic(bytes, &in->blocks.is_big);
	return magic ? begin_pcap(in, magic) : no_capture(in, "unknown file format");
}

int ps_capture_open(struct ps_capture_in *in, const char *path)
{
	bool is_stdin = !strcmp(path, "-");
	struct stat about;
	int fd;

	memset(in, 0, sizeof(*in));
	in->name = is_stdin ? "standard input" : path;
	in->source.fd = -1;
	fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail(in->error, "%s: %s", in->name, strerror(errno));
	if (fstat(fd, &about) == 0 && S_ISREG(about.st_mode))
		in->size = about.st_size;
	else
		in->is_live = true;
	if (ps_source_open(&in->source, fd))
		return no_capture(in, in->source.error);
	return ps_capture_begin(in);
}

void ps_capture_close(struct ps_capture_in *in)
{
	ps_source_close(&in->source);
	ps_pcapng_clean(&in->blocks);
}

/* Names the byte of the file where the malformed part begins. */
static int fail_read(struct ps_capture_in *in, const char *why)
{
	return fail(in->error, "%s: after %llu packet%s: %s (at byte %llu)", in->name,
		    (unsigned long long)in->count, in->count == 1 ? "" : "s", why,
		    (unsigned long long)in->source.at);
}

/* Fewer bytes are left than a packet needs. None: that is the end of the capture. */
static int end_read(struct ps_capture_in *in)
{
	if (!in->source.error[0] && !ps_source_left(&in->source))
		return 0;
	return fail_read(in, end_of(in));
}

static int read_pcap(struct ps_capture_in *in, struct ps_record *record)
{
	const bool is_big = in->blocks.is_big;
	const struct ps_interface *interface = in->blocks.interfaces;
	const uint8_t *p = ps_source_peek(&in->source, in->record);
	uint32_t captured, length;

	if (!p)
		return end_read(in);
	captured = ps_get32(p + RECORD_CAPTURED, is_big);
	length = ps_get32(p + RECORD_LENGTH, is_big);
	/* in files up to version 2.3 either may come first; what was captured is never longer than the packet */
	if (captured > length && ps_get16(in->header + PCAP_MINOR, is_big) <= 3) {
		uint32_t other = captured;

		captured = length;
		length = other;
	}
	if (captured > PACKET_MAX && (captured > OTHER_MAX || ps_link_of(interface->link)))
		return fail_read(in, "a packet that is longer than any is");
	record->size = in->record + captured;
	p = ps_source_peek(&in->source, record->size);
	if (!p)
		return end_read(in);
	record->all = p;
	record->bytes = p + in->record;
	record->captured = captured;
	record->length = length;
	record->interface = interface;
	record->time = ps_get32(p, is_big) * interface->units + ps_get32(p + 4, is_big);
	ps_source_take(&in->source, record->size);
	return 1;
}

/* A block that is no packet is written as it is, where the packets are. */
static void keep(struct ps_capture_in *in, const uint8_t *block, uint32_t size)
{
	struct ps_capture_out *out = in->out;

	if (!out || out->format != PS_PCAPNG)
		return;
	if (ps_pcapng_is_section(block))
		ps_pcapng_put_again(out->file, block, size);
	else
		fwrite_unlocked(block, 1, size, out->file);
}

static int read_pcapng(struct ps_capture_in *in, struct ps_record *record)
{
	const uint8_t *block;
	const char *why;
	uint32_t size;
	int got;

	for (;;) {
		block = ps_source_peek(&in->source, PS_PCAPNG_HEAD);
		if (!block)
			return end_read(in);
		size = ps_pcapng_size(&in->blocks, block, &why);
		if (!size)
			return fail_read(in, why);
		block = ps_source_peek(&in->source, size);
		if (!block)
			return end_read(in);
		got = ps_pcapng_take(&in->blocks, block, size, record, &why);
		if (got < 0)
			return fail_read(in, why);
		ps_source_take(&in->source, size);
		if (got)
			return 1;
		keep(in, block, size);
	}
}

int ps_capture_read(struct ps_capture_in *in, struct ps_frame *frame)
{
	struct ps_record *record = &frame->record;
	struct ps_network network;
	const struct ps_link *link;
	int got;

	got = in->format == PS_PCAP ? read_pcap(in, record) : read_pcapng(in, record);
	if (got <= 0)
		return got;
	in->count++;
	frame->link = record->interface->link;
	link = ps_link_of(frame->link);
	frame->is_known = link;
	frame->is_packet = link && ps_link_find(link, record->bytes, record->captured,
						in->blocks.is_big, &network);
	if (!frame->is_packet)
		network = (struct ps_network){ 0, record->captured, 0 };
	frame->skip = frame->link == PS_LINK_ETHERNET ? 0 : network.off;
	frame->network = network.off - frame->skip;
	frame->len = frame->network + network.len;
	frame->protocol = network.type;
	return 1;
}

int ps_capture_percent(const struct ps_capture_in *in)
{
	return in->size ? (int)(in->source.read * 100 / in->size) : -1;
}

/*
 * Writing.
 */
static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* "-", or another name for the same file or pipe, /dev/stdout for one. */
static bool is_stdout(const char *path, const struct stat *standard)
{
	struct stat about;

	if (!strcmp(path, "-"))
		return true;
	return (S_ISREG(standard->st_mode) || S_ISFIFO(standard->st_mode)) &&
	       stat(path, &about) == 0 && is_same(&about, standard);
}

/*
 * Creates a file beside path, to be renamed to it. old: the file that is replaced, whose rights the new one gets, or
 * NULL.
 */
static FILE *create_temporary(struct ps_capture_out *out, const char *path,
			      const struct stat *old)
{
	mode_t mask = umask(0);
	FILE *file = NULL;
	int fd, err;

	umask(mask);
	if (old && access(path, W_OK))
		return NULL;
	/* the target of a symbolic link is replaced, not the link */
	out->path = old ? realpath(path, NULL) : strdup(path);
	if (!out->path || asprintf(&out->temporary, "%s.XXXXXX", out->path) < 0) {
		out->temporary = NULL;
		return NULL;
	}
	fd = mkstemp(out->temporary);
	if (fd >= 0) {
		/* only root may give files to others: the file of anyone else stays his own */
		if (old && fchown(fd, old->st_uid, old->st_gid))
			errno = 0;
		fchmod(fd, old ? old->st_mode & 0777 : 0666 & ~mask);
		file = fdopen(fd, "wb");
	}
	if (!file) {
		err = errno;
		if (fd >= 0) {
			close(fd);
			unlink(out->temporary);
		}
		free(out->temporary);
		out->temporary = NULL;
		errno = err;
	}
	return file;
}

/* Opens what is to be written. *is_file: it is a file, not a pipe or the like. */
static FILE *open_out(struct ps_capture_out *out, const char *path, const struct stat *in,
		      bool *is_file)
{
	struct stat about = { 0 };
	bool exists;

	fstat(STDOUT_FILENO, &about);
	if (is_stdout(path, &about)) {
		out->name = "standard output";
		*is_file = S_ISREG(about.st_mode);
		return stdout;
	}
	exists = stat(path, &about) == 0;
	*is_file = !exists || S_ISREG(about.st_mode);
	out->is_input = exists && is_same(&about, in);
	errno = ENOENT;
	if (!path[0])
		return NULL;
	return *is_file ? create_temporary(out, path, exists ? &about : NULL) : fopen(path, "wb");
}

static enum ps_capture_format format_of(const struct ps_capture_out *out, const char *path,
					const struct ps_capture_in *in)
{
	static const struct {
		const char *end;
		enum ps_capture_format format;
	} names[] = { { ".pcap", PS_PCAP }, { ".pcapng", PS_PCAPNG } };
	const char *end = strrchr(path, '.');
	size_t i;

	for (i = 0; end && !out->is_input && i < sizeof(names) / sizeof(*names); i++) {
		if (!strcasecmp(end, names[i].end))
			return names[i].format;
	}
	return in->format;
}

static bool is_packed_name(const char *path)
{
	const char *end = strrchr(path, '.');

	return end && (!strcmp(end, ".gz") || !strcmp(end, ".zst"));
}

static void put(struct ps_capture_out *out, const void *bytes, size_t len)
{
	fwrite_unlocked(bytes, 1, len, out->file);
}

/* The size of the largest packet that a reader must have room for. */
static uint32_t largest(const struct ps_capture_in *in)
{
	uint32_t i, snap = PACKET_MAX;

	for (i = 0; i < in->blocks.ninterfaces; i++) {
		if (in->blocks.interfaces[i].snap > snap)
			snap = in->blocks.interfaces[i].snap;
	}
	return snap;
}

/* Times are in microseconds; in nanoseconds if one of the interfaces read so far has finer ones. */
static void put_pcap_header(struct ps_capture_out *out, uint16_t link)
{
	const struct ps_pcapng *blocks = &out->in->blocks;
	uint32_t i, header[PCAP_HEADER / 4] = { magics[0].value, 0, 0, 0, largest(out->in), link };
	const uint16_t version[] = { 2, 4 };

	out->fractions = MICRO;
	for (i = 0; i < blocks->ninterfaces; i++) {
		if (blocks->interfaces[i].units > MICRO) {
			header[0] = magics[1].value;
			out->fractions = NANO;
		}
	}
	memcpy(header + 1, version, sizeof(version));
	put(out, header, sizeof(header));
	out->link = link;
	out->has_header = true;
}

void ps_capture_create_to(struct ps_capture_out *out, FILE *file, enum ps_capture_format format,
			  struct ps_capture_in *in)
{
	struct ps_interface interface;

	out->file = file;
	out->in = in;
	out->format = format;
	in->out = out;
	out->has_header = true;
	if (format == PS_PCAP && in->format == PS_PCAP) {
		put(out, in->header, sizeof(in->header));
	} else if (format == PS_PCAP) {
		out->has_header = false;
	} else if (in->format == PS_PCAP) {
		interface = in->blocks.interfaces[0];
		interface.snap = largest(in);
		ps_pcapng_put_section(file);
		ps_pcapng_put_interface(file, &interface);
	}
}

int ps_capture_create(struct ps_capture_out *out, const char *path, struct ps_capture_in *in)
{
	struct stat about = { 0 };
	FILE *file;
	bool is_file;

	memset(out, 0, sizeof(*out));
	out->name = path;
	if (is_packed_name(path))
		return fail(out->error, "%s: what is written is not compressed; "
			    "give -w -, and a pipe to the program that does that", path);
	fstat(in->source.fd, &about);
	file = open_out(out, path, &about, &is_file);
	if (!file)
		return fail(out->error, "%s: cannot be written: %s", out->name, strerror(errno));
	out->file = file;
	if (isatty(fileno(file)))
		return fail(out->error, "%s: is a terminal, and a capture is no text; "
			    "give a file, or a pipe", out->name);
	out->is_live = in->is_live && !is_file;
	ps_capture_create_to(out, file, format_of(out, path, in), in);
	return 0;
}

static int fail_write(struct ps_capture_out *out)
{
	const char *why = strerror(errno);

	return fail(out->error, "%s: %safter %llu packet%s: %s", out->name,
		    out->temporary ? "not written: " : "", (unsigned long long)out->count,
		    out->count == 1 ? "" : "s", why);
}

/* Writes the record as it was, with other bytes of the packet. */
static void put_again(struct ps_capture_out *out, const struct ps_record *r, const uint8_t *bytes, uint32_t len)
{
	const uint32_t before = r->bytes - r->all;
	const bool is_big = out->in->blocks.is_big;
	uint8_t header[RECORD_PATCHED];

	if (len == r->captured) {
		put(out, r->all, before);
		put(out, bytes, len);
		put(out, r->bytes + len, r->size - before - len);
	} else if (out->format == PS_PCAPNG) {
		ps_pcapng_put_record(out->file, &out->in->blocks, r, bytes, len);
	} else {
		memcpy(header, r->all, before);
		ps_put32(header + RECORD_CAPTURED, is_big, len);
		ps_put32(header + RECORD_LENGTH, is_big, ps_record_length(r, len));
		put(out, header, before);
		put(out, bytes, len);
	}
}

static int put_pcap_packet(struct ps_capture_out *out, const struct ps_record *r,
			   const uint8_t *bytes, uint32_t len)
{
	const struct ps_interface *from = r->interface;
	uint32_t header[RECORD / 4] = { 0, 0, len, ps_record_length(r, len) };

	if (!out->has_header)
		put_pcap_header(out, from->link);
	if (out->link != from->link)
		return fail(out->error, "%s: after %llu packet%s: one of link type %u, and all of a pcap "
			    "have the same, here %u; a name that ends in .pcapng has both", out->name,
			    (unsigned long long)out->count, out->count == 1 ? "" : "s", from->link,
			    out->link);
	header[0] = r->time / from->units + from->offset;
	header[1] = (unsigned __int128)(r->time % from->units) * out->fractions / from->units;
	put(out, header, sizeof(header));
	put(out, bytes, len);
	return 0;
}

/* Whether a packet has become longer than its file says that any is: readers would cut it off, or refuse the file. */
static bool is_too_long(const struct ps_capture_out *out, const struct ps_record *r, uint32_t len)
{
	uint32_t snap = out->format == out->in->format ? r->interface->snap : 0;

	return snap && len > snap && len > r->captured;
}

/* The packet has been written. */
static int written(struct ps_capture_out *out)
{
	if (out->is_live)
		fflush(out->file);
	if (ferror(out->file))
		return fail_write(out);
	out->count++;
	return 0;
}

int ps_capture_write(struct ps_capture_out *out, const struct ps_frame *frame, const uint8_t *bytes, uint32_t len)
{
	if (is_too_long(out, &frame->record, len))
		return fail(out->error, "%s: not written: packet %llu has %u bytes now, and the file says that none has more "
			    "than %u; as %s it may", out->name, (unsigned long long)out->in->count, len,
			    frame->record.interface->snap, out->format == PS_PCAP ? ".pcapng" : ".pcap");
	if (out->format == out->in->format)
		put_again(out, &frame->record, bytes, len);
	else if (out->format == PS_PCAPNG)
		ps_pcapng_put_packet(out->file, &frame->record, bytes, len);
	else if (put_pcap_packet(out, &frame->record, bytes, len))
		return -1;
	return written(out);
}

/* A pcap's record of a new packet: with the time of that one. */
static void put_new(struct ps_capture_out *out, const struct ps_record *r, const uint8_t *bytes, uint32_t len)
{
	const uint32_t before = r->bytes - r->all;
	const bool is_big = out->in->blocks.is_big;
	uint8_t header[RECORD_PATCHED];

	memcpy(header, r->all, before);
	ps_put32(header + RECORD_CAPTURED, is_big, len);
	ps_put32(header + RECORD_LENGTH, is_big, len);
	put(out, header, before);
	put(out, bytes, len);
}

int ps_capture_add(struct ps_capture_out *out, const struct ps_frame *after, const uint8_t *bytes, uint32_t len)
{
	struct ps_record record = after->record;

	record.captured = record.length = 0;
	if (is_too_long(out, &record, len))
		return fail(out->error, "%s: not written: a packet that was sent has %u bytes, and the file says that none has more "
			    "than %u; as %s it may", out->name, len, record.interface->snap,
			    out->format == PS_PCAP ? ".pcapng" : ".pcap");
	if (out->format != out->in->format && out->format == PS_PCAPNG)
		ps_pcapng_put_packet(out->file, &record, bytes, len);
	else if (out->format == PS_PCAPNG)
		ps_pcapng_put_new(out->file, &out->in->blocks, &record, bytes, len);
	else if (out->format == out->in->format)
		put_new(out, &record, bytes, len);
	else if (put_pcap_packet(out, &record, bytes, len))
		return -1;
	return written(out);
}

int ps_capture_finish(struct ps_capture_out *out)
{
	const struct ps_pcapng *blocks = &out->in->blocks;
	int err = 0;

	if (!out->has_header)
		put_pcap_header(out, blocks->ninterfaces ? blocks->interfaces->link :
				     PS_LINK_ETHERNET);
	if (fflush(out->file) || ferror(out->file))
		err = fail_write(out);
	else if (out->temporary && rename(out->temporary, out->path))
		err = fail(out->error, "%s: not written: %s", out->name, strerror(errno));
	if (!err) {
		free(out->temporary);
		out->temporary = NULL;
	}
	ps_capture_discard(out);
	return err;
}

void ps_capture_discard(struct ps_capture_out *out)
{
	if (out->in)
		out->in->out = NULL;
	if (out->file == stdout)
		fflush(stdout);		/* closed when the program ends */
	else if (out->file)
		fclose(out->file);
	if (out->temporary)
		unlink(out->temporary);
	free(out->temporary);
	free(out->path);
	out->in = NULL;
	out->file = NULL;
	out->temporary = NULL;
	out->path = NULL;
}
