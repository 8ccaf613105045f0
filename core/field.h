/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Values of fields: bits, bytes and byte order. Functions return 0 or a negative enum
 * ps_field_error; any context that the packet is in.
 */
#ifndef PS_FIELD_H
#define PS_FIELD_H

#include "proto.h"

enum ps_field_error {
	PS_FIELD_GONE = -1,	/* not within the packet, or no memory to reach it */
	PS_FIELD_RANGE = -2,	/* the value has more bits than the field */
	PS_FIELD_SEGMENTS = -4,	/* segments will be made of the packet, and their checksums */
	PS_FIELD_PARTIAL = -3,	/* some of the bytes that a checksum covers are elsewhere */
};

/* Any bits; the way for those that are not whole bytes. */
int ps_field_get_bits(struct ps_packet *pkt, uint32_t header, struct ps_bits at, uint64_t *value);

/* Reads bits at header + at.bit, 1 to 48 of them. */
static inline int ps_field_get(struct ps_packet *pkt, uint32_t header, struct ps_bits at,
			       uint64_t *value)
{
	const uint8_t *p;

	if (at.bit % 8 || (at.width != 8 && at.width != 16 && at.width != 32))
		return ps_field_get_bits(pkt, header, at, value);
	p = ps_packet_read(pkt, header + at.bit / 8, at.width / 8);
	if (!p)
		return PS_FIELD_GONE;
	*value = at.width == 8 ? p[0] : at.width == 16 ? ps_load16(p) : ps_load32(p);
	return 0;
}

/*
 * Writes a field and keeps right, by difference, the checksums that it counts in: the header's
 * own, that of the transport when the pseudo header has it, those of enclosing protocols.
 * Afterwards the transport's is computed anew if the field says what it covers.
 */
int ps_field_set(struct ps_packet *pkt, const struct ps_header *header,
		 const struct ps_field *field, uint64_t value);

/*
 * Computes the checksum of a header anew and stores it; one that is completed later gets what
 * it needs for that.
 */
int ps_field_checksum(struct ps_packet *pkt, const struct ps_header *header);

/* Fills bytes, and nothing else. */
int ps_field_fill(struct ps_packet *pkt, const struct ps_range *range, uint8_t value);

/*
 * Text of addresses. parse returns false unless the whole of text is one; format returns the
 * length, without a terminator, of at most PS_ADDRESS_SIZE.
 */
#define PS_ADDRESS_SIZE	17
bool ps_ipv4_parse(const char *text, size_t len, uint64_t *value);
bool ps_mac_parse(const char *text, size_t len, uint64_t *value);
size_t ps_ipv4_format(char *text, uint64_t value);
size_t ps_mac_format(char *text, uint64_t value);

#endif
