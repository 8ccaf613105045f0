/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include <stddef.h>

#include "callable.h"
#include "packets.h"
#include "protos.h"
#include "test.h"

/* What ps_proto_next and ps_proto_payload say of the IP header of such a packet. */
struct seen {
	bool fits;
	const struct ps_proto *next;
	bool has_payload;
	uint32_t payload_len;
};

static uint8_t *data;
static struct ps_packet pkt;
static struct layout at;

static struct seen look(void)
{
	struct ps_header ip = { &ps_proto_ip, { at.ip, at.len - at.ip }, NULL }, next;
	struct ps_range payload;
	struct seen seen = { ps_proto_fits(&pkt, &ip), NULL, false, 0 };

	if (seen.fits && ps_proto_next(&pkt, &ip, &next))
		seen.next = next.proto;
	if (seen.fits && ps_proto_payload(&pkt, &ip, &payload)) {
		seen.has_payload = true;
		seen.payload_len = payload.len;
		CHECK(ps_packet_has(&pkt, payload.off, payload.len));
	}
	return seen;
}

static struct seen look_at(const struct shape *shape)
{
	struct seen seen;

	data = make_packet(shape, &pkt, &at);
	seen = look();
	free(data);
	return seen;
}

static void whole(void)
{
	CHECK(look_at(&(struct shape){ .protocol = 6, .payload = 3 }).next == &ps_proto_tcp);
	CHECK(look_at(&(struct shape){ .protocol = 17 }).next == &ps_proto_udp);
	CHECK(look_at(&(struct shape){ .protocol = 1 }).next == &ps_proto_icmp);
	CHECK(!look_at(&(struct shape){ .protocol = 50 }).next);
	CHECK_INT(look_at(&(struct shape){ .protocol = 17, .payload = 5 }).payload_len, 13);
}

/* However much is missing at the end: never more than there is. */
static void truncated(void)
{
	static const uint8_t protocols[] = { 1, 6, 17 };

	for (int p = 0; p < 3; p++) {
		uint32_t head = protocols[p] == 6 ? 20 : 8;

		for (uint32_t cut = 0; cut <= 20 + head + 4; cut++) {
			struct shape shape = { .protocol = protocols[p], .payload = 4, .cut = cut };
			struct seen seen = look_at(&shape);
			uint32_t left = 24 + head - cut;

			CHECK_INT(seen.fits, left >= 20);
			CHECK_INT(seen.next != NULL, left >= 20 + head);
			if (seen.fits)
				CHECK_INT(seen.payload_len, left - 20);
		}
	}
}

static void fragments(void)
{
	CHECK(look_at(&(struct shape){ .protocol = 17, .payload = 64, .frag = 0x2000 }).next);
	CHECK(!look_at(&(struct shape){ .protocol = 17, .payload = 64, .frag = 0x2001 }).next);
	CHECK(!look_at(&(struct shape){ .protocol = 17, .payload = 64, .frag = 0x1FFF }).next);
	CHECK(look_at(&(struct shape){ .protocol = 17, .payload = 64, .frag = 0x4000 }).next);
	CHECK_INT(look_at(&(struct shape){ .protocol = 17, .payload = 64, .frag = 1 }).payload_len, 72);
}

static void options(void)
{
	for (uint8_t ihl = 5; ihl <= 15; ihl++) {
		struct shape shape = { .protocol = 6, .payload = 10, .ihl = ihl };

		CHECK(look_at(&shape).next == &ps_proto_tcp);
		CHECK_INT(look_at(&shape).payload_len, 30);
	}
	/* ihl 15 in a packet that ends before the options do */
	CHECK(!look_at(&(struct shape){ .protocol = 6, .ihl = 15, .cut = 21 }).fits);
	CHECK(look_at(&(struct shape){ .protocol = 6, .ihl = 15, .cut = 20 }).fits);
}

static void padding(void)
{
	struct shape shape = { .protocol = 17, .payload = 1, .ethernet = true, .padding = 17 };

	CHECK_INT(look_at(&shape).payload_len, 9);
}

static struct seen with_byte(uint32_t offset, uint8_t value)
{
	struct shape shape = { .protocol = 17, .payload = 12 };
	struct seen seen;

	data = make_packet(&shape, &pkt, &at);
	data[offset] = value;
	seen = look();
	free(data);
	return seen;
}

static void malformed(void)
{
	struct seen seen;

	/* tot_len: larger than the packet, smaller than the header, not told */
	CHECK_INT(with_byte(2, 0xFF).payload_len, 20);
	CHECK(with_byte(2, 0xFF).next == &ps_proto_udp);
	seen = with_byte(3, 19);
	CHECK(seen.fits && !seen.has_payload && !seen.next);
	seen = with_byte(3, 20);
	CHECK(seen.has_payload && !seen.payload_len && !seen.next);
	CHECK_INT(with_byte(3, 0).payload_len, 20);
	/* ihl smaller than a header: a view of its fields, but no payload */
	seen = with_byte(0, 0x44);
	CHECK(seen.fits && !seen.has_payload && !seen.next);
	CHECK(!with_byte(0, 0x4F).fits);
}

static void tcp_options(void)
{
	struct shape shape = { .protocol = 6, .payload = 8 };

	for (unsigned int words = 0; words < 16; words++) {
		struct ps_header tcp;
		struct ps_range payload;
		bool ok;

		data = make_packet(&shape, &pkt, &at);
		data[at.transport + 12] = words << 4;
		tcp = (struct ps_header){ &ps_proto_tcp, { at.transport, at.len - at.transport }, NULL };
		CHECK_INT(ps_proto_fits(&pkt, &tcp), words <= 7);
		ok = ps_proto_payload(&pkt, &tcp, &payload);
		CHECK_INT(ok, words >= 5 && words <= 7);
		if (ok)
			CHECK_INT(payload.len, 28 - words * 4);
		free(data);
	}
}

static void udp_length(void)
{
	static const struct {
		uint8_t told;
		bool ok;
		uint32_t len;
	} cases[] = { { 0, true, 12 }, { 7, false, 0 }, { 8, true, 0 }, { 19, true, 11 },
		      { 20, true, 12 }, { 21, true, 12 }, { 255, true, 12 } };

	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct shape shape = { .protocol = 17, .payload = 12 };
		struct ps_header udp;
		struct ps_range payload = { 0, 0 };

		data = make_packet(&shape, &pkt, &at);
		data[at.transport + 5] = cases[i].told;
		udp = (struct ps_header){ &ps_proto_udp, { at.transport, at.len - at.transport }, NULL };
		CHECK_INT(ps_proto_payload(&pkt, &udp, &payload), cases[i].ok);
		CHECK_INT(payload.len, cases[i].len);
		free(data);
	}
}

/* The tables against each other: names are unique, fields in the header, widths readable. */
static void tables(void)
{
	for (unsigned int p = 0; p < ps_nprotos; p++) {
		const struct ps_proto *proto = ps_protos[p];

		for (unsigned int q = 0; q < p; q++)
			CHECK(strcmp(ps_protos[q]->name, proto->name));
		CHECK(proto->fields);
		for (unsigned int i = 0; i < proto->nfields; i++) {
			const struct ps_field *f = &proto->fields[i];

			for (unsigned int j = 0; j < i; j++)
				CHECK(strcmp(proto->fields[j].name, f->name));
			/* it would take the method's place; :data() is the payload; IPv6 has a flow of its own, and its payload the method;
			 * AH had a len before packets did */
			for (const struct ps_callable *row = ps_view_methods; row->method.name; row++)
				CHECK(!(row->of & PS_OF_HEADER) || f->flags & PS_PAYLOAD ||
				      strcmp(row->method.name, f->name) ||
				      (proto == &ps_proto_ip6 && !strcmp(f->name, "flow")) ||
				      (proto == &ps_proto_ah && !strcmp(f->name, "len")));
			if (f->flags & PS_CHECKSUM && proto->csum.present.mask)
				CHECK_INT(f->at.bit, proto->header_min * 8);	/* the first part */
			if (f->flags & PS_LOCATED)
				CHECK(proto->locate && f->at.bit % 8 == 0);
			else
				CHECK(f->at.bit + f->at.width <= proto->header_min * 8);
			if (f->type->is_text) {
				CHECK(f->flags & PS_LOCATED);
			} else if (f->type->is_bytes) {
				CHECK(f->at.bit % 8 == 0);
				CHECK(f->flags & (PS_OPTIONS | PS_PAYLOAD));
			} else if (f->type->has_int) {
				CHECK(f->at.width >= 1 && f->at.width <= 48);
			} else {
				CHECK_INT(f->at.width, 128);
				CHECK(f->at.bit % 8 == 0);
			}
			if (f->type->width)
				CHECK_INT(f->at.width, f->type->width);
			if (f->flags & PS_CHECKSUM)
				CHECK_INT(f->at.bit, proto->csum.at * 8);
		}
	}
}

static bool overlaps(const struct ps_field *field, struct ps_word word)
{
	for (unsigned int bit = 0; bit < 16; bit++) {
		unsigned int place = word.at * 8 + bit;

		if (word.mask >> (15 - bit) & 1 && place >= field->at.bit && place < field->at.bit + field->at.width)
			return true;
	}
	return false;
}

/* PS_SHAPE stands where a field has bits of what says where the payload begins, or what it is; and nowhere else. */
static void shapes(void)
{
	for (unsigned int id = 0; id < ps_nprotos; id++) {
		const struct ps_proto *proto = ps_protos[id];

		if (proto->goes_on) {
			CHECK(proto->extent && proto->shape.at == proto->next_by.at && proto->shape.mask == proto->next_by.mask);
			for (const struct ps_next *row = proto->next; row->proto; row++)
				CHECK(row->value >= 64 || !(proto->goes_on >> row->value & 1));
		}
		for (unsigned int i = 0; i < proto->nfields; i++) {
			const struct ps_field *f = &proto->fields[i];
			bool is_shape = overlaps(f, proto->header_len) || overlaps(f, proto->fragment) ||
					overlaps(f, proto->shape) || (proto->next && overlaps(f, proto->next_by));

			if (is_shape != !!(f->flags & PS_SHAPE))
				printf("# %s.%s\n", proto->name, f->name);
			CHECK(is_shape == !!(f->flags & PS_SHAPE));
		}
	}
}

/* Whether all bits of the word are among those that decide. */
static bool has_all(const struct ps_plain *plain, struct ps_word word)
{
	return !word.mask || (word.at < 7 && (ps_load16(plain->mask.bytes + word.at) & word.mask) == word.mask);
}

/* What is plain at the first look is what the words say. */
static void plain(void)
{
	unsigned int n = 0;

	for (unsigned int id = 0; id < ps_nprotos; id++) {
		const struct ps_proto *proto = ps_protos[id];
		const uint8_t *is = proto->plain.is.bytes;

		if (!proto->plain.mask.word)
			continue;
		n++;
		CHECK(proto->header_min >= 8);
		CHECK(has_all(&proto->plain, proto->header_len) && has_all(&proto->plain, proto->fragment));
		CHECK(!ps_proto_has(is, proto->fragment));
		if (proto->header_len.mask)
			CHECK_INT(ps_proto_word(is, proto->header_len) * 4, proto->header_min);
	}
	CHECK_INT(n, 2);
}

const struct test proto_tests[] = {
	{ "proto: a whole packet has the transport that its protocol field says", whole },
	{ "proto: a truncated packet has no headers beyond its end", truncated },
	{ "proto: a fragment that is not the first has no transport header", fragments },
	{ "proto: IP options of any length are passed over", options },
	{ "proto: Ethernet padding is not payload", padding },
	{ "proto: malformed IP lengths end at the packet or make no payload", malformed },
	{ "proto: TCP data offsets are honoured or refused", tcp_options },
	{ "proto: UDP lengths are honoured, cut or refused", udp_length },
	{ "proto: the tables are consistent", tables },
	{ "proto: what is plain at the first look has neither options nor an offset", plain },
	{ "proto: fields that say how what follows reads are marked", shapes },
	{ NULL, NULL },
};
