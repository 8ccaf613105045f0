/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * How compiled code writes fields that lie simply: ps_field_set() and ps_field_set_value(), with what the tables say looked
 * up when the code was made. All of it is done, or nothing. Any context that the packet is in.
 */
#ifndef PS_STORE_H
#define PS_STORE_H

#include "field.h"
#include "layer.h"

/* A field at an even byte of the fixed part, of 32 or of 128 bits. */
struct ps_simple {
	uint8_t byte;	/* where it is */
	uint8_t sum;	/* where the header's checksum is that is of just the header; 0: it has another one, or none */
	uint8_t flags;	/* enum ps_field_flags */
};

/* Whether the field is one, of this many bits, in each header that has its fixed part. */
bool ps_simple_of(const struct ps_proto *proto, const struct ps_field *field, unsigned int bits, struct ps_simple *simple);

/* Whether sums of the header begin at an even byte, and no other header's has it. */
static ps_inline bool ps_store_is_simple(const struct ps_header *header)
{
	return !header->outer && !(header->range.off & 1);
}

/* What the layer carries and counts it in a pseudo header, as ps_field_own_next() has it, if it has been found; or NULL. */
static ps_inline const struct ps_header *ps_store_known_next(const struct ps_layers *layers, const struct ps_layer *layer)
{
	const struct ps_layer *child = layer->child;

	if (!child || child->flags || layers->is_exposed ||
	    child->header.range.off - layer->header.range.off != layer->header.proto->header_min)
		return NULL;	/* options may be a source route */
	return &child->header;
}

/* The field has been stored, and change is what that adds to sums. next: what ps_field_own_next() has found; NULL: look. */
static ps_inline void ps_store_sum(const struct ps_layers *layers, struct ps_packet *pkt, const struct ps_layer *layer,
				   const struct ps_simple *field, uint8_t *fixed, uint32_t change, const struct ps_header *next)
{
	const struct ps_header *header = &layer->header;
	struct ps_header found ps_uninit;

	if (ps_likely(field->sum))
		ps_csum_update_header(fixed + field->sum, change);
	else
		ps_field_sum(pkt, header, fixed, change);
	if (!(field->flags & PS_PSEUDO))
		return;
	if (!next)
		next = ps_store_known_next(layers, layer);
	if (!next) {
		if (!ps_field_own_next(pkt, fixed, header, field->flags & PS_ROUTED, &found))
			return;		/* never: all of it is writable */
		next = &found;
	}
	if (next->proto && next->proto->csum.kind == PS_CSUM_PSEUDO)
		ps_csum_update(pkt, next, true, change);
}

/* Makes writable what is needed, so that nothing fails half-way, and finds *next. NULL: no memory. */
static ps_inline uint8_t *ps_store_own(struct ps_packet *pkt, const struct ps_header *header, const struct ps_simple *field,
				       struct ps_header *next)
{
	uint8_t *fixed = ps_packet_own(pkt, header->range.off, header->proto->header_min);

	if (!fixed || !ps_field_own_next(pkt, fixed, header, field->flags & PS_ROUTED, next))
		return NULL;
	return pkt->data + header->range.off;
}

/* Stores 32 bits of a simple header. next: as above. */
static ps_inline void ps_store_at32(const struct ps_layers *layers, struct ps_packet *pkt, const struct ps_layer *layer,
				    const struct ps_simple *field, uint32_t value, uint8_t *fixed, const struct ps_header *next)
{
	uint32_t change = ps_field_change32(ps_load32(fixed + field->byte), value);

	ps_store32(fixed + field->byte, value);
	if (ps_likely(change != PS_FIELD_SAME32))
		ps_store_sum(layers, pkt, layer, field, fixed, change, next);
}

/* The same where not all of the packet is writable. False: no memory. */
bool ps_store_partly32(const struct ps_layers *layers, struct ps_packet *pkt, const struct ps_layer *layer,
		       const struct ps_simple *field, uint32_t value);

/* Sets 32 bits of a simple header. */
static ps_inline bool ps_store_set32(const struct ps_layers *layers, struct ps_packet *pkt, const struct ps_layer *layer,
				     const struct ps_simple *field, uint32_t value)
{
	if (pkt->writable != pkt->len)
		return ps_store_partly32(layers, pkt, layer, field, value);
	ps_store_at32(layers, pkt, layer, field, value, pkt->data + layer->header.range.off, NULL);
	return true;
}

/* Sets 128 bits of a simple header. */
bool ps_store_set128(const struct ps_layers *layers, struct ps_packet *pkt, const struct ps_layer *layer,
		     const struct ps_simple *field, struct ps_value value);

/*
 * Sets bits within a 16-bit word of the fixed part, which count in the header's own checksum at most, to a value that they
 * have room for. The header lies at an even byte, and no other header's checksum has it.
 */
bool ps_store_set16(struct ps_packet *pkt, const struct ps_header *header, struct ps_word word, uint32_t value);

#endif
