/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Types of fields: what their values are, as numbers and as text. One row for each; whoever handles values
 * reads the row, so that a new type is a new row. Any context.
 */
#ifndef PS_VALUE_H
#define PS_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ps_packet;
struct ps_header;

/* A number of up to 128 bits. */
struct ps_value {
	uint64_t high;		/* 0 where the type has_int */
	uint64_t low;
};

/* A letter of ASCII in lower case, any other byte as it is. */
static inline uint8_t ps_lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

/* The IPv4 address that *text begins with, before end; *text is moved behind it. False: there is none. Any context. */
bool ps_ipv4_take(const char **text, const char *end, uint32_t *address);

/* How a text stands in a packet, if not as it is. */
struct ps_coding {
	/*
	 * Puts the text of len bytes from off on of the packet, which are a field of header, into text, of PS_DECODED_MAX bytes.
	 * Returns its length, or -1: they are none, or not all there. May move pkt->data. The work is bounded, whatever the
	 * packet says.
	 */
	int (*decode)(struct ps_packet *pkt, const struct ps_header *header, uint32_t off, uint32_t len, char *text);
	/* Puts what stands for the text into bytes, of PS_ENCODED_MAX. Returns how many these are, or -1: it is none. */
	int (*encode)(const char *text, size_t len, uint8_t *bytes);
};

#define PS_DECODED_MAX	1024
#define PS_ENCODED_MAX	255

struct ps_type {
	const char *name;	/* as lists of fields call it */
	uint8_t width;		/* of every such field, in bits; 0: each says its own */
	/* The value is no number: scripts get a byte array over the packet's bytes, and fill them. */
	bool is_bytes;
	/* The number has at most 48 bits: ps_field_get() reads it, and to scripts it is an integer if they ask. */
	bool has_int;
	/*
	 * Its text, or NULL: it has none, and is a number to scripts. parse() returns false unless all of the text is
	 * one. format() returns the length, without a terminator, of at most PS_TEXT_SIZE.
	 */
	bool (*parse)(const char *text, size_t len, struct ps_value *value);
	size_t (*format)(char *text, struct ps_value value);
	/*
	 * The value is no number, but text of any length: whole bytes, where the header says (PS_LOCATED). What takes its place
	 * has to be valid; NULL: any text is.
	 */
	bool is_text;
	bool is_decimal;	/* and it is a number in decimal digits: scripts get an integer */
	bool (*is_valid)(const char *text, size_t len);
	const struct ps_coding *coding;	/* NULL: the text is the bytes */
	const char *example;	/* what a text is, for messages: "an address such as ..."; NULL as they are */
};

#define PS_TEXT_SIZE	39	/* 8 groups of 4 digits, and colons */

enum ps_type_id { PS_TYPE_UINT, PS_TYPE_IPV4, PS_TYPE_IPV6, PS_TYPE_MAC, PS_TYPE_BYTES, PS_TYPE_TEXT,
		  PS_TYPE_WORD, PS_TYPE_DECIMAL, PS_NTYPES };

extern const struct ps_type ps_types[PS_NTYPES];

/* As tables of fields name them. */
#define PS_UINT		(&ps_types[PS_TYPE_UINT])
#define PS_IPV4		(&ps_types[PS_TYPE_IPV4])
#define PS_IPV6		(&ps_types[PS_TYPE_IPV6])
#define PS_MAC		(&ps_types[PS_TYPE_MAC])
#define PS_BYTES	(&ps_types[PS_TYPE_BYTES])
#define PS_TEXT		(&ps_types[PS_TYPE_TEXT])	/* a line: no end of line or of text is in it */
#define PS_WORD_TEXT	(&ps_types[PS_TYPE_WORD])	/* visible characters, and at least one */
#define PS_DECIMAL	(&ps_types[PS_TYPE_DECIMAL])

static inline bool ps_value_is(struct ps_value a, struct ps_value b)
{
	return a.low == b.low && a.high == b.high;
}

/* True if no bit of the value is beyond width. */
static inline bool ps_value_fits(struct ps_value value, unsigned int width)
{
	if (width < 64)
		return !value.high && !(value.low >> width);
	return width >= 128 || !(value.high >> (width - 64));
}

#endif
