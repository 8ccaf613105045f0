/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include <string.h>

#include "ranges.h"

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

void ps_span_trim(const char **text, size_t *len)
{
	while (*len && is_space(**text)) {
		++*text;
		--*len;
	}
	while (*len && is_space((*text)[*len - 1]))
		--*len;
}

const struct ps_type *ps_address_parse(const char *text, size_t len, struct ps_value *value)
{
	if (PS_IPV4->parse(text, len, value))
		return PS_IPV4;
	return PS_IPV6->parse(text, len, value) ? PS_IPV6 : NULL;
}

/* A decimal number of up to 3 digits, or -1. */
static int to_number(const char *text, size_t len)
{
	int n = 0;

	if (!len || len > 3)
		return -1;
	for (; len; len--, text++) {
		if (*text < '0' || *text > '9')
			return -1;
		n = 10 * n + (*text - '0');
	}
	return n;
}

/* Bits of an address that a prefix of that length leaves free; width bits are all. */
static struct ps_value free_bits(unsigned int prefix, unsigned int width)
{
	unsigned int n = width - prefix;

	return (struct ps_value){ n > 64 ? ~0ull >> (128 - n) : 0, n >= 64 ? ~0ull : (1ull << n) - 1 };
}

/* The addresses of a prefix, of which range->first is one. */
static const struct ps_type *spread(const struct ps_type *type, int prefix, struct ps_span *range)
{
	struct ps_value bits;

	if (prefix < 0 || prefix > type->width)
		return NULL;
	bits = free_bits(prefix, type->width);
	range->first.high &= ~bits.high;
	range->first.low &= ~bits.low;
	range->last = (struct ps_value){ range->first.high | bits.high, range->first.low | bits.low };
	return type;
}

/* As most entries of lists are: an IPv4 address or a prefix, without blanks. Text is looked at once. NULL: it is something else. */
static const struct ps_type *parse_plain(const char *text, const char *end, struct ps_span *range)
{
	uint32_t address;

	if (!ps_ipv4_take(&text, end, &address))
		return NULL;
	range->first = range->last = (struct ps_value){ 0, address };
	if (text == end)
		return PS_IPV4;
	return *text == '/' ? spread(PS_IPV4, to_number(text + 1, end - text - 1), range) : NULL;
}

const struct ps_type *ps_span_parse(const char *text, size_t len, struct ps_span *range)
{
	const char *slash, *dash, *end = text + len, *last;
	const struct ps_type *type = parse_plain(text, end, range);
	size_t n = len, more;

	if (type)
		return type;
	slash = memchr(text, '/', len);
	dash = memchr(text, '-', len);
	if (slash || dash)
		n = (slash ? slash : dash) - text;
	ps_span_trim(&text, &n);
	type = ps_address_parse(text, n, &range->first);
	range->last = range->first;
	if (!type || (!slash && !dash))
		return type;
	last = (slash ? slash : dash) + 1;
	more = end - last;
	ps_span_trim(&last, &more);
	if (dash)
		return ps_address_parse(last, more, &range->last) == type && ps_value_is_at_most(range->first, range->last) ? type : NULL;
	return spread(type, to_number(last, more), range);
}

/* The length of the prefix that is the same, or -1. */
static int prefix_of(const struct ps_type *type, const struct ps_span *range)
{
	int prefix;

	for (prefix = type->width; prefix >= 0; prefix--) {
		struct ps_value bits = free_bits(prefix, type->width);

		if (range->first.high & bits.high || range->first.low & bits.low)
			return -1;
		if ((range->first.high | bits.high) == range->last.high && (range->first.low | bits.low) == range->last.low)
			return prefix;
	}
	return -1;
}

static size_t put_number(char *text, unsigned int n)
{
	size_t len = n >= 10 ? put_number(text, n / 10) : 0;

	text[len] = '0' + n % 10;
	return len + 1;
}

size_t ps_span_format(char text[PS_SPAN_TEXT], const struct ps_type *type, const struct ps_span *range)
{
	int prefix = prefix_of(type, range);
	size_t len = type->format(text, range->first);

	if (prefix < 0) {
		text[len++] = '-';
		len += type->format(text + len, range->last);
	} else if (prefix < type->width) {
		text[len++] = '/';
		len += put_number(text + len, prefix);
	}
	text[len] = 0;
	return len;
}
