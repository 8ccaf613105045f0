/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "csum.h"
#include "field.h"

#include <string.h>

/* A field of at most 48 bits lies within 7 bytes; a 64-bit word holds them. */
#define WORD_BYTES	8

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

/* Stores bits that lie anyhow, and tells what they change in sums. */
static int put_bits(struct ps_packet *pkt, uint32_t header, struct ps_bits at, uint64_t value,
		    uint32_t *diff)
{
	uint32_t n = count_bytes(at), offset = header + first_byte(at);
	uint8_t *p = ps_packet_write(pkt, offset, n);
	uint8_t old[WORD_BYTES];
	uint64_t word;

	if (!p)
		return PS_FIELD_GONE;
	memcpy(old, p, n);
	word = load(p, n) & ~(mask_of(at) << shift_of(at));
	store(p, n, word | value << shift_of(at));
	*diff = ps_csum_diff(offset, old, p, n);
	return 0;
}

/* The same; most lie within a word of 16 bits, or are two of them. */
static inline int put(struct ps_packet *pkt, uint32_t header, struct ps_bits at, uint64_t value,
		      uint32_t *diff)
{
	uint32_t word = header + at.bit / 16 * 2, rest = 16 - at.bit % 16, old, new;
	uint8_t *p;

	if (at.width <= rest) {
		p = ps_packet_write(pkt, word, 2);
		if (!p)
			return put_bits(pkt, header, at, value, diff);
		old = ps_load16(p);
		new = (old & ~(mask_of(at) << (rest - at.width))) | value << (rest - at.width);
		ps_store16(p, new);
		*diff = ps_csum_align(ps_csum_fold(0xFFFF - old + new), word);
		return 0;
	}
	if (at.width == 32 && rest == 16) {
		p = ps_packet_write(pkt, word, 4);
		if (!p)
			return PS_FIELD_GONE;
		old = ps_load32(p);
		new = value;
		ps_store32(p, new);
		*diff = ps_csum_align(ps_csum_fold((~old >> 16) + (~old & 0xFFFF) +
						   (new >> 16) + (new & 0xFFFF)), word);
		return 0;
	}
	return put_bits(pkt, header, at, value, diff);
}

static int set_checksum(struct ps_packet *pkt, const struct ps_header *header, uint32_t checksum)
{
	struct ps_bits at = { header->proto->csum.at * 8, 16 };
	uint32_t diff;
	int err = put(pkt, header->range.off, at, checksum, &diff);

	if (err)
		return err;
	return ps_csum_apply_outwards(pkt, header->outer, diff) ? 0 : PS_FIELD_GONE;
}

/* Whether header says that it has no checksum. */
static bool has_none(struct ps_packet *pkt, const struct ps_header *header)
{
	struct ps_bits at = { header->proto->csum.at * 8, 16 };
	uint64_t checksum;

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

	if (header->proto->csum.kind && !has_none(pkt, header))
		err = ps_field_checksum(pkt, header);
	if (!err && ps_proto_next(pkt, header, &next) &&
	    next.proto->csum.kind >= PS_CSUM_MESSAGE && !has_none(pkt, &next))
		err = ps_field_checksum(pkt, &next);
	return err == PS_FIELD_PARTIAL ? 0 : err;
}

int ps_field_set(struct ps_packet *pkt, const struct ps_header *header,
		 const struct ps_field *field, uint64_t value)
{
	struct ps_header next;
	uint32_t diff, of_bits;
	bool ok = true;
	int err;

	if (value > mask_of(field->at))
		return PS_FIELD_RANGE;
	if (field->flags & PS_CHECKSUM) {
		if (pkt->partial == header->range.off + header->proto->csum.at &&
		    !pkt->ops->own_checksum(pkt))
			return PS_FIELD_SEGMENTS;
		return set_checksum(pkt, header, value);
	}

	err = put(pkt, header->range.off, field->at, value, &diff);
	if (err)
		return err;
	of_bits = diff;
	if (header->proto->csum.kind)
		ok &= ps_csum_apply(pkt, header, false, &diff);
	if (field->flags & PS_PSEUDO && ps_proto_next(pkt, header, &next) &&
	    next.proto->csum.kind == PS_CSUM_PSEUDO) {
		uint32_t change = ps_csum_align(of_bits, header->range.off);
		uint32_t pseudo = ps_csum_align(change, next.range.off);

		ok &= ps_csum_apply(pkt, &next, true, &pseudo);
		diff = ps_csum_fold(diff + pseudo + 0xFFFF - ps_csum_align(change, next.range.off));
	}
	if (header->outer)
		ok &= ps_csum_apply_outwards(pkt, header->outer, diff);
	if (!ok)
		return PS_FIELD_GONE;
	return field->flags & PS_COVERAGE ? recompute(pkt, header) : 0;
}

int ps_field_checksum(struct ps_packet *pkt, const struct ps_header *header)
{
	uint32_t checksum;

	if (!ps_csum_compute(pkt, header, &checksum))
		return PS_FIELD_PARTIAL;
	return set_checksum(pkt, header, checksum);
}

int ps_field_fill(struct ps_packet *pkt, const struct ps_range *range, uint8_t value)
{
	uint8_t *p = ps_packet_write(pkt, range->off, range->len);

	if (!p)
		return PS_FIELD_GONE;
	memset(p, value, range->len);
	return 0;
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
