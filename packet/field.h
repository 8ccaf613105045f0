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
	PS_FIELD_TRACKED = -8,	/* its connection is tracked, and nobody has made room for how sequence numbers change */
	PS_FIELD_SENT = -9,	/* what was sent before, with another length, may have to be sent again */
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

/* True if no checksum further out covers it: the header lies in none, or in one that sums but itself. */
static inline bool ps_field_is_alone(const struct ps_header *header)
{
	const struct ps_header *outer = header->outer;

	return !outer || (outer->proto->csum.kind <= PS_CSUM_HEADER && !outer->outer);
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

/*
 * Computes the checksum of a header anew and stores it; one that is completed later gets what
 * it needs for that.
 */
int ps_field_checksum(struct ps_packet *pkt, const struct ps_header *header);

#endif
