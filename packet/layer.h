/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The headers of a packet that somebody has looked for. Each is a layer: it has its place in memory until the packet's
 * end, so views can name it, headers inside refer to it as what they lie in, and where it is in the packet can change
 * under them. One that a header says it has in its payload is found once.
 * Any context that the packet is in.
 */
#ifndef PS_LAYER_H
#define PS_LAYER_H

#include "proto.h"

enum ps_layer_flags {
	PS_LAYER_ABSENT = 1,	/* a link-layer header that is not there */
	PS_LAYER_CAREFUL = 2,	/* fields may be missing: look for each whether it is there */
	PS_LAYER_GONE = 4,	/* what it was found by has been written since */
	PS_LAYER_CHOSEN = 8,	/* it was looked for in bytes, in which anything may be */
	PS_LAYER_SCRIPTED = 16,	/* its protocol is a script's, which also says what it carries */
	PS_LAYER_GIVEN = 32,	/* the handler was given it: what it has as its own protocol is itself */
	PS_LAYER_LOCATED = 64,	/* it is scripted, and all its fields are at its places: it is whole */
	PS_LAYER_SPECIAL = PS_LAYER_ABSENT | PS_LAYER_CAREFUL | PS_LAYER_GIVEN,	/* to who looks for what it carries */
};

struct ps_layer {
	struct ps_header header;	/* first; of the whole packet: raw */
	struct ps_layer *parent;	/* what it was looked for in; NULL: in the whole packet, or it is that */
	struct ps_layer *child;		/* what was found last in its payload, by what it says; NULL: nothing was */
	struct ps_bits *places;		/* if it is scripted: where its fields are, in the order of its protocol's */
	uint8_t flags;			/* enum ps_layer_flags */
	uint8_t depth;			/* how many headers it lies in that matter to checksums */
	bool is_marked;			/* of use within ps_layers_let_go() and ps_layers_move() alone */
};

#define PS_LAYERS_A_BLOCK	16

struct ps_layer_block {
	struct ps_layer_block *next;
	struct ps_layer layer[PS_LAYERS_A_BLOCK];
};

#define PS_LAYERS_KEPT	16	/* blocks that stay for the next packet; where there are more, none do */

/* Those of one packet. */
struct ps_layers {
	struct ps_layer packet;		/* all of it, as bytes */
	bool is_exposed;		/* bytes may be written one by one: what headers say has to be read each time */
	bool is_used;			/* since the packet began, something but the first layer's has changed */
	struct ps_layer *free, *end;	/* the next one, and where its block ends */
	struct ps_layer_block first;	/* the first of these is the network layer that was found first */
	unsigned int blocks;		/* besides the first */
	struct ps_layer_block *(*new_block)(struct ps_layers *layers);	/* NULL: no memory */
	void (*free_block)(struct ps_layers *layers, struct ps_layer_block *block);
};

/* Goes on with a block. */
static inline void ps_layers_use(struct ps_layers *layers, struct ps_layer_block *block)
{
	layers->free = block->layer;
	layers->end = block->layer + PS_LAYERS_A_BLOCK;
}

/* Makes them those of no packet, in memory that may have any value. */
void ps_layers_init(struct ps_layers *layers, struct ps_layer_block *(*new_block)(struct ps_layers *layers),
		    void (*free_block)(struct ps_layers *layers, struct ps_layer_block *block));

/* Gives all blocks back but the first. No packet's layers are used. */
void ps_layers_shrink(struct ps_layers *layers);

/* Begins a packet. */
static inline void ps_layers_begin(struct ps_layers *layers, const struct ps_packet *pkt)
{
	layers->packet.header.range.len = pkt->len;
	layers->packet.child = NULL;
	if (layers->is_used) {
		layers->is_used = layers->is_exposed = false;
		if (ps_unlikely(layers->blocks > PS_LAYERS_KEPT))
			ps_layers_shrink(layers);
		ps_layers_use(layers, &layers->first);
		layers->free++;
	}
}

/* Bytes of the packet may be others than headers have been found by. */
static inline void ps_layers_expose(struct ps_layers *layers)
{
	layers->is_exposed = layers->is_used = true;
}

/* Goes on with the next block. False: no memory. */
bool ps_layers_extend(struct ps_layers *layers);

/* Whether there is a layer at layers->free, which is taken when that moves on. False: no memory. */
static inline bool ps_layers_have_room(struct ps_layers *layers)
{
	return ps_likely(layers->free != layers->end) || ps_layers_extend(layers);
}

/* Whether writing something in a header, or adding bytes to its payload, changes it, too: a checksum, or a length. */
static inline bool ps_layer_matters(const struct ps_proto *proto)
{
	return proto->csum.kind || proto->total_len.mask;
}

/* Bytes of a layer, counted from where it begins, as they lie in the packet. */
static inline struct ps_range ps_layer_range(const struct ps_layer *layer, struct ps_range within)
{
	within.off += layer->header.range.off;
	return within;
}

/* A header that a layer has as protocol, or why there is none. */
enum ps_layer_found {
	PS_LAYER_FOUND,
	PS_LAYER_NONE,		/* it is not of that protocol, or not whole */
	PS_LAYER_TOO_DEEP,	/* more than PS_NESTED_MAX headers that lie in one another */
	PS_LAYER_NO_MEMORY,
	PS_LAYER_ASK,		/* only a script can tell */
};

/*
 * What the layer, which is a header, carries, as protocol; no raw one. If there is one, *found is it. Of the header that the
 * handler was given it is that header itself, whatever it carries, if that has this protocol.
 */
enum ps_layer_found ps_layer_payload(struct ps_layers *layers, struct ps_packet *pkt, struct ps_layer *layer,
				     const struct ps_proto *proto, struct ps_layer **found);

/* The same of bytes of a layer: anything that fits may be in them. */
enum ps_layer_found ps_layer_in_bytes(struct ps_layers *layers, struct ps_packet *pkt, struct ps_layer *layer,
				      struct ps_range within, const struct ps_proto *proto, struct ps_layer **found);

/* The same of the whole packet, which begins with the link layer, if it has one; if not, that is a layer all the same. */
enum ps_layer_found ps_layer_first(struct ps_layers *layers, struct ps_packet *pkt, const struct ps_proto *proto,
				   struct ps_layer **found);

/*
 * The same of bytes of a layer, or of its payload, as a protocol that a script has described: always a layer of its own. Its
 * fields are at places, which it keeps; each of them has to lie within it.
 */
enum ps_layer_found ps_layer_scripted(struct ps_layers *layers, struct ps_packet *pkt, struct ps_layer *layer,
				      struct ps_range within, const struct ps_proto *proto, struct ps_bits *places,
				      struct ps_layer **found);

/* The same layer, if it has been found before, among the last ones; or NULL. */
struct ps_layer *ps_layer_scripted_again(const struct ps_layers *layers, struct ps_layer *layer, struct ps_range within,
					 const struct ps_proto *proto);

/* Layer n of those that are located, in the order in which they were found; of proto, unless that is NULL. NULL: there is none. */
struct ps_layer *ps_layers_located(struct ps_layers *layers, const struct ps_proto *proto, unsigned int n);

/* struct ps_proto, locate, of such protocols: a header of theirs is always a layer's. */
bool ps_layer_locate(struct ps_packet *pkt, const struct ps_header *header, const struct ps_field *field, struct ps_bits *at);

static inline bool ps_proto_is_scripted(const struct ps_proto *proto)
{
	return proto->locate == ps_layer_locate;
}

/* The options of a layer, which is a header, as one of their own: its protocol says of which. PS_LAYER_NONE: it is malformed. */
enum ps_layer_found ps_layer_options(struct ps_layers *layers, struct ps_packet *pkt, struct ps_layer *layer,
				     struct ps_layer **found);

/*
 * The first header of that protocol, from the outermost inwards, by what headers say of what they carry, and by well-known ports.
 * link: what the packet begins with, if it has a link layer; one that is not there, or cut, is not found. What ICMP errors quote
 * is not looked into.
 */
enum ps_layer_found ps_layer_find(struct ps_layers *layers, struct ps_packet *pkt, const struct ps_proto *link,
				  const struct ps_proto *proto, struct ps_layer **found);

/* The same, if it was found before on the shortest way; or NULL. */
static ps_inline struct ps_layer *ps_layer_known(const struct ps_layers *layers, const struct ps_proto *proto)
{
	struct ps_layer *layer = layers->packet.child;

	if (ps_unlikely(layer && layers->is_exposed))
		return NULL;
	while (layer && ps_likely(!(layer->flags & (PS_LAYER_GONE | PS_LAYER_CAREFUL)))) {
		if (layer->header.proto == proto)
			return ps_unlikely(proto->is_link) ? NULL : layer;	/* the outermost is not among these */
		if (layer->header.proto->any_next || layer->header.proto->quotes)
			break;	/* what was found there may be anything; or is not looked into */
		layer = layer->child;
	}
	return NULL;
}

/* Where the payload of a layer is, which is a header, counted from where it begins. False: it has none, or is malformed. */
bool ps_layer_payload_range(struct ps_packet *pkt, const struct ps_layer *layer, struct ps_range *within);

/*
 * The network layer through a link layer, which is as long as its fixed part, or without one. value: what stands for proto
 * in the link layer. PS_LAYER_NO_MEMORY: also if the packet's link layer is cut short.
 */
enum ps_layer_found ps_layer_network_again(struct ps_layers *layers, struct ps_packet *pkt, const struct ps_proto *link,
					   const struct ps_proto *proto, uint32_t value, struct ps_layer **found);

/* Begins such a layer, of what is at off. */
static ps_inline void ps_layer_begin_network(struct ps_layer *layer, const struct ps_packet *pkt, const struct ps_proto *proto,
					     uint32_t off)
{
	layer->header.proto = proto;
	layer->header.range.off = off;
	layer->header.range.len = pkt->len - off;
	layer->header.outer = NULL;
	layer->parent = NULL;
	layer->child = NULL;
	layer->flags = 0;
	layer->depth = 0;
}

/*
 * The same as ps_layer_network_again(), at layer, which is not taken yet. *link is read only if the packet has a link layer: most
 * hooks have none.
 */
static ps_inline enum ps_layer_found ps_layer_network_at(struct ps_packet *pkt, const struct ps_proto *const *link,
							 const struct ps_proto *proto, uint32_t value,
							 struct ps_layer *layer)
{
	uint32_t off = pkt->network, says = pkt->protocol;
	const uint8_t *fixed;

	if (pkt->has_link) {
		off = (*link)->header_min;
		fixed = ps_packet_read(pkt, 0, off);
		if (!fixed)
			return PS_LAYER_NO_MEMORY;
		says = ps_proto_word(fixed, (*link)->next_by);
	}
	ps_layer_begin_network(layer, pkt, proto, off);
	return ps_likely(says == value) && ps_proto_fits_range(pkt, &layer->header) ? PS_LAYER_FOUND : PS_LAYER_NONE;
}

/* The same, where nothing was found as that yet. */
static ps_inline enum ps_layer_found ps_layer_network(struct ps_layers *layers, struct ps_packet *pkt,
						      const struct ps_proto *const *link, const struct ps_proto *proto,
						      uint32_t value, struct ps_layer **found)
{
	struct ps_layer *layer = layers->first.layer;
	enum ps_layer_found is = ps_layer_network_at(pkt, link, proto, value, layer);

	if (ps_likely(is == PS_LAYER_FOUND))
		layers->packet.child = *found = layer;
	return is;
}

/*
 * The header that a handler is given, before anything else is looked for in the packet: as ps_layer_first() of link, and, unless that is
 * proto, as ps_layer_payload() of what it found. value: what stands for proto in link, which is as long as its fixed part. False: the
 * packet has none.
 */
static ps_inline bool ps_layers_give(struct ps_layers *layers, struct ps_packet *pkt, const struct ps_proto *link,
				     const struct ps_proto *proto, uint32_t value, struct ps_layer **given)
{
	struct ps_layer *first = layers->free, *layer = first + 1;	/* there is room: none is taken yet but the network layer's */
	bool is_there = pkt->has_link && pkt->len >= link->header_min;

	ps_layer_begin_network(first, pkt, link, pkt->has_link ? 0 : pkt->network);
	first->parent = &layers->packet;
	first->flags = PS_LAYER_CHOSEN;
	if (ps_likely(!is_there)) {
		first->header.range.len = 0;
		first->flags |= PS_LAYER_ABSENT;
	}
	if (proto == link) {
		layer = first;
	} else {
		if (ps_unlikely(pkt->has_link && !is_there) || ps_layer_network_at(pkt, &link, proto, value, layer) != PS_LAYER_FOUND)
			return false;
		layer->parent = first;
		first->child = layer;
	}
	layer->flags |= PS_LAYER_GIVEN;
	layers->free = layer + 1;
	layers->is_used = true;
	*given = layer;
	return true;
}

/*
 * What the header says of what follows has been written: layers that were found by it are gone, until they are found
 * again. Returns whether there are any.
 */
bool ps_layers_let_go(struct ps_layers *layers, const struct ps_layer *written);

/*
 * Bytes [at, end) of the packet, which lie in the layer's payload, have become delta more, modulo 2^32: layers around them
 * are as much longer, those behind have moved. Those in them are gone, as are headers that lie around them by a script's choice.
 */
void ps_layers_move(struct ps_layers *layers, struct ps_layer *layer, uint32_t at, uint32_t end, uint32_t delta);

#endif
