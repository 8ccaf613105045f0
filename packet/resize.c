/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "resize.h"

#include <string.h>

#define HEADERS_MAX	10	/* that may lie around the bytes: tunnels in tunnels. More are refused, since they take room on the stack */

/* Bytes [at, end) of the packet, which become add other ones: delta more, modulo 2^32. */
struct change {
	uint32_t at, end, add, delta;
};

/* A header around them, and what has to follow. */
struct around {
	struct ps_header *header;
	struct ps_word length;		/* counts the bytes; mask 0: there is no such word */
	bool is_summed;			/* its checksum is of them */
	uint32_t sum_end, sum;		/* where that ends, and what these bytes add to it, before they change */
};

/*
 * What the bytes from c->at on add to a sum that ends at sum_end, as if it began at the packet's offset 0. Those behind
 * changed_end are the same before and after, and need no look if they stay high or low bytes of words.
 */
static bool sum_bytes(struct ps_packet *pkt, const struct change *c, uint32_t changed_end, uint32_t sum_end, uint32_t *sum)
{
	uint32_t len = (c->delta & 1 ? sum_end : changed_end) - c->at;
	const uint8_t *p = ps_packet_read(pkt, c->at, len);

	if (p)
		*sum = ps_csum_align(ps_csum_fold(ps_csum_add(0, p, len)), c->at);
	return p;
}

/*
 * Finds where the bytes end that the header's checksum is of, and whether what changes is among these: of a part of the
 * message, which ends before it, it is not. PS_FIELD_SHAPE: the part would be cut, or is none.
 */
static int find_sum(const struct change *c, const uint8_t *fixed, const struct ps_range *payload, struct around *a)
{
	const struct ps_proto *proto = a->header->proto;
	uint32_t told = ps_proto_word(fixed, proto->csum.covers), end = payload->off + payload->len;

	a->sum_end = end;
	a->is_summed = true;
	if (!told)
		return 0;
	if (proto->csum.covers_payload) {
		a->sum_end = payload->off + (told - 1) * 4;
		a->is_summed = false;
		return a->sum_end > c->at ? PS_FIELD_SHAPE : 0;
	}
	a->sum_end = a->header->range.off + told;
	a->is_summed = a->sum_end > c->at || a->sum_end == end;
	return told < proto->header_min || a->sum_end > end || (a->is_summed && a->sum_end < c->end) ? PS_FIELD_SHAPE : 0;
}

/* Finds the word in the header that counts the bytes. */
static int find_length(const struct change *c, const uint8_t *fixed, struct around *a)
{
	const struct ps_csum *csum = &a->header->proto->csum;
	uint32_t told;

	a->length = a->header->proto->total_len;
	if (!a->length.mask && !csum->covers_payload && a->is_summed && ps_proto_has(fixed, csum->covers))
		a->length = csum->covers;
	if (!a->length.mask)
		return 0;
	told = ps_proto_word(fixed, a->length);
	if (!told || told == -c->delta)		/* 0 says nothing */
		return PS_FIELD_SHAPE;
	return told + c->delta <= 0xFFFF ? 0 : PS_FIELD_LONG;
}

/*
 * Finds what has to follow in a header that the bytes have to be payload of, as has the header at inner which lies in this
 * one: the same header twice would follow twice.
 */
static int look_at(struct ps_packet *pkt, const struct change *c, struct ps_header *header, uint32_t inner,
		   struct around *a)
{
	const struct ps_proto *proto = header->proto;
	struct ps_range payload;
	const uint8_t *fixed;
	int err;

	*a = (struct around){ .header = header };
	if (!ps_layer_matters(proto))
		return 0;
	if (ps_proto_is_partial(pkt, header))
		return PS_FIELD_PARTIAL;
	if (!ps_proto_payload(pkt, header, &payload) || inner < payload.off)
		return PS_FIELD_SHAPE;
	if (c->end > payload.off + payload.len)
		return PS_FIELD_GONE;
	fixed = ps_proto_read(pkt, header);
	if (!fixed)
		return PS_FIELD_GONE;
	err = find_sum(c, fixed, &payload, a);
	if (!err)
		err = find_length(c, fixed, a);
	if (proto->csum.kind <= PS_CSUM_HEADER || !ps_csum_is_there(pkt, header))
		a->is_summed = false;
	if (err || !a->is_summed)
		return err;
	return ps_csum_own(pkt, header) && sum_bytes(pkt, c, c->end, a->sum_end, &a->sum) ? 0 : PS_FIELD_GONE;
}

static bool is_among(const struct ps_header *header, const struct around *around, unsigned int n)
{
	for (; n; n--, around++) {
		if (ps_header_is_same(around->header, header))
			return true;
	}
	return false;
}

/*
 * Whether all headers that anybody finds around the bytes are among those that follow, if they say how long they are or have a
 * checksum, and none of the others is in the bytes.
 */
static ps_noinline bool are_known(struct ps_packet *pkt, const struct change *c, const struct around *around, unsigned int n)
{
	struct ps_header known[PS_INNER_MAX], *h = known, *end = known + PS_INNER_MAX - 1;
	struct ps_range payload;

	if (!ps_proto_first(pkt, h))
		return false;
	for (;; h++) {
		if (!ps_proto_payload(pkt, h, &payload) || c->at < payload.off)
			return false;
		if (c->at > payload.off + payload.len)
			return true;
		if (ps_layer_matters(h->proto) && !is_among(h, around, n))
			return false;
		if (h == end || !ps_proto_next(pkt, h, h + 1) || c->at <= h[1].range.off)
			return true;
	}
}

/*
 * Whether a checksum that is completed later stays as it is: all that changes is behind it, or its header is replaced by the same
 * bytes as far as there. Of another nobody knows what it would have to be: the script has read what is not one.
 */
static bool keeps_partial(const struct ps_packet *pkt, const struct change *c, const uint8_t *bytes)
{
	uint32_t end = pkt->partial + 2;

	if (!pkt->partial || c->at >= end)
		return true;
	return !c->delta && bytes && c->end >= end && !memcmp(pkt->data + c->at, bytes, end - c->at);
}

/* Writes the length of a header anew. */
static void follow_length(struct ps_packet *pkt, const struct change *c, const struct around *a, struct ps_changes *changes)
{
	uint32_t at = a->header->range.off + a->length.at;
	uint8_t *p = pkt->data + at, old[2];

	memcpy(old, p, 2);
	ps_store16(p, ps_load16(p) + c->delta);
	ps_changes_add(changes, at, ps_csum_diff(at, old, p, 2));
}

/* How much longer the message has become, as a sum. */
static uint32_t length_sum(const struct change *c)
{
	return ps_csum_fold(c->delta & 0x80000000 ? 0xFFFF + c->delta : c->delta);
}

/* Brings the checksum of a header up to date with the bytes, and with what has changed inside. */
static bool follow_sum(struct ps_packet *pkt, const struct change *c, const struct around *a, struct ps_changes *changes)
{
	const struct ps_header *header = a->header;
	struct ps_change *first = changes->list;
	uint32_t after;

	/* the pseudo header counts the message's length, also where the sum is of a part of the message */
	if (header->proto->csum.kind == PS_CSUM_PSEUDO && c->delta &&
	    !ps_csum_follow_pseudo(pkt, header, length_sum(c), changes))
		return false;
	first->off = pkt->len;		/* no sum is of what is there */
	if (a->is_summed) {
		if (!sum_bytes(pkt, c, c->at + c->add, a->sum_end + c->delta, &after))
			return false;
		first->off = header->range.off;
		first->diff = ps_csum_change(a->sum, after);
	}
	return ps_csum_follow(pkt, header, changes);
}

int ps_layer_replace(struct ps_layers *layers, struct ps_packet *pkt, struct ps_layer *layer, struct ps_range within,
		     const uint8_t *bytes, uint32_t len)
{
	struct around around[HEADERS_MAX], *a;
	struct ps_changes changes = { .n = 1 };	/* the first are the bytes themselves */
	struct ps_header *header = &layer->header;
	struct change c;
	unsigned int n;
	int err;

	within = ps_layer_range(layer, within);
	if (!ps_packet_has(pkt, within.off, within.len))
		return PS_FIELD_GONE;
	if (len > PS_PACKET_MAX || pkt->len - pkt->network - within.len + len > PS_PACKET_MAX)
		return PS_FIELD_LONG;
	c = (struct change){ within.off, within.off + within.len, len, len - within.len };
	if (!ps_packet_read(pkt, within.off, within.len))
		return PS_FIELD_GONE;
	for (n = 0; header; header = (struct ps_header *)header->outer, n++) {
		err = n == HEADERS_MAX ? PS_FIELD_SHAPE :
		      look_at(pkt, &c, header, n ? around[n - 1].header->range.off : c.at, &around[n]);
		if (err)
			return err;
	}
	if (!are_known(pkt, &c, around, n))
		return PS_FIELD_SHAPE;
	if (!keeps_partial(pkt, &c, bytes))
		return PS_FIELD_LATER;
	err = pkt->ops->resize(pkt, c.at, within.len, len);
	if (err)
		return err;

	ps_layers_move(layers, layer, c.at, c.end, c.delta);
	if (bytes)
		memcpy(pkt->data + c.at, bytes, len);
	else
		memset(pkt->data + c.at, 0, len);
	for (a = around; a < around + n; a++) {
		if (a->length.mask)
			follow_length(pkt, &c, a, &changes);
	}
	for (a = around; a < around + n; a++) {
		if (!follow_sum(pkt, &c, a, &changes))
			return PS_FIELD_GONE;
	}
	return 0;
}

int ps_layer_resize(struct ps_layers *layers, struct ps_packet *pkt, struct ps_layer *layer, uint32_t at, int delta)
{
	struct ps_range taken = { at, delta < 0 ? -(uint32_t)delta : 0 };

	return ps_layer_replace(layers, pkt, layer, taken, NULL, delta < 0 ? 0 : delta);
}
