/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "write.h"

#include <string.h>

/*
 * What bytes lie in: headers from the innermost outwards, by ps_header.outer. The inner ones are found
 * by the policy, and kept here.
 */
struct layers {
	struct ps_header inner[PS_INNER_MAX];
	const struct ps_header *innermost;	/* NULL: none is known */
};

/* False: no memory to look for them all. */
static bool find_layers(struct ps_packet *pkt, const struct ps_header *within,
			struct layers *layers)
{
	const struct ps_header *h = within && within->proto == &ps_proto_raw ? within->outer : within;
	struct ps_header *next = layers->inner;

	if (!h || (h->proto->is_link && !h->outer)) {
		layers->innermost = NULL;
		if (!ps_proto_first(pkt, next))
			return true;
		if (!ps_proto_reach_next(pkt, next))
			return false;
		if (!ps_proto_fits(pkt, next))
			return true;
		h = next++;
	}
	while (next < layers->inner + PS_INNER_MAX && ps_proto_reach_next(pkt, h) &&
	       ps_proto_next_begun(pkt, h, next))
		h = next++;
	layers->innermost = h;
	return ps_proto_reach_next(pkt, h);
}

static inline bool overlap(uint32_t a, uint32_t a_end, uint32_t b, uint32_t b_end)
{
	return a < b_end && b < a_end;
}

/* What of header's own network header its checksum counts, or NULL. */
static const struct ps_header *network_of(const struct ps_header *header)
{
	return header->proto->csum.kind == PS_CSUM_PSEUDO ? ps_csum_network(header) : NULL;
}

/* The transport whose network header has the byte at off, or NULL. */
static const struct ps_header *transport_after(const struct layers *layers, uint32_t off)
{
	const struct ps_header *h, *network;

	for (h = layers->innermost; h; h = h->outer) {
		network = network_of(h);
		if (network && off >= network->range.off && off < h->range.off)
			return h;
	}
	return NULL;
}

/*
 * Bytes as they will be.
 */
struct writing {
	uint32_t off, end;
	const uint8_t *bytes;
};

/* Whether the bits of a word of the header's fixed part would be others. */
static bool changes_word(struct ps_packet *pkt, const struct ps_header *header,
			 struct ps_word word, const struct writing *w)
{
	uint32_t at = header->range.off + word.at, i;
	const uint8_t *p;
	uint8_t new[2];

	if (!word.mask || header->range.len < word.at + 2u)
		return false;
	p = ps_packet_read(pkt, at, 2);
	if (!p)
		return true;
	for (i = 0; i < 2; i++)
		new[i] = at + i >= w->off && at + i < w->end ? w->bytes[at + i - w->off] : p[i];
	return (ps_load16(p) ^ ps_load16(new)) & word.mask;
}

/* Whether bytes from off to end, which the packet has, would be others. */
static bool changes_bytes(struct ps_packet *pkt, uint32_t off, uint32_t end,
			  const struct writing *w)
{
	const uint8_t *p;

	if (off < w->off)
		off = w->off;
	if (end > w->end)
		end = w->end;
	if (off >= end)
		return false;
	p = ps_packet_read(pkt, off, end - off);
	return !p || memcmp(p, w->bytes + (off - w->off), end - off);
}

/* Whether they would say otherwise how long things are, or how much a checksum is of. */
static bool changes_shape(struct ps_packet *pkt, const struct ps_header *header,
			  const struct writing *w)
{
	const struct ps_proto *proto = header->proto;
	struct ps_extent extent;
	uint32_t off = header->range.off;

	if (proto->extent && proto->extent(pkt, header, &extent) &&
	    changes_bytes(pkt, off + proto->header_min, off + extent.shape_end, w))
		return true;
	return changes_word(pkt, header, proto->header_len, w) ||
	       changes_word(pkt, header, proto->total_len, w) ||
	       changes_word(pkt, header, proto->shape, w) ||
	       changes_word(pkt, header, proto->csum.covers, w) ||
	       changes_word(pkt, header, proto->csum.present, w);
}

/* Whether they are of a later fragment, whose checksum is in the first. */
static bool is_elsewhere(struct ps_packet *pkt, const struct ps_header *header,
			 const struct writing *w)
{
	const struct ps_proto *next;
	struct ps_range payload;
	uint32_t value;

	if (!header->proto->next || !ps_proto_is_later(pkt, header, &value) ||
	    !ps_proto_payload(pkt, header, &payload) ||
	    !overlap(w->off, w->end, payload.off, payload.off + payload.len))
		return false;
	next = ps_proto_row(header->proto->next, value);
	return next && next->csum.kind >= PS_CSUM_MESSAGE;
}

/* Whether the header's own checksum would be another: the one that is written. */
static bool changes_checksum(struct ps_packet *pkt, const struct ps_header *header,
			     const struct writing *w)
{
	uint32_t at = ps_csum_at(header);

	return ps_csum_is_there(pkt, header) && changes_bytes(pkt, at, at + ps_csum_width(&header->proto->csum), w);
}

/*
 * Where the bytes from off on end that are all covered by a checksum or not, are all a checksum or
 * not, are all in a header or not.
 */
static uint32_t part_end(struct ps_packet *pkt, const struct layers *layers, uint32_t off,
			 uint32_t end)
{
	const struct ps_header *h;
	unsigned int i;

	for (h = layers->innermost; h; h = h->outer) {
		uint32_t at = ps_csum_is_there(pkt, h) ? ps_csum_at(h) : h->range.off;
		uint32_t limits[] = { h->range.off, at, at + ps_csum_width(&h->proto->csum), ps_csum_end(pkt, h) };

		for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
			if (limits[i] > off && limits[i] < end)
				end = limits[i];
		}
	}
	return end;
}

/* Which of the checksums from the innermost header outwards are written, as bits. */
static uint32_t written_checksums(struct ps_packet *pkt, const struct layers *layers,
				  const struct writing *w)
{
	const struct ps_header *h;
	uint32_t bits = 0, bit = 1;

	for (h = layers->innermost; h; h = h->outer, bit <<= 1) {
		if (changes_checksum(pkt, h, w))
			bits |= bit;
	}
	return bits;
}

/* Whether the byte at off is of a checksum that follows. */
static bool is_of_follower(struct ps_packet *pkt, const struct layers *layers, uint32_t off,
			   uint32_t written)
{
	const struct ps_header *h;

	for (h = layers->innermost; h; h = h->outer, written >>= 1) {
		if (!(written & 1) && ps_csum_is_there(pkt, h) &&
		    off - ps_csum_at(h) < ps_csum_width(&h->proto->csum))
			return true;
	}
	return false;
}

/* Writes a part, which is writable with all checksums; those in written don't follow. */
static bool write_part(struct ps_packet *pkt, const struct layers *layers,
		       const struct writing *w, uint32_t off, uint32_t end, uint32_t written)
{
	const struct ps_header *transport = transport_after(layers, off), *h;
	uint32_t len = end - off, before = 0, after = 0;
	const uint8_t *bytes = w->bytes + (off - w->off);
	struct ps_changes changes = { .n = 0 };

	if (!memcmp(pkt->data + off, bytes, len))
		return true;
	if (transport && !ps_csum_add_addresses(pkt, network_of(transport), &before))
		return false;
	ps_changes_add(&changes, off, ps_csum_diff(off, pkt->data + off, bytes, len));
	memcpy(pkt->data + off, bytes, len);
	if (transport && !ps_csum_add_addresses(pkt, network_of(transport), &after))
		return false;
	for (h = layers->innermost; h; h = h->outer, written >>= 1) {
		if (written & 1)
			continue;
		if (h == transport && before != after &&
		    !ps_csum_follow_pseudo(pkt, h, ps_csum_change(before, after), &changes))
			return false;
		if (!ps_csum_follow(pkt, h, &changes))
			return false;
	}
	return true;
}

/*
 * A checksum that is completed later: *transport is its header, NULL if there is none. False: it is
 * one that nobody knows, and may be of these bytes.
 */
static bool find_partial(struct ps_packet *pkt, const struct layers *layers, uint32_t off,
			 uint32_t end, const struct ps_header **transport)
{
	const struct ps_header *h;

	*transport = NULL;
	if (!pkt->partial)
		return true;
	for (h = layers->innermost; h; h = h->outer) {
		if (h->proto->csum.kind >= PS_CSUM_MESSAGE && ps_csum_at(h) == pkt->partial) {
			*transport = h;
			return true;
		}
	}
	return !overlap(off, end, pkt->network, pkt->partial + 2);
}

int ps_write_bytes(struct ps_packet *pkt, const struct ps_header *within,
		   const struct ps_range *range, const uint8_t *bytes)
{
	struct writing w = { range->off, range->off + range->len, bytes };
	const struct ps_header *h, *partial;
	uint32_t own = w.end, written, off, end;
	struct layers layers;
	const uint8_t *p = ps_packet_read(pkt, range->off, range->len);

	if (!p)
		return PS_FIELD_GONE;
	if (!memcmp(p, bytes, range->len))
		return 0;
	if (!find_layers(pkt, within, &layers))
		return PS_FIELD_GONE;
	if (!find_partial(pkt, &layers, w.off, w.end, &partial))
		return PS_FIELD_LATER;
	for (h = layers.innermost; h; h = h->outer) {
		if (changes_shape(pkt, h, &w))
			return PS_FIELD_SHAPE;
		if (is_elsewhere(pkt, h, &w))
			return PS_FIELD_PARTIAL;
		if (!ps_csum_own(pkt, h))
			return PS_FIELD_GONE;
		end = ps_csum_at(h) + ps_csum_width(&h->proto->csum);
		if (ps_csum_is_there(pkt, h) && end > own)
			own = end;
	}
	written = written_checksums(pkt, &layers, &w);
	if (!ps_packet_write(pkt, 0, own))
		return PS_FIELD_GONE;
	if (partial && changes_checksum(pkt, partial, &w) && !pkt->ops->own_checksum(pkt))
		return PS_FIELD_SEGMENTS;
	for (off = w.off; off < w.end; off = end) {
		end = part_end(pkt, &layers, off, w.end);
		if (!is_of_follower(pkt, &layers, off, written) &&
		    !write_part(pkt, &layers, &w, off, end, written))
			return PS_FIELD_GONE;
	}
	return 0;
}

/* Bytes that are written as they are: those at bytes, or value as each of them. */
static void put(uint8_t *to, const uint8_t *bytes, uint8_t value, uint32_t len)
{
	if (bytes)
		memcpy(to, bytes, len);
	else
		memset(to, value, len);
}

/* The same where a checksum is completed later. */
static ps_noinline int put_summed(struct ps_packet *pkt, uint32_t off, uint32_t len, const uint8_t *bytes, uint8_t value)
{
	const struct ps_header *transport, *network;
	uint32_t before = 0, after = 0, end = off + len;
	struct layers layers;

	if (!find_layers(pkt, NULL, &layers))
		return PS_FIELD_GONE;
	if (!find_partial(pkt, &layers, off, end, &transport) ||
	    overlap(off, end, pkt->partial, pkt->partial + 2))
		return PS_FIELD_LATER;
	network = transport ? network_of(transport) : NULL;
	if (!network || !overlap(off, end, network->range.off, transport->range.off)) {
		put(pkt->data + off, bytes, value, len);
		return 0;
	}
	if (!ps_packet_own(pkt, pkt->partial, 2) || !ps_csum_add_addresses(pkt, network, &before))
		return PS_FIELD_GONE;
	put(pkt->data + off, bytes, value, len);
	if (ps_csum_add_addresses(pkt, network, &after) && before != after)
		ps_csum_update(pkt, transport, true, ps_csum_change(before, after));
	return 0;
}

static int put_as_is(struct ps_packet *pkt, const struct ps_range *range, const uint8_t *bytes, uint8_t value)
{
	uint8_t *p = ps_packet_write(pkt, range->off, range->len);

	if (!p)
		return PS_FIELD_GONE;
	/* behind a checksum that is completed later all bytes are summed then */
	if (ps_unlikely(range->off < pkt->partial + 2 && pkt->partial && range->len))
		return put_summed(pkt, range->off, range->len, bytes, value);
	put(p, bytes, value, range->len);
	return 0;
}

int ps_write_fill(struct ps_packet *pkt, const struct ps_range *range, uint8_t value)
{
	return put_as_is(pkt, range, NULL, value);
}

int ps_write_as_is(struct ps_packet *pkt, const struct ps_range *range, const uint8_t *bytes)
{
	return put_as_is(pkt, range, bytes, 0);
}
