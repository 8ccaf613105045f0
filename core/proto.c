/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "field.h"

bool ps_proto_header_len(struct ps_packet *pkt, const struct ps_header *header, uint32_t *len)
{
	const struct ps_proto *proto = header->proto;
	const uint8_t *fixed;

	*len = proto->header_min;
	if (proto->header_len.mask) {
		fixed = ps_proto_read(pkt, header);
		if (!fixed)
			return false;
		*len = ps_proto_word(fixed, proto->header_len) * 4;
	}
	return *len >= proto->header_min && *len <= header->range.len;
}

bool ps_proto_payload(struct ps_packet *pkt, const struct ps_header *header,
		      struct ps_range *payload)
{
	const uint8_t *fixed = ps_proto_read(pkt, header);

	return fixed && ps_proto_payload_of(fixed, header, payload);
}

bool ps_proto_is_partial(struct ps_packet *pkt, const struct ps_header *header)
{
	const struct ps_proto *proto = header->proto;
	const uint8_t *fixed = ps_proto_read(pkt, header);

	return !fixed || ps_proto_word(fixed, proto->total_len) > header->range.len ||
	       ps_proto_word(fixed, proto->fragment) ||
	       ps_proto_word(fixed, proto->more_fragments);
}

bool ps_proto_next(struct ps_packet *pkt, const struct ps_header *header, struct ps_header *next)
{
	const uint8_t *fixed = ps_proto_read(pkt, header);

	if (!fixed)
		return false;
	next->proto = ps_proto_select(fixed, header->proto);
	next->outer = header;
	return next->proto && ps_proto_payload_of(fixed, header, &next->range) &&
	       ps_proto_fits_range(pkt, next);
}

bool ps_proto_field(struct ps_packet *pkt, const struct ps_header *header,
		    const struct ps_field *field, struct ps_range *range)
{
	uint32_t first = field->at.bit / 8, head;

	if (field->flags & PS_PAYLOAD)
		return ps_proto_payload(pkt, header, range);

	range->off = header->range.off + first;
	range->len = (field->at.bit + field->at.width + 7) / 8 - first;
	if (field->flags & PS_OPTIONS) {
		if (!ps_proto_header_len(pkt, header, &head))
			return false;
		range->len = head - first;
	}
	return true;
}
