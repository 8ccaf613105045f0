/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>

#include "test.h"
#include "value.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))
#define RANDOM_TEXTS	200000

static bool parse(const struct ps_type *type, const char *text, struct ps_value *value)
{
	return type->parse(text, strlen(text), value);
}

/* The text of what the text is parsed to, which is from; or "" if it is no value. */
static const char *again(const struct ps_type *type, const char *from)
{
	static char text[PS_TEXT_SIZE + 1];
	struct ps_value value;

	if (!parse(type, from, &value))
		return "";
	text[type->format(text, value)] = 0;
	return text;
}

/* Each pair: a text, and how its value is written. */
static void check_texts(const struct ps_type *type, const char *const (*pairs)[2], size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *is = again(type, pairs[i][0]);

		if (strcmp(is, pairs[i][1])) {
			printf("# %s is written as %s, not %s\n", pairs[i][0], is, pairs[i][1]);
			test_failed = true;
		}
	}
}

static void check_refused(const struct ps_type *type, const char *const *texts, size_t n)
{
	struct ps_value value;

	for (size_t i = 0; i < n; i++) {
		if (parse(type, texts[i], &value)) {
			printf("# taken for %s: %s\n", type->name, texts[i]);
			test_failed = true;
		}
	}
}

static void ipv4(void)
{
	static const char *const bad[] = { "", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.", "1..2.3",
					   " 1.2.3.4", "1.2.3.4 ", "a.b.c.d", "0001.2.3.4", "1.2.3.-4" };
	static const char *const pairs[][2] = {
		{ "0.0.0.0", "0.0.0.0" }, { "255.0.10.199", "255.0.10.199" },
		{ "255.255.255.255", "255.255.255.255" },
	};
	struct ps_value value;

	check_refused(PS_IPV4, bad, COUNT(bad));
	check_texts(PS_IPV4, pairs, COUNT(pairs));
	CHECK(!PS_IPV4->parse("1.2.3.4\0", 8, &value));
	CHECK(parse(PS_IPV4, "255.0.10.199", &value));
	CHECK_INT(value.low, 0xFF000AC7);
	CHECK_INT(value.high, 0);
}

static void mac(void)
{
	static const char *const bad[] = { "", "01:23:45:67:89", "01:23:45:67:89:AG", "01-23-45-67-89-AB",
					   "01:23:45:67:89:ABC" };
	static const char *const pairs[][2] = { { "01:23:45:67:89:aB", "01:23:45:67:89:AB" } };
	struct ps_value value;

	check_refused(PS_MAC, bad, COUNT(bad));
	check_texts(PS_MAC, pairs, COUNT(pairs));
	CHECK(parse(PS_MAC, "01:23:45:67:89:aB", &value));
	CHECK_INT(value.low, 0x0123456789AB);
}

/* RFC 4291, 2.2; RFC 5952, 4 and 5. */
static void ipv6(void)
{
	static const char *const pairs[][2] = {
		{ "::", "::" }, { "0:0:0:0:0:0:0:0", "::" }, { "::0", "::" }, { "0::0", "::" },
		{ "1::", "1::" }, { "::1", "::1" }, { "1:0:0:0:0:0:0:8", "1::8" },
		{ "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0" }, { "::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8" },
		{ "1:2:3::5:6:7:8", "1:2:3:0:5:6:7:8" },
		{ "1:0:3:0:5:0:7:0", "1:0:3:0:5:0:7:0" },	/* one group is not shortened */
		{ "1:0:0:4:0:0:7:8", "1::4:0:0:7:8" },		/* the first of equals */
		{ "1:0:0:4:5:0:0:0", "1:0:0:4:5::" },		/* the longest */
		{ "0:0:3:4:0:0:0:8", "0:0:3:4::8" },
		{ "2001:0DB8:00AB::000F", "2001:db8:ab::f" },
		{ "FFFF:ffff:FFFF:ffff:FFFF:ffff:FFFF:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
		{ "1234:5678:9abc:def0:1234:5678:9abc:def0", "1234:5678:9abc:def0:1234:5678:9abc:def0" },
		{ "::ffff:1.2.3.4", "::ffff:1.2.3.4" }, { "::FFFF:0:0", "::ffff:0.0.0.0" },
		{ "::ffff:c000:221", "::ffff:192.0.2.33" }, { "0:0:0:0:0:ffff:255.255.255.255", "::ffff:255.255.255.255" },
		{ "::1.2.3.4", "::102:304" }, { "64:ff9b::192.0.2.33", "64:ff9b::c000:221" },
		{ "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304" }, { "1::1.2.3.4", "1::102:304" },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
		{ "::ffff:0:1.2.3.4", "::ffff:0:102:304" }, { "1::ffff:1.2.3.4", "1::ffff:102:304" },
	};
	static const char *const bad[] = {
		"", ":", ":::", "1", "1:", ":1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8:",
		":1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "1:2:3:4::5:6:7:8", "1::2::3",
		"1:::2", "::1:", "12345::", "::g", "1.2.3.4", "::1.2.3", "::1.2.3.4.5", "::1.2.3.256",
		"::1.2.3.4:5", "1:2:3:4:5:6:7:1.2.3.4", "::1.2.3.", "::a.2.3.4", "::1 ", " ::1", "fe80::1%eth0",
		"2001:db8::/32", "[::1]", "::-1", "::.1.2.3.4", "::1111.2.3.4",
	};
	struct ps_value value;

	check_texts(PS_IPV6, pairs, COUNT(pairs));
	check_refused(PS_IPV6, bad, COUNT(bad));
	CHECK(!PS_IPV6->parse("::1\0", 4, &value));
	CHECK(PS_IPV6->parse("::1234", 4, &value));	/* not what is behind the length */
	CHECK_INT(value.low, 0x12);
	CHECK(parse(PS_IPV6, "2001:db8:1:2:3:4:5:f678", &value));
	CHECK_INT(value.high, 0x20010DB800010002);
	CHECK_INT(value.low, 0x000300040005F678);
}

static struct ps_value value_of(const uint8_t bytes[16])
{
	struct ps_value value = { 0 };

	for (int i = 0; i < 8; i++) {
		value.high = value.high << 8 | bytes[i];
		value.low = value.low << 8 | bytes[8 + i];
	}
	return value;
}

static uint32_t next_random(void)
{
	static uint32_t state = 12345;

	state = state * 1664525 + 1013904223;
	return state >> 8;
}

/* Addresses with many zeros; ::1.2.3.4, the old form, is written in that way by some libraries only. */
static void random_address(uint8_t bytes[16])
{
	for (int i = 0; i < 16; i += 2) {
		uint32_t r = next_random();

		bytes[i] = r & 3 ? 0 : r >> 4;
		bytes[i + 1] = r & 4 ? 0 : r >> 12;
	}
	if (!(next_random() & 15)) {
		memset(bytes, 0, 10);
		memset(bytes + 10, 0xFF, 2);
	}
}

/* Digits of IPv4 that begin with 0 are read, but not by the system's library. */
static bool has_leading_zero(const char *text)
{
	if (!strchr(text, '.'))
		return false;
	for (const char *p = text; *p; p++) {
		if (*p == '0' && isdigit(p[1]) && (p == text || !isdigit(p[-1])))
			return true;
	}
	return false;
}

static void as_the_library(void)
{
	static const char letters[] = "0123456789abcdefABCDEF::::::...g% ";
	uint8_t bytes[16], other[16];
	char text[64];
	struct ps_value value;

	for (int i = 0; i < (int)test_rounds(RANDOM_TEXTS); i++) {
		bool known;

		random_address(bytes);
		inet_ntop(AF_INET6, bytes, text, sizeof(text));
		value = value_of(bytes);
		if (value.high || value.low >> 32) {
			CHECK(!strcmp(again(PS_IPV6, text), text));
		}
		for (uint32_t n = next_random() % 3; n; n--) {
			size_t len = strlen(text), at = next_random() % len;
			char c = letters[next_random() % (sizeof(letters) - 1)];

			if (next_random() & 1) {
				text[at] = c;
			} else {
				memmove(text + at + 1, text + at, len - at + 1);
				text[at] = c;
			}
		}
		if (has_leading_zero(text))
			continue;
		known = inet_pton(AF_INET6, text, other) == 1;
		if (parse(PS_IPV6, text, &value) != known ||
		    (known && !ps_value_is(value, value_of(other)))) {
			printf("# '%s' is %s address to the library\n", text, known ? "an" : "no");
			test_failed = true;
			return;
		}
	}
}

static void widths(void)
{
	CHECK(ps_value_fits((struct ps_value){ 0, 15 }, 4));
	CHECK(!ps_value_fits((struct ps_value){ 0, 16 }, 4));
	CHECK(!ps_value_fits((struct ps_value){ 1, 0 }, 48));
	CHECK(ps_value_fits((struct ps_value){ 0, ~0ull }, 64));
	CHECK(!ps_value_fits((struct ps_value){ 1, 0 }, 64));
	CHECK(!ps_value_fits((struct ps_value){ 0x100, 0 }, 72));
	CHECK(ps_value_fits((struct ps_value){ ~0ull, ~0ull }, 128));
}

/* What readers of a row rely on. */
static void rows(void)
{
	for (int i = 0; i < PS_NTYPES; i++) {
		const struct ps_type *type = &ps_types[i];

		CHECK(type->name);
		CHECK(!type->parse == !type->format && !type->example == !(type->parse || type->is_text));
		if (type->is_text) {
			CHECK(!type->is_bytes && !type->has_int && !type->parse && !type->width);
			continue;
		}
		CHECK(!type->is_bytes || (!type->has_int && !type->format));
		CHECK(type->is_bytes || type->has_int || (type->format && type->width == 128));
		CHECK(!type->has_int || type->width <= 48);
	}
}

const struct test value_tests[] = {
	{ "value: rows of types say what others rely on", rows },
	{ "value: a width holds the numbers that it can", widths },
	{ "value: IPv4 addresses are parsed and written as text", ipv4 },
	{ "value: MAC addresses are parsed and written as text", mac },
	{ "value: IPv6 addresses are parsed in each form, and written in the one", ipv6 },
	{ "value: IPv6 addresses are what the system's library takes them for", as_the_library },
	{ NULL, NULL },
};
