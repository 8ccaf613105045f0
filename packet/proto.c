/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include <string.h>

#include "csum.h"
#include "field.h"

static const struct ps_field no_fields[1];

const struct ps_proto ps_proto_raw = {
	.name = "packet_raw",
	.fields = no_fields,
	.any_next = true,
};

const char *ps_proto_short_name(const struct ps_proto *proto)
{
	static const char common[] = "packet_";

	return strncmp(proto->name, common, sizeof(common) - 1) ? proto->name : proto->name + sizeof(common) - 1;
}

const struct ps_proto *ps_registry_named(const struct ps_registry *registry, const char *name)
{
	unsigned int i;

	for (i = 0; i < registry->n; i++) {
		if (!strcmp(registry->protos[i]->name, name))
			return registry->protos[i];
	}
	return NULL;
}

bool ps_key_is(const struct ps_key *key, const uint8_t *bytes, uint32_t len)
{
	uint32_t i;

	if (len != key->len)
		return false;
	for (i = 0; i < len; i++) {
		if (ps_lower(bytes[i]) != ps_lower(key->name[i]))
			return false;
	}
	return true;
}

const struct ps_proto *ps_proto_row(const struct ps_next *row, uint16_t value)
{
	while (row->proto && row->value != value)
		row++;
	return row->proto;
}

const struct ps_next *ps_proto_only_row(const struct ps_next *row, const struct ps_proto *proto)
{
	const struct ps_next *found = NULL;

	for (; row->proto; row++) {
		if (row->proto != proto)
			continue;
		if (found)
			return NULL;
		found = row;
	}
	return found;
}

uint32_t ps_proto_extent_len(struct ps_packet *pkt, const struct ps_header *header)
{
	struct ps_extent extent;

	return header->proto->extent(pkt, header, &extent) ? extent.len : 0;
}

const struct ps_proto *ps_proto_select_extent(struct ps_packet *pkt, const struct ps_header *header)
{
	struct ps_extent extent;

	if (!header->proto->extent(pkt, header, &extent) || extent.is_fragment)
		return NULL;
	return ps_proto_row(header->proto->next, extent.next);
}

bool ps_proto_payload_extent(struct ps_packet *pkt, const struct ps_header *header,
			     struct ps_range *payload)
{
	uint32_t head = ps_proto_extent_len(pkt, header);
	const uint8_t *fixed = ps_proto_read(pkt, header);

	return head && fixed &&
	       ps_proto_behind(header, head, ps_proto_told(fixed, header->proto), payload);
}

bool ps_proto_next_value(struct ps_packet *pkt, const struct ps_header *header, uint32_t *next)
{
	const struct ps_proto *proto = header->proto;
	struct ps_extent extent;
	const uint8_t *fixed;

	if (proto->extent) {
		if (!proto->extent(pkt, header, &extent))
			return false;
		*next = extent.next;
		return true;
	}
	fixed = ps_proto_read(pkt, header);
	if (fixed)
		*next = ps_proto_word(fixed, proto->next_by);
	return fixed;
}

bool ps_proto_is_later(struct ps_packet *pkt, const struct ps_header *header, uint32_t *next)
{
	const struct ps_proto *proto = header->proto;
	struct ps_extent extent;
	const uint8_t *fixed;

	if (proto->extent && proto->extent(pkt, header, &extent) && extent.is_fragment) {
		*next = extent.next;
		return true;
	}
	fixed = ps_proto_read(pkt, header);
	if (!fixed || !ps_proto_has(fixed, proto->fragment))
		return false;
	*next = ps_proto_word(fixed, proto->next_by);
	return true;
}

bool ps_proto_header_len(struct ps_packet *pkt, const struct ps_header *header, uint32_t *len)
{
	const uint8_t *fixed = ps_proto_read(pkt, header);

	if (!fixed)
		return false;
	*len = ps_proto_head(pkt, fixed, header);
	return *len >= header->proto->header_min && *len <= header->range.len;
}

bool ps_proto_payload(struct ps_packet *pkt, const struct ps_header *header,
		      struct ps_range *payload)
{
	const uint8_t *fixed = ps_proto_read(pkt, header);

	return fixed && ps_proto_payload_of(pkt, fixed, header, payload);
}

bool ps_proto_is_partial(struct ps_packet *pkt, const struct ps_header *header)
{
	const struct ps_proto *proto = header->proto;
	const uint8_t *fixed = ps_proto_read(pkt, header);
	struct ps_extent extent;

	if (!fixed || ps_proto_told(fixed, proto) > header->range.len ||
	    ps_proto_has(fixed, proto->fragment) || ps_proto_has(fixed, proto->more_fragments))
		return true;
	return proto->extent && (!proto->extent(pkt, header, &extent) || extent.is_fragment ||
				 extent.more_fragments);
}

bool ps_proto_first(const struct ps_packet *pkt, struct ps_header *header)
{
	header->range.off = pkt->network;
	header->range.len = pkt->len - pkt->network;
	header->outer = NULL;
	header->proto = ps_proto_row(pkt->ops->networks, pkt->protocol);
	return header->proto;
}

bool ps_proto_is_quoted(struct ps_packet *pkt, const struct ps_header *header)
{
	const struct ps_header *outer;
	const uint8_t *fixed;

	if (header->proto->csum.kind < PS_CSUM_MESSAGE || header->range.len < PS_QUOTED_MIN)
		return false;
	for (outer = header->outer; outer; outer = outer->outer) {
		fixed = outer->proto->quotes ? ps_proto_read(pkt, outer) : NULL;
		if (fixed && ps_proto_select(pkt, fixed, outer))
			return true;
	}
	return false;
}

/* The fixed part of what is in range, as far as it is there. */
static bool reach(struct ps_packet *pkt, const struct ps_range *range, uint32_t fixed)
{
	return ps_packet_read(pkt, range->off, range->len < fixed ? range->len : fixed);
}

bool ps_proto_reach_next(struct ps_packet *pkt, const struct ps_header *header)
{
	const struct ps_proto *next;
	struct ps_range payload;
	const uint8_t *fixed;

	if (!reach(pkt, &header->range, header->proto->header_min))
		return false;
	if (header->range.len < header->proto->header_min)
		return true;
	fixed = pkt->data + header->range.off;
	next = ps_proto_select(pkt, fixed, header);
	return !next || !ps_proto_payload_of(pkt, fixed, header, &payload) ||
	       reach(pkt, &payload, next->header_min);
}

/* ps_proto_next(), whole or not. */
static bool find_next(struct ps_packet *pkt, const struct ps_header *header,
		      struct ps_header *next)
{
	const uint8_t *fixed = ps_proto_read(pkt, header);

	if (!fixed)
		return false;
	next->proto = ps_proto_select(pkt, fixed, header);
	next->outer = header;
	return next->proto && ps_proto_payload_of(pkt, fixed, header, &next->range);
}

bool ps_proto_next(struct ps_packet *pkt, const struct ps_header *header, struct ps_header *next)
{
	return find_next(pkt, header, next) && ps_proto_fits_range(pkt, next);
}

bool ps_proto_next_begun(struct ps_packet *pkt, const struct ps_header *header,
			 struct ps_header *next)
{
	return find_next(pkt, header, next) &&
	       (ps_proto_fits_range(pkt, next) || ps_proto_is_quoted(pkt, next));
}

bool ps_proto_next_beyond(struct ps_packet *pkt, const struct ps_header *header, struct ps_header *next)
{
	struct ps_header between;
	unsigned int n;

	if (!ps_proto_next_begun(pkt, header, next))
		return false;
	for (n = 0; ps_unlikely(next->proto->is_between); n++) {
		between = *next;
		if (n == PS_INNER_MAX || !ps_proto_next_begun(pkt, &between, next))
			return false;
		next->outer = header;
	}
	return true;
}

/* Whether *next, whose protocol is set, is whole in the header's payload, and looks like one. */
static bool looks_like(struct ps_packet *pkt, const struct ps_header *header, struct ps_header *next)
{
	next->outer = header;
	return ps_proto_payload(pkt, header, &next->range) && ps_proto_fits(pkt, next) &&
	       (!next->proto->looks_like || next->proto->looks_like(pkt, next));
}

bool ps_proto_guess(struct ps_packet *pkt, const struct ps_header *header, const struct ps_proto *wanted, struct ps_header *next)
{
	const uint8_t *fixed = header->proto->ports ? ps_proto_read(pkt, header) : NULL;
	const struct ps_port *row;
	uint32_t ports;
	int i;

	if (!fixed)
		return false;
	ports = ps_load32(fixed);
	for (i = 0; i < 2; i++, ports >>= 16) {
		for (row = header->proto->ports; row->proto; row++) {
			if (row->port != (ports & 0xFFFF) || (wanted && row->proto != wanted && !row->proto->next))
				continue;
			next->proto = row->proto;
			if (looks_like(pkt, header, next))
				return true;
		}
	}
	return false;
}

uint32_t ps_proto_route(struct ps_packet *pkt, const struct ps_header *header)
{
	const uint8_t *bytes;
	uint32_t len;

	if (!header->proto->route || !ps_proto_header_len(pkt, header, &len) ||
	    len == header->proto->header_min)
		return 0;
	bytes = ps_packet_read(pkt, header->range.off, len);
	return bytes ? header->proto->route(bytes, len) : 0;
}

const struct ps_field *ps_proto_here(struct ps_packet *pkt, const struct ps_header *header,
				     const struct ps_field *field, struct ps_field *moved)
{
	if (field->flags & PS_LOCATED) {
		*moved = *field;
		if (!header->proto->locate(pkt, header, field, &moved->at))
			return NULL;
		field = moved;
	}
	return field->at.bit + field->at.width <= header->range.len * 8 ? field : NULL;
}

bool ps_proto_field(struct ps_packet *pkt, const struct ps_header *header,
		    const struct ps_field *field, struct ps_range *range)
{
	uint32_t first, head;
	struct ps_field moved;

	if (field->flags & PS_PAYLOAD)
		return ps_proto_payload(pkt, header, range);
	if (ps_unlikely(field->flags & PS_LOCATED)) {
		field = ps_proto_here(pkt, header, field, &moved);
		if (!field)
			return false;
	}
	first = field->at.bit / 8;
	range->off = header->range.off + first;
	range->len = (field->at.bit + field->at.width + 7) / 8 - first;
	if (field->flags & PS_OPTIONS) {
		if (!ps_proto_header_len(pkt, header, &head))
			return false;
		range->len = head - first;
	}
	return true;
}

const struct ps_field *ps_field_named(const struct ps_proto *proto, const char *name)
{
	unsigned int i;

	for (i = 0; i < proto->nfields; i++) {
		if (!(proto->fields[i].flags & PS_PAYLOAD) && !strcmp(proto->fields[i].name, name))
			return &proto->fields[i];
	}
	return NULL;
}
