/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "csum.h"
#include "field.h"

#include <string.h>

#define LONG	64	/* bytes from which on words of 64 bits pay */

/*
 * The sum of so many bytes, a multiple of 8, folded. Words are added as memory has them, since that is the same sum with its bytes
 * swapped, if they are: what one byte carries comes to the other.
 */
static uint32_t add_long(const uint8_t *bytes, uint32_t length)
{
	uint64_t wide = 0, word;
	uint32_t i, sum;

	for (i = 0; i < length; i += 8) {
		word = ps_load64_raw(bytes + i);
		wide += word;
		wide += wide < word;
	}
	wide = (wide & 0xFFFFFFFF) + (wide >> 32);
	sum = ps_csum_fold((wide & 0xFFFFFFFF) + (wide >> 32));
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	sum = __builtin_bswap16(sum);
#endif
	return sum;
}

uint32_t ps_csum_add(uint32_t sum, const uint8_t *bytes, uint32_t length)
{
	uint64_t wide = sum;
	uint32_t i = 0;

	if (ps_unlikely(length >= LONG)) {
		i = length & ~7u;
		wide += add_long(bytes, i);
	}
	for (; i + 1 < length; i += 2)
		wide += ps_load16(bytes + i);
	if (length & 1)
		wide += (uint32_t)bytes[length - 1] << 8;
	wide = (wide & 0xFFFFFFFF) + (wide >> 32);
	return (wide & 0xFFFFFFFF) + (wide >> 32);
}

/* What four bits do to the checksum: the polynomial 0x1EDC6F41, bits reflected. */
static const uint32_t crc32c_steps[] = {
	0x00000000, 0x105EC76F, 0x20BD8EDE, 0x30E349B1, 0x417B1DBC, 0x5125DAD3, 0x61C69362, 0x7198540D,
	0x82F63B78, 0x92A8FC17, 0xA24BB5A6, 0xB21572C9, 0xC38D26C4, 0xD3D3E1AB, 0xE330A81A, 0xF36E6F75,
};

uint32_t ps_crc32c_add(uint32_t crc, const uint8_t *bytes, uint32_t length)
{
	const uint8_t *end = bytes + length;

	for (; bytes < end; bytes++) {
		crc ^= *bytes;
		crc = crc >> 4 ^ crc32c_steps[crc & 15];
		crc = crc >> 4 ^ crc32c_steps[crc & 15];
	}
	return crc;
}

bool ps_csum_is_there(struct ps_packet *pkt, const struct ps_header *header)
{
	const struct ps_csum *csum = &header->proto->csum;
	const uint8_t *fixed;

	if (csum->kind < PS_CSUM_HEADER || header->range.len < csum->at + ps_csum_width(csum))
		return false;
	if (!csum->present.mask)
		return true;
	fixed = ps_proto_read(pkt, header);
	return fixed && ps_proto_has(fixed, csum->present);
}

/* How many bytes of the message at header its checksum is of, by what the fixed part says. */
static uint32_t covered_len(struct ps_packet *pkt, const uint8_t *fixed,
			    const struct ps_header *header)
{
	const struct ps_proto *proto = header->proto;
	uint32_t len = header->range.len, told = ps_proto_told(fixed, proto);
	uint32_t told_covered = ps_proto_word(fixed, proto->csum.covers);

	if (proto->csum.kind == PS_CSUM_HEADER)
		return ps_proto_head(pkt, fixed, header);
	if (told && told < len)
		len = told;
	if (!told_covered)
		return len;
	if (!proto->csum.covers_payload)
		return told_covered;
	return ps_proto_head(pkt, fixed, header) + (told_covered - 1) * 4;
}

uint32_t ps_csum_end(struct ps_packet *pkt, const struct ps_header *header)
{
	const struct ps_range *range = &header->range;
	const uint8_t *fixed;
	uint32_t len;

	if (header->proto->csum.kind < PS_CSUM_HEADER)
		return range->off;
	if (range->len < header->proto->header_min)
		return range->off + range->len;
	fixed = ps_proto_read(pkt, header);
	len = fixed ? covered_len(pkt, fixed, header) : range->len;
	if (len < header->proto->header_min)
		len = header->proto->header_min;
	return range->off + (len < range->len ? len : range->len);
}

bool ps_csum_own(struct ps_packet *pkt, const struct ps_header *header)
{
	const struct ps_csum *csum = &header->proto->csum;
	uint32_t off = header->range.off;

	if (csum->kind < PS_CSUM_MESSAGE || !ps_csum_is_there(pkt, header))
		return true;
	if (csum->kind == PS_CSUM_CRC32C && !ps_packet_read(pkt, off, ps_csum_end(pkt, header) - off))
		return false;
	return ps_packet_write(pkt, ps_csum_at(header), ps_csum_width(csum));
}

/* Whether the bytes from off to end are there and 0. */
static bool are_zero(struct ps_packet *pkt, uint32_t off, uint32_t end)
{
	const uint8_t *p = pkt->data;

	for (; off < end; off++) {
		if (off >= pkt->readable) {
			if (!pkt->ops->pull(pkt, end))
				return true;	/* as far as anybody can say */
			p = pkt->data;
		}
		if (p[off])
			return false;
	}
	return true;
}

uint32_t ps_csum_of_zero(struct ps_packet *pkt, const struct ps_header *header)
{
	const struct ps_csum *csum = &header->proto->csum;
	uint32_t at = ps_csum_at(header);

	if (csum->zero_is_none)
		return 0xFFFF;
	if (csum->kind != PS_CSUM_MESSAGE)
		return 0;	/* headers of IP and of pseudo headers are never all 0 */
	return are_zero(pkt, header->range.off, at) &&
	       are_zero(pkt, at + 2, ps_csum_end(pkt, header)) ? 0xFFFF : 0;
}

/*
 * Computes a checksum anew that no difference can be added to, and adds to changes what it changes itself. One that is completed
 * later, or of bytes that are elsewhere, stays as it is. False: it can't be written.
 */
static ps_noinline bool renew(struct ps_packet *pkt, const struct ps_header *header, struct ps_changes *changes)
{
	uint32_t at = ps_csum_at(header), checksum, i;
	uint8_t new[4], *p;

	if (pkt->partial == at || !ps_csum_compute(pkt, header, &checksum))
		return true;
	p = ps_packet_write(pkt, at, sizeof(new));
	if (!p)
		return false;
	ps_store32(new, checksum);
	for (i = 0; i < sizeof(new); i++)
		ps_changes_add(changes, at + i, ps_csum_diff(at + i, p + i, new + i, 1));
	memcpy(p, new, sizeof(new));
	return true;
}

/* Adds diff to the Internet checksum of header, which is there, and what that changes to changes. */
static bool update(struct ps_packet *pkt, const struct ps_header *header, bool pseudo,
		   uint32_t diff, struct ps_changes *changes)
{
	uint32_t at = ps_csum_at(header), own, i;
	uint8_t *p = ps_packet_write(pkt, at, 2), old[2];

	if (!p)
		return false;
	memcpy(old, p, 2);
	if (header->proto->csum.kind == PS_CSUM_HEADER) {
		ps_csum_update_header(p, diff);
	} else {
		own = ps_csum_update(pkt, header, pseudo, diff);
		if (pkt->partial == at) {
			ps_changes_add(changes, at, ps_csum_align(ps_csum_fold(own), at));
			return true;
		}
	}
	p = pkt->data + at;
	for (i = 0; i < 2; i++)		/* others may be of one of them only */
		ps_changes_add(changes, at + i, ps_csum_diff(at + i, old + i, p + i, 1));
	return true;
}

bool ps_csum_follow(struct ps_packet *pkt, const struct ps_header *header,
		    struct ps_changes *changes)
{
	uint32_t diff = 0, end;
	bool any = false;
	unsigned int i;

	if (!ps_csum_is_there(pkt, header))
		return true;
	end = ps_csum_end(pkt, header);
	for (i = 0; i < changes->n; i++) {
		const struct ps_change *change = &changes->list[i];

		if (change->off < header->range.off || change->off >= end ||
		    change->off - ps_csum_at(header) < ps_csum_width(&header->proto->csum))	/* its own bytes don't count */
			continue;
		any = true;
		diff = ps_csum_fold(diff + change->diff);
	}
	if (any && header->proto->csum.kind == PS_CSUM_CRC32C)
		return renew(pkt, header, changes);
	return !any ||
	       update(pkt, header, false, ps_csum_align(diff, header->range.off), changes);
}

bool ps_csum_follow_pseudo(struct ps_packet *pkt, const struct ps_header *header, uint32_t diff,
			   struct ps_changes *changes)
{
	return !ps_csum_is_there(pkt, header) || update(pkt, header, true, diff, changes);
}

bool ps_csum_follow_outwards(struct ps_packet *pkt, const struct ps_header *header,
			     struct ps_changes *changes)
{
	for (; header; header = header->outer) {
		if (!ps_csum_follow(pkt, header, changes))
			return false;
	}
	return true;
}

/* RFC 768, 9293 3.1, 8200 8.1: addresses, the last of them where a source route ends. */
bool ps_csum_add_addresses(struct ps_packet *pkt, const struct ps_header *network, uint32_t *sum)
{
	const struct ps_proto *proto = network->proto;
	uint32_t route = ps_proto_route(pkt, network);
	unsigned int i;

	for (i = 0; i < proto->nfields; i++) {
		const struct ps_field *field = &proto->fields[i];
		uint32_t at = field->at.bit / 8, bytes = field->at.width / 8;
		const uint8_t *p;

		if (!(field->flags & PS_PSEUDO))
			continue;
		if (route && field->flags & PS_ROUTED)
			at = route;
		p = ps_packet_read(pkt, network->range.off + at, bytes);
		if (!p)
			return false;
		*sum = ps_csum_add(*sum, p, bytes);
	}
	return true;
}

static bool makes_pseudo(const struct ps_header *network)
{
	const struct ps_proto *proto = network ? network->proto : &ps_proto_raw;
	unsigned int i;

	for (i = 0; i < proto->nfields; i++) {
		if (proto->fields[i].flags & PS_PSEUDO)
			return true;
	}
	return false;
}

/* What network, or the last of what is between it and the transport, says that this is. */
static bool find_number(struct ps_packet *pkt, const struct ps_header *network, uint32_t *number)
{
	struct ps_header h = *network, inner;
	unsigned int n;

	for (n = 0; n <= PS_INNER_MAX; n++) {
		if (!ps_proto_next_value(pkt, &h, number))
			return false;
		if (!ps_proto_next_begun(pkt, &h, &inner) || !inner.proto->is_between)
			break;
		h = inner;
		h.outer = network;
	}
	return true;
}

/* The pseudo header that network makes for a message of length bytes. */
static bool add_pseudo(struct ps_packet *pkt, const struct ps_header *network, uint32_t length,
		       uint32_t *sum)
{
	uint32_t next;

	if (!ps_csum_add_addresses(pkt, network, sum) || !find_number(pkt, network, &next))
		return false;
	*sum = ps_csum_fold(*sum) + next + ps_csum_fold(length);
	return true;
}

/* How long the message at header is, and how much of it the checksum is of. False: not all there. */
static bool covered(struct ps_packet *pkt, const struct ps_header *header, uint32_t *length,
		    uint32_t *len)
{
	const struct ps_proto *proto = header->proto;
	struct ps_range payload;
	const uint8_t *fixed;

	if (proto->csum.kind == PS_CSUM_HEADER)
		return ps_proto_header_len(pkt, header, len);
	if (ps_proto_is_partial(pkt, header) || !ps_proto_payload(pkt, header, &payload))
		return false;
	fixed = ps_proto_read(pkt, header);
	if (!fixed)
		return false;
	*length = payload.off + payload.len - header->range.off;
	*len = covered_len(pkt, fixed, header);
	return *len >= proto->header_min && *len <= *length;
}

/* Of len bytes from the header on. */
static bool compute_crc32c(struct ps_packet *pkt, const struct ps_header *header, uint32_t len, uint32_t *checksum)
{
	static const uint8_t zeros[4];
	uint32_t at = header->proto->csum.at, behind = at + sizeof(zeros), crc;
	const uint8_t *p = ps_packet_read(pkt, header->range.off, len);

	if (!p || len < behind)
		return false;
	if (pkt->partial == ps_csum_at(header)) {	/* whoever completes it does not look at what stands there */
		*checksum = ps_load32(p + at);
		return true;
	}
	crc = ps_crc32c_add(0xFFFFFFFF, p, at);
	crc = ps_crc32c_add(crc, zeros, sizeof(zeros));
	*checksum = __builtin_bswap32(~ps_crc32c_add(crc, p + behind, len - behind));
	return true;
}

bool ps_csum_compute(struct ps_packet *pkt, const struct ps_header *header, uint32_t *checksum)
{
	const struct ps_csum *csum = &header->proto->csum;
	const struct ps_header *network = ps_csum_network(header);
	uint32_t at = ps_csum_at(header), sum = 0, length = 0, len;
	const uint8_t *p;

	if (!ps_csum_is_there(pkt, header) || !covered(pkt, header, &length, &len))
		return false;
	if (csum->kind != PS_CSUM_HEADER && network && ps_proto_is_partial(pkt, network))
		return false;
	if (csum->kind == PS_CSUM_PSEUDO &&
	    (!makes_pseudo(network) || !add_pseudo(pkt, network, length, &sum)))
		return false;
	if (csum->kind == PS_CSUM_CRC32C)
		return compute_crc32c(pkt, header, len, checksum);
	if (pkt->partial == at && csum->kind != PS_CSUM_HEADER) {	/* see ps_csum_update_header() */
		*checksum = ps_csum_fold(sum);
		return true;
	}

	p = ps_packet_read(pkt, header->range.off, len);
	if (!p || len < csum->at + 2u)
		return false;
	sum = ps_csum_add(sum, p, csum->at);
	sum = ps_csum_add(sum, p + csum->at + 2, len - csum->at - 2);
	*checksum = 0xFFFF - ps_csum_fold(sum);
	if (csum->zero_is_none && !*checksum)
		*checksum = 0xFFFF;
	return true;
}
