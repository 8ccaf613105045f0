/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Values of fields: bits, bytes and byte order. Functions return 0 or a negative enum
 * ps_field_error; any context that the packet is in.
 */
#ifndef PS_FIELD_H
#define PS_FIELD_H

#include "csum.h"
#include "proto.h"

enum ps_field_error {
	PS_FIELD_GONE = -1,	/* not within the packet, or no memory to reach it */
	PS_FIELD_RANGE = -2,	/* the value has more bits than the field */
	PS_FIELD_PARTIAL = -3,	/* some of the bytes that a checksum covers are elsewhere */
	PS_FIELD_SEGMENTS = -4,	/* segments will be made of the packet, and their checksums */
	PS_FIELD_SHAPE = -5,	/* bytes that say how long things are can't be written as bytes */
	PS_FIELD_LATER = -6,	/* a checksum that is completed later, or of unknown bytes */
	PS_FIELD_LONG = -7,	/* the packet would be longer than a packet can be, or than there is room for */
};

/* The general way: bits that lie anyhow, or at the packet's end. */
int ps_field_get_bits(struct ps_packet *pkt, uint32_t header, struct ps_bits at, uint64_t *value);

/* Reads bits at header + at.bit, 1 to 48 of them. */
static inline int ps_field_get(struct ps_packet *pkt, uint32_t header, struct ps_bits at,
			       uint64_t *value)
{
	uint32_t word = header + at.bit / 16 * 2, rest = 16 - at.bit % 16;
	const uint8_t *p;

	if (at.width <= rest) {		/* most lie within a word of 16 bits */
		p = ps_packet_read(pkt, word, 2);
		if (p) {
			*value = ps_load16(p) >> (rest - at.width) & ((1u << at.width) - 1);
			return 0;
		}
	} else if (at.width == 32 && rest == 16) {
		p = ps_packet_read(pkt, word, 4);
		if (p) {
			*value = ps_load32(p);
			return 0;
		}
	}
	return ps_field_get_bits(pkt, header, at, value);
}

static inline struct ps_value ps_load128(const uint8_t *p)
{
	return (struct ps_value){ ps_load64(p), ps_load64(p + 8) };
}

static inline void ps_store128(uint8_t *p, struct ps_value value)
{
	ps_store64(p, value.high);
	ps_store64(p + 8, value.low);
}

/* What storing a value changes in sums that start at the header, not folded; or one of these. */
enum {
	PS_CHANGE_NONE = -1,	/* in no sum */
	PS_CHANGE_ELSEWHERE = -2,	/* the field does not lie so simply: nothing is stored */
};

static inline uint64_t ps_field_sum128(struct ps_value v)
{
	return (v.high >> 32) + (v.high & 0xFFFFFFFF) + (v.low >> 32) + (v.low & 0xFFFFFFFF);
}

/* Stores 128 bits at an even byte. */
static inline int64_t ps_field_put128(uint8_t *p, struct ps_value value)
{
	struct ps_value old = ps_load128(p);
	uint64_t sum;

	if (ps_value_is(old, value))
		return PS_CHANGE_NONE;
	ps_store128(p, value);
	sum = ps_field_sum128((struct ps_value){ ~old.high, ~old.low }) + ps_field_sum128(value);
	sum = (sum & 0xFFFFFFFF) + (sum >> 32);
	return (sum & 0xFFFF) + (sum >> 16);
}

/* The change when a value of 32 bits is. */
static inline uint32_t ps_field_change32(uint32_t old, uint32_t new)
{
	old = ~old;
	return (old >> 16) + (old & 0xFFFF) + (new >> 16) + (new & 0xFFFF);
}

/* That of words which are the same as before, or of the same sum: no checksum can tell them apart. */
#define PS_FIELD_SAME32	(2 * 0xFFFF)

/* True if no checksum further out covers it: the header lies in none, or in one that sums but itself. */
static inline bool ps_field_is_alone(const struct ps_header *header)
{
	const struct ps_header *outer = header->outer;

	return !outer || (outer->proto->csum.kind <= PS_CSUM_HEADER && !outer->outer);
}

/*
 * True if sums need no care for where the field is: in the fixed part of a header that begins at an
 * even offset, is whole, and that no other checksum covers.
 */
static inline bool ps_field_is_plain(const struct ps_header *header, const struct ps_field *field)
{
	const struct ps_proto *proto = header->proto;

	return ps_field_is_alone(header) && !(header->range.off & 1) &&
	       !(proto->csum.present.mask | proto->csum.covers.mask) &&
	       header->range.len >= proto->header_min &&
	       field->at.bit + field->at.width <= proto->header_min * 8;
}

/*
 * Writes a field and keeps right, by difference, the checksums that it counts in: the header's
 * own, that of the transport when the pseudo header has it, those of enclosing protocols.
 * Afterwards the transport's is computed anew if the field says what it covers.
 */
int ps_field_set(struct ps_packet *pkt, const struct ps_header *header,
		 const struct ps_field *field, uint64_t value);

/* The same two for any field whose value is a number, of up to 128 bits. */
int ps_field_get_value(struct ps_packet *pkt, uint32_t header, const struct ps_field *field,
		       struct ps_value *value);
int ps_field_set_value(struct ps_packet *pkt, const struct ps_header *header,
		       const struct ps_field *field, struct ps_value value);

/*
 * What follows a header, whose fixed part this is, and has a checksum with a pseudo header: *next,
 * whose fixed part is writable then. If there is nothing of the kind, next->proto is NULL: neither
 * is there while a source route goes on, if it is about the destination (routed). Returns
 * false if there is no memory. The packet has all of header->range.
 */
static ps_inline bool ps_field_own_next(struct ps_packet *pkt, const uint8_t *fixed,
					const struct ps_header *header, bool routed,
					struct ps_header *next)
{
	const struct ps_proto *proto = ps_proto_select(pkt, fixed, header);
	uint8_t *p;

	next->proto = NULL;
	if (!proto || proto->csum.kind != PS_CSUM_PSEUDO ||
	    !ps_proto_payload_of(pkt, fixed, header, &next->range) ||
	    next->range.len < proto->header_min)
		return true;
	p = ps_packet_own(pkt, next->range.off, proto->header_min);
	if (!p)
		return false;
	if (ps_unlikely(next->range.off - header->range.off > header->proto->header_min) && routed &&
	    ps_proto_route(pkt, header))
		return true;
	if (!proto->header_len.mask ||
	    ps_proto_word(p, proto->header_len) * 4 <= next->range.len)
		next->proto = proto;
	return true;
}

/*
 * For fields of a header that begins at an even offset and lies in none with a checksum
 * (header->outer): adds change to the checksum of the header, of which fixed is the fixed part.
 * change: what sums that start at the header have become more, not folded.
 */
static inline void ps_field_sum(struct ps_packet *pkt, const struct ps_header *header,
				uint8_t *fixed, uint32_t change)
{
	const struct ps_csum *csum = &header->proto->csum;

	if (csum->kind == PS_CSUM_HEADER)
		ps_csum_update_header(fixed + csum->at, change);
	else if (csum->kind > PS_CSUM_HEADER)
		ps_csum_update(pkt, header, false, change);
}

/* The same to that of what ps_field_own_next() has found. */
static inline void ps_field_sum_next(struct ps_packet *pkt, const struct ps_header *next,
				     uint32_t change)
{
	if (next->proto)
		ps_csum_update(pkt, next, true, change);
}

/*
 * Computes the checksum of a header anew and stores it; one that is completed later gets what
 * it needs for that.
 */
int ps_field_checksum(struct ps_packet *pkt, const struct ps_header *header);

#endif
