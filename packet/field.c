/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "csum.h"
#include "field.h"

#include <string.h>

#define WORD_BYTES	PS_FIELD_BYTES

static inline uint32_t first_byte(struct ps_bits at)
{
	return at.bit / 8;
}

static inline uint32_t count_bytes(struct ps_bits at)
{
	return (at.bit + at.width + 7) / 8 - first_byte(at);
}

/* How far the field's lowest bit is from the lowest bit of its last byte. */
static inline uint32_t shift_of(struct ps_bits at)
{
	return -(at.bit + at.width) & 7;
}

static inline uint64_t mask_of(struct ps_bits at)
{
	return ((uint64_t)1 << at.width) - 1;
}

static inline uint64_t load(const uint8_t *p, uint32_t n)
{
	uint64_t word = 0;
	uint32_t i;

	switch (n) {
	case 1:
		return p[0];
	case 2:
		return ps_load16(p);
	case 4:
		return ps_load32(p);
	}
	for (i = 0; i < n; i++)
		word = word << 8 | p[i];
	return word;
}

static inline void store(uint8_t *p, uint32_t n, uint64_t word)
{
	switch (n) {
	case 1:
		p[0] = word;
		return;
	case 2:
		ps_store16(p, word);
		return;
	case 4:
		ps_store32(p, word);
		return;
	}
	while (n--) {
		p[n] = word;
		word >>= 8;
	}
}

int ps_field_get_bits(struct ps_packet *pkt, uint32_t header, struct ps_bits at, uint64_t *value)
{
	uint32_t n = count_bytes(at);
	const uint8_t *p = ps_packet_read(pkt, header + first_byte(at), n);

	if (!p)
		return PS_FIELD_GONE;
	*value = load(p, n) >> shift_of(at) & mask_of(at);
	return 0;
}

/* Whether one of the checksums around may be of some of a field's bytes only. */
static bool is_summed_in_part(const struct ps_header *header)
{
	for (; header; header = header->outer) {
		if (header->proto->csum.covers.mask)
			return true;
	}
	return false;
}

/* Stores the bits and tells what they change in sums: *diff, and all of it in changes. */
static int put(struct ps_packet *pkt, const struct ps_header *header, struct ps_bits at,
	       uint64_t value, uint32_t *diff, struct ps_changes *changes)
{
	uint32_t n = count_bytes(at), offset = header->range.off + first_byte(at), i, step;
	uint8_t *p = ps_packet_write(pkt, offset, n);
	uint8_t old[WORD_BYTES];
	uint64_t word;

	changes->n = 0;
	if (!p)
		return PS_FIELD_GONE;
	memcpy(old, p, n);
	word = load(p, n) & ~(mask_of(at) << shift_of(at));
	store(p, n, word | value << shift_of(at));
	*diff = ps_csum_diff(offset, old, p, n);
	if (!memcmp(old, p, n))
		return 0;
	step = is_summed_in_part(header->outer) ? 1 : n;
	for (i = 0; i < n; i += step)
		ps_changes_add(changes, offset + i, ps_csum_diff(offset + i, old + i, p + i, step));
	return 0;
}

static int set_checksum(struct ps_packet *pkt, const struct ps_header *header, uint32_t checksum)
{
	struct ps_bits at = { header->proto->csum.at * 8, 16 };
	struct ps_changes changes;
	uint32_t diff;
	int err = put(pkt, header, at, checksum, &diff, &changes);

	if (err)
		return err;
	return ps_csum_follow_outwards(pkt, header->outer, &changes) ? 0 : PS_FIELD_GONE;
}

/* Whether header says that it has no checksum. */
static bool has_none(struct ps_packet *pkt, const struct ps_header *header)
{
	struct ps_bits at = { header->proto->csum.at * 8, 16 };
	uint64_t checksum;

	if (!ps_csum_is_there(pkt, header))
		return true;
	return header->proto->csum.zero_is_none &&
	       (ps_field_get(pkt, header->range.off, at, &checksum) || !checksum);
}

/*
 * The field has changed which bytes checksums are of, so that no difference helps. That of a
 * packet whose bytes are elsewhere stays as it is.
 */
static int recompute(struct ps_packet *pkt, const struct ps_header *header)
{
	struct ps_header next;
	int err = 0;

	if (!has_none(pkt, header))
		err = ps_field_checksum(pkt, header);
	if (!err && ps_proto_next(pkt, header, &next) &&
	    next.proto->csum.kind >= PS_CSUM_MESSAGE && !has_none(pkt, &next))
		err = ps_field_checksum(pkt, &next);
	return err == PS_FIELD_PARTIAL ? 0 : err;
}

/*
 * What follows a header and has a checksum, if the field counts in a pseudo header for it; else
 * next->proto is NULL.
 */
static void next_of_pseudo(struct ps_packet *pkt, const struct ps_header *header,
			   const struct ps_field *field, struct ps_header *next)
{
	if (!(field->flags & PS_PSEUDO) || !ps_proto_next_begun(pkt, header, next) ||
	    next->proto->csum.kind != PS_CSUM_PSEUDO || !ps_csum_is_there(pkt, next) ||
	    (field->flags & PS_ROUTED && ps_proto_route(pkt, header)))
		next->proto = NULL;
}

/*
 * Most fields are a word of 16 bits of the fixed part, are in one, or are two. Stores it, and
 * returns what that changes in sums that start at the header, not folded.
 */
enum {
	CHANGE_NONE = -1,	/* in no sum */
	CHANGE_ELSEWHERE = -2,	/* it is no such field: nothing is stored */
};

static inline int64_t put_word(uint8_t *fixed, struct ps_bits at, uint64_t value)
{
	uint8_t *p = fixed + at.bit / 16 * 2;
	uint32_t rest = 16 - at.bit % 16, old, new = value;

	if (at.width <= rest) {
		old = ps_load16(p);
		rest -= at.width;
		new = (old & ~(((1u << at.width) - 1) << rest)) | new << rest;
		ps_store16(p, new);
		if (ps_unlikely(old == new))
			return CHANGE_NONE;
		return 0xFFFF - old + new;
	}
	if (at.width == 32 && rest == 16) {
		old = ps_load32(p);
		ps_store32(p, new);
		new = ps_field_change32(old, new);
		if (ps_unlikely(new == PS_FIELD_SAME32))
			return CHANGE_NONE;
		return new;
	}
	return CHANGE_ELSEWHERE;
}

/* Makes the checksums writable that changes within header go to, on the way outwards. */
static bool own_outwards(struct ps_packet *pkt, const struct ps_header *header)
{
	for (; header; header = header->outer) {
		if (header->proto->csum.kind >= PS_CSUM_MESSAGE && ps_csum_is_there(pkt, header) &&
		    !ps_packet_write(pkt, ps_csum_at(header), 2))
			return false;
	}
	return true;
}

/* A field of a header that lies in others, at an odd byte, or not whole. */
static ps_noinline int set_anywhere(struct ps_packet *pkt, const struct ps_header *header,
				    const struct ps_field *field, uint64_t value)
{
	uint32_t end = first_byte(field->at) + count_bytes(field->at), off = header->range.off;
	struct ps_changes changes;
	struct ps_header next;
	uint32_t diff;

	/* all or nothing */
	if (end > header->range.len)
		return PS_FIELD_GONE;
	if (ps_csum_is_there(pkt, header) && end < header->proto->csum.at + 2u)
		end = header->proto->csum.at + 2u;
	if (!ps_packet_write(pkt, off, end) ||
	    (field->flags & PS_PSEUDO && !ps_proto_reach_next(pkt, header)))
		return PS_FIELD_GONE;
	next_of_pseudo(pkt, header, field, &next);
	if ((next.proto && !ps_packet_own(pkt, ps_csum_at(&next), 2)) ||
	    put(pkt, header, field->at, value, &diff, &changes))
		return PS_FIELD_GONE;
	if (!changes.n)
		return 0;
	diff = ps_csum_align(diff, off);
	if ((next.proto && !ps_csum_follow_pseudo(pkt, &next, diff, &changes)) ||
	    !ps_csum_follow_outwards(pkt, header, &changes))
		return PS_FIELD_GONE;
	return field->flags & PS_COVERAGE ? recompute(pkt, header) : 0;
}

static ps_noinline int set_own_checksum(struct ps_packet *pkt, const struct ps_header *header,
					uint64_t value)
{
	if (!ps_csum_is_there(pkt, header))
		return PS_FIELD_GONE;
	if (pkt->partial == ps_csum_at(header) && !pkt->ops->own_checksum(pkt))
		return PS_FIELD_SEGMENTS;
	return set_checksum(pkt, header, value);
}

int ps_field_set(struct ps_packet *pkt, const struct ps_header *header,
		 const struct ps_field *field, uint64_t value)
{
	const struct ps_proto *proto = header->proto;
	struct ps_header next ps_uninit;
	uint8_t *fixed;
	int64_t change;

	if (value > mask_of(field->at))
		return PS_FIELD_RANGE;
	if (header->outer && !own_outwards(pkt, header->outer))
		return PS_FIELD_GONE;
	if (ps_unlikely(field->flags & (PS_CHECKSUM | PS_COVERAGE))) {
		if (field->flags & PS_CHECKSUM)
			return set_own_checksum(pkt, header, value);
		if (!ps_packet_own(pkt, 0, pkt->len))
			return PS_FIELD_GONE;	/* recompute() may look at any of it, whatever the field becomes */
	}
	if (!ps_likely(ps_field_is_plain(header, field)))
		return set_anywhere(pkt, header, field, value);

	/* from here on it is all or nothing */
	fixed = ps_packet_own(pkt, header->range.off, proto->header_min);
	if (!fixed)
		return PS_FIELD_GONE;
	next.proto = NULL;
	if (field->flags & PS_PSEUDO &&
	    !ps_field_own_next(pkt, fixed, header, field->flags & PS_ROUTED, &next))
		return PS_FIELD_GONE;
	fixed = pkt->data + header->range.off;
	change = put_word(fixed, field->at, value);
	if (ps_unlikely(change < 0))
		return change == CHANGE_NONE ? 0 : set_anywhere(pkt, header, field, value);
	ps_field_sum(pkt, header, fixed, change);
	ps_field_sum_next(pkt, &next, change);
	return field->flags & PS_COVERAGE ? recompute(pkt, header) : 0;
}

int ps_field_checksum(struct ps_packet *pkt, const struct ps_header *header)
{
	uint32_t checksum;

	if (!ps_csum_compute(pkt, header, &checksum))
		return PS_FIELD_PARTIAL;
	return set_checksum(pkt, header, checksum);
}

/*
 * Addresses.
 */
bool ps_ipv4_parse(const char *text, size_t len, uint64_t *value)
{
	const char *end = text + len;
	unsigned int part;

	*value = 0;
	for (part = 0; part < 4; part++) {
		unsigned int byte = 0, digits = 0;

		if (part && (text == end || *text++ != '.'))
			return false;
		while (text < end && *text >= '0' && *text <= '9' && digits++ < 3)
			byte = byte * 10 + (*text++ - '0');
		if (!digits || byte > 255)
			return false;
		*value = *value << 8 | byte;
	}
	return text == end;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool ps_mac_parse(const char *text, size_t len, uint64_t *value)
{
	unsigned int i;

	if (len != 17)
		return false;
	*value = 0;
	for (i = 0; i < len; i++) {
		int digit = hex_digit(text[i]);

		if (i % 3 == 2) {
			if (text[i] != ':')
				return false;
			continue;
		}
		if (digit < 0)
			return false;
		*value = *value << 4 | digit;
	}
	return true;
}

bool ps_address_parse(uint8_t type, const char *text, size_t len, uint64_t *value)
{
	switch (type) {
	case PS_IPV4:
		return ps_ipv4_parse(text, len, value);
	case PS_MAC:
		return ps_mac_parse(text, len, value);
	}
	return false;
}

size_t ps_ipv4_format(char *text, uint64_t value)
{
	char *p = text;
	int shift;

	for (shift = 24; shift >= 0; shift -= 8) {
		unsigned int byte = value >> shift & 255;

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

size_t ps_mac_format(char *text, uint64_t value)
{
	static const char digits[] = "0123456789ABCDEF";
	char *p = text;
	int shift;

	for (shift = 40; shift >= 0; shift -= 8) {
		*p++ = digits[value >> (shift + 4) & 15];
		*p++ = digits[value >> shift & 15];
		if (shift)
			*p++ = ':';
	}
	return p - text;
}
