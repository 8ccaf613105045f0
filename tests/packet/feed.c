/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * As "packetscript run", in the kernel: the packets of a capture go through the iptables target,
 * once for each shape that a socket buffer may have. All shapes must give the same.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "kernel/ps_feed.h"
#include "sum.h"

#define ETH_SIZE	14
#define DLT_EN10MB	1
#define DLT_RAW		12
#define LINKTYPE_RAW	101
#define ALL		UINT32_MAX
#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

#define EXIT_TROUBLE	2	/* 0 and 1, a handler failed, are those of "packetscript run" */
#define EXIT_DIFFER	3	/* shapes gave different outcomes */

static const struct shape {
	const char *name;
	uint32_t linear;	/* bytes behind the link-layer header that are not in pages */
	uint32_t how;
} shapes[] = {
	{ "linear", ALL, 0 },
	{ "pages", 0, 0 },
	{ "1 byte linear", 1, 0 },
	{ "15 bytes linear", 15, 0 },
	{ "21 bytes linear", 21, 0 },
	{ "clone", ALL, FEED_CLONE },
	{ "clone, pages", 0, FEED_CLONE },
	{ "clone, 21 bytes linear", 21, FEED_CLONE },
	{ "sent, 40 bytes its own", 40, FEED_SENT },
	{ "sent, 28 bytes its own", 28, FEED_SENT },
	{ "sent, 11 bytes its own", 11, FEED_SENT },
	{ "partial checksum", ALL, FEED_PARTIAL },
	{ "partial checksum, 29 bytes linear", 29, FEED_PARTIAL },
	{ "partial checksum, clone", ALL, FEED_PARTIAL | FEED_CLONE },
	{ "partial checksum, sent, 40 bytes its own", 40, FEED_PARTIAL | FEED_SENT },
	{ "complete checksum", ALL, FEED_COMPLETE },
	{ "complete checksum, 15 bytes linear", 15, FEED_COMPLETE },
	{ "tag outside", ALL, FEED_TAGGED },
	{ "tag outside, 15 bytes linear, clone", 15, FEED_TAGGED | FEED_CLONE },
};

/* A script that sees the difference says so, in a comment with the reason. */
#define NOT_PARTIAL	"\n-- not with partial checksums: "

struct packet {
	const uint8_t *record;	/* pcap's 16 bytes, then the packet */
	const uint8_t *bytes;
	uint32_t len;
};

struct capture {
	uint8_t *file;
	bool is_raw;
	struct packet *packets;
	size_t count;
};

#define FILE_HEADER	24
#define RECORD_HEADER	16
#define RECORD_CAPTURED	8
#define RECORD_LENGTH	12
#define MAY_GROW	4096	/* bytes that a packet may get more */
#define VERDICT_SIZE	512

/* What became of a packet. */
struct outcome {
	uint8_t *bytes;
	uint32_t len;
	char verdict[VERDICT_SIZE];
	bool leaves;
};

static int device, kernel_log;

static void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("feed: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(EXIT_TROUBLE);
}

static void *allocate(size_t size)
{
	void *p = calloc(1, size + 1);

	if (!p)
		die("no memory");
	return p;
}

static uint8_t *read_file(const char *path, size_t *size)
{
	FILE *f = fopen(path, "rb");
	uint8_t *bytes;
	long end;

	if (!f || fseek(f, 0, SEEK_END))
		die("%s: %s", path, strerror(errno));
	end = ftell(f);
	rewind(f);
	bytes = allocate(end);
	if (fread(bytes, 1, end, f) != (size_t)end)
		die("%s: cannot be read", path);
	fclose(f);
	*size = end;
	return bytes;
}

static void put32(uint8_t *p, uint32_t v)
{
	memcpy(p, &v, sizeof(v));
}

static uint32_t get32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static uint32_t get16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

/* Captures as packet-case makes them: little endian, with microseconds. */
static void read_capture(const char *path, struct capture *c)
{
	size_t size, at;
	uint32_t link;

	c->file = read_file(path, &size);
	if (size < FILE_HEADER || get32(c->file) != 0xA1B2C3D4)
		die("%s: no capture in this machine's byte order", path);
	link = get32(c->file + 20);
	if (link != DLT_EN10MB && link != DLT_RAW && link != LINKTYPE_RAW)
		die("%s: link type %u", path, link);
	c->is_raw = link != DLT_EN10MB;
	c->packets = allocate(size / RECORD_HEADER * sizeof(*c->packets));
	for (at = FILE_HEADER; at + RECORD_HEADER <= size; c->count++) {
		struct packet *p = &c->packets[c->count];

		p->record = c->file + at;
		p->bytes = p->record + RECORD_HEADER;
		p->len = get32(p->record + 8);
		if (p->len > size - at - RECORD_HEADER)
			die("%s: packet %zu is cut off", path, c->count + 1);
		at += RECORD_HEADER + p->len;
	}
}

/*
 * If the packet is a whole one of TCP or UDP and its checksum is right: makes of it one whose
 * checksum the device completes.
 */
static bool make_partial(struct feed_packet *p, uint8_t *ip)
{
	uint32_t len = p->len - p->network, head, at, pseudo;

	if (p->protocol != 0x0800 || len < 20 || ip[0] >> 4 != 4)
		return false;
	head = (ip[0] & 15) * 4;
	at = ip[9] == 6 ? 16 : 6;
	if (head < 20 || get16(ip + 2) != len || get16(ip + 6) & 0x3FFF ||
	    (ip[9] != 6 && ip[9] != 17) || head + (ip[9] == 6 ? 20 : 8) > len)
		return false;
	if (ip[9] == 17 && (!get16(ip + head + 6) || get16(ip + head + 4) != len - head))
		return false;
	pseudo = fold(sum(ip + 12, 8) + ip[9] + len - head);
	if (fold(pseudo + sum(ip + head, len - head)) != 0xFFFF)
		return false;
	p->csum_start = head;
	p->csum_offset = at;
	ip[head + at] = pseudo >> 8;
	ip[head + at + 1] = pseudo;
	return true;
}

/*
 * The log.
 */

/* Undoes the \xHH that /dev/kmsg has for what cannot be printed, and for backslashes. */
static void unescape(char *text)
{
	unsigned int byte;
	char *to = text;

	for (; *text; text++, to++) {
		*to = *text;
		if (sscanf(text, "\\x%2x", &byte) == 1) {
			*to = byte;
			text += 3;
		}
	}
	*to = 0;
}

/* What the kernel's %pE made of control characters and others, as "packetscript run" has it where text is
 * no UTF-8. */
static void translate(char *to, size_t size, const char *text)
{
	static const char names[] = "trnvfae", values[] = "\t\r\n\v\f\a\033";
	const char *name, *end = to + size - 5;
	unsigned int byte;

	for (; *text && to < end; text++) {
		name = *text == '\\' && text[1] ? strchr(names, text[1]) : NULL;
		if (name) {
			to += sprintf(to, "\\x%02x", values[name - names]);
			text++;
		} else if (sscanf(text, "\\%3o", &byte) == 1) {
			to += sprintf(to, byte < ' ' || byte >= 0x7F ? "\\x%02x" : "%c", byte);
			text += 3;
		} else {	/* to the kernel some of Latin-1 is printable */
			to += sprintf(to, *text & 0x80 ? "\\x%02x" : "%c", (unsigned char)*text);
		}
	}
	*to = 0;
}

/* What the log has to say about an error since the last call. False: nothing. */
static bool read_error(char *error, size_t size)
{
	char record[8192], *text, *end;
	bool found = false;
	ssize_t n;

	for (;;) {
		n = read(kernel_log, record, sizeof(record) - 1);
		if (n < 0 && errno == EPIPE)	/* records were overwritten before we came */
			continue;
		if (n <= 0)
			return found;
		record[n] = 0;
		text = strchr(record, ';');
		end = strchr(record, '\n');
		if (!text || !end)
			continue;
		*end = 0;
		text++;
		end = strstr(text, " (on error: ");
		if (strncmp(text, "packetscript: ", 14) || !end)
			continue;
		*end = 0;
		text += 14;
		if (!strncmp(text, "state 0: ", 9))
			text += 9;
		unescape(text);
		strcpy(error, "error ");
		translate(error + 6, size - 6, text);
		found = true;
	}
}

/*
 * Packets.
 */
static void name_verdict(struct outcome *out, uint32_t verdict)
{
	static const char *const names[] = { "NF_DROP", "NF_ACCEPT", "NF_STOLEN" };

	out->leaves = true;
	if (read_error(out->verdict, VERDICT_SIZE)) {
		out->leaves = verdict != 0;
	} else if (verdict < COUNT(names)) {
		strcpy(out->verdict, names[verdict]);
		out->leaves = verdict == 1;
	} else if (verdict == 0xFFFFFFFF) {
		strcpy(out->verdict, "XT_CONTINUE");
	} else if (verdict == (uint32_t)-5) {
		strcpy(out->verdict, "XT_RETURN");
	} else if ((verdict & 0xFFFF) == 3) {
		snprintf(out->verdict, VERDICT_SIZE, "NF_QUEUE %u", verdict >> 16);
	} else {
		snprintf(out->verdict, VERDICT_SIZE, "verdict 0x%x of the target", verdict);
	}
}

/* Whether the kernel would take the tag out of a frame that it receives: it wants the type behind it, too. */
static bool has_tag(const struct feed_packet *p)
{
	return p->network == ETH_SIZE && (p->protocol == 0x8100 || p->protocol == 0x88A8) && p->len >= ETH_SIZE + 6;
}

static void feed_packet(const struct capture *c, const struct packet *packet,
			const struct shape *shape, struct outcome *out)
{
	struct feed_packet p = { .len = packet->len, .room = packet->len + MAY_GROW, .linear = shape->linear, .how = shape->how };
	char discarded[VERDICT_SIZE];

	out->bytes = allocate(p.room);
	memcpy(out->bytes, packet->bytes, p.len);
	p.bytes = (uintptr_t)out->bytes;
	if (!c->is_raw && p.len >= ETH_SIZE) {
		p.network = ETH_SIZE;
		p.protocol = get16(out->bytes + 12);
	} else if (c->is_raw && p.len) {
		unsigned int version = out->bytes[0] >> 4;

		p.protocol = version == 4 ? 0x0800 : version == 6 ? 0x86DD : 0;
	}
	if (p.how & FEED_TAGGED && !has_tag(&p))
		p.how &= ~FEED_TAGGED;
	if (p.how & FEED_PARTIAL && !make_partial(&p, out->bytes + p.network))
		p.how &= ~FEED_PARTIAL;
	read_error(discarded, sizeof(discarded));
	if (ioctl(device, FEED_PACKET, &p))
		die("FEED_PACKET: %s", strerror(errno));
	out->len = p.len;
	name_verdict(out, p.verdict);
	if (p.wrong) {
		snprintf(out->verdict, VERDICT_SIZE, "wrong:%s%s%s",
			 p.wrong & FEED_CLONE_CHANGED ? " another owner sees the change" : "",
			 p.wrong & FEED_SUM_STALE ? " the device's sum is stale" : "",
			 p.wrong & FEED_MOVED ? " the packet's headers moved" : "");
	}
}

/* False if the rule is refused, and in error why. */
static bool feed_capture(const struct capture *c, struct xt_lua_info *rule,
			 const struct shape *shape, struct outcome *outcomes)
{
	size_t i;

	if (ioctl(device, FEED_RULE, rule))
		return false;
	for (i = 0; i < c->count; i++)
		feed_packet(c, &c->packets[i], shape, &outcomes[i]);
	return true;
}

static void print_bytes(const char *what, const uint8_t *bytes, uint32_t from, uint32_t len)
{
	uint32_t i;

	fprintf(stderr, "  %s", what);
	for (i = from; i < len && i < from + 32; i++)
		fprintf(stderr, " %02x", bytes[i]);
	fputc('\n', stderr);
}

/* Counts the packets for which two shapes differ, and tells of them. */
static unsigned int compare(const struct capture *c, const struct shape *shape,
			    const struct outcome *linear, const struct outcome *other)
{
	unsigned int differ = 0;
	size_t i;

	for (i = 0; i < c->count; i++) {
		const struct outcome *a = &linear[i], *b = &other[i];
		uint32_t len = a->len < b->len ? a->len : b->len, at = 0;

		if (strcmp(a->verdict, b->verdict)) {
			fprintf(stderr, "packet %zu, %s: %s\n  linear: %s\n", i + 1, shape->name,
				b->verdict, a->verdict);
			differ++;
		} else if (a->leaves && (a->len != b->len || memcmp(a->bytes, b->bytes, len))) {
			while (at < len && a->bytes[at] == b->bytes[at])
				at++;
			fprintf(stderr, "packet %zu, %s: differs from byte %u on, %u and %u bytes\n", i + 1,
				shape->name, at, a->len, b->len);
			print_bytes("linear:", a->bytes, at, a->len);
			print_bytes("now:   ", b->bytes, at, b->len);
			differ++;
		}
	}
	return differ;
}

static void write_capture(const char *path, const struct capture *c,
			  const struct outcome *outcomes)
{
	uint8_t header[RECORD_HEADER];
	FILE *f = fopen(path, "wb");
	size_t i;

	if (!f)
		die("%s: %s", path, strerror(errno));
	fwrite(c->file, FILE_HEADER, 1, f);
	for (i = 0; i < c->count; i++) {
		if (!outcomes[i].leaves)
			continue;
		memcpy(header, c->packets[i].record, RECORD_HEADER);
		put32(header + RECORD_CAPTURED, outcomes[i].len);
		put32(header + RECORD_LENGTH,
		      get32(header + RECORD_LENGTH) - c->packets[i].len + outcomes[i].len);
		fwrite(header, RECORD_HEADER, 1, f);
		fwrite(outcomes[i].bytes, outcomes[i].len, 1, f);
	}
	if (fclose(f))
		die("%s: %s", path, strerror(errno));
}

/* Returns whether one is an error. */
static bool write_verdicts(const char *path, const struct capture *c,
			   const struct outcome *outcomes)
{
	FILE *f = fopen(path, "w");
	bool failed = false;
	size_t i;

	if (!f)
		die("%s: %s", path, strerror(errno));
	for (i = 0; i < c->count; i++) {
		fprintf(f, "%s\n", outcomes[i].verdict);
		failed |= !strncmp(outcomes[i].verdict, "error", 5);
	}
	if (fclose(f))
		die("%s: %s", path, strerror(errno));
	return failed;
}

/*
 * Whether the script's packets come in shape i. All do, unless FEED_EACH=N is in the environment: then the first one, and of the
 * others each N-th, from another one on for each script.
 */
static bool is_chosen(const struct xt_lua_info *rule, size_t i)
{
	const char *each = getenv("FEED_EACH"), *c;
	size_t sum = i;

	if (!each || atoi(each) < 1)
		return true;
	for (c = rule->script; *c; c++)
		sum += (unsigned char)*c;
	return sum % atoi(each) == 0;
}

static struct outcome *feed_all(const struct capture *c, struct xt_lua_info *rule,
				bool with_partial, unsigned int *differ)
{
	struct outcome *linear = allocate(c->count * sizeof(*linear));
	struct outcome *other = allocate(c->count * sizeof(*other));
	size_t i, n;

	if (!feed_capture(c, rule, &shapes[0], linear))
		die("%s: refused, see the kernel's log: %s", rule->script, strerror(errno));
	for (i = 1; i < COUNT(shapes); i++) {
		if ((shapes[i].how & FEED_PARTIAL && !with_partial) || !is_chosen(rule, i))
			continue;
		if (!feed_capture(c, rule, &shapes[i], other))
			die("%s: refused the second time: %s", rule->script, strerror(errno));
		*differ += compare(c, &shapes[i], linear, other);
		for (n = 0; n < c->count; n++)
			free(other[n].bytes);
	}
	free(other);
	return linear;
}

static void usage(void)
{
	die("usage: feed SCRIPT IN.pcap -w OUT.pcap --verdicts FILE");
}

int main(int argc, char **argv)
{
	struct xt_lua_info rule = { .function = XT_LUA_FUNCTION_DEFAULT };
	struct outcome *outcomes;
	struct capture c = { 0 };
	unsigned int differ = 0;
	char *path, *text;
	bool failed;
	size_t size;

	if (argc != 7 || strcmp(argv[3], "-w") || strcmp(argv[5], "--verdicts"))
		usage();
	path = realpath(argv[1], NULL);
	if (!path || strlen(path) >= sizeof(rule.script))
		die("%s: %s", argv[1], path ? "the path is too long" : strerror(errno));
	strcpy(rule.script, path);
	text = (char *)read_file(path, &size);
	read_capture(argv[2], &c);

	device = open("/dev/ps_feed", O_RDWR);
	if (device < 0)
		die("/dev/ps_feed: %s; load the module ps_feed", strerror(errno));
	kernel_log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	if (kernel_log < 0 || lseek(kernel_log, 0, SEEK_END) < 0)
		die("/dev/kmsg: %s", strerror(errno));
	outcomes = feed_all(&c, &rule, !strstr(text, NOT_PARTIAL), &differ);
	write_capture(argv[4], &c, outcomes);
	failed = write_verdicts(argv[6], &c, outcomes);
	return differ ? EXIT_DIFFER : failed;
}
