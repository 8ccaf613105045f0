/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Packets that grow and shrink. Functions return 0 or a negative enum ps_field_error, and then nothing has been touched;
 * any context that the packet is in.
 */
#ifndef PS_RESIZE_H
#define PS_RESIZE_H

#include "field.h"
#include "layer.h"

/*
 * Puts len bytes, or as many zeros if bytes is NULL, in the place of those of range within, counted from where the layer
 * begins; none of them is the packet's. They lie in the payload of the layer, which is one of the packet's network
 * layer, or of a header in that. Lengths and checksums of it and of what it lies in follow by difference, so a checksum
 * that was wrong stays wrong. Layers behind move, those in the bytes that were there are gone.
 *
 * PS_FIELD_SHAPE: the bytes are of headers; not all headers around them are the layer or what it was found in; or a header
 * does not say how long the packet is, or sums up a part of it that this would cut; or there are more than 10 headers. PS_FIELD_PARTIAL: a fragment, or not all of the packet is there. PS_FIELD_SEGMENTS: segments will
 * be made of it. PS_FIELD_LATER: a checksum within them or behind is completed later. PS_FIELD_LONG: it would get longer
 * than PS_PACKET_MAX, or than there is room. PS_FIELD_TRACKED, PS_FIELD_SENT: sequence numbers cannot follow. PS_FIELD_GONE: the packet has not got these bytes, or no memory.
 */
int ps_layer_replace(struct ps_layers *layers, struct ps_packet *pkt, struct ps_layer *layer, struct ps_range within,
		     const uint8_t *bytes, uint32_t len);

/* Puts in delta zeros before byte at of the layer, or takes out as many bytes from there on if it is negative. */
int ps_layer_resize(struct ps_layers *layers, struct ps_packet *pkt, struct ps_layer *layer, uint32_t at, int delta);

#endif
