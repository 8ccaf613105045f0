/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "csum.h"
#include "field.h"

uint32_t ps_csum_add(uint32_t sum, const uint8_t *bytes, uint32_t length)
{
	uint64_t wide = sum;
	uint32_t i;

	for (i = 0; i + 1 < length; i += 2)
		wide += ps_load16(bytes + i);
	if (length & 1)
		wide += (uint32_t)bytes[length - 1] << 8;
	wide = (wide & 0xFFFFFFFF) + (wide >> 32);
	return (wide & 0xFFFFFFFF) + (wide >> 32);
}

static inline uint32_t checksum_at(const struct ps_header *header)
{
	return header->range.off + header->proto->csum.at;
}

bool ps_csum_apply(struct ps_packet *pkt, const struct ps_header *header, bool pseudo,
		   uint32_t *diff)
{
	const struct ps_csum *csum = &header->proto->csum;
	uint32_t at = checksum_at(header);
	bool partial = pkt->partial == at;
	uint32_t old, new, local;
	uint8_t *p, before[2];

	/*
	 * Whoever completes it reads the bytes then, and makes message and checksum together
	 * what they were to checksums further out.
	 */
	if (partial && !pseudo) {
		*diff = 0;
		return true;
	}

	p = ps_packet_write(pkt, at, 2);
	if (!p)
		return false;
	old = ps_load16(p);
	if (csum->zero_is_none && !old && !partial)
		return true;

	local = ps_csum_align(*diff, header->range.off);
	if (partial)
		new = ps_csum_fold(old + local);
	else
		new = 0xFFFF - ps_csum_fold(0xFFFF - old + local);
	if (csum->zero_is_none && !new)
		new = 0xFFFF;
	ps_store16(before, old);
	ps_store16(p, new);
	*diff = partial ? 0 : ps_csum_fold(*diff + ps_csum_diff(at, before, p, 2));
	return true;
}

bool ps_csum_apply_outwards(struct ps_packet *pkt, const struct ps_header *header, uint32_t diff)
{
	bool ok = true;

	for (; header; header = header->outer) {
		if (header->proto->csum.kind >= PS_CSUM_MESSAGE)
			ok &= ps_csum_apply(pkt, header, false, &diff);
	}
	return ok;
}

/* The pseudo header that network makes for length bytes: RFC 768, 9293 3.1, 8200 8.1. */
static bool add_pseudo(struct ps_packet *pkt, const struct ps_header *network, uint32_t length,
		       uint32_t *sum)
{
	const struct ps_proto *proto = network->proto;
	uint64_t next;
	unsigned int i;

	for (i = 0; i < proto->nfields; i++) {
		const struct ps_field *field = &proto->fields[i];
		uint32_t bytes = field->at.width / 8;
		const uint8_t *p;

		if (!(field->flags & PS_PSEUDO))
			continue;
		p = ps_packet_read(pkt, network->range.off + field->at.bit / 8, bytes);
		if (!p)
			return false;
		*sum = ps_csum_add(*sum, p, bytes);
	}
	if (ps_field_get(pkt, network->range.off, proto->next_by, &next))
		return false;
	*sum = ps_csum_fold(*sum) + next + ps_csum_fold(length);
	return true;
}

/* The bytes that the checksum of header is of. */
static bool covered(struct ps_packet *pkt, const struct ps_header *header, struct ps_range *range)
{
	struct ps_range payload;

	range->off = header->range.off;
	if (header->proto->csum.kind == PS_CSUM_HEADER)
		return ps_proto_header_len(pkt, header, &range->len);
	if (ps_proto_is_partial(pkt, header) || !ps_proto_payload(pkt, header, &payload))
		return false;
	range->len = payload.off + payload.len - range->off;
	return true;
}

bool ps_csum_compute(struct ps_packet *pkt, const struct ps_header *header, uint32_t *checksum)
{
	const struct ps_csum *csum = &header->proto->csum;
	const struct ps_header *network = header->outer;
	uint32_t at = checksum_at(header), sum = 0;
	struct ps_range range;
	const uint8_t *p;

	if (!covered(pkt, header, &range))
		return false;
	if (csum->kind != PS_CSUM_HEADER && network && ps_proto_is_partial(pkt, network))
		return false;
	if (csum->kind == PS_CSUM_PSEUDO &&
	    (!network || !network->proto->next_by.width ||
	     !add_pseudo(pkt, network, range.len, &sum)))
		return false;
	if (pkt->partial == at) {
		*checksum = ps_csum_fold(sum);
		return true;
	}

	p = ps_packet_read(pkt, range.off, range.len);
	if (!p || range.len < csum->at + 2u)
		return false;
	sum = ps_csum_add(sum, p, csum->at);
	sum = ps_csum_add(sum, p + csum->at + 2, range.len - csum->at - 2);
	*checksum = 0xFFFF - ps_csum_fold(sum);
	if (csum->zero_is_none && !*checksum)
		*checksum = 0xFFFF;
	return true;
}
