/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "store.h"

#include <string.h>

bool ps_simple_of(const struct ps_proto *proto, const struct ps_field *field, struct ps_simple *simple)
{
	uint32_t bits = field->at.width;
	struct ps_word next_by = proto->next_by;

	if ((bits != 32 && bits != 128) || field->at.bit % 16 || field->at.bit + bits > proto->header_min * 8 ||
	    field->flags & (PS_LOCATED | PS_CHECKSUM | PS_COVERAGE | PS_SHAPE) || proto->csum.present.mask ||
	    proto->csum.kind > PS_CSUM_HEADER)
		return false;
	*simple = (struct ps_simple){
		.byte = field->at.bit / 8,
		.sum = proto->csum.kind == PS_CSUM_HEADER ? proto->csum.at : 0,
		.next = field->flags & PS_PSEUDO ? next_by.at + (next_by.mask == 0x00FF) : 0,
		.is_wide = bits == 128,
	};
	return !simple->next || (proto->plain.mask.word && (next_by.mask == 0x00FF || next_by.mask == 0xFF00) &&
				 proto->total_len.mask == 0xFFFF);
}

/*
 * Sums of words that are read as this machine has them are as right as others, and stored in the same way: RFC 1071, 2 (B).
 */
static ps_inline uint32_t load16(const uint8_t *p)
{
	uint16_t word;

	memcpy(&word, p, sizeof(word));
	return word;
}

static ps_inline void store16(uint8_t *p, uint16_t word)
{
	memcpy(p, &word, sizeof(word));
}

static ps_inline uint32_t add32(uint32_t a, uint32_t b)
{
	a += b;
	return a + (a < b);
}

static ps_inline uint64_t add64(uint64_t a, uint64_t b)
{
	a += b;
	return a + (a < b);
}

/* Stores bits; returns what that adds to sums. -1: nothing, as they were the same. */
static ps_inline int64_t put32(uint8_t *p, uint32_t value)
{
	uint32_t old;

	memcpy(&old, p, sizeof(old));
	ps_store32(p, value);
	memcpy(&value, p, sizeof(value));
	return old == value ? -1 : (int64_t)add32(~old, value);
}

static ps_inline int64_t put128(uint8_t *p, struct ps_value value)
{
	uint64_t high = ps_load64_raw(p), low = ps_load64_raw(p + 8), sum;

	ps_store128(p, value);
	if (high == ps_load64_raw(p) && low == ps_load64_raw(p + 8))
		return -1;
	sum = add64(add64(~high, ps_load64_raw(p)), add64(~low, ps_load64_raw(p + 8)));
	return add32(sum, sum >> 32);
}

/* What a checksum becomes when that is added to what it sums. */
static ps_inline uint32_t changed(uint32_t checksum, uint32_t change)
{
	return 0xFFFF - ps_csum_fold(add32(change, 0xFFFF - checksum));
}

/* Adds a change in the pseudo header to the checksum at the packet's byte at. */
static ps_inline void follow(struct ps_packet *pkt, uint32_t at, const struct ps_csum *csum, uint32_t change)
{
	uint8_t *p = pkt->data + at;
	uint32_t old = load16(p), new;

	if (ps_unlikely(pkt->partial == at)) {
		store16(p, ps_csum_fold(add32(change, old)));
		return;
	}
	if (ps_unlikely(!old) && csum->zero_is_none)
		return;
	new = changed(old, change);
	if (ps_unlikely(!new) && csum->zero_is_none)
		new = 0xFFFF;
	store16(p, new);
}

/* Whether a plain header has room for so many bytes in its payload. */
static ps_inline bool has_room(const struct ps_header *header, const uint8_t *fixed, uint32_t bytes)
{
	uint32_t need = header->proto->header_min + bytes, told = ps_load16(fixed + header->proto->total_len.at);

	return header->range.len >= need && told - 1 >= need - header->proto->total_more - 1;	/* 0 does not tell */
}

/*
 * What follows the fixed part at end, and counts the field in its pseudo header: *next, which is NULL before, and stays so if
 * nothing does. False: it takes a closer look.
 */
static ps_inline bool find_next(const struct ps_layers *layers, const struct ps_packet *pkt, const struct ps_layer *layer,
				const struct ps_simple *field, uint32_t end, const struct ps_proto **next)
{
	const struct ps_proto *proto = layer->header.proto, *found;
	const uint8_t *fixed = pkt->data + layer->header.range.off;
	const struct ps_next *row = proto->next;
	const struct ps_layer *child = layer->child;
	uint32_t head;

	if (child && !child->flags && !layers->is_exposed && child->header.range.off == end) {
		found = child->header.proto;
		if (found->csum.kind != PS_CSUM_PSEUDO)
			return !found->is_between;
		*next = found;
		return true;
	}
	if (!ps_proto_is_plain(fixed, proto))
		return false;
	while (row->proto && row->value != fixed[field->next])
		row++;
	found = row->proto;
	if (!found)
		return false;
	if (found->csum.kind != PS_CSUM_PSEUDO)
		return !found->is_between;
	head = found->header_min;
	if (ps_unlikely(found->header_len.mask)) {
		if (end + head > pkt->readable)
			return false;
		head = ps_proto_word(pkt->data + end, found->header_len) * 4;
		if (head < found->header_min)
			return false;
	}
	if (has_room(&layer->header, fixed, head))
		*next = found;
	return true;
}

/* ps_store_set(), where bytes up to until are not writable yet. */
static ps_noinline bool own_and_set(const struct ps_layers *layers, struct ps_packet *pkt, const struct ps_layer *layer,
				    const struct ps_simple *field, const struct ps_value *value, uint32_t until)
{
	return ps_packet_write(pkt, 0, until) && until <= pkt->writable && ps_store_set(layers, pkt, layer, field, value);
}

bool ps_store_set(const struct ps_layers *layers, struct ps_packet *pkt, const struct ps_layer *layer,
		  const struct ps_simple *field, const struct ps_value *value)
{
	const struct ps_header *header = &layer->header;
	uint32_t off = header->range.off, end = off + header->proto->header_min;
	const struct ps_proto *next = NULL;
	int64_t change;
	uint8_t *fixed;

	if (header->outer)
		return false;
	if (ps_unlikely(end > pkt->writable))
		return own_and_set(layers, pkt, layer, field, value, end);
	if (field->next && !find_next(layers, pkt, layer, field, end, &next))
		return false;
	if (next && ps_unlikely(end + next->header_min > pkt->writable))
		return own_and_set(layers, pkt, layer, field, value, end + next->header_min);

	fixed = pkt->data + off;
	change = field->is_wide ? put128(fixed + field->byte, *value) : put32(fixed + field->byte, value->low);
	if (change < 0)
		return true;
	if (field->sum)
		store16(fixed + field->sum, changed(load16(fixed + field->sum), change));
	if (next)
		follow(pkt, end + next->csum.at, &next->csum, change);
	return true;
}

bool ps_store_set16(struct ps_packet *pkt, const struct ps_header *header, struct ps_word word, uint32_t value)
{
	uint8_t *fixed = ps_packet_own(pkt, header->range.off, header->proto->header_min);
	uint32_t old, new;

	if (!fixed)
		return false;
	old = ps_load16(fixed + word.at);
	new = (old & ~(uint32_t)word.mask) | value << word.shift;
	ps_store16(fixed + word.at, new);
	if (ps_likely(old != new))
		ps_field_sum(pkt, header, fixed, 0xFFFF - old + new);
	return true;
}
