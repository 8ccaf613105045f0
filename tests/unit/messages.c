/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "messages.h"

#include <stdbool.h>
#include <string.h>

/* What is written one after the other; what does not fit is left out. */
struct writer {
	uint8_t *to;
	uint32_t len;
	uint32_t *random;
};

static unsigned int draw(struct writer *w, unsigned int n)
{
	*w->random = *w->random * 1664525 + 1013904223;
	return (*w->random >> 8) % n;
}

#define PICK(w, array)	((array)[draw(w, sizeof(array) / sizeof((array)[0]))])

static void put(struct writer *w, const void *bytes, uint32_t n)
{
	if (n > MESSAGE_MAX - w->len)
		n = MESSAGE_MAX - w->len;
	memcpy(w->to + w->len, bytes, n);
	w->len += n;
}

static void put_number(struct writer *w, uint32_t value, int size)
{
	while (size--) {
		uint8_t byte = value >> 8 * size;

		put(w, &byte, 1);
	}
}

static void put_text(struct writer *w, const char *text)
{
	put(w, text, strlen(text));
}

/* With the zero at its end. */
static void put_string(struct writer *w, const char *text)
{
	put(w, text, strlen(text) + 1);
}

/* Puts how many bytes there are behind the size ones at byte at, which are kept free for that. */
static void end_part(struct writer *w, uint32_t at, int size)
{
	uint32_t n = w->len - at - size;

	if (at + size > MESSAGE_MAX)
		return;
	if (!draw(w, 40))
		n += draw(w, 3) - 1;
	while (size--) {
		w->to[at + size] = n;
		n >>= 8;
	}
}

static const char *const words[] = { "a", "www", "example", "com", "x-1", "octet", "a-longer-word-than-others", "org", "" };

/* DNS. */
static void put_name(struct writer *w)
{
	int labels = draw(w, 4);

	if (w->len > 12 && !draw(w, 3)) {	/* as that of the first question, or as anything */
		put_number(w, 0xC000 | (draw(w, 4) ? 12 : draw(w, w->len)), 2);
		return;
	}
	while (labels--) {
		const char *word = PICK(w, words);

		if (!*word && draw(w, 8))
			continue;
		put_number(w, strlen(word), 1);
		put_text(w, word);
	}
	if (w->len > 12 && !draw(w, 4))
		put_number(w, 0xC000 | draw(w, w->len), 2);
	else
		put_number(w, 0, 1);
}

static void put_record(struct writer *w)
{
	static const uint16_t types[] = { 1, 28, 5, 2, 6, 12, 15, 16, 33, 39, 18, 41, 1, 5 };
	uint16_t type = PICK(w, types);
	uint32_t at;

	put_name(w);
	put_number(w, type, 2);
	put_number(w, 1, 2);
	put_number(w, draw(w, 100000), 4);
	at = w->len;
	put_number(w, 0, 2);
	switch (type) {
	case 1:
		put(w, "\x0a\1\2\3", 4);
		break;
	case 28:
		put(w, "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16);
		break;
	case 16:
		put_text(w, "\4text");
		break;
	case 41:
		break;
	default:
		put_number(w, 10, type == 15 || type == 18 ? 2 : 0);
		put(w, "\0\1\0\1\x13\xc4", type == 33 ? 6 : 0);
		put_name(w);
		if (type == 6) {
			put_name(w);
			put(w, "\0\0\0\1\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0", 20);
		}
	}
	end_part(w, at, 2);
}

static void put_dns(struct writer *w)
{
	int counts[4] = { draw(w, 8) ? 1 : draw(w, 3), draw(w, 4), draw(w, 2), draw(w, 2) }, i, section;

	put_number(w, draw(w, 1 << 16), 2);
	put_number(w, counts[1] ? 0x8180 : 0x0100, 2);
	for (section = 0; section < 4; section++)
		put_number(w, counts[section] + !draw(w, 40), 2);
	for (i = 0; i < counts[0]; i++) {
		put_name(w);
		put(w, "\0\1\0\1", 4);
	}
	for (section = 1; section < 4; section++) {
		for (i = 0; i < counts[section]; i++)
			put_record(w);
	}
}

static void put_tftp(struct writer *w)
{
	static const char *const texts[] = { "boot/file", "octet", "netascii", "blksize", "1428", "tsize", "0", "", "No such file" };
	int opcode = draw(w, 20) ? 1 + draw(w, 6) : draw(w, 300), i;

	put_number(w, opcode, 2);
	if (opcode >= 3 && opcode <= 5)
		put_number(w, draw(w, 8), 2);
	if (opcode == 3)
		put(w, "a block of a file, the last one", draw(w, 32));
	for (i = opcode == 5 ? 1 : opcode == 6 ? 2 * draw(w, 3) : 2 + 2 * draw(w, 3); i && opcode != 3 && opcode != 4; i--)
		put_string(w, PICK(w, texts));
}

static void put_dhcp(struct writer *w)
{
	static const uint8_t codes[] = { 53, 12, 0, 1, 3, 50, 51, 82 };
	static const uint8_t zeros[192];
	int n = draw(w, 6);

	put_number(w, 0x01010600 | draw(w, 2) << 24, 4);
	put_number(w, draw(w, 1 << 16), 4);
	put_number(w, 0, 4);
	put(w, "\x0a\0\0\1\x0a\0\0\2\x0a\0\0\3\x0a\0\0\4", 16);
	put(w, "\2\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0", 16);
	put(w, zeros, 192);
	put_number(w, draw(w, 10) ? 0x63825363 : 0, 4);
	while (n--) {
		uint8_t code = PICK(w, codes);

		put_number(w, code, 1);
		if (!code)
			continue;
		put_number(w, code == 53 ? 1 : 4, 1);
		put(w, "\3abc", code == 53 ? 1 : 4);
	}
	if (draw(w, 4))
		put_number(w, 255, 1);
}

static void put_http(struct writer *w)
{
	static const char *const first[] = {
		"GET /index.html HTTP/1.1", "POST / HTTP/1.0", "HTTP/1.1 200 OK", "HTTP/1.0 404", "HTTP/1.1 204 No Content", "GET /",
		"M-SEARCH * HTTP/1.1", "OPTIONS  HTTP/1.1", "HTTP/1.1",
	};
	static const char *const headers[] = {
		"Host: example.com", "host:a", "Content-Length:  3  ", "X-Empty:", "Accept: */*", "A: \t b", "no colon",
	};
	const char *end = draw(w, 8) ? "\r\n" : "\n";
	int n = draw(w, 5);

	put_text(w, PICK(w, first));
	put_text(w, end);
	while (n--) {
		put_text(w, PICK(w, headers));
		put_text(w, end);
	}
	if (draw(w, 6)) {
		put_text(w, end);
		put(w, "abcdefghij", draw(w, 11));
	}
}

/* The extension's list of names, each behind its length. */
static void put_tls_names(struct writer *w, bool is_sni)
{
	static const char *const protocols[] = { "h2", "http/1.1", "", "spdy/3" };
	uint32_t extension, list, name;
	int n = is_sni ? 1 : draw(w, 4);

	put_number(w, is_sni ? 0 : 16, 2);
	extension = w->len;
	put_number(w, 0, 2);
	list = w->len;
	put_number(w, 0, 2);
	while (n--) {
		if (is_sni)
			put_number(w, !draw(w, 20), 1);
		name = w->len;
		put_number(w, 0, is_sni ? 2 : 1);
		put_text(w, is_sni ? draw(w, 2) ? "www.example.com" : "a" : PICK(w, protocols));
		end_part(w, name, is_sni ? 2 : 1);
	}
	end_part(w, list, 2);
	end_part(w, extension, 2);
}

static void put_tls(struct writer *w)
{
	static const uint8_t random_bytes[32];
	uint32_t record, hello, extensions;

	put_number(w, draw(w, 10) ? 22 : 20 + draw(w, 6), 1);
	put_number(w, 0x0301, 2);
	record = w->len;
	put_number(w, 0, 2);
	put_number(w, draw(w, 10) ? 1 : 2, 1);
	hello = w->len;
	put_number(w, 0, 3);
	put_number(w, 0x0303, 2);
	put(w, random_bytes, 32);
	put(w, "\0\0\2\x13\1\1\0", 7);
	extensions = w->len;
	put_number(w, 0, 2);
	if (draw(w, 3))
		put(w, "\0\x17\0\0", 4);
	if (draw(w, 5))
		put_tls_names(w, true);
	if (draw(w, 3))
		put_tls_names(w, false);
	end_part(w, extensions, 2);
	end_part(w, hello, 3);
	end_part(w, record, 2);
}

static const struct kind {
	uint8_t protocol;
	uint16_t ports[2];
	void (*put)(struct writer *w);
} kinds[] = {
	{ 17, { 53, 53 }, put_dns },
	{ 17, { 53, 5353 }, put_dns },
	{ 17, { 69, 69 }, put_tftp },
	{ 17, { 67, 68 }, put_dhcp },
	{ 6, { 80, 80 }, put_http },
	{ 6, { 443, 443 }, put_tls },
};

uint32_t messages_build(uint8_t *to, uint8_t protocol, uint8_t *ports, uint32_t *random)
{
	struct writer w = { to, 0, random };
	const struct kind *kind;
	uint16_t port;

	do {
		kind = &PICK(&w, kinds);
	} while (kind->protocol != protocol);
	kind->put(&w);
	if (draw(&w, 8)) {
		port = PICK(&w, kind->ports);
		ports += 2 * draw(&w, 2);
		ports[0] = port >> 8;
		ports[1] = port;
	}
	if (!draw(&w, 10))
		w.len -= draw(&w, w.len + 1);
	return w.len;
}

uint32_t messages_build_options(uint8_t *to, uint32_t *random)
{
	static const struct { const char *bytes; uint8_t len; } options[] = {
		{ "\2\4\5\xb4", 4 }, { "\1", 1 }, { "\1\1\1\1", 4 }, { "\3\3\7", 3 }, { "\4\2", 2 }, { "\x08\x0a\0\1\2\3\4\5\6\7", 10 },
		{ "\5\x12\0\0\0\1\0\0\0\2\0\0\0\5\0\0\0\x09", 18 }, { "\5\x0a\0\0\0\1\0\0\0\2", 10 }, { "\5\2", 2 }, { "\0", 1 }, { "\0\0\0\0\0", 5 },
		{ "\2\3\5", 3 }, { "\xfe\1", 2 }, { "\x1e\x0c\1\2\3\4\5\6\7\x08\x09\x0a", 12 },
	};
	uint8_t all[MESSAGE_MAX];
	struct writer w = { all, 0, random };
	int n = draw(&w, 6);

	while (n--) {
		unsigned int i = draw(&w, draw(&w, 4) ? 8 : sizeof(options) / sizeof(options[0]));

		put(&w, options[i].bytes, options[i].len);
	}
	while (w.len % 4)
		put_number(&w, draw(&w, 2), 1);
	if (w.len > 40)
		w.len = 40;
	memcpy(to, all, w.len);
	return w.len;
}
