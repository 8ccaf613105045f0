/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "store.h"

bool ps_simple_of(const struct ps_proto *proto, const struct ps_field *field, unsigned int bits, struct ps_simple *simple)
{
	if (field->at.width != bits || field->at.bit % 16 || field->at.bit + bits > proto->header_min * 8 ||
	    field->flags & (PS_LOCATED | PS_CHECKSUM | PS_COVERAGE | PS_SHAPE) || proto->csum.present.mask ||
	    proto->csum.covers.mask)
		return false;
	*simple = (struct ps_simple){
		.byte = field->at.bit / 8,
		.sum = proto->csum.kind == PS_CSUM_HEADER ? proto->csum.at : 0,
		.flags = field->flags,
	};
	return true;
}

bool ps_store_partly32(const struct ps_layers *layers, struct ps_packet *pkt, const struct ps_layer *layer,
		       const struct ps_simple *field, uint32_t value)
{
	struct ps_header next ps_uninit;
	uint8_t *fixed = ps_store_own(pkt, &layer->header, field, &next);

	if (fixed)
		ps_store_at32(layers, pkt, layer, field, value, fixed, &next);
	return fixed;
}

bool ps_store_set128(const struct ps_layers *layers, struct ps_packet *pkt, const struct ps_layer *layer,
		     const struct ps_simple *field, struct ps_value value)
{
	struct ps_header found ps_uninit, *next = NULL;
	uint8_t *fixed = pkt->data + layer->header.range.off;
	int64_t change;

	if (pkt->writable != pkt->len) {
		next = &found;
		fixed = ps_store_own(pkt, &layer->header, field, next);
		if (!fixed)
			return false;
	}
	change = ps_field_put128(fixed + field->byte, value);
	if (change != PS_CHANGE_NONE)
		ps_store_sum(layers, pkt, layer, field, fixed, change, next);
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
