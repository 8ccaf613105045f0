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

bool ps_csum_apply(struct ps_packet *pkt, const struct ps_header *header, bool pseudo,
		   uint32_t *diff)
{
	uint32_t at = ps_csum_at(header), own;
	uint8_t *p = ps_packet_write(pkt, at, 2);

	if (!p)
		return false;
	own = ps_csum_update(pkt, p, at, header->proto->csum.zero_is_none, pseudo,
			     ps_csum_align(*diff, header->range.off));
	/* one that is completed later makes the message what it was to checksums further out */
	*diff = pkt->partial == at ? 0 :
		ps_csum_fold(*diff + ps_csum_align(ps_csum_fold(own), at));
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
	const uint8_t *fixed;
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
	fixed = ps_proto_read(pkt, network);
	if (!fixed)
		return false;
	*sum = ps_csum_fold(*sum) + ps_proto_word(fixed, proto->next_by) + ps_csum_fold(length);
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
	uint32_t at = ps_csum_at(header), sum = 0;
	struct ps_range range;
	const uint8_t *p;

	if (!covered(pkt, header, &range))
		return false;
	if (csum->kind != PS_CSUM_HEADER && network && ps_proto_is_partial(pkt, network))
		return false;
	if (csum->kind == PS_CSUM_PSEUDO &&
	    (!network || !network->proto->next_by.mask ||
	     !add_pseudo(pkt, network, range.len, &sum)))
		return false;
	if (pkt->partial == at && csum->kind != PS_CSUM_HEADER) {	/* see ps_csum_update_header() */
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
