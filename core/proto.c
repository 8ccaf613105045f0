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

/* Where the payload of a header lies whose fixed part this is. False: it is malformed. */
static inline bool payload_of(const uint8_t *fixed, const struct ps_header *header,
			      struct ps_range *payload)
{
	const struct ps_proto *proto = header->proto;
	uint32_t head = proto->header_min, total = header->range.len, told;

	if (proto->header_len.mask) {
		head = ps_proto_word(fixed, proto->header_len) * 4;
		if (head < proto->header_min)
			return false;
	}
	if (proto->total_len.mask) {
		told = ps_proto_word(fixed, proto->total_len);
		if (told && told < total)
			total = told;
	}
	if (head > total)
		return false;
	payload->off = header->range.off + head;
	payload->len = total - head;
	return true;
}

bool ps_proto_payload(struct ps_packet *pkt, const struct ps_header *header,
		      struct ps_range *payload)
{
	const uint8_t *fixed = ps_proto_read(pkt, header);

	return fixed && payload_of(fixed, header, payload);
}

bool ps_proto_is_partial(struct ps_packet *pkt, const struct ps_header *header)
{
	const struct ps_proto *proto = header->proto;
	const uint8_t *fixed = ps_proto_read(pkt, header);

	return !fixed || ps_proto_word(fixed, proto->total_len) > header->range.len ||
	       ps_proto_word(fixed, proto->fragment) ||
	       ps_proto_word(fixed, proto->more_fragments);
}

/* The protocol that a header with this fixed part selects, or NULL. */
static inline const struct ps_proto *select(const uint8_t *fixed, const struct ps_proto *proto)
{
	const struct ps_next *row = proto->next;
	uint32_t value;

	if (!row || ps_proto_word(fixed, proto->fragment))
		return NULL;
	value = ps_proto_word(fixed, proto->next_by);
	while (row->proto && row->value != value)
		row++;
	return row->proto;
}

bool ps_proto_carries(struct ps_packet *pkt, const struct ps_header *header,
		      const struct ps_proto *next, struct ps_range *payload)
{
	const uint8_t *fixed = ps_proto_read(pkt, header);

	return fixed &&
	       (header->proto->any_next || next == &ps_proto_raw ||
		select(fixed, header->proto) == next) &&
	       payload_of(fixed, header, payload);
}

bool ps_proto_next(struct ps_packet *pkt, const struct ps_header *header, struct ps_header *next)
{
	const uint8_t *fixed = ps_proto_read(pkt, header);

	if (!fixed)
		return false;
	next->proto = select(fixed, header->proto);
	next->outer = header;
	return next->proto && payload_of(fixed, header, &next->range) && ps_proto_fits(pkt, next);
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
