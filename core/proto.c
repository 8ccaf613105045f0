/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "field.h"

bool ps_proto_header_len(struct ps_packet *pkt, const struct ps_header *header, uint32_t *len)
{
	const struct ps_proto *proto = header->proto;
	uint64_t words;

	*len = proto->header_min;
	if (proto->header_len.width) {
		if (header->range.len < proto->header_min ||
		    ps_field_get(pkt, header->range.off, proto->header_len, &words))
			return false;
		*len = words * 4;
	}
	return *len >= proto->header_min && *len <= header->range.len;
}

bool ps_proto_fits(struct ps_packet *pkt, const struct ps_header *header)
{
	const struct ps_proto *proto = header->proto;
	uint64_t words;

	if (header->range.len < proto->header_min ||
	    !ps_packet_has(pkt, header->range.off, header->range.len))
		return false;
	if (!proto->header_len.width)
		return true;
	if (ps_field_get(pkt, header->range.off, proto->header_len, &words))
		return false;
	return words * 4 <= header->range.len;
}

/* What the header says of its length with payload; what there is if it says nothing. */
static bool total_len(struct ps_packet *pkt, const struct ps_header *header, uint32_t *len)
{
	uint64_t told;

	*len = header->range.len;
	if (!header->proto->total_len.width)
		return true;
	if (ps_field_get(pkt, header->range.off, header->proto->total_len, &told))
		return false;
	if (told)
		*len = told;
	return true;
}

bool ps_proto_payload(struct ps_packet *pkt, const struct ps_header *header,
		      struct ps_range *payload)
{
	uint32_t head, total;

	if (!ps_proto_header_len(pkt, header, &head) || !total_len(pkt, header, &total))
		return false;
	if (total > header->range.len)
		total = header->range.len;
	if (total < head)
		return false;
	payload->off = header->range.off + head;
	payload->len = total - head;
	return true;
}

static bool is_set(struct ps_packet *pkt, const struct ps_header *header, struct ps_bits bits)
{
	uint64_t value;

	if (!bits.width)
		return false;
	return ps_field_get(pkt, header->range.off, bits, &value) || value;
}

bool ps_proto_is_partial(struct ps_packet *pkt, const struct ps_header *header)
{
	uint32_t total;

	return !total_len(pkt, header, &total) || total > header->range.len ||
	       is_set(pkt, header, header->proto->fragment) ||
	       is_set(pkt, header, header->proto->more_fragments);
}

/* The row of the table of payloads that this header selects. Ends with proto NULL. */
static const struct ps_next *find_next(struct ps_packet *pkt, const struct ps_header *header)
{
	static const struct ps_next none;
	const struct ps_next *row = header->proto->next;
	uint64_t value;

	if (!row || is_set(pkt, header, header->proto->fragment) ||
	    ps_field_get(pkt, header->range.off, header->proto->next_by, &value))
		return &none;
	while (row->proto && row->value != value)
		row++;
	return row;
}

bool ps_proto_carries(struct ps_packet *pkt, const struct ps_header *header,
		      const struct ps_proto *next)
{
	return header->proto->any_next || next == &ps_proto_raw ||
	       find_next(pkt, header)->proto == next;
}

bool ps_proto_next(struct ps_packet *pkt, const struct ps_header *header, struct ps_header *next)
{
	next->proto = find_next(pkt, header)->proto;
	next->outer = header;
	return next->proto && ps_proto_payload(pkt, header, &next->range) &&
	       ps_proto_fits(pkt, next);
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
