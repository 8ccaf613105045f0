/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "value.h"

#include <string.h>

#define IPV6_GROUPS	8	/* of 16 bits */
#define NO_GAP		(IPV6_GROUPS + 1)

/*
 * From text.
 */
static bool is_digit(const char *text, const char *end)
{
	return text < end && *text >= '0' && *text <= '9';
}

bool ps_ipv4_take(const char **text, const char *end, uint32_t *address)
{
	const char *at = *text;
	unsigned int part, byte;
	uint32_t value = 0;

	for (part = 0; part < 4; part++) {
		if (part && (at == end || *at++ != '.'))
			return false;
		if (!is_digit(at, end))
			return false;
		byte = *at++ - '0';
		if (is_digit(at, end))
			byte = byte * 10 + (*at++ - '0');
		if (is_digit(at, end))
			byte = byte * 10 + (*at++ - '0');
		if (byte > 255)
			return false;
		value = value << 8 | byte;
	}
	*text = at;
	*address = value;
	return true;
}

static bool parse_ipv4(const char *text, size_t len, struct ps_value *value)
{
	const char *end = text + len;
	uint32_t address;

	if (!ps_ipv4_take(&text, end, &address) || text != end)
		return false;
	*value = (struct ps_value){ 0, address };
	return true;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool parse_mac(const char *text, size_t len, struct ps_value *value)
{
	unsigned int i;

	if (len != 17)
		return false;
	*value = (struct ps_value){ 0 };
	for (i = 0; i < len; i++) {
		int digit = hex_digit(text[i]);

		if (i % 3 == 2) {
			if (text[i] != ':')
				return false;
			continue;
		}
		if (digit < 0)
			return false;
		value->low = value->low << 4 | digit;
	}
	return true;
}

static void add_group(struct ps_value *value, unsigned int group)
{
	value->high = value->high << 16 | value->low >> 48;
	value->low = value->low << 16 | group;
}

/* A group of an IPv6 address: 1 to 4 digits. Moves *text behind them. */
static bool parse_group(const char **text, const char *end, unsigned int *group)
{
	const char *p = *text;

	*group = 0;
	while (p < end && p - *text < 4 && hex_digit(*p) >= 0)
		*group = *group << 4 | hex_digit(*p++);
	if (p == *text)
		return false;
	*text = p;
	return true;
}

/* RFC 4291, 2.2: all three forms; no zone and no prefix length. */
static bool parse_ipv6(const char *text, size_t len, struct ps_value *value)
{
	const char *end = text + len, *start;
	unsigned int groups[IPV6_GROUPS], n = 0, gap, i;
	unsigned int head = NO_GAP;	/* groups in front of the "::" */
	struct ps_value last;

	if (len >= 2 && text[0] == ':' && text[1] == ':') {
		head = 0;
		text += 2;
	}
	while (text < end) {
		start = text;
		if (n == IPV6_GROUPS || !parse_group(&text, end, &groups[n]))
			return false;
		if (text < end && *text == '.') {
			if (n > IPV6_GROUPS - 2 || !parse_ipv4(start, end - start, &last))
				return false;
			groups[n++] = last.low >> 16;
			groups[n++] = last.low & 0xFFFF;
			break;
		}
		n++;
		if (text == end)
			break;
		if (*text++ != ':' || text == end)
			return false;
		if (*text == ':') {
			if (head != NO_GAP)
				return false;
			head = n;
			text++;
		}
	}
	gap = IPV6_GROUPS - n;
	if ((head == NO_GAP) != !gap)
		return false;	/* the "::" stands for one group at least */
	*value = (struct ps_value){ 0 };
	for (i = 0; i < IPV6_GROUPS; i++)
		add_group(value, i < head ? groups[i] : i < head + gap ? 0 : groups[i - gap]);
	return true;
}

/*
 * To text.
 */
static size_t format_ipv4(char *text, struct ps_value value)
{
	char *p = text;
	int shift;

	for (shift = 24; shift >= 0; shift -= 8) {
		unsigned int byte = value.low >> shift & 255;

		if (byte >= 100)
			*p++ = '0' + byte / 100;
		if (byte >= 10)
			*p++ = '0' + byte / 10 % 10;
		*p++ = '0' + byte % 10;
		if (shift)
			*p++ = '.';
	}
	return p - text;
}

static size_t format_mac(char *text, struct ps_value value)
{
	static const char digits[] = "0123456789ABCDEF";
	char *p = text;
	int shift;

	for (shift = 40; shift >= 0; shift -= 8) {
		*p++ = digits[value.low >> (shift + 4) & 15];
		*p++ = digits[value.low >> shift & 15];
		if (shift)
			*p++ = ':';
	}
	return p - text;
}

static unsigned int group_of(struct ps_value value, unsigned int i)
{
	return (i < 4 ? value.high : value.low) >> (48 - i % 4 * 16) & 0xFFFF;
}

/* The first of the longest runs of zeros, if that is of two groups or more; else *len is 0. */
static unsigned int longest_zeros(struct ps_value value, unsigned int *len)
{
	unsigned int best = 0, i, n = 0;

	*len = 0;
	for (i = 0; i < IPV6_GROUPS; i++) {
		n = group_of(value, i) ? 0 : n + 1;
		if (n > 1 && n > *len) {
			*len = n;
			best = i + 1 - n;
		}
	}
	return best;
}

/* Without leading zeros. */
static char *format_group(char *p, unsigned int group)
{
	static const char digits[] = "0123456789abcdef";
	int shift = 12;

	while (shift && !(group >> shift))
		shift -= 4;
	for (; shift >= 0; shift -= 4)
		*p++ = digits[group >> shift & 15];
	return p;
}

/* RFC 5952, 4 and 5. */
static size_t format_ipv6(char *text, struct ps_value value)
{
	static const char mapped[] = "::ffff:";
	unsigned int zeros, len, i;
	char *p = text;

	if (!value.high && value.low >> 32 == 0xFFFF) {	/* IPv4-mapped: RFC 4291, 2.5.5.2 */
		memcpy(text, mapped, sizeof(mapped) - 1);
		value.low &= 0xFFFFFFFF;
		return sizeof(mapped) - 1 + format_ipv4(text + sizeof(mapped) - 1, value);
	}
	zeros = longest_zeros(value, &len);
	for (i = 0; i < IPV6_GROUPS; i++) {
		if (len && i == zeros) {
			*p++ = ':';
			i += len - 1;
			if (i == IPV6_GROUPS - 1)
				*p++ = ':';
			continue;
		}
		if (i)
			*p++ = ':';
		p = format_group(p, group_of(value, i));
	}
	return p - text;
}

static bool is_line(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (!text[i] || text[i] == '\r' || text[i] == '\n')
			return false;
	}
	return true;
}

static bool is_word(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if ((unsigned char)text[i] <= ' ' || text[i] == 127)
			return false;
	}
	return len;
}

static bool is_decimal(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
	}
	return len && len <= 9;
}

const struct ps_type ps_types[PS_NTYPES] = {
	[PS_TYPE_UINT] = { .name = "integer", .has_int = true },
	[PS_TYPE_IPV4] = {
		.name = "IPv4 address",
		.width = 32,
		.has_int = true,
		.parse = parse_ipv4,
		.format = format_ipv4,
		.example = "an IPv4 address such as 192.0.2.1",
	},
	[PS_TYPE_IPV6] = {
		.name = "IPv6 address",
		.width = 128,
		.parse = parse_ipv6,
		.format = format_ipv6,
		.example = "an IPv6 address such as 2001:db8::1",
	},
	[PS_TYPE_MAC] = {
		.name = "MAC address",
		.width = 48,
		.has_int = true,
		.parse = parse_mac,
		.format = format_mac,
		.example = "a MAC address such as 00:00:5E:00:53:01",
	},
	[PS_TYPE_BYTES] = { .name = "bytes", .is_bytes = true },
	[PS_TYPE_TEXT] = {
		.name = "text",
		.is_text = true,
		.is_valid = is_line,
		.example = "text without ends of lines and zeros",
	},
	[PS_TYPE_WORD] = {
		.name = "word",
		.is_text = true,
		.is_valid = is_word,
		.example = "a word without blanks",
	},
	[PS_TYPE_DECIMAL] = {
		.name = "decimal",
		.is_text = true,
		.is_decimal = true,
		.is_valid = is_decimal,
		.example = "a number of at most 9 digits",
	},
};
