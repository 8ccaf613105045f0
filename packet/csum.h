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
	return (sum + (sum << 16 | sum >> 16)) >> 16;	/* the lower half's carry comes to the upper one */
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

/* The diff when a sum changes. */
static inline uint32_t ps_csum_change(uint32_t before, uint32_t after)
{
	return ps_csum_fold(0xFFFF - ps_csum_fold(before) + ps_csum_fold(after));
}

/* The CRC32c of bytes that come behind others, of which it is crc, or 0xFFFFFFFF; the whole is inverted in the end. */
uint32_t ps_crc32c_add(uint32_t crc, const uint8_t *bytes, uint32_t length);

/* How many bytes it has. */
static inline uint32_t ps_csum_width(const struct ps_csum *csum)
{
	return csum->kind == PS_CSUM_CRC32C ? 4 : 2;
}

/* The network layer whose pseudo header the transport counts, or NULL. */
static inline const struct ps_header *ps_csum_network(const struct ps_header *transport)
{
	const struct ps_header *h = transport->outer;

	while (h && ps_unlikely(h->proto->is_between))
		h = h->outer;
	return h;
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
 * What the checksum of header has to be when the sum of what it covers, as written now, is 0: a
 * sum of words is +0 if all of them are 0, else -0. May move pkt->data.
 */
uint32_t ps_csum_of_zero(struct ps_packet *pkt, const struct ps_header *header);

/*
 * Adds diff, which begins where the header does, to the header's checksum, which covers more than
 * the header, is there and is writable. pseudo: the change is one of the pseudo header. Returns
 * what the checksum's own bytes have become more, not folded: once it is completed, if that is
 * done later.
 */
static inline uint32_t ps_csum_update(struct ps_packet *pkt, const struct ps_header *header,
				      bool pseudo, uint32_t diff)
{
	const struct ps_csum *csum = &header->proto->csum;
	uint32_t at = ps_csum_at(header), old, new;
	uint8_t *p = pkt->data + at;

	old = ps_load16(p);
	if (pkt->partial == at) {
		/* Whoever completes it reads the bytes then. */
		if (pseudo)
			ps_store16(p, ps_csum_fold(old + diff));
		return 0xFFFF - ps_csum_fold(diff);
	}
	if (csum->zero_is_none && !old)
		return 0;
	new = 0xFFFF - ps_csum_fold(0xFFFF - old + diff);
	if (ps_unlikely(!new)) {
		new = ps_csum_of_zero(pkt, header);
		p = pkt->data + at;
	}
	ps_store16(p, new);
	return 0xFFFF - old + new;
}

/*
 * Bytes that have changed, all of them covered by a checksum or none: where they begin, and what
 * that adds to sums, as if they began at the packet's offset 0. Folded.
 */
struct ps_change {
	uint32_t off;
	uint32_t diff;
};

/*
 * The bytes that were written, and the checksums that have changed with them; or, of a packet that is resized, the bytes, and
 * of up to 10 headers around a length, and a checksum that follows twice.
 */
struct ps_changes {
	struct ps_change list[PS_FIELD_BYTES + 4 * (PS_NESTED_MAX + PS_INNER_MAX + 2)];
	unsigned int n;
};

static inline void ps_changes_add(struct ps_changes *changes, uint32_t off, uint32_t diff)
{
	changes->list[changes->n].off = off;
	changes->list[changes->n++].diff = diff;
}

/* True if header has its checksum, by what it says, within the packet. */
bool ps_csum_is_there(struct ps_packet *pkt, const struct ps_header *header);

/*
 * Makes the checksum of header writable, if it is there and of more than the header, and readable what has to be read to bring it
 * up to date. False: no memory.
 */
bool ps_csum_own(struct ps_packet *pkt, const struct ps_header *header);

/* Where the bytes end that the checksum of header is of: where it begins, if there are none. */
uint32_t ps_csum_end(struct ps_packet *pkt, const struct ps_header *header);

/*
 * Applies to the checksum of header those changes that it covers, and adds its own change to them.
 * False if it can't be written.
 */
bool ps_csum_follow(struct ps_packet *pkt, const struct ps_header *header,
		    struct ps_changes *changes);

/* The same for a change in the pseudo header: diff, at an even offset in that. */
bool ps_csum_follow_pseudo(struct ps_packet *pkt, const struct ps_header *header, uint32_t diff,
			   struct ps_changes *changes);

/* ps_csum_follow() for header and all that it lies in. header may be NULL. */
bool ps_csum_follow_outwards(struct ps_packet *pkt, const struct ps_header *header,
			     struct ps_changes *changes);

/* The addresses in the pseudo header that network makes, added to *sum. False: they can't be read. */
bool ps_csum_add_addresses(struct ps_packet *pkt, const struct ps_header *network, uint32_t *sum);

/*
 * The checksum of header, computed anew. Returns false if bytes of it are elsewhere or can't be
 * read. If it is completed later (struct ps_packet, partial): what has to stand there.
 */
bool ps_csum_compute(struct ps_packet *pkt, const struct ps_header *header, uint32_t *checksum);

#endif
