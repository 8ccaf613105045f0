/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include <string.h>

#include "fuzz.h"
#include "model.h"
#include "packets.h"

static uint32_t get16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

/*
 * Views.
 */
static uint32_t least(int id)
{
	static const uint8_t bytes[] = { 0, 14, 20, 8, 20, 8, 8, 12, 4, 8, 40, 4, 8, [MODEL_MPLS] = 4, 8, 8, 12, 12 };

	return bytes[id];
}

/* What the header says of its own length. */
static uint32_t head_of(const uint8_t *bytes, const struct model_view *v)
{
	if (v->id == MODEL_IP)
		return (bytes[v->off] & 15) * 4;
	if (v->id == MODEL_TCP)
		return (bytes[v->off + 12] >> 4) * 4;
	if (v->id == MODEL_DCCP)
		return bytes[v->off + 4] * 4;
	if (v->id == MODEL_GRE)		/* checksum, key, sequence, acknowledgement */
		return 4 + 4 * __builtin_popcount(get16(bytes + v->off) & 0xB080);
	if (v->id == MODEL_IP6)
		return frame_walk_ip6(bytes + v->off, v->len).head;
	if (v->id == MODEL_ARP)
		return 8 + 2 * (bytes[v->off + 4] + bytes[v->off + 5]);
	if (v->id == MODEL_AH)
		return 4 * (bytes[v->off + 1] + 2);
	return least(v->id);
}

static bool fits(const uint8_t *bytes, const struct model_view *v)
{
	return v->len >= least(v->id) && head_of(bytes, v) <= v->len &&
	       (v->id != MODEL_IP6 || head_of(bytes, v)) && (v->id != MODEL_AH || head_of(bytes, v) >= least(v->id));
}

/* Header and payload, as far as they are there. */
static uint32_t total_of(const uint8_t *bytes, const struct model_view *v)
{
	uint32_t told = v->id == MODEL_IP ? get16(bytes + v->off + 2) :
			v->id == MODEL_UDP || v->id == MODEL_IP6 || v->id == MODEL_PPPOE ? get16(bytes + v->off + 4) : 0;

	if (told)
		told += v->id == MODEL_IP6 ? 40 : v->id == MODEL_PPPOE ? 6 : 0;
	return told && told < v->len ? told : v->len;
}

static bool is_fragment(const uint8_t *bytes, const struct model_view *ip)
{
	return get16(bytes + ip->off + 6) & 0x1FFF;
}

static bool is_error(const uint8_t *bytes, const struct model_view *v)
{
	uint8_t type = bytes[v->off];

	if (v->id == MODEL_ICMP6)
		return type >= 1 && type <= 4;
	return v->id == MODEL_ICMP && ((type >= 3 && type <= 5) || type == 11 || type == 12);
}

/* Whether it may be seen so: whole, or of a quote the beginning. */
static bool may_be(const uint8_t *bytes, const struct model_view *v)
{
	return fits(bytes, v) || (v->quoted && v->len >= 8 &&
				    ((v->id >= MODEL_ICMP && v->id <= MODEL_ICMP6) || v->id == MODEL_SCTP));
}

/* What link layers and tags carry by their type. */
static int by_type(uint32_t type)
{
	return type == 0x0800 ? MODEL_IP : type == 0x86DD ? MODEL_IP6 : type == 0x0806 ? MODEL_ARP :
	       type == 0x8100 || type == 0x88A8 ? MODEL_VLAN : type == 0x8864 ? MODEL_PPPOE :
	       type == 0x8847 || type == 0x8848 ? MODEL_MPLS : -1;
}

/* What is behind a label: another one, unless it is the last; then what its first bits say. */
static int by_label(const uint8_t *label, const struct model_view *payload)
{
	if (!(label[2] & 1))
		return MODEL_MPLS;
	return !payload->len ? -1 : label[4] >> 4 == 4 ? MODEL_IP : label[4] >> 4 == 6 ? MODEL_IP6 : -1;
}

/* The header's payload seen as protocol id. */
static bool payload(const uint8_t *bytes, const struct model_view *v, int id, struct model_view *to)
{
	uint32_t head, total;

	memset(to, 0, sizeof(*to));
	if (!fits(bytes, v) && v->quoted)
		return false;
	head = head_of(bytes, v);
	total = total_of(bytes, v);
	if (head < least(v->id) || head > total)
		return false;
	to->quoted = v->quoted || is_error(bytes, v);
	to->id = id;
	to->off = v->off + head;
	to->len = total - head;
	if (id == MODEL_RAW)
		return true;
	if (v->id == MODEL_TCP || v->id == MODEL_UDP)
		return may_be(bytes, to);
	if (v->id == MODEL_MPLS)
		return id == by_label(bytes + v->off, to) && fits(bytes, to);
	if (v->id == MODEL_PPPOE)
		return id == (get16(bytes + v->off + 6) == 0x21 ? MODEL_IP : get16(bytes + v->off + 6) == 0x57 ? MODEL_IP6 : -1) &&
		       !bytes[v->off + 1] && fits(bytes, to);
	if (v->id == MODEL_VXLAN)
		return id == MODEL_ETH && fits(bytes, to);
	if (v->id == MODEL_ETH || v->id == MODEL_VLAN)
		return id == by_type(get16(bytes + v->off + head - 2)) && fits(bytes, to);
	if (v->id == MODEL_ICMP || v->id == MODEL_ICMP6)
		return id == (v->id == MODEL_ICMP ? MODEL_IP : MODEL_IP6) && is_error(bytes, v) &&
		       fits(bytes, to);
	if (v->id == MODEL_GRE)
		return ((id == MODEL_IP && get16(bytes + v->off + 2) == 0x0800) ||
			(id == MODEL_IP6 && get16(bytes + v->off + 2) == 0x86DD) ||
			(id == MODEL_ETH && get16(bytes + v->off + 2) == 0x6558) ||
			(id == MODEL_MPLS && get16(bytes + v->off + 2) == 0x8847)) &&
		       !(bytes[v->off] & 0x40) && fits(bytes, to);
	if (v->id == MODEL_IP) {
		static const uint8_t numbers[MODEL_PROTOCOLS] = { 0, 0, 4, 1, 6, 17, 136, 33, 47, 0, 41, [MODEL_SCTP] = 132, [MODEL_AH] = 51 };

		return numbers[id] && bytes[v->off + 9] == numbers[id] &&
		       !is_fragment(bytes, v) && may_be(bytes, to);
	}
	if (v->id == MODEL_AH) {
		static const uint8_t numbers[MODEL_PROTOCOLS] = { 0, 0, 4, 1, 6, 17, 136, 33, 47, 58, 41, [MODEL_SCTP] = 132,
								  [MODEL_AH] = 51 };

		return numbers[id] && bytes[v->off] == numbers[id] && may_be(bytes, to);
	}
	if (v->id == MODEL_IP6) {
		static const uint8_t numbers[MODEL_PROTOCOLS] = { 0, 0, 4, 0, 6, 17, 136, 33, 47, 58, 41, [MODEL_SCTP] = 132 };
		struct frame_ip6 w = frame_walk_ip6(bytes + v->off, v->len);

		return numbers[id] && w.next == numbers[id] && !w.later && may_be(bytes, to);
	}
	return false;
}

static bool step(const struct frame *frame, const uint8_t *bytes, const struct model_view *v,
		 const struct model_step *s, struct model_view *to)
{
	uint32_t network = frame_network(frame);

	memset(to, 0, sizeof(*to));
	to->quoted = v->quoted || is_error(bytes, v);
	if (s->id < 0) {
		to->off = v->off + s->off;
		to->len = s->id == MODEL_RANGE ? s->len : v->len - s->off;
		return s->off <= v->len && to->len <= v->len - s->off;
	}
	to->id = s->id;
	if (v->absent) {
		to->off = network;
		to->len = frame->len - network;
		return s->id == MODEL_RAW ||
		       (s->id == (frame->other ? MODEL_IP6 : MODEL_IP) && fits(bytes, to));
	}
	if (v->whole && s->id == MODEL_ETH && !network) {
		to->absent = true;
		return true;
	}
	if (v->id == MODEL_RAW) {
		to->off = v->off;
		to->len = v->len;
		return may_be(bytes, to);
	}
	return payload(bytes, v, s->id, to);
}

int model_walk(const struct frame *frame, const uint8_t *bytes, const struct model_step *steps,
	       int n, struct model_path *path)
{
	int i;

	memset(path, 0, sizeof(*path));
	path->views[0].len = frame->len;
	path->views[0].whole = true;
	path->n = 1;
	for (i = 0; i < n && i < MODEL_DEPTH; i++) {
		if (!step(frame, bytes, &path->views[i], &steps[i], &path->views[i + 1]))
			break;
		path->n++;
	}
	return i;
}

/*
 * Checksums.
 */
static uint32_t checksum_size(const struct model_view *v)
{
	return v->id == MODEL_SCTP ? 4 : 2;
}

static uint32_t checksum_of(const uint8_t *bytes, const struct model_view *v)
{
	static const uint8_t at[MODEL_PROTOCOLS] = { 0, 0, 10, 2, 16, 6, 6, 6, 4, 2, [MODEL_SCTP] = 8 };

	if (!at[v->id] || at[v->id] + checksum_size(v) > v->len)
		return 0;
	return v->id == MODEL_GRE && !(bytes[v->off] & 0x80) ? 0 : v->off + at[v->id];
}

/* RFC 768: addresses, protocol, length. The protocol behind AH is what the last of those says. */
static uint32_t pseudo(const uint8_t *bytes, const struct model_view *v, uint32_t len)
{
	uint32_t sum = frame_pseudo(bytes + v->off, v->len, v->id == MODEL_IP6, len);
	struct model_view outer = *v, ah;
	int n;

	for (n = 0; n < 7 && v->id == MODEL_IP && payload(bytes, &outer, MODEL_AH, &ah); n++) {
		sum += bytes[ah.off] - (outer.id == MODEL_AH ? bytes[outer.off] : bytes[outer.off + 9]);
		outer = ah;
	}
	return sum;
}

/* How many bytes the checksum of UDP-Lite or DCCP is of; 0: what is said is wrong. */
static uint32_t covered(const uint8_t *bytes, const struct model_view *v)
{
	const uint8_t *p = bytes + v->off;
	uint32_t said = v->id == MODEL_UDPLITE ? get16(p + 4) : p[5] & 15, len = v->len;

	if (said)
		len = v->id == MODEL_UDPLITE ? said : head_of(bytes, v) + 4 * (said - 1);
	return len < least(v->id) || len > v->len || head_of(bytes, v) > v->len ||
	       head_of(bytes, v) < least(v->id) ? 0 : len;
}

/* Whether bytes of the message at the view are elsewhere, or nobody can say where. */
static bool is_elsewhere(const uint8_t *bytes, const struct model_view *v)
{
	const uint8_t *p = bytes + v->off;

	if (v->len < least(v->id) || head_of(bytes, v) < least(v->id) || head_of(bytes, v) > total_of(bytes, v))
		return true;
	if (v->id == MODEL_GRE)
		return p[0] & 0x40;
	if (v->id == MODEL_IP6) {
		struct frame_ip6 w = frame_walk_ip6(p, v->len);

		return get16(p + 4) + 40u > v->len || w.later || w.more;
	}
	return v->id == MODEL_IP ? get16(p + 2) > v->len || get16(p + 6) & 0x3FFF :
	       v->id == MODEL_UDP && get16(p + 4) > v->len;
}

enum validity {
	UNKNOWN,	/* it has none, or nobody can say */
	RIGHT,
	WRONG,
	NONE,		/* UDP: 0 */
};

static enum validity right_if(bool ok)
{
	return ok ? RIGHT : WRONG;
}

/* ip: what encloses v and has a checksum; NULL if that is not IP. */
static enum validity validity(const uint8_t *bytes, const struct model_view *v,
			      const struct model_view *ip, uint32_t partial)
{
	const uint8_t *p = bytes + v->off;
	uint32_t len, sum, head;

	if (v->len < least(v->id))
		return UNKNOWN;
	len = total_of(bytes, v);
	head = head_of(bytes, v);
	switch (v->id) {
	case MODEL_IP:
		return head < 20 || head > v->len ? UNKNOWN : right_if(!naive_csum(p, head, 0));
	case MODEL_ICMP:
		if (partial == checksum_of(bytes, v))	/* the sum of no pseudo header */
			return right_if(get16(bytes + checksum_of(bytes, v)) % 0xFFFF == 0);
		return right_if(!naive_csum(p, len, 0));
	case MODEL_ICMP6:
	case MODEL_TCP:
	case MODEL_UDP:
		if (!ip || len < least(v->id))
			return UNKNOWN;
		sum = get16(bytes + checksum_of(bytes, v));
		if (partial == checksum_of(bytes, v))
			return right_if(sum % 0xFFFF == pseudo(bytes, ip, len) % 0xFFFF);
		if (v->id == MODEL_UDP && !sum)
			return NONE;
		return right_if(!naive_csum(p, len, pseudo(bytes, ip, len)));
	case MODEL_UDPLITE:
	case MODEL_DCCP:
		len = covered(bytes, v);
		if (!ip || !len)
			return UNKNOWN;
		sum = get16(bytes + checksum_of(bytes, v));
		if (partial == checksum_of(bytes, v))
			return right_if(sum % 0xFFFF == pseudo(bytes, ip, v->len) % 0xFFFF);
		if (v->id == MODEL_UDPLITE && !sum)
			return NONE;
		return right_if(!naive_csum(p, len, pseudo(bytes, ip, v->len)));
	case MODEL_GRE:
		if (!checksum_of(bytes, v) || head > len || p[0] & 0x40)
			return UNKNOWN;
		if (partial == checksum_of(bytes, v))
			return right_if(get16(bytes + partial) % 0xFFFF == 0);
		return right_if(!naive_csum(p, len, 0));
	case MODEL_SCTP:
		if (!ip || is_elsewhere(bytes, ip))
			return UNKNOWN;
		return right_if(frame_crc32c(p, v->len) == ((uint32_t)get16(p + 8) << 16 | get16(p + 10)));
	}
	return UNKNOWN;
}

/* What of the path encloses view i and has a checksum, or NULL. */
static const struct model_view *outer_of(const struct model_path *path, int i)
{
	while (--i >= 0) {
		if ((path->views[i].id >= MODEL_IP && path->views[i].id <= MODEL_IP6) || path->views[i].id == MODEL_SCTP)
			return &path->views[i];
	}
	return NULL;
}

static const struct model_view *ip_of(const struct model_path *path, int i)
{
	const struct model_view *outer = outer_of(path, i);

	return outer && (outer->id == MODEL_IP || outer->id == MODEL_IP6) ? outer : NULL;
}

/* What follows IP by the policy, with a checksum. */
static bool next_of(const uint8_t *bytes, const struct model_view *ip, struct model_view *next)
{
	int id;

	for (id = MODEL_ICMP; id <= MODEL_ICMP6; id++) {
		if (payload(bytes, ip, id, next))
			return true;
	}
	if (payload(bytes, ip, MODEL_AH, next)) {
		struct model_view ah = *next;

		return next_of(bytes, &ah, next);
	}
	return payload(bytes, ip, MODEL_SCTP, next);
}

static bool names(const struct ps_field *field, const char *name)
{
	return !strcmp(field->name, name);
}

/* The bit of GRE's header that says that there is this field, or 0. */
static uint32_t gre_bit(const struct ps_field *field)
{
	return names(field, "key") ? 0x2000 : names(field, "sequence") ? 0x1000 : names(field, "ack") ? 0x0080 : 0;
}

/* Where the field's bits are in the header: those of ARP's addresses lie behind lengths, GRE's behind others. */
static uint32_t first_bit(const uint8_t *bytes, const struct model_view *v, const struct ps_field *field)
{
	const uint8_t *arp = bytes + v->off;

	if (v->id == MODEL_GRE && gre_bit(field))
		return 32 + 32 * __builtin_popcount(get16(arp) & 0xB080 & ~(2 * gre_bit(field) - 1));

	if (v->id != MODEL_ARP)
		return field->at.bit;
	switch (field->at.bit / 8) {
	case 14:
		return 8 * (8 + arp[4]);
	case 18:
		return 8 * (8 + arp[4] + arp[5]);
	case 24:
		return 8 * (8 + 2 * arp[4] + arp[5]);
	}
	return field->at.bit;
}

/* Whether the field has the value. */
static bool is_value(const uint8_t *bytes, const struct model_view *v, const struct ps_field *field,
		     struct ps_value value)
{
	uint32_t bit = first_bit(bytes, v, field), width = field->at.width;
	struct ps_value is = { 0 };

	for (; width; width--, bit++) {
		is.high = is.high << 1 | is.low >> 63;
		is.low = is.low << 1 | (bytes[v->off + bit / 8] >> (7 - bit % 8) & 1);
	}
	return ps_value_is(is, value);
}

static void mark_field(uint8_t *mask, const uint8_t *bytes, const struct model_view *v,
		       const struct ps_field *field)
{
	uint32_t bit = first_bit(bytes, v, field), end = bit + field->at.width;

	for (; bit < end; bit++)
		mask[v->off + bit / 8] |= 0x80 >> bit % 8;
}

static void mark_checksum(uint8_t *mask, const uint8_t *bytes, const struct model_view *v)
{
	uint32_t at = checksum_of(bytes, v);

	if (at)
		memset(mask + at, 0xFF, checksum_size(v));
}

static void check_right(const char *what, enum validity before, enum validity after,
			const struct model_view *v, const struct ps_field *field)
{
	static const char *const names[] = { "unknown", "right", "wrong", "none" };

	if (before != after && (before == RIGHT || before == NONE))
		fuzz_fail("%s set: the checksum of %s (%s at %u) was %s and is %s", field->name,
			  what, ps_protos[v->id]->name, v->off, names[before], names[after]);
}

/* UDP, UDP-Lite: a checksum of 0, also where one is completed later. */
static bool says_none(const uint8_t *bytes, const struct model_view *v)
{
	return (v->id == MODEL_UDP || v->id == MODEL_UDPLITE) && !get16(bytes + v->off + 6);
}

bool model_has_field(const uint8_t *bytes, const struct model_view *v,
		     const struct ps_field *field)
{
	if (v->id == MODEL_ARP && field->at.bit >= 64 &&
	    field->at.width != 8 * bytes[v->off + (field->at.width == 48 ? 4 : 5)])
		return false;
	if (v->id == MODEL_GRE && gre_bit(field) && !(get16(bytes + v->off) & gre_bit(field)))
		return false;
	return first_bit(bytes, v, field) + field->at.width <= v->len * 8 &&
	       !(field->flags & PS_CHECKSUM && !checksum_of(bytes, v));
}

void model_check_set(const struct frame *frame, const uint8_t *after, uint32_t partial,
		     const struct model_path *path, const struct ps_field *field, bool done,
		     bool has_value, struct ps_value value)
{
	const uint8_t *before = frame->bytes;
	const int end = path->n - 1;
	const struct model_view *v = &path->views[end];
	const bool coverage = field->flags & PS_COVERAGE;
	const bool is_network = v->id == MODEL_IP || v->id == MODEL_IP6;
	const bool address = is_network && (names(field, "saddr") || names(field, "daddr"));
	const bool check = names(field, "check") || names(field, "checksum");
	struct model_view next_before, next_after;
	bool had_next = is_network && next_of(before, v, &next_before);
	bool has_next = is_network && next_of(after, v, &next_after);
	bool unclear = false;	/* a checksum further in is completed later */
	uint8_t mask[FRAME_MAX] = { 0 };
	uint32_t i;
	int k;

	if (!done && !check && memcmp(before, after, frame->len))
		fuzz_fail("%s not set, but bytes have changed", field->name);

	if (done && !check && is_value(before, v, field, value)) {
		if (memcmp(before, after, frame->len))
			fuzz_fail("%s set to what it was, but bytes have changed", field->name);
		return;
	}

	/* which bytes may change */
	mark_field(mask, before, v, field);
	for (k = 0; k <= end; k++) {
		mark_checksum(mask, before, &path->views[k]);
		mark_checksum(mask, after, &path->views[k]);
	}
	if ((address || coverage) && had_next)
		mark_checksum(mask, before, &next_before);
	if ((address || coverage) && has_next)
		mark_checksum(mask, after, &next_after);
	for (i = 0; i < frame->len; i++) {
		if ((before[i] ^ after[i]) & ~mask[i])
			fuzz_fail("%s set: byte %u changed from %02x to %02x", field->name, i,
				  before[i], after[i]);
	}
	if (partial != frame->partial && !(check && frame->partial == checksum_of(before, v)))
		fuzz_fail("%s set: partial checksum at %u, before at %u", field->name, partial,
			  frame->partial);

	if (done && has_value && !is_value(after, v, field, value))
		fuzz_fail("%s is not what it was set to", field->name);

	/* checksums, from the inside outwards */
	if (address && had_next)
		check_right("what follows", validity(before, &next_before, v, frame->partial),
			    validity(after, &next_after, v, partial), &next_before, field);
	if (coverage && done && has_next && !is_elsewhere(after, v) &&
	    !is_elsewhere(after, &next_after) && !says_none(after, &next_after)) {
		enum validity is = validity(after, &next_after, v, partial);

		check_right("what follows now", is == UNKNOWN || is == NONE ? is : RIGHT, is,
			    &next_after, field);
	}
	unclear = had_next && frame->partial && frame->partial == checksum_of(before, &next_before);
	if (has_next && partial && partial == checksum_of(after, &next_after))
		unclear = true;
	for (k = end; k >= 0; k--) {
		const struct model_view *h = &path->views[k], *ip = ip_of(path, k);
		enum validity was, is;

		if (!checksum_of(before, h))
			continue;
		was = validity(before, h, ip, frame->partial);
		is = validity(after, h, ip, partial);
		if (unclear && h->id != MODEL_IP)
			continue;
		if (frame->partial && frame->partial == checksum_of(before, h))
			unclear = true;
		if (k == end && (check || coverage)) {
			if (done && check && !has_value)
				check_right("itself", is == UNKNOWN || (h->id == MODEL_UDP && is == NONE) ?
					    is : RIGHT, is, h, field);
			else if (done && coverage && h->id == MODEL_IP && is != UNKNOWN)
				check_right("itself", RIGHT, is, h, field);
			else if (done && coverage && h->id == MODEL_GRE && is != UNKNOWN &&
				 !(outer_of(path, k) && is_elsewhere(after, outer_of(path, k))))
				check_right("itself", RIGHT, is, h, field);
			else if (done && coverage && h->id >= MODEL_UDP && h->id <= MODEL_DCCP && ip && is != UNKNOWN &&
				 !says_none(before, h) && !says_none(after, h) &&
				 !is_elsewhere(after, h) && !is_elsewhere(after, ip))
				check_right("itself", RIGHT, is, h, field);
			continue;
		}
		check_right(k == end ? "itself" : "what it lies in", was, is, h, field);
	}
}
