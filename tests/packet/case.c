/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* Cases as text, as README.md has it: the captures of one, and what came of it beside what should have come. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "words.h"

#define FILE_HEADER	24
#define RECORD_HEADER	16
#define ETHERNET	1
#define RAW		101
#define ETHERNET_HEADER	14
#define LINE_MAX	110	/* columns of a line that is written */
#define PACKETS_MAX	10000
#define PACKETS_SHOWN	10	/* whose difference is told */

#define EXIT_DIFFERS	1
#define EXIT_TROUBLE	2

/* A packet of a case. */
struct packet {
	const struct words *in, *out;	/* out NULL: nothing is said of how it leaves */
	uint32_t len, out_len;		/* of that what is not cut */
	const char *verdict;		/* NULL: nothing is said */
	bool is_named, is_out_named;	/* its number stands in the line of verdict, of out */
};

/* A line that begins with "-- WORD: " or "-- WORD NUMBERS: ", with those that continue it. */
struct line {
	unsigned int number;
	const char *numbers;	/* "" if there are none */
	const char *text;
	const struct words *words;	/* of "out", but "same" */
};

struct test {
	const char *path;
	char *text;
	bool is_raw;
	struct packet packets[PACKETS_MAX];
	unsigned int n;
};

static struct test test;
static FILE *complaints;	/* NULL: standard error */
static jmp_buf next_case;	/* with complaints: where to go on */

/* What is wrong with a case ends it; without others the program. */
static void die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
static void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(complaints ? complaints : stderr, format, args);
	va_end(args);
	fputc('\n', complaints ? complaints : stderr);
	if (complaints)
		longjmp(next_case, 1);
	exit(EXIT_TROUBLE);
}

static char *read_file(const char *path, size_t *size)
{
	FILE *f = fopen(path, "rb");
	char *bytes;
	long end;

	if (!f || fseek(f, 0, SEEK_END))
		die("%s: %s", path, strerror(errno));
	end = ftell(f);
	rewind(f);
	if (end < 0)
		die("%s: %s", path, strerror(errno));
	bytes = words_allocate(end);
	if (fread(bytes, 1, end, f) != (size_t)end)
		die("%s: cannot be read", path);
	fclose(f);
	*size = end;
	return bytes;
}

/*
 * The text of a case.
 */

/* The next line from *at on that is about what word says. False: there is none. */
static bool next_line(const char **at, unsigned int *number, const char *word, struct line *line)
{
	size_t len = strlen(word);
	const char *start, *colon, *end;
	char *text;

	while (**at) {
		start = *at;
		end = strchr(start, '\n');
		end = end ? end : start + strlen(start);
		*at = *end ? end + 1 : end;
		++*number;
		if (strncmp(start, "-- ", 3) || strncmp(start + 3, word, len))
			continue;
		start += 3 + len;
		colon = memchr(start, ':', end - start);
		if (!colon || (start != colon && *start != ' ') ||
		    strspn(start, " 0123456789,-times") < (size_t)(colon - start))
			continue;
		line->number = *number;
		line->numbers = words_printf("%.*s", (int)(colon - start), start);
		colon += colon[1] == ' ' ? 2 : 1;
		text = words_printf("%.*s", (int)(colon < end ? end - colon : 0), colon);
		while (!strncmp(*at, "--   ", 5)) {
			start = *at + 5;
			end = strchr(start, '\n');
			end = end ? end : start + strlen(start);
			*at = *end ? end + 1 : end;
			++*number;
			text = words_printf("%s %.*s", text, (int)(end - start), start);
		}
		line->text = text;
		return true;
	}
	return false;
}

static const struct words *parse(const struct line *line)
{
	const struct words *w = words_parse(line->text);

	if (!w)
		die("%s:%u: %s", test.path, line->number, words_wrong);
	return w;
}

static void add_packets(const struct line *line)
{
	const struct words *w = parse(line);
	unsigned int times = 1, i;
	uint32_t len;
	char c;

	if (*line->numbers && (sscanf(line->numbers, " %u times%c", &times, &c) != 1 || !times))
		die("%s:%u: '-- in:' or '-- in N times:' is wanted", test.path, line->number);
	for (i = 0; i < times; i++) {
		for (len = w->is_cut ? w->cut : w->len; len <= (w->is_cut ? w->cut_end : w->len); len++) {
			if (test.n == PACKETS_MAX)
				die("%s:%u: more than %d packets", test.path, line->number, PACKETS_MAX);
			if (!test.is_raw && len < ETHERNET_HEADER)
				die("%s:%u: a frame has %d bytes or more ('-- link: raw': there is no link layer)",
				    test.path, line->number, ETHERNET_HEADER);
			test.packets[test.n].in = w;
			test.packets[test.n++].len = len;
		}
	}
}

static void read_in(void)
{
	const char *at = test.text;
	unsigned int number = 0;
	struct line line;

	test.is_raw = !strncmp(test.text, "-- link: raw\n", 13) || strstr(test.text, "\n-- link: raw\n");
	while (next_line(&at, &number, "in", &line))
		add_packets(&line);
	if (!test.n)
		die("%s: no line '-- in: …' describes a packet", test.path);
}

/* Calls set for each packet that a line is about. */
static void each_packet(const struct line *line,
			void (*set)(struct packet *packet, const struct line *line, unsigned int from_first))
{
	const char *at = line->numbers;
	unsigned int first, last, i, begin = 0;
	int used;

	if (!*at) {
		for (i = 0; i < test.n; i++)
			set(&test.packets[i], line, i);
		return;
	}
	do {
		if (sscanf(at, " %u%n", &first, &used) != 1)
			die("%s:%u: numbers of packets are written as 1-3, 7", test.path, line->number);
		last = first;
		at += used;
		if (sscanf(at, "-%u%n", &last, &used) == 1)
			at += used;
		if (first < 1 || last < first || last > test.n)
			die("%s:%u: there are packets 1 to %u", test.path, line->number, test.n);
		begin = begin ? begin : first;
		for (i = first; i <= last; i++)
			set(&test.packets[i - 1], line, i - begin);
	} while (*at++ == ',');
	if (at[-1])
		die("%s:%u: numbers of packets are written as 1-3, 7", test.path, line->number);
}

static unsigned int number_of(const struct packet *packet)
{
	return packet - test.packets + 1;
}

static void set_verdict(struct packet *packet, const struct line *line, unsigned int from_first)
{
	bool is_named = *line->numbers;

	(void)from_first;
	if (packet->verdict && is_named == packet->is_named)
		die("%s:%u: packet %u has a verdict already", test.path, line->number,
		    number_of(packet));
	if (packet->verdict && packet->is_named)
		return;
	/* an error without text: no line ends with a space */
	packet->verdict = strcmp(line->text, "error") ? line->text : "error ";
	packet->is_named = is_named;
}

static void set_out(struct packet *packet, const struct line *line, unsigned int from_first)
{
	bool is_named = *line->numbers;

	if (packet->out && is_named == packet->is_out_named)
		die("%s:%u: it is already said how packet %u leaves", test.path, line->number,
		    number_of(packet));
	if (packet->out && packet->is_out_named)
		return;
	packet->is_out_named = is_named;
	packet->out = packet->in;
	packet->out_len = packet->len;
	if (!line->words)
		return;
	packet->out = line->words;
	packet->out_len = packet->out->is_cut ? packet->out->cut + from_first : packet->out->len;
	if (packet->out_len > packet->out->len)
		die("%s:%u: packet %u: cut %u: there are only %u bytes", test.path, line->number,
		    number_of(packet), packet->out_len, packet->out->len);
}

/* False: packets with this verdict end here. */
static bool leaves(const char *verdict)
{
	return strcmp(verdict, "NF_DROP") && strcmp(verdict, "NF_STOLEN") && strncmp(verdict, "error", 5);
}

static void read_outcome(void)
{
	const char *at = test.text;
	/* lines without numbers, and whether they are of any packet */
	bool all_verdicts = false, all_out = false, has_verdict = false, has_out = false;
	unsigned int number = 0, i;
	struct line line;

	while (next_line(&at, &number, "verdict", &line)) {
		all_verdicts |= !*line.numbers;
		each_packet(&line, set_verdict);
	}
	for (at = test.text, number = 0; next_line(&at, &number, "out", &line); ) {
		all_out |= !*line.numbers;
		line.words = strcmp(line.text, "same") ? parse(&line) : NULL;
		each_packet(&line, set_out);
	}
	for (i = 0; i < test.n; i++) {
		struct packet *p = &test.packets[i];

		if (!p->verdict)
			die("%s: no line '-- verdict: …' says what becomes of packet %u (--make writes what does)",
			    test.path, i + 1);
		if (leaves(p->verdict) && !p->out)
			die("%s: no line '-- out: …' says how packet %u leaves (--make writes how it does)",
			    test.path, i + 1);
		if (!leaves(p->verdict) && p->is_out_named)
			die("%s: packet %u is said to leave, and its verdict is %s", test.path, i + 1,
			    p->verdict);
		has_verdict |= !p->is_named;
		has_out |= leaves(p->verdict) && !p->is_out_named;
	}
	if (all_verdicts && !has_verdict)
		die("%s: the line '-- verdict: …' is of no packet: others name all of them", test.path);
	if (all_out && !has_out)
		die("%s: the line '-- out: …' is of no packet that leaves", test.path);
}

/*
 * Captures, little endian, with microseconds; a packet's time is its number in seconds.
 */
static void put32(FILE *f, uint32_t v)
{
	uint8_t bytes[] = { v, v >> 8, v >> 16, v >> 24 };

	fwrite(bytes, 1, sizeof(bytes), f);
}

static uint32_t get32(const uint8_t *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

static void write_packet(FILE *f, uint32_t number, const uint8_t *bytes, uint32_t len)
{
	put32(f, number);
	put32(f, 0);
	put32(f, len);
	put32(f, len);
	fwrite(bytes, 1, len, f);
}

static FILE *begin_file(const char *path)
{
	FILE *f = fopen(path, "wb");

	if (!f)
		die("%s: %s", path, strerror(errno));
	return f;
}

static void end_file(FILE *f, const char *path)
{
	if (ferror(f) | fclose(f))
		die("%s: cannot be written", path);
}

static void write_header(FILE *f)
{
	put32(f, 0xA1B2C3D4);
	put32(f, 4 << 16 | 2);	/* the format's version */
	put32(f, 0);
	put32(f, 0);
	put32(f, 0x40000);	/* no packet is longer */
	put32(f, test.is_raw ? RAW : ETHERNET);
}

static void write_in(const char *path)
{
	FILE *f = begin_file(path);
	unsigned int i;

	write_header(f);
	for (i = 0; i < test.n; i++)
		write_packet(f, i + 1, test.packets[i].in->bytes, test.packets[i].len);
	end_file(f, path);
}

static void write_out(FILE *f)
{
	unsigned int i;

	write_header(f);
	for (i = 0; i < test.n; i++) {
		if (leaves(test.packets[i].verdict))
			write_packet(f, i + 1, test.packets[i].out->bytes, test.packets[i].out_len);
	}
}

static void write_verdicts(FILE *f)
{
	unsigned int i;

	for (i = 0; i < test.n; i++)
		fprintf(f, "%s\n", test.packets[i].verdict);
}

static void write_to(const char *path, void (*write)(FILE *f))
{
	FILE *f = begin_file(path);

	write(f);
	end_file(f, path);
}

/* What came of the packets. */
struct came {
	const char *verdict;
	const uint8_t *bytes;	/* NULL: it did not leave */
	uint32_t len;
};

/* False, after a line that says so: the files are not those of this case. */
static bool read_came(struct came *came, const char *capture, const char *verdicts)
{
	size_t size, at, len;
	const uint8_t *bytes = (const uint8_t *)read_file(capture, &size);
	char *text = read_file(verdicts, &len), *line;
	unsigned int n = 0;
	uint32_t number;

	while ((line = strsep(&text, "\n")) && (text || *line)) {
		if (n < test.n)
			came[n].verdict = line;
		n++;
	}
	if (n != test.n) {
		printf("%u verdicts came of %u packets\n", n, test.n);
		return false;
	}
	for (at = FILE_HEADER; at + RECORD_HEADER <= size; at += RECORD_HEADER + len) {
		number = get32(bytes + at);
		len = get32(bytes + at + 8);
		if (len > size - at - RECORD_HEADER || number < 1 || number > test.n || came[number - 1].bytes) {
			printf("the capture that came out is malformed from byte %zu on\n", at);
			return false;
		}
		came[number - 1].bytes = bytes + at + RECORD_HEADER;
		came[number - 1].len = len;
	}
	return true;
}

/* Headers are those of the words that come out, if that is not bytes only. */
static const struct words *named_words(const struct packet *p)
{
	int i;

	for (i = 0; p->out && i < p->out->nlayers; i++) {
		if (p->out->layers[i].kind)
			return p->out;
	}
	return p->in;
}

/* Prints what differs; returns whether something does. */
static bool compare_packet(const struct packet *p, const struct came *came)
{
	const char *prefix = words_printf("packet %u: ", number_of(p));
	bool is_expected = leaves(p->verdict), differs = false;

	if (strcmp(p->verdict, came->verdict)) {
		printf("%sverdict: expected %s\n", prefix, p->verdict);
		printf("%sverdict:      got %s\n", prefix, came->verdict);
		differs = true;
	}
	if (is_expected != !!came->bytes) {
		printf("%sis %sexpected to leave\n", prefix, is_expected ? "" : "not ");
		return true;
	}
	if (!is_expected || (p->out_len == came->len && !memcmp(p->out->bytes, came->bytes, came->len)))
		return differs;
	words_print_difference(named_words(p), p->out->bytes, p->out_len, came->bytes, came->len, prefix);
	return true;
}

/* The bytes of all that is expected. */
static bool is_file(const char *path, void (*write)(FILE *f))
{
	size_t size, expected_size;
	char *expected, *bytes = read_file(path, &size);
	FILE *f = open_memstream(&expected, &expected_size);
	bool same;

	if (!f)
		die("no memory");
	write(f);
	fclose(f);
	same = size == expected_size && !memcmp(bytes, expected, size);
	free(expected);
	return same;
}

static int compare(const char *capture, const char *verdicts)
{
	struct came *came = words_allocate(test.n * sizeof(*came));
	unsigned int i, differ = 0;

	if (is_file(capture, write_out) && is_file(verdicts, write_verdicts))
		return 0;
	if (!read_came(came, capture, verdicts))
		return EXIT_DIFFERS;
	for (i = 0; i < test.n && differ < PACKETS_SHOWN; i++)
		differ += compare_packet(&test.packets[i], &came[i]);
	if (differ == PACKETS_SHOWN)
		puts("and maybe more");
	if (!differ)
		puts("the files differ beside the packets: in the captures' headers, or in the order of packets");
	return EXIT_DIFFERS;
}

/*
 * Writing what came.
 */

/* A line, continued where it gets too long. */
static void write_line(FILE *f, const char *text)
{
	size_t len, at;

	for (;;) {
		len = strlen(text);
		if (len <= LINE_MAX)
			break;
		/* the last space that may become a line's end: at a slash, if there is one */
		for (at = LINE_MAX; at > LINE_MAX / 3 && strncmp(text + at, " / ", 3); at--)
			;
		if (at <= LINE_MAX / 3)
			for (at = LINE_MAX; at > LINE_MAX / 3 && text[at] != ' '; at--)
				;
		if (text[at] != ' ' || text[at + 1] == ' ')
			break;
		fprintf(f, "%.*s\n", (int)at, text);
		text = words_printf("--   %s", text + at + 1);
	}
	fprintf(f, "%s\n", text);
}

/* A text that packets have in common, as the words of a line. */
struct group {
	const char *text;	/* NULL: the packet has none */
	int32_t cut;		/* the length of packet 0, were it one of these; or -1 */
};

static bool are_same(const struct group *a, const struct group *b)
{
	return a->text && b->text && a->cut == b->cut && !strcmp(a->text, b->text);
}

/* "1-3, 5": the packets of a group from i on. */
static const char *group_numbers(const struct group *groups, unsigned int i, unsigned int *last)
{
	const char *text = "", *comma = " ";
	unsigned int j = i, end;

	for (; j < test.n; j = end) {
		end = j + 1;
		if (!are_same(&groups[i], &groups[j]))
			continue;
		while (end < test.n && are_same(&groups[i], &groups[end]))
			end++;
		text = end - j > 1 ? words_printf("%s%s%u-%u", text, comma, j + 1, end) :
				     words_printf("%s%s%u", text, comma, j + 1);
		comma = ", ";
		*last = end - 1;
	}
	return text;
}

/* A line for each group, with numbers unless there is one for all that have a text. */
static void write_groups(FILE *f, const char *word, const struct group *groups)
{
	unsigned int i, j, last = 0, first = 0;
	bool is_one = true;
	const char *numbers, *text;

	while (first < test.n && !groups[first].text)
		first++;
	for (i = first; i < test.n; i++)
		is_one &= !groups[i].text || are_same(&groups[i], &groups[first]);
	for (i = first; i < test.n; i++) {
		for (j = 0; j < i && !are_same(&groups[i], &groups[j]); j++)
			;
		if (!groups[i].text || j < i)
			continue;
		numbers = group_numbers(groups, i, &last);
		text = groups[i].text;
		if (groups[i].cut >= 0 && last == i)
			text = words_printf("%s / cut %u", text, groups[i].cut + i);
		else if (groups[i].cut >= 0)
			text = words_printf("%s / cut %u-%u", text, groups[i].cut + i, groups[i].cut + last);
		text = words_printf("-- %s%s: %s", word, is_one ? "" : numbers, text);
		if (strcmp(word, "out"))
			fprintf(f, "%.*s\n", (int)strlen(text) - !strcmp(groups[i].text, "error "), text);
		else
			write_line(f, text);
	}
}

/* Of which lines there are outcomes. */
static bool is_outcome(const char *line)
{
	const char *rest = line;

	if (!strncmp(line, "-- verdict", 10))
		rest = line + 10;
	else if (!strncmp(line, "-- out", 6))
		rest = line + 6;
	return rest != line && rest[strspn(rest, " 0123456789,-")] == ':';
}

/* The text without the outcome, and without empty lines at its end. */
static char *text_alone(void)
{
	char *text = words_allocate(strlen(test.text) + 1), *to = text;
	const char *line = test.text, *end;
	bool skips = false;

	for (; *line; line = end) {
		end = strchr(line, '\n');
		end = end ? end + 1 : line + strlen(line);
		skips = is_outcome(line) || (skips && !strncmp(line, "--   ", 5));
		if (skips)
			continue;
		memcpy(to, line, end - line);
		to += end - line;
	}
	while (to > text && to[-1] == '\n')
		*--to = 0;
	return text;
}

static int make(const char *capture, const char *verdicts)
{
	struct came *came = words_allocate(test.n * sizeof(*came));
	struct group *groups = words_allocate(test.n * sizeof(*groups));
	unsigned int i;
	bool is_whole;
	FILE *f;

	if (!read_came(came, capture, verdicts))
		return EXIT_TROUBLE;
	f = begin_file(test.path);
	fprintf(f, "%s\n\n", text_alone());
	for (i = 0; i < test.n; i++)
		groups[i] = (struct group){ came[i].verdict, -1 };
	write_groups(f, "verdict", groups);
	for (i = 0; i < test.n; i++) {
		const struct packet *p = &test.packets[i];

		groups[i] = (struct group){ NULL, -1 };
		if (!came[i].bytes)
			continue;
		groups[i].text = words_describe(p->in, p->len, came[i].bytes, came[i].len, &is_whole);
		if (is_whole && strcmp(groups[i].text, "same"))
			groups[i].cut = came[i].len - i;
	}
	write_groups(f, "out", groups);
	end_file(f, test.path);
	return 0;
}

/*
 * Commands.
 */
static void open_case(const char *path)
{
	size_t size;

	test.path = path;
	test.text = read_file(path, &size);
	if (strlen(test.text) != size)
		die("%s: a byte of 0 is in it", path);
	read_in();
}

/* FOLDER/udp/case for udp/case.lua, in a folder that is there. */
static const char *base_of(const char *folder, const char *path)
{
	size_t len = strlen(path);
	char *base, *slash;

	if (len < 5 || strcmp(path + len - 4, ".lua"))
		die("%s: its name does not end with .lua", path);
	base = words_printf("%s/%.*s", folder, (int)len - 4, path);
	slash = strrchr(base, '/');
	*slash = 0;
	if (mkdir(base, 0777) && errno != EEXIST)
		die("%s: %s", base, strerror(errno));
	*slash = '/';
	return base;
}

static void unpack(const char *path, const char *base)
{
	memset(&test, 0, sizeof(test));
	open_case(path);
	read_outcome();
	write_in(words_printf("%s.in.pcap", base));
	write_to(words_printf("%s.out.pcap", base), write_out);
	write_to(words_printf("%s.verdicts", base), write_verdicts);
}

/* What is wrong with it is in its file, and others are unpacked. */
static void try_unpack(const char *path, const char *base)
{
	const char *file = words_printf("%s.wrong", base);

	complaints = begin_file(file);
	if (!setjmp(next_case))
		unpack(path, base);
	if (fclose(complaints))
		perror(file);
	complaints = NULL;
}

static const char usage[] =
	"usage: packet-case unpack FOLDER CASE.lua…     writes FOLDER/CASE.in.pcap, what goes in, .out.pcap and .verdicts,\n"
	"                                               what should come out, and .wrong, what is wrong with the case\n"
	"       packet-case compare CASE.lua OUT.pcap VERDICTS   prints how what came out differs\n"
	"       packet-case in CASE.lua IN.pcap                  writes what goes in\n"
	"       packet-case make CASE.lua OUT.pcap VERDICTS      writes what came out into the case\n";

int main(int argc, char **argv)
{
	const char *command = argc > 3 ? argv[1] : "";
	int i;

	if (!strcmp(command, "unpack")) {
		for (i = 3; i < argc; i++)
			try_unpack(argv[i], base_of(argv[2], argv[i]));
		return 0;
	}
	if (!strcmp(command, "in") && argc == 4) {
		open_case(argv[2]);
		write_in(argv[3]);
		return 0;
	}
	if (!strcmp(command, "make") && argc == 5) {
		open_case(argv[2]);
		return make(argv[3], argv[4]);
	}
	if (!strcmp(command, "compare") && argc == 5) {
		open_case(argv[2]);
		read_outcome();
		return compare(argv[3], argv[4]);
	}
	fputs(usage, stderr);
	return EXIT_TROUBLE;
}
