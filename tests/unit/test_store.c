/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "layer.h"
#include "packets.h"
#include "protos.h"
#include "store.h"
#include "test.h"

#define FRAMES	300000

static uint32_t rnd(uint32_t n)
{
	static uint64_t state = 1;

	state = state * 6364136223846793005u + 1442695040888963407u;
	return (state >> 33) % n;
}

/* One of n values; PICK(…) of those it names. */
static uint32_t pick(const uint32_t *values, size_t n)
{
	return values[rnd(n)];
}

#define PICK(...)	pick((uint32_t[]){ __VA_ARGS__ }, sizeof((uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t))

/* Network and transport, with lengths and headers that are mostly right. */
struct frame {
	uint8_t bytes[160];
	uint32_t len, off, head, transport, partial, readable, writable;
	const struct ps_proto *proto;
	bool is_known;		/* somebody has looked for what follows */
	bool fails;		/* there is no memory to make more of it writable */
};

static uint32_t csum_at(const struct frame *f)
{
	return f->off + f->head + (f->transport == 6 ? 16 : f->transport == 58 ? 2 : 6);
}

/* Extension headers, a routing header with an address that is left among them. */
static void add_extensions(struct frame *f)
{
	uint8_t *ip = f->bytes + f->off, *p = ip + 40, next = f->transport;

	ip[6] = PICK(0, 43, 44, 60);
	p[0] = next;
	p[1] = ip[6] == 43 ? 2 : 0;
	if (ip[6] == 43)
		p[3] = rnd(2);
	else
		p[2] = p[3] = 0;
	f->head = 40 + 8 + p[1] * 8;
}

static struct frame draw_frame(void)
{
	struct frame f = { .len = 60 + rnd(100), .off = PICK(0, 0, 0, 14, 15), .is_known = rnd(2), .fails = !rnd(8) };
	bool six = rnd(2);
	uint8_t *ip = f.bytes + f.off, *transport;

	for (uint32_t i = 0; i < sizeof(f.bytes); i++)
		f.bytes[i] = rnd(256);
	f.proto = six ? &ps_proto_ip6 : &ps_proto_ip;
	f.transport = PICK(6, 6, 17, 17, 17, 1, 58, 136, 33, 47, 59, 0);
	f.head = six ? 40 : 4 * PICK(5, 5, 5, 5, 6, 15, 4);
	ip[0] = six ? 0x60 : 0x40 | f.head / 4;
	if (six) {
		ip[6] = f.transport;
		ps_store16(ip + 4, PICK(f.len - f.off - 40, f.len - f.off - 40, 0, rnd(30), 65535));
		if (!rnd(4))
			add_extensions(&f);
	} else {
		ip[9] = f.transport;
		ps_store16(ip + 2, PICK(f.len - f.off, f.len - f.off, 0, rnd(50), 65535));
		ps_store16(ip + 6, PICK(0, 0, 0, 0, 0x4000, 0x2000, 1));
	}
	transport = ip + f.head;
	if (f.transport == 6)
		transport[12] = PICK(5, 5, 5, 8, 15, 4, 0) << 4;
	if (f.transport == 17)
		ps_store16(transport + 4, PICK(f.len - f.off - f.head, f.len - f.off - f.head, 8, 0, 9, 4));
	ps_store16(f.bytes + csum_at(&f), PICK(0, 0xFFFF, rnd(0x10000), rnd(0x10000)));
	f.partial = rnd(4) ? 0 : csum_at(&f);
	if (!rnd(8))
		f.len = f.off + f.proto->header_min + rnd(24);
	f.readable = rnd(4) ? f.len : f.off + f.proto->header_min + rnd(f.len - f.off - f.proto->header_min + 1);
	f.writable = rnd(4) ? f.readable : rnd(f.readable + 1);
	return f;
}

static bool pull(struct ps_packet *pkt, uint32_t end)
{
	pkt->readable = end;
	return true;
}

static bool make_writable(struct ps_packet *pkt, uint32_t end)
{
	if (pkt->readable < end)
		pkt->readable = end;
	pkt->writable = end;
	return true;
}

static bool have_no_memory(struct ps_packet *pkt, uint32_t end)
{
	(void)pkt;
	(void)end;
	return false;
}

/* A packet over a copy of the frame's bytes, which ends where they do: see packets.h. */
static uint8_t *make_frame(const struct frame *f, bool fails, struct ps_packet *pkt)
{
	static const struct ps_packet_ops plenty = { .pull = pull, .make_writable = make_writable, .networks = ps_networks };
	static const struct ps_packet_ops none = { .pull = pull, .make_writable = have_no_memory, .networks = ps_networks };
	uint8_t *data = malloc(f->len);

	memcpy(data, f->bytes, f->len);
	ps_buffer_init(pkt, data, f->len, f->off, f->proto == &ps_proto_ip ? 0x0800 : 0x86DD);
	pkt->ops = fails ? &none : &plenty;
	pkt->readable = f->readable;
	pkt->writable = f->writable;
	pkt->partial = f->partial;
	return data;
}

/* The value that is there, anything, or one with which the checksum behind the header becomes 0. */
static struct ps_value draw_value(struct frame *f, const struct ps_field *field)
{
	uint8_t *p = f->bytes + f->off + field->at.bit / 8, new[16];
	uint32_t len = field->at.width / 8, kind = rnd(4);
	struct ps_value value;

	for (uint32_t i = 0; i < len; i++)
		new[i] = kind ? kind == 1 ? 0xFF * rnd(2) : rnd(256) : p[i];
	if (!rnd(3) && csum_at(f) < f->len - 1)
		ps_store16(f->bytes + csum_at(f), ps_csum_diff(0, p, new, len));
	if (len == 4)
		return (struct ps_value){ 0, ps_load32(new) };
	value = ps_load128(new);
	return value;
}

static struct ps_layer_block *no_block(struct ps_layers *layers)
{
	(void)layers;
	return NULL;
}

/* Sets a field of a frame in both ways, and tells whether the quick one did it. */
static bool set_both(struct frame *f, const struct ps_field *field)
{
	struct ps_value value = draw_value(f, field);
	struct ps_packet quick, plain;
	uint8_t *a = make_frame(f, f->fails, &quick), *b = make_frame(f, false, &plain);
	struct ps_layer *layer, *next;
	struct ps_layers layers;
	struct ps_header header;
	struct ps_simple simple;
	bool is_done = false, is_same;
	int err;

	ps_layers_init(&layers, no_block, NULL);
	ps_layers_begin(&layers, &quick);
	CHECK(ps_simple_of(f->proto, field, &simple));
	if (ps_layer_in_bytes(&layers, &quick, &layers.packet, (struct ps_range){ f->off, f->len - f->off }, f->proto,
			      &layer) == PS_LAYER_FOUND) {
		layers.is_exposed = false;
		if (f->is_known)
			ps_layer_payload(&layers, &quick, layer, ps_proto_row(f->proto->next, f->transport) ?: &ps_proto_udp, &next);
		header = layer->header;
		is_done = ps_store_set(&layers, &quick, layer, &simple, &value);
		is_same = !memcmp(a, f->bytes, f->len);
		err = ps_field_set_value(&plain, &header, field, value);
		for (uint32_t i = quick.writable; i < f->len; i++)
			CHECK(a[i] == f->bytes[i]);
		if (!is_done)
			CHECK(is_same);
		else if (err || memcmp(a, b, f->len)) {
			printf("# %s.%s, transport %u, %u bytes: %d\n", f->proto->name, field->name, f->transport, f->len, err);
			test_failed = true;
		}
	}
	free(a);
	free(b);
	return is_done;
}

static void same_as_any(void)
{
	const unsigned int frames = test_rounds(FRAMES);
	unsigned int done = 0;

	for (unsigned int i = 0; i < frames && !test_failed; i++) {
		struct frame f = draw_frame();

		done += set_both(&f, ps_field_named(f.proto, rnd(2) ? "saddr" : "daddr"));
	}
	CHECK(done > frames / 3);
}

/* What one of a kind does not pass for. */
static void which(void)
{
	struct ps_simple simple;

	CHECK(!ps_simple_of(&ps_proto_ip, ps_field_named(&ps_proto_ip, "ttl"), &simple));
	CHECK(!ps_simple_of(&ps_proto_tcp, ps_field_named(&ps_proto_tcp, "seq"), &simple));
	CHECK(ps_simple_of(&ps_proto_ip6, ps_field_named(&ps_proto_ip6, "daddr"), &simple));
	CHECK_INT(simple.byte, 24);
	CHECK(simple.is_wide);
}

const struct test store_tests[] = {
	{ "store: what compiled code writes is what anything else would", same_as_any },
	{ "store: a field that another checksum of its own counts is not simple", which },
	{ NULL, NULL },
};
