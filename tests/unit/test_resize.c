/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include "offload.h"
#include "packets.h"
#include "protos.h"
#include "resize.h"
#include "test.h"

#define ROOM	4096
#define DEPTH	8

/* A packet of headers that lie in one another, made from the table of what each is. */
enum kind { IP, IP6, UDP, TCP, ICMP, GRE, UDPLITE, DCCP, KINDS };

static const struct {
	const struct ps_proto *proto;
	uint8_t protocol;	/* in an IP header; 0: Ethernet type 0x0800 */
	uint8_t len;
	uint8_t csum;		/* where */
} kinds[KINDS] = {
	[IP] = { &ps_proto_ip, 0, 20, 10 },
	[IP6] = { &ps_proto_ip6, 41, 40, 0 },
	[UDP] = { &ps_proto_udp, 17, 8, 6 },
	[TCP] = { &ps_proto_tcp, 6, 20, 16 },
	[ICMP] = { &ps_proto_icmp, 1, 8, 2 },
	[GRE] = { &ps_proto_gre, 47, 8, 4 },
	[UDPLITE] = { &ps_proto_udplite, 136, 8, 6 },
	[DCCP] = { &ps_proto_dccp, 33, 12, 6 },
};

static uint8_t bytes[ROOM];
static struct ps_buffer buffer;
static struct ps_packet *const pkt = &buffer.pkt;
static struct ps_layers layers;
static enum kind chain[DEPTH];
static uint32_t at[DEPTH + 1];	/* where each header begins; then the payload */
static unsigned int depth;
static struct ps_layer *found[DEPTH];

static uint32_t random_below(uint32_t n)
{
	static uint32_t state = 1;

	state = state * 1664525 + 1013904223;
	return (state >> 8) % n;
}

static struct ps_layer_block *new_block(struct ps_layers *of)
{
	(void)of;
	return malloc(sizeof(struct ps_layer_block));
}

static void free_block(struct ps_layers *of, struct ps_layer_block *block)
{
	(void)of;
	free(block);
}

/* The sum that has to be 0 in the header that is i'th of the chain, of which the message ends at end. */
static uint16_t residue(unsigned int i, uint32_t end)
{
	const uint8_t *p = bytes + at[i], *network = i ? bytes + at[i - 1] : NULL;
	uint32_t len = end - at[i], start = 0;

	if (chain[i] == IP6 || (chain[i] == UDP && !ps_load16(p + 6)))
		return 0;
	if (chain[i] == IP)
		len = 20;
	else if (kinds[chain[i]].proto->csum.kind == PS_CSUM_PSEUDO)
		start = (uint16_t)~(chain[i - 1] == IP ? naive_csum(network + 12, 8, 0) : naive_csum(network + 8, 32, 0)) +
			kinds[chain[i]].protocol + len;
	if (chain[i] == UDPLITE && ps_load16(p + 4))
		len = ps_load16(p + 4);
	if (chain[i] == DCCP && p[5])
		len = 12 + (p[5] - 1) * 4;
	return naive_csum(p, len, start) % 0xFFFF;
}

/* Writes lengths, and then, from the innermost outwards, checksums. */
static void complete(uint32_t end)
{
	for (unsigned int i = 0; i < depth; i++) {
		if (chain[i] == IP)
			ps_store16(bytes + at[i] + 2, end - at[i]);
		if (chain[i] == IP6 || chain[i] == UDP)
			ps_store16(bytes + at[i] + 4, end - at[i] - (chain[i] == IP6 ? 40 : 0));
	}
	for (unsigned int i = depth; i--;) {
		uint8_t *sum = bytes + at[i] + kinds[chain[i]].csum;
		uint16_t rest;

		if (chain[i] == IP6)
			continue;
		ps_store16(sum, chain[i] == UDP ? 0xFFFF : 0);
		rest = residue(i, end);
		ps_store16(sum, chain[i] == UDP && !rest ? 0xFFFF : rest);
	}
}

/* Adds a header to the chain. */
static void add(enum kind kind)
{
	uint8_t *p = bytes + at[depth];

	memset(p, 0, kinds[kind].len);
	if (kind == IP)
		memcpy(p, "\x45\0\0\0\x12\x34\0\0\x40\0\0\0\x0a\0\0\1\x0a\0\0\2", 20);
	if (kind == IP6) {
		memcpy(p, "\x60\0\0\0\0\0\xFD\x40\x20\x01", 10);
		p[39] = 9;
	}
	if (kind == TCP)
		p[12] = 0x50;
	if (kind == DCCP)
		p[4] = 3;
	if (kind == GRE)
		p[0] = 0x80;
	if (kind == ICMP)
		p[0] = 8;
	if (depth) {
		uint8_t *before = bytes + at[depth - 1];

		if (chain[depth - 1] == IP)
			before[9] = kinds[kind].protocol ? kinds[kind].protocol : 4;
		if (chain[depth - 1] == IP6)
			before[6] = kinds[kind].protocol ? kinds[kind].protocol : 4;
		if (chain[depth - 1] == GRE)
			ps_store16(before + 2, kind == IP ? 0x0800 : 0x86DD);
	}
	chain[depth++] = kind;
	at[depth] = at[depth - 1] + kinds[kind].len;
}

/* Makes the chain a packet, with so many bytes of payload and of padding. */
static void begin(uint32_t payload, uint32_t padding, uint32_t link)
{
	uint32_t end = at[depth] + payload;

	for (uint32_t i = at[depth]; i < end + padding; i++)
		bytes[i] = random_below(256);
	complete(end);
	ps_buffer_init_room(&buffer, bytes, end + padding, ROOM, link, chain[0] == IP ? 0x0800 : 0x86DD);
	ps_layers_init(&layers, new_block, free_block);
	ps_layers_begin(&layers, pkt);
}

static void end_packet(void)
{
	ps_layers_shrink(&layers);
}

/* Finds all headers of the chain. */
static void find(uint32_t link)
{
	static const struct ps_proto *const eth = &ps_proto_eth;
	uint32_t value = chain[0] == IP ? 0x0800 : 0x86DD;

	if (link)
		ps_store16(bytes + 12, value);
	CHECK_INT(ps_layer_network(&layers, pkt, &eth, kinds[chain[0]].proto, value, &found[0]), PS_LAYER_FOUND);
	for (unsigned int i = 1; i < depth; i++)
		CHECK_INT(ps_layer_payload(&layers, pkt, found[i - 1], kinds[chain[i]].proto, &found[i]), PS_LAYER_FOUND);
}

static void start_chain(uint32_t link)
{
	memset(bytes, 0, sizeof(bytes));
	at[0] = link;
	depth = 0;
}

static void random_chain(uint32_t link)
{
	enum kind inner[] = { UDP, TCP, UDPLITE, DCCP, ICMP, GRE };

	start_chain(link);
	for (unsigned int i = 0; i < 3; i++) {
		enum kind network = random_below(2) ? IP : IP6, next = inner[random_below(6)];

		add(network);
		if (next == GRE && i < 2) {
			add(GRE);
			continue;
		}
		if (next != GRE && !(next == ICMP && network == IP6))
			add(next);
		return;
	}
}

/* Any bytes of the payload are replaced: all lengths and sums are what they have to be, or as wrong as before. */
static void any_bytes(void)
{
	for (unsigned int n = 0; n < 20000; n++) {
		uint32_t link = random_below(2) ? 14 : 0, payload = random_below(40), padding = random_below(3), of, old_end;
		uint16_t wrong[DEPTH];
		uint8_t put[40], expected[ROOM];
		struct ps_range within;
		uint32_t len = random_below(40), end;
		struct ps_layer *layer;

		random_chain(link);
		payload += chain[depth - 1] == IP6;	/* 0 there is no length */
		begin(payload, padding, link);
		find(link);
		old_end = at[depth] + payload;
		if (chain[depth - 1] == UDPLITE && random_below(2))
			ps_store16(bytes + at[depth - 1] + 4, 8 + payload);	/* all of it, in figures */
		of = random_below(depth);
		if (random_below(2) && chain[of] != IP6)
			bytes[at[of] + kinds[chain[of]].csum] ^= 0x5A;
		for (unsigned int i = 0; i < depth; i++)
			wrong[i] = residue(i, old_end);
		layer = found[depth - 1];
		within.off = random_below(payload + 1);
		within.len = random_below(payload - within.off + 1);
		for (uint32_t i = 0; i < len; i++)
			put[i] = random_below(256);
		of = at[depth] + within.off;
		within.off = of - layer->header.range.off;
		end = old_end + len - within.len;
		if (chain[depth - 1] == IP6 && end == at[depth]) {	/* nor does it get one of 0 */
			CHECK_INT(ps_layer_replace(&layers, pkt, layer, within, put, len), PS_FIELD_SHAPE);
			end_packet();
			continue;
		}
		memcpy(expected, bytes, of);
		memcpy(expected + of, put, len);
		memcpy(expected + of + len, bytes + of + within.len, old_end + padding - of - within.len);

		CHECK_INT(ps_layer_replace(&layers, pkt, layer, within, put, len), 0);
		CHECK_INT(pkt->len, end + padding);
		CHECK(!memcmp(bytes + at[depth], expected + at[depth], end + padding - at[depth]));
		for (unsigned int i = 0; i < depth; i++) {
			CHECK_INT(residue(i, end), wrong[i]);
			CHECK_INT(found[i]->header.range.off, at[i]);
			if (chain[i] == IP)
				CHECK_INT(ps_load16(bytes + at[i] + 2), end - at[i]);
			if (chain[i] == IP6)
				CHECK_INT(ps_load16(bytes + at[i] + 4), end - at[i] - 40);
			if (chain[i] == UDP)
				CHECK_INT(ps_load16(bytes + at[i] + 4), end - at[i]);
			if (chain[i] == UDPLITE && ps_load16(bytes + at[i] + 4))
				CHECK_INT(ps_load16(bytes + at[i] + 4), end - at[i]);
		}
		end_packet();
	}
}

/* A checksum that is completed later is right then, and those further out now. */
static void completed_later(void)
{
	for (unsigned int n = 0; n < 2000; n++) {
		enum kind transport = n & 1 ? TCP : UDP, network = n & 2 ? IP : IP6;
		uint32_t payload = random_below(20), len = random_below(20), end = 0;
		struct ps_offload message;
		uint8_t put[20] = { 1, 2, 3 };
		struct ps_range within;

		start_chain(0);
		add(network);
		add(transport);
		begin(payload, 0, 0);
		ps_buffer_offload(pkt, &message);
		CHECK(pkt->partial);
		find(0);
		within.off = kinds[transport].len + random_below(payload + 1);
		within.len = random_below(kinds[transport].len + payload - within.off + 1);
		end = at[depth] + payload - within.len + len;
		CHECK_INT(ps_layer_replace(&layers, pkt, found[1], within, put, len), 0);
		ps_buffer_complete(pkt, &message);
		CHECK_INT(pkt->len, end);
		CHECK_INT(residue(0, end), 0);
		CHECK_INT(residue(1, end), 0);
		end_packet();
	}
}

/* The whole transport is replaced: nobody knows what its checksum should be, but if that stays as it is. */
static void partial_is_replaced(void)
{
	struct ps_offload message = { 0 };
	uint8_t put[18] = { 0 };

	start_chain(0);
	add(IP);
	add(UDP);
	begin(10, 0, 0);
	ps_buffer_offload(pkt, &message);
	find(0);
	CHECK_INT(ps_layer_replace(&layers, pkt, found[0], (struct ps_range){ 20, 4 }, put, 9), PS_FIELD_LATER);
	CHECK_INT(ps_layer_replace(&layers, pkt, found[0], (struct ps_range){ 20, 18 }, put, 9), PS_FIELD_LATER);
	CHECK_INT(ps_layer_replace(&layers, pkt, found[0], (struct ps_range){ 20, 18 }, NULL, 18), PS_FIELD_LATER);
	memcpy(put, bytes + 20, 18);
	put[17] ^= 0xFF;
	CHECK_INT(ps_layer_replace(&layers, pkt, found[0], (struct ps_range){ 20, 18 }, put, 18), 0);
	CHECK_INT(pkt->partial, 26);
	CHECK_INT(pkt->len, 38);
	CHECK_INT(residue(0, 38), 0);
	ps_buffer_complete(pkt, &message);
	CHECK_INT(residue(1, 38), 0);
	CHECK(found[1]->flags & PS_LAYER_GONE);
	CHECK(!(found[0]->flags & PS_LAYER_GONE));
	end_packet();
}

/* Layers: around, behind, inside what changes. */
static void layers_move(void)
{
	struct ps_layer *eth, *raw_behind = NULL, *across = NULL, *inside = NULL;
	struct ps_range all;

	start_chain(14);
	add(IP);
	add(UDP);
	begin(100, 4, 14);
	find(14);
	CHECK_INT(ps_layer_first(&layers, pkt, &ps_proto_eth, &eth), PS_LAYER_FOUND);
	all = (struct ps_range){ 8 + 60, 20 };
	CHECK_INT(ps_layer_in_bytes(&layers, pkt, found[1], all, &ps_proto_udp, &raw_behind), PS_LAYER_FOUND);
	all = (struct ps_range){ 8 + 5, 20 };
	CHECK_INT(ps_layer_in_bytes(&layers, pkt, found[1], all, &ps_proto_udp, &across), PS_LAYER_FOUND);
	all = (struct ps_range){ 8 + 12, 8 };
	CHECK_INT(ps_layer_in_bytes(&layers, pkt, found[1], all, &ps_proto_udp, &inside), PS_LAYER_FOUND);

	CHECK_INT(ps_layer_resize(&layers, pkt, found[1], 8 + 10, -30), 0);
	CHECK_INT(found[0]->header.range.len, 20 + 8 + 70 + 4);
	CHECK_INT(found[1]->header.range.len, 8 + 70);
	CHECK_INT(eth->header.range.len, pkt->len);
	CHECK_INT(layers.packet.header.range.len, pkt->len);
	CHECK_INT(raw_behind->header.range.off, 14 + 28 + 30);
	CHECK_INT(raw_behind->header.range.len, 20);
	CHECK(!(raw_behind->flags & PS_LAYER_GONE));
	CHECK(across->flags & PS_LAYER_GONE);
	CHECK(inside->flags & PS_LAYER_GONE);

	/* at the end, where all of them end but what is not around */
	CHECK_INT(ps_layer_resize(&layers, pkt, found[1], 8 + 70, 3), 0);
	CHECK_INT(found[0]->header.range.len, 20 + 8 + 73 + 4);
	CHECK_INT(found[1]->header.range.len, 8 + 73);
	CHECK_INT(raw_behind->header.range.len, 20);
	CHECK_INT(ps_load16(bytes + 14 + 2), 20 + 8 + 73);
	CHECK_INT(ps_load16(bytes + 14 + 24), 8 + 73);
	CHECK_INT(residue(0, 14 + 28 + 73) | residue(1, 14 + 28 + 73), 0);

	/* what was found before is found again, and what was let go of is not mixed up with it */
	CHECK(!ps_layers_let_go(&layers, found[1]));
	CHECK(ps_layers_let_go(&layers, found[0]));
	end_packet();
}

/* The payload is empty, and ends where all ends: who has been found apart from what it lies in grows with it. */
static void found_apart(void)
{
	struct ps_layer *eth, *again, *apart;

	start_chain(14);
	add(IP);
	add(UDP);
	begin(0, 0, 14);
	find(14);
	CHECK_INT(ps_layer_first(&layers, pkt, &ps_proto_eth, &eth), PS_LAYER_FOUND);
	CHECK_INT(ps_layer_payload(&layers, pkt, eth, &ps_proto_ip, &again), PS_LAYER_FOUND);
	CHECK_INT(ps_layer_in_bytes(&layers, pkt, found[0], (struct ps_range){ 12, 16 }, &ps_proto_udp, &apart),
		  PS_LAYER_FOUND);
	CHECK(again != found[0]);
	CHECK_INT(ps_layer_resize(&layers, pkt, found[1], 8, 5), 0);
	CHECK_INT(eth->header.range.len, 14 + 20 + 8 + 5);
	CHECK_INT(again->header.range.len, 20 + 8 + 5);
	CHECK_INT(ps_load16(bytes + 14 + 2), 20 + 8 + 5);
	/* a header by choice, which is none of these, ends where it did, and is gone when that goes */
	CHECK_INT(apart->header.range.len, 16);
	CHECK_INT(ps_layer_resize(&layers, pkt, found[1], 8, -5), 0);
	CHECK(!(apart->flags & PS_LAYER_GONE));
	CHECK_INT(ps_layer_in_bytes(&layers, pkt, found[0], (struct ps_range){ 12, 16 }, &ps_proto_udp, &apart),
		  PS_LAYER_FOUND);
	CHECK_INT(ps_layer_resize(&layers, pkt, found[1], 8, 3), 0);
	CHECK_INT(ps_layer_in_bytes(&layers, pkt, found[0], (struct ps_range){ 20, 11 }, &ps_proto_icmp, &apart),
		  PS_LAYER_FOUND);
	CHECK_INT(ps_layer_resize(&layers, pkt, found[1], 9, -2), 0);
	CHECK(apart->flags & PS_LAYER_GONE);
	end_packet();
}

/* A sum over a part of the message: it goes on over as much, and one that would be cut is refused. */
static void covers_a_part(void)
{
	struct ps_layer *udplite;

	for (uint32_t covered = 8; covered <= 18; covered++) {
		start_chain(0);
		add(IP);
		add(UDPLITE);
		begin(10, 0, 0);
		ps_store16(bytes + 24, covered);
		ps_store16(bytes + 26, 0);
		ps_store16(bytes + 26, residue(1, 38));
		find(0);
		udplite = found[1];
		CHECK_INT(ps_layer_resize(&layers, pkt, udplite, 12, 3), 0);
		CHECK_INT(ps_load16(bytes + 24), covered > 12 ? covered + 3 : covered);
		CHECK_INT(residue(1, 41), 0);
		CHECK_INT(ps_layer_resize(&layers, pkt, udplite, 12, -3), 0);
		CHECK_INT(ps_layer_resize(&layers, pkt, udplite, 12, -4), covered > 12 && covered < 16 ? PS_FIELD_SHAPE : 0);
		CHECK_INT(residue(1, pkt->len), 0);
		end_packet();
	}
}

/* DCCP says how many words of payload its checksum is of: it stays that many, so what changes lies behind. */
static void covers_words(void)
{
	for (uint32_t told = 0; told < 4; told++) {
		start_chain(0);
		add(IP);
		add(DCCP);
		bytes[25] = told;
		begin(told == 3 ? 7 : 8, 0, 0);
		find(0);
		CHECK_INT(residue(1, pkt->len), 0);
		CHECK_INT(ps_layer_resize(&layers, pkt, found[1], pkt->len - 20, 3), told == 3 ? PS_FIELD_SHAPE : 0);
		CHECK_INT(ps_layer_resize(&layers, pkt, found[1], 12, 5), told < 2 ? 0 : PS_FIELD_SHAPE);
		CHECK_INT(ps_layer_resize(&layers, pkt, found[1], 17, -1), told < 3 ? 0 : PS_FIELD_SHAPE);
		CHECK(told == 3 || !residue(1, pkt->len));
		end_packet();
	}
}

/* Each refusal leaves everything as it was. */
static void refused(struct ps_layer *layer, struct ps_range within, uint32_t len, int error)
{
	static uint8_t put[70000];
	uint8_t before[ROOM];
	uint32_t old_len = pkt->len, range = layer->header.range.len;

	memcpy(before, bytes, ROOM);
	CHECK_INT(ps_layer_replace(&layers, pkt, layer, within, put, len), error);
	CHECK(!memcmp(before, bytes, ROOM));
	CHECK_INT(pkt->len, old_len);
	CHECK_INT(layer->header.range.len, range);
}

static void refusals(void)
{
	const struct ps_range some = { 8 + 2, 3 };
	struct ps_layer *eth, *chosen;

	start_chain(14);
	add(IP);
	add(UDP);
	begin(10, 6, 14);
	find(14);
	refused(found[1], (struct ps_range){ 8, 11 }, 1, PS_FIELD_GONE);	/* padding */
	refused(found[1], (struct ps_range){ 8, 17 }, 1, PS_FIELD_GONE);
	refused(found[1], (struct ps_range){ 8, ~0u }, 1, PS_FIELD_GONE);
	refused(found[1], (struct ps_range){ ~0u, 2 }, 1, PS_FIELD_SHAPE);
	refused(found[1], (struct ps_range){ 7, 1 }, 2, PS_FIELD_SHAPE);	/* headers */
	refused(found[0], (struct ps_range){ 19, 1 }, 2, PS_FIELD_SHAPE);
	refused(found[1], some, ROOM, PS_FIELD_LONG);
	refused(found[1], some, 65536, PS_FIELD_LONG);
	refused(&layers.packet, (struct ps_range){ 42, 1 }, 2, PS_FIELD_SHAPE);
	CHECK_INT(ps_layer_first(&layers, pkt, &ps_proto_eth, &eth), PS_LAYER_FOUND);
	refused(eth, (struct ps_range){ 14, 40 }, 60, PS_FIELD_SHAPE);
	refused(eth, (struct ps_range){ 44, 1 }, 2, PS_FIELD_SHAPE);

	/* one that IP does not lie around; IP itself, in IP's bytes; UDP's payload, as IP's */
	CHECK_INT(ps_layer_in_bytes(&layers, pkt, &layers.packet, (struct ps_range){ 34, 18 }, &ps_proto_udp, &chosen),
		  PS_LAYER_FOUND);
	refused(chosen, (struct ps_range){ 8, 1 }, 2, PS_FIELD_SHAPE);
	CHECK_INT(ps_layer_in_bytes(&layers, pkt, found[0], (struct ps_range){ 0, 38 }, &ps_proto_ip, &chosen),
		  PS_LAYER_FOUND);
	refused(chosen, (struct ps_range){ 28, 1 }, 2, PS_FIELD_SHAPE);
	refused(found[0], (struct ps_range){ 28, 1 }, 2, PS_FIELD_SHAPE);
	pkt->protocol = 0x8864;
	refused(found[1], some, 2, PS_FIELD_SHAPE);
	pkt->protocol = 0x0800;

	bytes[14 + 6] = 0x20;	/* more fragments */
	refused(found[1], some, 4, PS_FIELD_PARTIAL);
	bytes[14 + 6] = 0;
	bytes[14 + 7] = 1;	/* a later one */
	refused(found[1], some, 4, PS_FIELD_PARTIAL);
	bytes[14 + 7] = 0;
	ps_store16(bytes + 14 + 2, 1000);	/* cut */
	refused(found[1], some, 4, PS_FIELD_PARTIAL);
	ps_store16(bytes + 14 + 2, 0);		/* segments: no length */
	refused(found[1], some, 4, PS_FIELD_SHAPE);
	end_packet();
}

/* What an error quotes is a packet whose end is elsewhere. */
static void quoted(void)
{
	struct ps_layer *inner;

	start_chain(0);
	add(IP);
	add(ICMP);
	bytes[20] = 3;
	begin(28, 0, 0);
	memcpy(bytes + 28, "\x45\0\x10\0\x12\x34\0\0\x40\x11\0\0\x0a\0\0\1\x0a\0\0\2", 20);
	find(0);
	CHECK_INT(ps_layer_payload(&layers, pkt, found[1], &ps_proto_ip, &inner), PS_LAYER_FOUND);
	refused(inner, (struct ps_range){ 20, 4 }, 5, PS_FIELD_PARTIAL);
	CHECK_INT(ps_layer_replace(&layers, pkt, found[1], (struct ps_range){ 8, 28 }, NULL, 60), 0);
	CHECK_INT(pkt->len, 88);
	CHECK(inner->flags & PS_LAYER_GONE);
	end_packet();
}

/* Many headers around, each with a length and a sum: as many as follow, and one more. */
static void deep(void)
{
	struct ps_layer *layer, *tenth = NULL;
	unsigned int n = 0;

	start_chain(0);
	add(IP);
	add(UDP);
	begin(20 * 8, 0, 0);
	for (unsigned int i = 2; i < 20; i++) {
		ps_store16(bytes + 20 + 8 * i + 4, 0);
		ps_store16(bytes + 20 + 8 * i - 4, pkt->len - 20 - 8 * i + 8);	/* length of the one before */
	}
	find(0);
	layer = found[1];
	while (ps_layer_in_bytes(&layers, pkt, layer, (struct ps_range){ 8, layer->header.range.len - 8 }, &ps_proto_udp,
				 &found[2]) == PS_LAYER_FOUND) {
		layer = found[2];
		n++;
		if (n == 8)
			tenth = layer;
	}
	CHECK_INT(n, PS_NESTED_MAX - 1);
	CHECK_INT(ps_layer_resize(&layers, pkt, layer, 8, 3), PS_FIELD_SHAPE);
	CHECK_INT(ps_layer_resize(&layers, pkt, tenth, 8, 3), 0);
	for (unsigned int i = 0; i <= 8; i++)
		CHECK_INT(ps_load16(bytes + 20 + 8 * i + 4), pkt->len - 20 - 8 * i);
	end_packet();
}

static void no_room(void)
{
	uint8_t *exact;
	struct ps_packet packet;

	start_chain(0);
	add(IP);
	add(UDP);
	begin(10, 0, 0);
	exact = malloc(pkt->len);
	memcpy(exact, bytes, pkt->len);
	ps_buffer_init(&packet, exact, pkt->len, 0, 0x0800);
	find(0);
	CHECK_INT(ps_layer_resize(&layers, &packet, found[1], 8, 1), PS_FIELD_LONG);
	CHECK_INT(ps_layer_resize(&layers, &packet, found[1], 8, -3), 0);
	CHECK_INT(packet.len, 35);
	CHECK_INT(ps_layer_resize(&layers, &packet, found[1], 8, 1), PS_FIELD_LONG);
	free(exact);
	end_packet();
}

/* The room of what is told is in the protocols' tables: a header has one length that follows. */
static void one_length(void)
{
	for (unsigned int i = 0; i < ps_nprotos; i++)
		CHECK(!ps_protos[i]->total_len.mask || !ps_protos[i]->csum.covers.mask);
}

const struct test resize_tests[] = {
	{ "resize: any bytes of a payload become any others, and all lengths and sums follow", any_bytes },
	{ "resize: a checksum that is completed later is right then", completed_later },
	{ "resize: a checksum that is completed later is neither replaced nor moved", partial_is_replaced },
	{ "resize: layers that were found apart from what they lie in, and an empty payload", found_apart },
	{ "resize: layers around grow, those behind move, those inside are gone", layers_move },
	{ "resize: a checksum of a part goes on being one of that part", covers_a_part },
	{ "resize: a checksum of so many words goes on being one of these", covers_words },
	{ "resize: what is refused leaves the packet as it was", refusals },
	{ "resize: a quoted packet cannot be resized, the error that quotes it can", quoted },
	{ "resize: ten headers follow, of more the payload keeps its length", deep },
	{ "resize: a packet without room shrinks, and does not grow", no_room },
	{ "resize: no protocol has two lengths that follow", one_length },
	{ NULL, NULL },
};
