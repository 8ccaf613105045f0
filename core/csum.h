/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Internet checksums: RFC 1071, and by difference RFC 1624. A sum is 32 bits wide, of 16-bit
 * words in network byte order. A diff is what to add to a sum when bytes change.
 *
 * Sums of the same bytes differ when they start at even or at odd bytes: by a swap. So diffs
 * are carried as if the packet's offset 0 were the start of all sums (ps_csum_align).
 */
#ifndef PS_CSUM_H
#define PS_CSUM_H

#include "proto.h"

/* Adds length bytes to sum. The first one is the high byte of a word. */
uint32_t ps_csum_add(uint32_t sum, const uint8_t *bytes, uint32_t length);

static inline uint32_t ps_csum_fold(uint32_t sum)
{
	sum = (sum & 0xFFFF) + (sum >> 16);
	return (sum + (sum >> 16)) & 0xFFFF;
}

/* Turns a folded sum that starts at offset into one that starts at 0, and back. */
static inline uint32_t ps_csum_align(uint32_t sum, uint32_t offset)
{
	return offset & 1 ? (sum >> 8 | sum << 8) & 0xFFFF : sum;
}

/* The diff when the bytes at offset change from old to new. Folded. */
static inline uint32_t ps_csum_diff(uint32_t offset, const uint8_t *old, const uint8_t *new,
				    uint32_t length)
{
	uint32_t minus;

	if (length == 4 && !(offset & 1))	/* an address, a sequence number */
		return ps_csum_fold(2 * 0xFFFF - ps_load16(old) - ps_load16(old + 2) +
				    ps_load16(new) + ps_load16(new + 2));
	minus = 0xFFFF - ps_csum_fold(ps_csum_add(0, old, length));
	return ps_csum_align(ps_csum_fold(ps_csum_add(minus, new, length)), offset);
}

/* Where the checksum of header is. */
static inline uint32_t ps_csum_at(const struct ps_header *header)
{
	return header->range.off + header->proto->csum.at;
}

/*
 * Adds diff to the checksum p of a header alone. There always is one, and devices don't complete
 * it: a sender that asks for that gets what it asks for.
 */
static inline void ps_csum_update_header(uint8_t *p, uint32_t diff)
{
	ps_store16(p, 0xFFFF - ps_csum_fold(0xFFFF - ps_load16(p) + diff));
}

/*
 * Adds diff, which begins where the header does, to the checksum p, which is at offset at. Returns
 * what its own bytes have become more, not folded. pseudo: the change is one of the pseudo header.
 */
static inline uint32_t ps_csum_update(const struct ps_packet *pkt, uint8_t *p, uint32_t at,
				      bool zero_is_none, bool pseudo, uint32_t diff)
{
	uint32_t old = ps_load16(p), new;

	if (pkt->partial == at) {
		/* Whoever completes it reads the bytes then. */
		if (!pseudo)
			return 0;
		new = ps_csum_fold(old + diff);
	} else {
		if (zero_is_none && !old)
			return 0;
		new = 0xFFFF - ps_csum_fold(0xFFFF - old + diff);
	}
	if (zero_is_none && !new)
		new = 0xFFFF;
	ps_store16(p, new);
	return 0xFFFF - old + new;
}

/*
 * Adds *diff to the checksum of header, and the change of the checksum's own bytes to *diff.
 * pseudo: the change is one of the pseudo header, at an even offset in it. *diff becomes 0 if
 * the checksum is completed later. False if it can't be written.
 */
bool ps_csum_apply(struct ps_packet *pkt, const struct ps_header *header, bool pseudo,
		   uint32_t *diff);

/* Applies diff to what covers the payload of header, and so on outwards. header may be NULL. */
bool ps_csum_apply_outwards(struct ps_packet *pkt, const struct ps_header *header, uint32_t diff);

/*
 * The checksum of header, computed anew. Returns false if bytes of it are elsewhere or can't be
 * read. If it is completed later (struct ps_packet, partial): what has to stand there.
 */
bool ps_csum_compute(struct ps_packet *pkt, const struct ps_header *header, uint32_t *checksum);

#endif
