/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * A set of addresses: ranges that do not touch, in order, in pieces of memory, searched by halves. No Lua.
 */
#ifndef PS_RANGES_H
#define PS_RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "attr.h"
#include "value.h"

#define PS_RANGES_PIECE	8128	/* bytes of one: with what Lua puts before them no more than 8192 */
#define PS_PER_PIECE(type)	(PS_RANGES_PIECE / sizeof(type))

struct ps_span4 {
	uint32_t first, last;
};

struct ps_span {
	struct ps_value first, last;
};

/* Elements of one kind, in pieces that may be full, but for the last. */
struct ps_pieces {
	uint8_t **pieces;
	uint32_t n;		/* elements in all of them */
};

struct ps_ranges {
	struct ps_pieces ranges4;	/* struct ps_span4 */
	struct ps_pieces ranges6;	/* struct ps_span */
};

/* The address that the text is, of type PS_IPV4 or PS_IPV6, which is returned; or NULL. */
const struct ps_type *ps_address_parse(const char *text, size_t len, struct ps_value *value);

/*
 * The addresses that the text is: "10.0.0.0/8", "192.0.2.1-192.0.2.9", "2001:db8::1", with blanks around. Returns their type,
 * PS_IPV4 or PS_IPV6, or NULL: it is none of these.
 */
const struct ps_type *ps_span_parse(const char *text, size_t len, struct ps_span *range);

/* What such a text is, for messages. */
#define PS_SPAN_FORMS	"address, prefix or range (such as 192.0.2.1, 10.0.0.0/8, 2001:db8::/32, 192.0.2.1-192.0.2.9)"

/* The text that is parsed to it: a prefix, if there is one that is the same. Returns its length, without the final zero. */
#define PS_SPAN_TEXT	96
size_t ps_span_format(char text[PS_SPAN_TEXT], const struct ps_type *type, const struct ps_span *range);

/* Takes away blanks at both ends. */
void ps_span_trim(const char **text, size_t *len);

static inline bool ps_value_is_at_most(struct ps_value a, struct ps_value b)
{
	return a.high < b.high || (a.high == b.high && a.low <= b.low);
}

/* The address behind; 0 behind the last one of IPv6. */
static inline struct ps_value ps_value_next(struct ps_value v)
{
	v.low++;
	v.high += !v.low;
	return v;
}

/* How many of n elements are in the piece, of those that have up to max each. */
static inline uint32_t ps_count_in_piece(uint32_t n, uint32_t piece, uint32_t max)
{
	n -= piece * max;
	return n < max ? n : max;
}

static inline bool ps_ranges_has4(const struct ps_pieces *part, uint32_t address)
{
	uint32_t lo = 0, half, n = (part->n + PS_PER_PIECE(struct ps_span4) - 1) / PS_PER_PIECE(struct ps_span4);
	const struct ps_span4 *at;

	if (!n)
		return false;
	for (; n > 1; n -= half) {
		half = n / 2;
		at = (const struct ps_span4 *)part->pieces[lo + half];
		lo = at->first <= address ? lo + half : lo;
	}
	at = (const struct ps_span4 *)part->pieces[lo];
	for (n = ps_count_in_piece(part->n, lo, PS_PER_PIECE(struct ps_span4)); n > 1; n -= half) {
		half = n / 2;
		at = at[half].first <= address ? at + half : at;
	}
	return at->first <= address && address <= at->last;
}

static inline bool ps_ranges_has6(const struct ps_pieces *part, struct ps_value address)
{
	uint32_t lo = 0, half, n = (part->n + PS_PER_PIECE(struct ps_span) - 1) / PS_PER_PIECE(struct ps_span);
	const struct ps_span *at;

	if (!n)
		return false;
	for (; n > 1; n -= half) {
		half = n / 2;
		at = (const struct ps_span *)part->pieces[lo + half];
		if (ps_value_is_at_most(at->first, address))
			lo += half;
	}
	at = (const struct ps_span *)part->pieces[lo];
	for (n = ps_count_in_piece(part->n, lo, PS_PER_PIECE(struct ps_span)); n > 1; n -= half) {
		half = n / 2;
		if (ps_value_is_at_most(at[half].first, address))
			at += half;
	}
	return ps_value_is_at_most(at->first, address) && ps_value_is_at_most(address, at->last);
}

/* Of type PS_IPV4, or of PS_IPV6. */
static inline bool ps_ranges_have(const struct ps_ranges *ranges, const struct ps_type *type, struct ps_value value)
{
	return type == PS_IPV4 ? ps_ranges_has4(&ranges->ranges4, value.low) : ps_ranges_has6(&ranges->ranges6, value);
}

#endif
