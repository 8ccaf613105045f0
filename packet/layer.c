/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "layer.h"

#include <string.h>

/* The block that free is in, or behind. */
static struct ps_layer_block *block_of(const struct ps_layers *layers)
{
	return (void *)((char *)(layers->end - PS_LAYERS_A_BLOCK) - offsetof(struct ps_layer_block, layer));
}

void ps_layers_init(struct ps_layers *layers, struct ps_layer_block *(*new_block)(struct ps_layers *layers),
		    void (*free_block)(struct ps_layers *layers, struct ps_layer_block *block))
{
	memset(layers, 0, sizeof(*layers));
	layers->packet.header.proto = &ps_proto_raw;
	layers->new_block = new_block;
	layers->free_block = free_block;
	layers->is_used = true;
}

bool ps_layers_extend(struct ps_layers *layers)
{
	struct ps_layer_block *block = block_of(layers);

	if (!block->next) {
		block->next = layers->new_block(layers);
		if (!block->next)
			return false;
		block->next->next = NULL;
		layers->blocks++;
	}
	ps_layers_use(layers, block->next);
	return true;
}

/*
 * A link layer that is not there: its payload is what the packet is said to be. One that is cut short
 * has none.
 */
static bool find_absent(struct ps_packet *pkt, const struct ps_header *link, struct ps_header *payload)
{
	if (pkt->has_link)
		return false;
	payload->range.off = pkt->network;
	payload->range.len = pkt->len - pkt->network;
	return ps_proto_row(link->proto->next, pkt->protocol) == payload->proto && ps_proto_fits(pkt, payload);
}

/* Whether the layer, which does not fit, is what an ICMP error quotes of such a header. */
static ps_noinline bool is_quoted(struct ps_packet *pkt, struct ps_layer *layer)
{
	struct ps_header quoted = layer->header;

	quoted.outer = &layer->parent->header;
	layer->flags |= PS_LAYER_CAREFUL;
	return ps_packet_has(pkt, quoted.range.off, quoted.range.len) && ps_proto_is_quoted(pkt, &quoted);
}

/* Begins a layer that is looked for in parent. */
static inline void begin(struct ps_layer *layer, struct ps_layer *parent, const struct ps_proto *proto)
{
	bool matters = ps_layer_matters(parent->header.proto);

	layer->header.proto = proto;
	layer->header.outer = matters ? &parent->header : parent->header.outer;
	layer->parent = parent;
	layer->child = NULL;
	layer->flags = 0;
	layer->depth = parent->depth + matters;
}

/* Whether a layer that was found before is what is looked for, as far as can be said without looking. */
static inline bool is_known(const struct ps_layers *layers, const struct ps_layer *layer, const struct ps_proto *proto)
{
	return layer && layer->header.proto == proto && !(layer->flags & PS_LAYER_GONE) && !layers->is_exposed;
}

/* The same header, of the same bytes. */
static inline bool is_equal(const struct ps_layer *a, const struct ps_layer *b)
{
	return ps_header_is_same(&a->header, &b->header) && a->header.range.len == b->header.range.len;
}

/* The same layer, found in the same way, among the last ones, or NULL. */
static struct ps_layer *find_again(const struct ps_layers *layers, const struct ps_layer *layer)
{
	struct ps_layer *l = layers->free;

	while (l > block_of(layers)->layer) {
		l--;
		if (l->parent == layer->parent && (l->flags & PS_LAYER_CHOSEN) == (layer->flags & PS_LAYER_CHOSEN) &&
		    is_equal(l, layer))
			return l;
	}
	return NULL;
}

/* Takes the layer that has been found; or the one that is known, if it is the same. */
static inline struct ps_layer *take(struct ps_layers *layers, struct ps_layer *layer, struct ps_layer *known)
{
	if (ps_unlikely(known) && is_equal(known, layer)) {
		known->flags = layer->flags | (known->flags & PS_LAYER_GIVEN);
		return known;
	}
	layers->free++;
	layers->is_used = true;
	return layer;
}

/* Finds what the parent, which has no flags, carries as the layer's protocol. */
static ps_inline bool find_payload(struct ps_packet *pkt, const struct ps_header *parent, struct ps_layer *layer)
{
	const uint8_t *fixed = ps_packet_reach(pkt, parent->range.off, parent->proto->header_min);

	return fixed && (ps_proto_select(pkt, fixed, parent) == layer->header.proto || parent->proto->any_next) &&
	       ps_proto_payload_of(pkt, fixed, parent, &layer->header.range) &&
	       (ps_likely(ps_proto_fits_range(pkt, &layer->header)) || is_quoted(pkt, layer));
}

/* The same of one that is special. */
static ps_noinline bool find_payload_of(struct ps_packet *pkt, const struct ps_layer *parent, struct ps_layer *layer)
{
	if (parent->flags & PS_LAYER_ABSENT)
		return find_absent(pkt, &parent->header, &layer->header);
	return (!(parent->flags & PS_LAYER_CAREFUL) || ps_proto_fits(pkt, &parent->header)) &&
	       find_payload(pkt, &parent->header, layer);
}

/* What is to be said where nothing was found: what a script's protocol carries, only the script knows. */
static inline enum ps_layer_found not_found(const struct ps_layer *parent)
{
	return parent->flags & PS_LAYER_SCRIPTED ? PS_LAYER_ASK : PS_LAYER_NONE;
}

static inline bool is_itself(const struct ps_layer *layer, const struct ps_proto *proto)
{
	return layer->flags & PS_LAYER_GIVEN && layer->header.proto == proto;
}

enum ps_layer_found ps_layer_payload(struct ps_layers *layers, struct ps_packet *pkt, struct ps_layer *parent,
				     const struct ps_proto *proto, struct ps_layer **found)
{
	struct ps_layer *known = parent->child, *layer;

	if (is_known(layers, known, proto)) {
		*found = known;
		return PS_LAYER_FOUND;
	}
	if (!ps_layers_have_room(layers))
		return PS_LAYER_NO_MEMORY;
	layer = layers->free;
	begin(layer, parent, proto);
	if (ps_unlikely(parent->flags & PS_LAYER_SPECIAL)) {
		if (is_itself(parent, proto)) {
			*found = parent;
			return PS_LAYER_FOUND;
		}
		if (!find_payload_of(pkt, parent, layer))
			return not_found(parent);
	} else if (!find_payload(pkt, &parent->header, layer)) {
		return not_found(parent);
	}
	if (ps_unlikely(layer->depth > PS_NESTED_MAX))
		return PS_LAYER_TOO_DEEP;
	if (ps_unlikely(known) && !is_equal(known, layer))	/* it may be one and another in turn */
		known = find_again(layers, layer);
	*found = parent->child = take(layers, layer, known);
	return PS_LAYER_FOUND;
}

/* What was looked for in bytes has been found. */
static enum ps_layer_found take_chosen(struct ps_layers *layers, struct ps_layer *layer, struct ps_layer **found)
{
	layer->flags |= PS_LAYER_CHOSEN;
	if (layer->depth > PS_NESTED_MAX)
		return PS_LAYER_TOO_DEEP;
	*found = take(layers, layer, find_again(layers, layer));
	return PS_LAYER_FOUND;
}

enum ps_layer_found ps_layer_in_bytes(struct ps_layers *layers, struct ps_packet *pkt, struct ps_layer *parent,
				      struct ps_range within, const struct ps_proto *proto, struct ps_layer **found)
{
	struct ps_layer *layer;

	if (!ps_layers_have_room(layers))
		return PS_LAYER_NO_MEMORY;
	layer = layers->free;
	begin(layer, parent, proto);
	layer->header.range = ps_layer_range(parent, within);
	if (!ps_proto_fits(pkt, &layer->header) && !is_quoted(pkt, layer))
		return PS_LAYER_NONE;
	ps_layers_expose(layers);	/* it may lie across others, which are written as it is */
	return take_chosen(layers, layer, found);
}

enum ps_layer_found ps_layer_scripted(struct ps_layers *layers, struct ps_packet *pkt, struct ps_layer *parent,
				      struct ps_range within, const struct ps_proto *proto, struct ps_bits *places,
				      struct ps_layer **found)
{
	struct ps_layer *layer;

	if (!ps_layers_have_room(layers))
		return PS_LAYER_NO_MEMORY;
	layer = layers->free;
	begin(layer, parent, proto);
	layer->header.range = ps_layer_range(parent, within);
	layer->flags = PS_LAYER_SCRIPTED;
	layer->places = places;
	if (!ps_proto_fits(pkt, &layer->header))
		return PS_LAYER_NONE;
	if (layer->depth > PS_NESTED_MAX)
		return PS_LAYER_TOO_DEEP;
	ps_layers_expose(layers);	/* it may lie across others, which are written as it is */
	*found = take(layers, layer, NULL);
	return PS_LAYER_FOUND;
}

struct ps_layer *ps_layer_scripted_again(const struct ps_layers *layers, struct ps_layer *parent, struct ps_range within,
					 const struct ps_proto *proto)
{
	const struct ps_layer layer = { .header = { .proto = proto, .range = ps_layer_range(parent, within) }, .parent = parent };

	return find_again(layers, &layer);
}

/* The last field, if it has no length of its own, goes on to the header's end, and that to the packet's. */
static bool is_open(const struct ps_layer *layer, unsigned int i)
{
	return i + 1 == layer->header.proto->nfields && !layer->places[i].width;
}

bool ps_layer_locate(struct ps_packet *pkt, const struct ps_header *header, const struct ps_field *field, struct ps_bits *at)
{
	const struct ps_layer *layer = (const struct ps_layer *)header;
	unsigned int i = field - header->proto->fields;
	uint32_t end = header->range.len * 8;

	(void)pkt;
	*at = layer->places[i];
	if (is_open(layer, i) && at->bit <= end)
		at->width = end - at->bit;
	return field->type->is_bytes || (at->width >= 1 && at->width <= PS_INT_BITS);
}

/* Where the payload of a layer is that a script has described. */
static bool scripted_payload(struct ps_packet *pkt, const struct ps_layer *layer, struct ps_range *within)
{
	const struct ps_field *field = layer->header.proto->fields, *end = field + layer->header.proto->nfields;
	struct ps_bits at;

	while (field < end && !(field->flags & PS_PAYLOAD))
		field++;
	if (field == end || !ps_layer_locate(pkt, &layer->header, field, &at) || at.bit + at.width > layer->header.range.len * 8)
		return false;
	within->off = layer->header.range.off + at.bit / 8;
	within->len = at.width / 8;
	return true;
}

enum ps_layer_found ps_layer_options(struct ps_layers *layers, struct ps_packet *pkt, struct ps_layer *parent,
				     struct ps_layer **found)
{
	const struct ps_proto *proto = parent->header.proto;
	struct ps_layer *layer;
	uint32_t len;

	if (!ps_layers_have_room(layers))
		return PS_LAYER_NO_MEMORY;
	layer = layers->free;
	begin(layer, parent, proto->options);
	if (!ps_proto_header_len(pkt, &parent->header, &len))
		return PS_LAYER_NONE;
	layer->header.range.off = parent->header.range.off + proto->header_min;
	layer->header.range.len = len - proto->header_min;
	if (layer->depth > PS_NESTED_MAX)
		return PS_LAYER_TOO_DEEP;
	*found = take(layers, layer, find_again(layers, layer));
	return PS_LAYER_FOUND;
}

enum ps_layer_found ps_layer_first(struct ps_layers *layers, struct ps_packet *pkt, const struct ps_proto *proto,
				   struct ps_layer **found)
{
	struct ps_layer *packet = &layers->packet, *layer;
	bool is_there = pkt->has_link && pkt->len >= proto->header_min;

	if (!proto->is_link)
		return ps_layer_in_bytes(layers, pkt, packet, packet->header.range, proto, found);
	if (!ps_layers_have_room(layers))
		return PS_LAYER_NO_MEMORY;
	layer = layers->free;
	begin(layer, packet, proto);
	layer->header.range = packet->header.range;
	if (!is_there) {
		layer->header.range.off = pkt->has_link ? 0 : pkt->network;
		layer->header.range.len = 0;
		layer->flags = PS_LAYER_ABSENT;
	}
	return take_chosen(layers, layer, found);
}

enum ps_layer_found ps_layer_network_again(struct ps_layers *layers, struct ps_packet *pkt, const struct ps_proto *link,
					   const struct ps_proto *proto, uint32_t value, struct ps_layer **found)
{
	struct ps_layer *known = layers->packet.child, *layer;
	enum ps_layer_found is;

	*found = known;
	if (is_known(layers, known, proto))
		return PS_LAYER_FOUND;
	if (!ps_layers_have_room(layers))
		return PS_LAYER_NO_MEMORY;
	layer = layers->free;
	is = ps_layer_network_at(pkt, &link, proto, value, layer);
	if (is == PS_LAYER_FOUND)
		*found = layers->packet.child = take(layers, layer, known);
	return is;
}

/* ps_layer_network_again(), without the address of what the caller keeps in a register. */
static ps_inline enum ps_layer_found network_again(struct ps_layers *layers, struct ps_packet *pkt, const struct ps_proto *link,
						   const struct ps_proto *proto, uint32_t value, struct ps_layer **found)
{
	struct ps_layer *known;
	enum ps_layer_found is = ps_layer_network_again(layers, pkt, link, proto, value, &known);

	*found = known;
	return is;
}

/* The network layer, whatever it is. */
static ps_inline enum ps_layer_found find_network(struct ps_layers *layers, struct ps_packet *pkt, const struct ps_proto *link,
						  struct ps_layer **found)
{
	uint32_t off = pkt->network, says = pkt->protocol;
	struct ps_layer *layer = layers->first.layer;
	const struct ps_next *row = link->next;
	const uint8_t *fixed;

	if (pkt->has_link) {
		off = link->header_min;
		if (pkt->len < off)
			return PS_LAYER_NONE;
		fixed = ps_packet_read(pkt, 0, off);
		if (!fixed)
			return PS_LAYER_NO_MEMORY;
		says = ps_proto_word(fixed, link->next_by);
	}
	for (; row->value != says; row++) {
		if (!row->proto)
			return PS_LAYER_NONE;
	}
	if (!row->proto)
		return PS_LAYER_NONE;
	*found = layer;
	if (ps_unlikely(layers->packet.child))
		return network_again(layers, pkt, link, row->proto, says, found);
	ps_layer_begin_network(layer, pkt, row->proto, off);
	if (!ps_proto_fits_range(pkt, &layer->header))
		return PS_LAYER_NONE;
	layers->packet.child = layer;
	return PS_LAYER_FOUND;
}

/* What the layer carries, on the way to a header of the protocol wanted; NULL: nothing that leads there. */
static const struct ps_proto *on_the_way(const struct ps_layers *layers, struct ps_packet *pkt, const struct ps_layer *layer,
					 const struct ps_proto *wanted)
{
	const struct ps_proto *proto = layer->header.proto, *next;
	const struct ps_layer *child = layer->child;
	struct ps_header guess;
	const uint8_t *fixed;

	if (child && !proto->any_next && !(child->flags & PS_LAYER_GONE) && !layers->is_exposed)
		return child->header.proto;
	fixed = ps_proto_read(pkt, &layer->header);
	next = fixed ? ps_proto_select(pkt, fixed, &layer->header) : NULL;
	if (!next && ps_proto_guess(pkt, &layer->header, wanted, &guess))
		next = guess.proto;
	return next;
}

#define WAY_MAX	32	/* headers that are passed: tags, labels, tunnels */

/* What is further inwards than that. */
static ps_noinline enum ps_layer_found find_behind(struct ps_layers *layers, struct ps_packet *pkt, struct ps_layer *layer,
						   const struct ps_proto *proto, struct ps_layer **found)
{
	enum ps_layer_found is = PS_LAYER_NONE;
	const struct ps_proto *next;
	unsigned int n;

	for (n = 0; n < WAY_MAX && is == PS_LAYER_NONE; n++) {
		if (layer->header.proto->options == proto)
			return ps_layer_options(layers, pkt, layer, found);
		if (layer->header.proto->quotes || layer->flags & PS_LAYER_CAREFUL)
			return PS_LAYER_NONE;
		next = on_the_way(layers, pkt, layer, proto);
		is = next ? ps_layer_payload(layers, pkt, layer, next, &layer) : PS_LAYER_NONE;
		if (is != PS_LAYER_FOUND)
			return is;
		*found = layer;
		if (layer->header.proto == proto)
			return PS_LAYER_FOUND;
		if (layer->header.proto->any_next || layer->header.proto->quotes)
			is = PS_LAYER_NONE;
		else
			is = ps_layer_payload(layers, pkt, layer, proto, found);
	}
	return is;
}

enum ps_layer_found ps_layer_find(struct ps_layers *layers, struct ps_packet *pkt, const struct ps_proto *link,
				  const struct ps_proto *proto, struct ps_layer **found)
{
	enum ps_layer_found is;
	struct ps_layer *layer;

	if (ps_unlikely(proto->is_link))
		return pkt->has_link && pkt->len >= proto->header_min ? ps_layer_first(layers, pkt, proto, found) : PS_LAYER_NONE;
	is = find_network(layers, pkt, link, &layer);
	if (is != PS_LAYER_FOUND)
		return is;
	*found = layer;
	if (layer->header.proto == proto)
		return PS_LAYER_FOUND;
	is = ps_layer_payload(layers, pkt, layer, proto, found);	/* as a rule; no network layer carries anything, or quotes */
	return ps_likely(is != PS_LAYER_NONE) ? is : find_behind(layers, pkt, layer, proto, found);
}

/* The payload of a layer that has flags. */
static ps_noinline bool find_range(struct ps_packet *pkt, const struct ps_layer *layer, struct ps_range *within)
{
	if (layer->flags & PS_LAYER_ABSENT) {
		within->off = layer->header.range.off;
		within->len = pkt->len - pkt->network;
		return !pkt->has_link;
	}
	if (layer->flags & PS_LAYER_SCRIPTED)
		return scripted_payload(pkt, layer, within);
	if (layer->flags & PS_LAYER_CAREFUL && !ps_proto_fits(pkt, &layer->header))
		return false;
	return ps_proto_payload(pkt, &layer->header, within);
}

bool ps_layer_payload_range(struct ps_packet *pkt, const struct ps_layer *layer, struct ps_range *within)
{
	if (ps_unlikely(layer->flags) ? !find_range(pkt, layer, within) : !ps_proto_payload(pkt, &layer->header, within))
		return false;
	within->off -= layer->header.range.off;
	return true;
}

/* Those that there are, one after the other. */
struct walk {
	struct ps_layer_block *block, *last;
	struct ps_layer *next;
};

static void begin_walk(struct ps_layers *layers, struct walk *walk)
{
	walk->block = &layers->first;
	walk->last = block_of(layers);
	walk->next = layers->first.layer + !layers->packet.child;	/* nothing was found as the first */
}

/* The next one, or NULL. Parents come before what was found in them. */
static inline struct ps_layer *walk_on(const struct ps_layers *layers, struct walk *walk)
{
	if (walk->block == walk->last)
		return walk->next < layers->free ? walk->next++ : NULL;
	if (walk->next == walk->block->layer + PS_LAYERS_A_BLOCK) {
		walk->block = walk->block->next;
		walk->next = walk->block->layer;
		return walk_on(layers, walk);
	}
	return walk->next++;
}

struct ps_layer *ps_layers_located(struct ps_layers *layers, const struct ps_proto *proto, unsigned int n)
{
	struct ps_layer *layer;
	struct walk walk;

	begin_walk(layers, &walk);
	while ((layer = walk_on(layers, &walk))) {
		if ((layer->flags & (PS_LAYER_LOCATED | PS_LAYER_GONE)) == PS_LAYER_LOCATED &&
		    (!proto || layer->header.proto == proto) && !n--)
			return layer;
	}
	return NULL;
}

/*
 * Whether the layer was found by what the header says, or by what one says that was. Of parents, which come before, that
 * has been told.
 */
static bool is_behind(const struct ps_layer *layer, const struct ps_layer *header)
{
	if (layer->flags & PS_LAYER_CHOSEN)
		return false;
	if (!layer->parent)	/* the network layer, found through the link layer */
		return header->header.proto->is_link && !header->header.range.off;
	return layer->parent->is_marked || ps_header_is_same(&layer->parent->header, &header->header);
}

bool ps_layers_let_go(struct ps_layers *layers, const struct ps_layer *written)
{
	struct ps_layer *layer;
	struct walk walk;
	bool any = false;

	begin_walk(layers, &walk);
	while ((layer = walk_on(layers, &walk))) {
		layer->is_marked = is_behind(layer, written);
		if (layer->is_marked)
			layer->flags |= PS_LAYER_GONE;
		any |= layer->is_marked;
	}
	return any;
}

/*
 * Whether the layer lies around bytes in the payload of inner: it is one of the headers that inner lies in, found once more, or
 * begins before the outermost of them, as a link layer does.
 */
static bool is_around(const struct ps_layer *layer, const struct ps_header *inner)
{
	for (; inner; inner = inner->outer) {
		if (ps_header_is_same(&layer->header, inner))
			return true;
		if (!inner->outer)
			return layer->header.range.off < inner->range.off;
	}
	return false;
}

/* Where fields of a scripted layer are, in whose payload bytes [at, end) of the packet have become delta more. */
static void move_places(struct ps_layer *layer, uint32_t at, uint32_t end, uint32_t delta)
{
	uint32_t first = 8 * (at - layer->header.range.off), last = 8 * (end - layer->header.range.off);
	const struct ps_proto *proto = layer->header.proto;
	unsigned int i;

	for (i = 0; i < proto->nfields; i++) {
		bool is_payload = proto->fields[i].flags & PS_PAYLOAD;
		struct ps_bits *place = &layer->places[i];
		uint32_t place_end = place->bit + place->width;

		if (place->bit >= last && !(is_payload && place->bit == first))
			place->bit += 8 * delta;
		else if (place_end >= last && (is_payload || place_end > first) && !is_open(layer, i))
			place->width += 8 * delta;
	}
}

void ps_layers_move(struct ps_layers *layers, struct ps_layer *layer, uint32_t at, uint32_t end, uint32_t delta)
{
	struct ps_layer *l;
	struct walk walk;

	begin_walk(layers, &walk);
	while ((l = walk_on(layers, &walk)))
		l->is_marked = false;
	for (l = layer; l && l != &layers->packet; l = l->parent)
		l->is_marked = !(l->flags & PS_LAYER_ABSENT);
	layers->packet.header.range.len += delta;

	begin_walk(layers, &walk);
	while ((l = walk_on(layers, &walk))) {
		struct ps_range *range = &l->header.range;
		uint32_t range_end = range->off + range->len;

		if (l->is_marked || (range->off < at && range_end >= end && is_around(l, &layer->header))) {
			if (l->flags & PS_LAYER_SCRIPTED)
				move_places(l, at, end, delta);
			range->len += delta;
		} else if (range->off >= end) {
			range->off += delta;
		} else if (range_end > at) {
			l->flags |= PS_LAYER_GONE;
		}
	}
}

void ps_layers_shrink(struct ps_layers *layers)
{
	struct ps_layer_block *block = layers->first.next, *next;

	layers->first.next = NULL;
	layers->blocks = 0;
	for (; block; block = next) {
		next = block->next;
		layers->free_block(layers, block);
	}
}
