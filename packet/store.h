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
	uint8_t next;	/* where the byte is that says what follows, if that counts the field in its pseudo header; else 0 */
	bool is_wide;	/* it has 128 */
};

/* Whether the field is one, in each header that has its fixed part. */
bool ps_simple_of(const struct ps_proto *proto, const struct ps_field *field, struct ps_simple *simple);

/*
 * Sets the field of a layer that has its fixed part. False: nothing has been done, and ps_field_set_value() may do it. The header
 * may have options, an extent or an offset, or lie in one with a checksum; or there is no memory.
 */
bool ps_store_set(const struct ps_layers *layers, struct ps_packet *pkt, const struct ps_layer *layer,
		  const struct ps_simple *field, const struct ps_value *value);

/*
 * Sets bits within a 16-bit word of the fixed part, which count in the header's own checksum at most, to a value that they
 * have room for. The header lies at an even byte, and no other header's checksum has it.
 */
bool ps_store_set16(struct ps_packet *pkt, const struct ps_header *header, struct ps_word word, uint32_t value);

#endif
