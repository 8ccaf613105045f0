/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Capture files: the input is one, whatever it is. What is read of it is written, in both formats, and
 * read again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capture.h"
#include "fuzz.h"
#include "link.h"

#define UNPACKED_MAX	(4 << 20)	/* bytes of what was compressed that are looked at */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Bytes by themselves, so that what reads beyond them is caught. */
static uint8_t *copy(const uint8_t *bytes, size_t len)
{
	uint8_t *own = malloc(len ? len : 1);

	if (!own)
		fuzz_fail("no memory");
	memcpy(own, bytes, len);
	return own;
}

/*
 * One error is one line, and says where.
 */
static void check_error(const struct ps_capture_in *in)
{
	if (strncmp(in->error, "input: ", 7) || strchr(in->error, '\n'))
		fuzz_fail("an error is no line: '%s'", in->error);
}

/* Opens the input, or what was made of it. False: it is no capture. */
static bool open_memory(struct ps_capture_in *in, const uint8_t *data, size_t size)
{
	memset(in, 0, sizeof(*in));
	in->name = "input";
	if (ps_source_memory(&in->source, data, size))
		fuzz_fail("no memory");
	if (!ps_capture_begin(in))
		return true;
	check_error(in);
	ps_capture_close(in);
	return false;
}

static void check_frame(const struct ps_capture_in *in, const struct ps_frame *frame)
{
	const struct ps_record *r = &frame->record;
	const struct ps_link *link = ps_link_of(frame->link);
	struct ps_network network, other;
	uint8_t *own;
	bool found;

	if (r->bytes < r->all || r->bytes + r->captured > r->all + r->size)
		fuzz_fail("a packet is not within its record");
	if (frame->skip > r->captured || frame->len > r->captured - frame->skip ||
	    frame->network > frame->len)
		fuzz_fail("headers are not within the packet");
	if (!link)
		return;
	own = copy(r->bytes, r->captured);
	found = ps_link_find(link, own, r->captured, in->blocks.is_big, &network);
	if (found != frame->is_packet)
		fuzz_fail("a link layer is not what it was");
	/* there is nothing that the other order makes unsafe */
	if (ps_link_find(link, own, r->captured, !in->blocks.is_big, &other) &&
	    (other.off > r->captured || other.len > r->captured - other.off))
		fuzz_fail("headers are not within the packet, in the other order");
	free(own);
}

/* What becomes of a time in a pcap. */
static uint64_t pcap_time(const struct ps_record *r, uint32_t fractions)
{
	uint32_t seconds = r->time / r->interface->units + r->interface->offset;

	return (uint64_t)seconds * fractions +
	       (uint64_t)((unsigned __int128)(r->time % r->interface->units) * fractions /
			  r->interface->units);
}

static void check_same(const struct ps_frame *a, const struct ps_frame *b)
{
	const struct ps_record *r = &a->record, *s = &b->record;

	if (r->captured != s->captured || memcmp(r->bytes, s->bytes, r->captured))
		fuzz_fail("a packet has other bytes when it is read again");
	if (r->length != s->length)
		fuzz_fail("a packet has another length when it is read again");
	if (a->link != b->link || a->is_packet != b->is_packet)
		fuzz_fail("a packet has another link layer when it is read again");
}

/*
 * Reads what was written, beside the input. dropped: one packet in so many was left out; 0: none.
 */
static void compare(const uint8_t *data, size_t size, const uint8_t *made, size_t len,
		    uint64_t count, enum ps_capture_format format, unsigned int dropped)
{
	struct ps_capture_in in, again;
	struct ps_frame a, b;
	uint32_t fractions;
	uint64_t n;

	if (!open_memory(&in, data, size) || !open_memory(&again, made, len))
		fuzz_fail("what was written is no capture");
	for (n = 0; n < count;) {
		if (ps_capture_read(&in, &a) != 1)
			fuzz_fail("there are fewer packets the second time");
		if (dropped && in.count % dropped == 0)
			continue;
		if (ps_capture_read(&again, &b) != 1)
			fuzz_fail("packets are missing: %s", again.error);
		n++;
		/* families and attributes are in the order of the file, which pcapng has in each section */
		if (format != in.format)
			b.is_packet = a.is_packet;
		check_same(&a, &b);
		fractions = b.record.interface->units;
		if (format == in.format && a.record.time != b.record.time)
			fuzz_fail("a packet has another time when it is read again");
		if (format == PS_PCAP && in.format == PS_PCAPNG &&
		    pcap_time(&a.record, fractions) != b.record.time)
			fuzz_fail("a packet has another time in a pcap");
	}
	if (ps_capture_read(&again, &b) != 0)
		fuzz_fail("there is more than was written: %s", again.error);
	ps_capture_close(&in);
	ps_capture_close(&again);
}

static void rewrite(const uint8_t *data, size_t size, enum ps_capture_format format,
		    unsigned int dropped)
{
	struct ps_capture_out out = { .name = "output" };
	struct ps_capture_in in;
	struct ps_frame frame;
	size_t len = 0, all;
	bool is_copy;
	char *made = NULL;
	FILE *file;
	int got;

	if (!open_memory(&in, data, size))
		return;
	file = open_memstream(&made, &len);
	if (!file)
		fuzz_fail("no memory");
	ps_capture_create_to(&out, file, format, &in);
	while ((got = ps_capture_read(&in, &frame)) == 1) {
		check_frame(&in, &frame);
		if (dropped && in.count % dropped == 0)
			continue;
		if (ps_capture_write(&out, &frame, frame.record.bytes, frame.record.captured))
			break;
	}
	if (got < 0)
		check_error(&in);
	all = in.source.at;
	is_copy = format == in.format && !dropped;
	if (ps_capture_finish(&out))
		fuzz_fail("%s", out.error);
	ps_capture_close(&in);
	compare(data, size, (uint8_t *)made, len, out.count, format, dropped);
	/* but for what a section says of its length, it is the same */
	if (is_copy &&
	    (len != all || (format == PS_PCAP && memcmp(made, data, len))))
		fuzz_fail("a copy is another file");
	free(made);
}

/* Blocks by themselves, each in memory of its own. */
static void take_blocks(const uint8_t *data, size_t size)
{
	struct ps_pcapng blocks = { 0 };
	struct ps_record record;
	const char *why = NULL;
	uint8_t *own;
	uint32_t len;
	int got = 0;

	while (size >= PS_PCAPNG_HEAD && got >= 0) {
		own = copy(data, PS_PCAPNG_HEAD);
		len = ps_pcapng_size(&blocks, own, &why);
		free(own);
		if (!len || len > size)
			break;
		own = copy(data, len);
		got = ps_pcapng_take(&blocks, own, len, &record, &why);
		if (got < 0 && !why)
			fuzz_fail("a block is malformed, and nobody knows why");
		free(own);
		data += len;
		size -= len;
	}
	ps_pcapng_clean(&blocks);
}

static void unpack(const uint8_t *data, size_t size)
{
	struct ps_capture_in in = { .name = "input" };
	int fd = memfd_create("input", MFD_CLOEXEC);
	struct ps_frame frame;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size || lseek(fd, 0, SEEK_SET))
		fuzz_fail("no file in memory");
	if (ps_source_open(&in.source, fd) || ps_capture_begin(&in)) {
		ps_capture_close(&in);
		return;
	}
	while (in.source.at < UNPACKED_MAX && ps_capture_read(&in, &frame) == 1)
		check_frame(&in, &frame);
	ps_capture_close(&in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	rewrite(data, size, PS_PCAP, 0);
	rewrite(data, size, PS_PCAPNG, 0);
	rewrite(data, size, PS_PCAPNG, 2);
	take_blocks(data, size);
	if (size >= 2 && (data[0] == 0x1F || data[0] == 0x28))
		unpack(data, size);
	return 0;
}
