/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "csum.h"
#include "field.h"

#include <string.h>

#define WIDE_BYTES	PS_FIELD_BYTES	/* of a number that has no int */

static inline uint32_t first_byte(struct ps_bits at)
{
	return at.bit / 8;
}

static inline uint32_t count_bytes(struct ps_bits at)
{
	return (at.bit + at.width + 7) / 8 - first_byte(at);
}

/* How far the field's lowest bit is from the lowest bit of its last byte. */
static inline uint32_t shift_of(struct ps_bits at)
{
	return -(at.bit + at.width) & 7;
}

static inline uint64_t mask_of(struct ps_bits at)
{
	return ((uint64_t)1 << at.width) - 1;
}

static inline uint64_t load(const uint8_t *p, uint32_t n)
{
	uint64_t word = 0;
	uint32_t i;

	switch (n) {
	case 1:
		return p[0];
	case 2:
		return ps_load16(p);
	case 4:
		return ps_load32(p);
	}
	for (i = 0; i < n; i++)
		word = word << 8 | p[i];
	return word;
}

static inline void store(uint8_t *p, uint32_t n, uint64_t word)
{
	switch (n) {
	case 1:
		p[0] = word;
		return;
	case 2:
		ps_store16(p, word);
		return;
	case 4:
		ps_store32(p, word);
		return;
	}
	while (n--) {
		p[n] = word;
		word >>= 8;
	}
}

int ps_field_get_bits(struct ps_packet *pkt, uint32_t header, struct ps_bits at, uint64_t *value)
{
	uint32_t n = count_bytes(at);
	const uint8_t *p = ps_packet_read(pkt, header + first_byte(at), n);

	if (!p)
		return PS_FIELD_GONE;
	*value = load(p, n) >> shift_of(at) & mask_of(at);
	return 0;
}

int ps_field_get_value(struct ps_packet *pkt, uint32_t header, const struct ps_field *field,
		       struct ps_value *value)
{
	const uint8_t *p;

	if (field->type->has_int) {
		value->high = 0;
		return ps_field_get(pkt, header, field->at, &value->low);
	}
	p = ps_packet_read(pkt, header + first_byte(field->at), WIDE_BYTES);
	if (!p)
		return PS_FIELD_GONE;
	*value = ps_load128(p);
	return 0;
}

/* Whether one of the checksums around may be of some of a field's bytes only. */
static bool is_summed_in_part(const struct ps_header *header)
{
	for (; header; header = header->outer) {
		if (header->proto->csum.covers.mask)
			return true;
	}
	return false;
}

/* Puts a value between the bits around it. */
static void merge(uint8_t *p, struct ps_bits at, struct ps_value value)
{
	uint32_t n = count_bytes(at);
	uint64_t word;

	if (n == WIDE_BYTES) {
		ps_store128(p, value);
		return;
	}
	word = load(p, n) & ~(mask_of(at) << shift_of(at));
	store(p, n, word | value.low << shift_of(at));
}

/* Stores the bits and tells what they change in sums: *diff, and all of it in changes. */
static int put(struct ps_packet *pkt, const struct ps_header *header, struct ps_bits at,
	       struct ps_value value, uint32_t *diff, struct ps_changes *changes)
{
	uint32_t n = count_bytes(at), offset = header->range.off + first_byte(at), i, step;
	uint8_t *p = ps_packet_write(pkt, offset, n);
	uint8_t old[PS_FIELD_BYTES];

	changes->n = 0;
	if (!p)
		return PS_FIELD_GONE;
	memcpy(old, p, n);
	merge(p, at, value);
	*diff = ps_csum_diff(offset, old, p, n);
	if (!memcmp(old, p, n))
		return 0;
	step = is_summed_in_part(header->outer) ? 1 : n;
	for (i = 0; i < n; i += step)
		ps_changes_add(changes, offset + i, ps_csum_diff(offset + i, old + i, p + i, step));
	return 0;
}

static int set_checksum(struct ps_packet *pkt, const struct ps_header *header, uint32_t checksum)
{
	struct ps_bits at = { header->proto->csum.at * 8, ps_csum_width(&header->proto->csum) * 8 };
	struct ps_changes changes;
	uint32_t diff;
	int err = put(pkt, header, at, (struct ps_value){ 0, checksum }, &diff, &changes);

	if (err)
		return err;
	return ps_csum_follow_outwards(pkt, header->outer, &changes) ? 0 : PS_FIELD_GONE;
}

/* Whether header says that it has no checksum. */
static bool has_none(struct ps_packet *pkt, const struct ps_header *header)
{
	struct ps_bits at = { header->proto->csum.at * 8, 16 };
	uint64_t checksum;

	if (!ps_csum_is_there(pkt, header))
		return true;
	return header->proto->csum.zero_is_none &&
	       (ps_field_get(pkt, header->range.off, at, &checksum) || !checksum);
}

/*
 * The field has changed which bytes checksums are of, so that no difference helps. That of a
 * packet whose bytes are elsewhere stays as it is.
 */
static int recompute(struct ps_packet *pkt, const struct ps_header *header)
{
	struct ps_header next;
	int err = 0;

	if (!has_none(pkt, header))
		err = ps_field_checksum(pkt, header);
	if (!err && ps_proto_next(pkt, header, &next) &&
	    next.proto->csum.kind >= PS_CSUM_MESSAGE && !has_none(pkt, &next))
		err = ps_field_checksum(pkt, &next);
	return err == PS_FIELD_PARTIAL ? 0 : err;
}

/* ps_proto_reach_next(), also of what is behind what is between. */
static bool reach_beyond(struct ps_packet *pkt, const struct ps_header *header)
{
	struct ps_header between = *header, next;
	unsigned int n;

	for (n = 0; n <= PS_INNER_MAX; n++) {
		if (!ps_proto_reach_next(pkt, &between))
			return false;
		if (!ps_proto_next_begun(pkt, &between, &next) || !next.proto->is_between)
			break;
		between = next;
		between.outer = header;
	}
	return true;
}

/*
 * What follows a header and has a checksum, if the field counts in a pseudo header for it; else
 * next->proto is NULL.
 */
static void next_of_pseudo(struct ps_packet *pkt, const struct ps_header *header,
			   const struct ps_field *field, struct ps_header *next)
{
	if (!(field->flags & PS_PSEUDO) || !ps_proto_next_beyond(pkt, header, next) ||
	    next->proto->csum.kind != PS_CSUM_PSEUDO || !ps_csum_is_there(pkt, next) ||
	    (field->flags & PS_ROUTED && ps_proto_route(pkt, header)))
		next->proto = NULL;
}

/* What storing a value changes in sums that start at the header, not folded; or one of these. */
enum {
	CHANGE_NONE = -1,	/* in no sum */
	CHANGE_ELSEWHERE = -2,	/* the field does not lie so simply: nothing is stored */
};

static inline uint64_t sum128(struct ps_value v)
{
	return (v.high >> 32) + (v.high & 0xFFFFFFFF) + (v.low >> 32) + (v.low & 0xFFFFFFFF);
}

/* Stores 128 bits at an even byte. */
static inline int64_t put128(uint8_t *p, struct ps_value value)
{
	struct ps_value old = ps_load128(p);
	uint64_t sum;

	if (ps_value_is(old, value))
		return CHANGE_NONE;
	ps_store128(p, value);
	sum = sum128((struct ps_value){ ~old.high, ~old.low }) + sum128(value);
	sum = (sum & 0xFFFFFFFF) + (sum >> 32);
	return (sum & 0xFFFF) + (sum >> 16);
}

/* The change when a value of 32 bits is. */
static inline uint32_t change32(uint32_t old, uint32_t new)
{
	old = ~old;
	return (old >> 16) + (old & 0xFFFF) + (new >> 16) + (new & 0xFFFF);
}

/* That of words which are the same as before, or of the same sum: no checksum can tell them apart. */
#define SAME32	(2 * 0xFFFF)

/*
 * True if sums need no care for where the field is: in the fixed part of a header that begins at an
 * even offset, is whole, and that no other checksum covers.
 */
static inline bool is_plain(const struct ps_header *header, const struct ps_field *field)
{
	const struct ps_proto *proto = header->proto;

	return ps_field_is_alone(header) && !(header->range.off & 1) && proto->csum.kind < PS_CSUM_CRC32C &&
	       !(proto->csum.present.mask | proto->csum.covers.mask) &&
	       header->range.len >= proto->header_min &&
	       field->at.bit + field->at.width <= proto->header_min * 8;
}

/* own_next() where something is between. */
static ps_noinline bool own_beyond(struct ps_packet *pkt, const struct ps_header *header, bool routed, struct ps_header *next)
{
	if (!reach_beyond(pkt, header))
		return false;
	if (!ps_proto_next_beyond(pkt, header, next) || next->proto->csum.kind != PS_CSUM_PSEUDO ||
	    !ps_csum_is_there(pkt, next) || (routed && ps_proto_route(pkt, header))) {
		next->proto = NULL;
		return true;
	}
	return ps_packet_own(pkt, next->range.off, next->proto->csum.at + 2u);
}

/*
 * What follows a header, whose fixed part this is, and has a checksum with a pseudo header: *next,
 * whose fixed part is writable then. If there is nothing of the kind, next->proto is NULL: neither
 * is there while a source route goes on, if it is about the destination (routed). Returns
 * false if there is no memory. The packet has all of header->range.
 */
static ps_inline bool own_next(struct ps_packet *pkt, const uint8_t *fixed, const struct ps_header *header, bool routed,
			       struct ps_header *next)
{
	const struct ps_proto *proto = ps_proto_select(pkt, fixed, header);
	uint8_t *p;

	next->proto = NULL;
	if (proto && ps_unlikely(proto->is_between))
		return own_beyond(pkt, header, routed, next);
	if (!proto || proto->csum.kind != PS_CSUM_PSEUDO ||
	    !ps_proto_payload_of(pkt, fixed, header, &next->range) ||
	    next->range.len < proto->header_min)
		return true;
	p = ps_packet_own(pkt, next->range.off, proto->header_min);
	if (!p)
		return false;
	if (ps_unlikely(next->range.off - header->range.off > header->proto->header_min) && routed &&
	    ps_proto_route(pkt, header))
		return true;
	if (!proto->header_len.mask ||
	    ps_proto_word(p, proto->header_len) * 4 <= next->range.len)
		next->proto = proto;
	return true;
}

/* Adds change to the checksum of what own_next() has found. */
static inline void sum_next(struct ps_packet *pkt, const struct ps_header *next, uint32_t change)
{
	if (next->proto)
		ps_csum_update(pkt, next, true, change);
}

/*
 * Most fields are a word of 16 bits of the fixed part, are in one, or are two. Stores it, and
 * returns what that changes in sums that start at the header, not folded.
 */
static inline int64_t put_word(uint8_t *fixed, struct ps_bits at, uint64_t value)
{
	uint8_t *p = fixed + at.bit / 16 * 2;
	uint32_t rest = 16 - at.bit % 16, old, new = value;

	if (at.width <= rest) {
		old = ps_load16(p);
		rest -= at.width;
		new = (old & ~(((1u << at.width) - 1) << rest)) | new << rest;
		ps_store16(p, new);
		if (ps_unlikely(old == new))
			return CHANGE_NONE;
		return 0xFFFF - old + new;
	}
	if (at.width == 32 && rest == 16) {
		old = ps_load32(p);
		ps_store32(p, new);
		new = change32(old, new);
		if (ps_unlikely(new == SAME32))
			return CHANGE_NONE;
		return new;
	}
	return CHANGE_ELSEWHERE;
}

/* Makes the checksums writable that changes within header go to, on the way outwards. */
static bool own_outwards(struct ps_packet *pkt, const struct ps_header *header)
{
	for (; header; header = header->outer) {
		if (!ps_csum_own(pkt, header))
			return false;
	}
	return true;
}

/* A field of a header that lies in others, at an odd byte, or not whole. */
static ps_noinline int set_anywhere(struct ps_packet *pkt, const struct ps_header *header,
				    const struct ps_field *field, struct ps_value value)
{
	uint32_t end = first_byte(field->at) + count_bytes(field->at), off = header->range.off;
	struct ps_changes changes;
	struct ps_header next;
	uint32_t diff;

	/* all or nothing */
	if (end > header->range.len)
		return PS_FIELD_GONE;
	if (ps_csum_is_there(pkt, header) && end < header->proto->csum.at + 2u)
		end = header->proto->csum.at + 2u;
	if (!ps_csum_own(pkt, header) || !ps_packet_write(pkt, off, end) ||
	    (field->flags & PS_PSEUDO && !reach_beyond(pkt, header)))
		return PS_FIELD_GONE;
	next_of_pseudo(pkt, header, field, &next);
	if ((next.proto && !ps_packet_own(pkt, ps_csum_at(&next), 2)) ||
	    put(pkt, header, field->at, value, &diff, &changes))
		return PS_FIELD_GONE;
	if (!changes.n)
		return 0;
	diff = ps_csum_align(diff, off);
	if ((next.proto && !ps_csum_follow_pseudo(pkt, &next, diff, &changes)) ||
	    !ps_csum_follow_outwards(pkt, header, &changes))
		return PS_FIELD_GONE;
	return field->flags & PS_COVERAGE ? recompute(pkt, header) : 0;
}

/* A plain field that is no word of put_word(), such as an address of Ethernet, which most often no checksum counts. */
static ps_noinline int set_longer(struct ps_packet *pkt, const struct ps_header *header, const struct ps_field *field, uint8_t *fixed,
				  struct ps_value value)
{
	if (header->proto->csum.kind != PS_CSUM_NONE || field->flags & (PS_PSEUDO | PS_COVERAGE))
		return set_anywhere(pkt, header, field, value);
	merge(fixed + first_byte(field->at), field->at, value);
	return 0;
}

static ps_noinline int set_own_checksum(struct ps_packet *pkt, const struct ps_header *header,
					uint64_t value)
{
	if (!ps_csum_is_there(pkt, header))
		return PS_FIELD_GONE;
	if (pkt->partial == ps_csum_at(header) && !pkt->ops->own_checksum(pkt))
		return PS_FIELD_SEGMENTS;
	return set_checksum(pkt, header, value);
}

/*
 * The fixed part of a header whose field is plain, writable, as is that of *next: from here on it is all or
 * nothing. NULL: no memory.
 */
static ps_inline uint8_t *own_plain(struct ps_packet *pkt, const struct ps_header *header,
				    const struct ps_field *field, struct ps_header *next)
{
	uint8_t *fixed = ps_packet_own(pkt, header->range.off, header->proto->header_min);

	next->proto = NULL;
	if (!fixed || (field->flags & PS_PSEUDO &&
		       !own_next(pkt, fixed, header, field->flags & PS_ROUTED, next)))
		return NULL;
	return pkt->data + header->range.off;
}

int ps_field_set(struct ps_packet *pkt, const struct ps_header *header,
		 const struct ps_field *field, uint64_t value)
{
	const struct ps_value whole = { 0, value };
	struct ps_header next ps_uninit;
	uint8_t *fixed;
	int64_t change;

	if (value > mask_of(field->at))
		return PS_FIELD_RANGE;
	if (header->outer && !own_outwards(pkt, header->outer))
		return PS_FIELD_GONE;
	if (ps_unlikely(field->flags & (PS_CHECKSUM | PS_COVERAGE))) {
		if (field->flags & PS_CHECKSUM)
			return set_own_checksum(pkt, header, value);
		if (!ps_packet_own(pkt, 0, pkt->len))
			return PS_FIELD_GONE;	/* recompute() may look at any of it, whatever the field becomes */
	}
	if (!ps_likely(is_plain(header, field)))
		return set_anywhere(pkt, header, field, whole);

	fixed = own_plain(pkt, header, field, &next);
	if (!fixed)
		return PS_FIELD_GONE;
	change = put_word(fixed, field->at, value);
	if (ps_unlikely(change < 0))
		return change == CHANGE_NONE ? 0 : set_longer(pkt, header, field, fixed, whole);
	ps_field_sum(pkt, header, fixed, change);
	sum_next(pkt, &next, change);
	return field->flags & PS_COVERAGE ? recompute(pkt, header) : 0;
}

int ps_field_set_value(struct ps_packet *pkt, const struct ps_header *header,
		       const struct ps_field *field, struct ps_value value)
{
	struct ps_header next ps_uninit;
	uint8_t *fixed;
	int64_t change;

	if (field->type->has_int)
		return value.high ? PS_FIELD_RANGE : ps_field_set(pkt, header, field, value.low);
	if (header->outer && !own_outwards(pkt, header->outer))
		return PS_FIELD_GONE;
	if (!is_plain(header, field) || field->at.bit % 16)
		return set_anywhere(pkt, header, field, value);

	fixed = own_plain(pkt, header, field, &next);
	if (!fixed)
		return PS_FIELD_GONE;
	change = put128(fixed + field->at.bit / 8, value);
	if (change == CHANGE_NONE)
		return 0;
	ps_field_sum(pkt, header, fixed, change);
	sum_next(pkt, &next, change);
	return 0;
}

int ps_field_checksum(struct ps_packet *pkt, const struct ps_header *header)
{
	uint32_t checksum;

	if (!ps_csum_compute(pkt, header, &checksum))
		return PS_FIELD_PARTIAL;
	return set_checksum(pkt, header, checksum);
}
