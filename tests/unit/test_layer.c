/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include <stdlib.h>

#include "layer.h"
#include "packets.h"
#include "protos.h"
#include "test.h"

static struct ps_layers layers;
static struct ps_packet pkt;
static struct layout at;
static uint8_t *data;
static unsigned int blocks, blocks_max;

static struct ps_layer_block *new_block(struct ps_layers *of)
{
	(void)of;
	return blocks < blocks_max ? blocks++, malloc(sizeof(struct ps_layer_block)) : NULL;
}

static void free_block(struct ps_layers *of, struct ps_layer_block *block)
{
	(void)of;
	free(block);
	blocks--;
}

static void begin(const struct shape *shape)
{
	data = make_packet(shape, &pkt, &at);
	blocks = 0;
	blocks_max = 1000;
	ps_layers_init(&layers, new_block, free_block);
	ps_layers_begin(&layers, &pkt);
}

static void end(void)
{
	ps_layers_shrink(&layers);
	CHECK_INT(blocks, 0);
	free(data);
}

/* The layer that parent carries, or NULL. */
static struct ps_layer *payload(struct ps_layer *parent, const struct ps_proto *proto)
{
	struct ps_layer *layer = NULL;

	return ps_layer_payload(&layers, &pkt, parent, proto, &layer) == PS_LAYER_FOUND ? layer : NULL;
}

static struct ps_layer *link_layer(void)
{
	struct ps_layer *layer = NULL;

	CHECK_INT(ps_layer_first(&layers, &pkt, &ps_proto_eth, &layer), PS_LAYER_FOUND);
	return layer;
}

/* The network layer, as compiled code looks for it. */
static struct ps_layer *network(const struct ps_proto *proto, uint32_t value)
{
	static const struct ps_proto *const link = &ps_proto_eth;
	struct ps_layer *layer = NULL;
	enum ps_layer_found found;

	found = layers.packet.child ? ps_layer_network_again(&layers, &pkt, link, proto, value, &layer) :
				      ps_layer_network(&layers, &pkt, &link, proto, value, &layer);
	return found == PS_LAYER_FOUND ? layer : NULL;
}

static void found_once(void)
{
	struct ps_layer *ip, *udp;

	begin(&(struct shape){ .protocol = 17, .payload = 9, .ethernet = true });
	ip = payload(link_layer(), &ps_proto_ip);
	udp = payload(ip, &ps_proto_udp);
	CHECK_INT(ip->header.range.off, at.ip);
	CHECK_INT(udp->header.range.off, at.transport);
	CHECK(udp->header.outer == &ip->header);
	CHECK(payload(link_layer(), &ps_proto_ip) == ip);
	CHECK(payload(ip, &ps_proto_udp) == udp);
	CHECK(!payload(ip, &ps_proto_tcp) && payload(ip, &ps_proto_udp) == udp);
	CHECK(network(&ps_proto_ip, 0x0800)->header.range.off == at.ip);
	CHECK(network(&ps_proto_ip, 0x0800) == network(&ps_proto_ip, 0x0800));
	CHECK(!network(&ps_proto_ip6, 0x86DD));
	end();
}

/* What the network header says of the transport changes: that is gone, and found again when it says so again. */
static void let_go(void)
{
	struct ps_layer *ip, *udp, *tcp;

	begin(&(struct shape){ .protocol = 17, .payload = 20, .ethernet = true });
	ip = network(&ps_proto_ip, 0x0800);
	CHECK(!ps_layers_let_go(&layers, ip));
	udp = payload(ip, &ps_proto_udp);
	data[at.ip + 9] = 6;
	data[at.transport + 12] = 0x50;
	CHECK(ps_layers_let_go(&layers, ip));
	CHECK(udp->flags & PS_LAYER_GONE);
	CHECK(!(ip->flags & PS_LAYER_GONE));
	CHECK(!payload(ip, &ps_proto_udp));
	tcp = payload(ip, &ps_proto_tcp);
	CHECK(tcp && tcp != udp && !(tcp->flags & PS_LAYER_GONE));

	/* of the link layer, which compiled code passes over */
	CHECK(ps_layers_let_go(&layers, link_layer()));
	CHECK(ip->flags & tcp->flags & PS_LAYER_GONE);
	CHECK(network(&ps_proto_ip, 0x0800) == ip && !(ip->flags & PS_LAYER_GONE));
	CHECK(payload(ip, &ps_proto_tcp) == tcp && !(tcp->flags & PS_LAYER_GONE));
	end();
}

/* A header that was looked for in bytes is where it is whatever others say. */
static void chosen_stays(void)
{
	struct ps_layer *ip, *udp = NULL;
	struct ps_range bytes;

	begin(&(struct shape){ .protocol = 17, .payload = 20 });
	ip = network(&ps_proto_ip, 0x0800);
	CHECK(ps_layer_payload_range(&pkt, ip, &bytes));
	CHECK_INT(bytes.off, 20);
	CHECK_INT(ps_layer_in_bytes(&layers, &pkt, ip, bytes, &ps_proto_udp, &udp), PS_LAYER_FOUND);
	CHECK_INT(udp->header.range.off, at.transport);
	CHECK(udp->header.outer == &ip->header);
	CHECK(!ps_layers_let_go(&layers, ip));
	CHECK(!(udp->flags & PS_LAYER_GONE));
	end();
}

/* What UDP carries may be looked for as one protocol and another: each is found once. */
static void asked_for_in_turn(void)
{
	struct ps_layer *udp, *ip, *inner;
	unsigned int i;

	begin(&(struct shape){ .protocol = 17, .payload = 20 });
	blocks_max = 0;
	udp = payload(network(&ps_proto_ip, 0x0800), &ps_proto_udp);
	data[at.transport + 8] = 0x45;
	ip = payload(udp, &ps_proto_ip);
	inner = payload(udp, &ps_proto_udp);
	CHECK(ip && inner && ip != inner && ip->header.range.off == at.transport + 8);
	CHECK(ip->header.outer == &udp->header && inner->header.outer == &udp->header);
	for (i = 0; i < 2 * PS_LAYERS_A_BLOCK; i++)
		CHECK(payload(udp, &ps_proto_ip) == ip && payload(udp, &ps_proto_udp) == inner);
	data[at.transport + 8] = 0x46;	/* more than there is */
	ps_layers_expose(&layers);
	CHECK(!payload(udp, &ps_proto_ip) && payload(udp, &ps_proto_udp) == inner);
	end();
}

/* By name: what was found on the way is found once, bounded however deep, and a port is no more than a guess. */
static void by_name(void)
{
	static const uint8_t labels[] = { 0, 0x10, 0x00, 64 };
	struct ps_layer *udp, *vxlan, *eth, *free;
	unsigned int i;

	begin(&(struct shape){ .protocol = 17, .payload = 40, .ethernet = true });
	CHECK_INT(ps_layer_find(&layers, &pkt, &ps_proto_eth, &ps_proto_udp, &udp), PS_LAYER_FOUND);
	CHECK_INT(udp->header.range.off, at.transport);
	CHECK(udp->header.outer == &network(&ps_proto_ip, 0x0800)->header);
	free = layers.free;
	for (i = 0; i < 100; i++)
		CHECK(ps_layer_find(&layers, &pkt, &ps_proto_eth, &ps_proto_udp, &eth) == PS_LAYER_FOUND && eth == udp);
	CHECK_INT(ps_layer_find(&layers, &pkt, &ps_proto_eth, &ps_proto_tcp, &eth), PS_LAYER_NONE);
	CHECK_INT(ps_layer_find(&layers, &pkt, &ps_proto_eth, &ps_proto_vxlan, &vxlan), PS_LAYER_NONE);
	CHECK(layers.free == free);
	CHECK(payload(udp, &ps_proto_dccp) == NULL && payload(udp, &ps_proto_icmp));	/* a script may ask for it */
	CHECK_INT(ps_layer_find(&layers, &pkt, &ps_proto_eth, &ps_proto_icmp, &eth), PS_LAYER_NONE);
	ps_store16(data + at.transport + 2, 4789);
	CHECK_INT(ps_layer_find(&layers, &pkt, &ps_proto_eth, &ps_proto_vxlan, &vxlan), PS_LAYER_FOUND);
	CHECK_INT(vxlan->header.range.off, at.transport + 8);
	CHECK_INT(ps_layer_find(&layers, &pkt, &ps_proto_eth, &ps_proto_eth, &eth), PS_LAYER_FOUND);
	CHECK_INT(eth->header.range.off, 0);
	end();

	begin(&(struct shape){ .protocol = 17, .payload = 400, .ethernet = true });
	ps_store16(data + 12, 0x8847);
	for (i = 14; i + 4 <= pkt.len; i += 4)
		memcpy(data + i, labels, sizeof(labels));
	CHECK_INT(ps_layer_find(&layers, &pkt, &ps_proto_eth, &ps_proto_udp, &udp), PS_LAYER_NONE);
	CHECK(blocks <= 3);
	end();
}

/* Bytes that were written one by one: all headers are read again, and those that are the same stay the same layers. */
static void read_again(void)
{
	struct ps_layer *ip, *udp;

	begin(&(struct shape){ .protocol = 17, .payload = 20 });
	ip = network(&ps_proto_ip, 0x0800);
	udp = payload(ip, &ps_proto_udp);
	ps_layers_expose(&layers);
	CHECK(network(&ps_proto_ip, 0x0800) == ip);
	CHECK(payload(ip, &ps_proto_udp) == udp);
	data[at.ip + 9] = 6;
	CHECK(!payload(ip, &ps_proto_udp));
	data[at.ip + 9] = 17;
	data[at.ip] = 0x46;
	CHECK_INT(payload(ip, &ps_proto_udp)->header.range.off, at.transport + 4);
	CHECK_INT(udp->header.range.off, at.transport);
	end();
}

/* Many, over packets; and what remains when memory does not. */
static void many(void)
{
	struct ps_layer *layer, *before[3 * PS_LAYERS_A_BLOCK];
	struct ps_range bytes = { 0, 8 };
	unsigned int packet, i, j;

	begin(&(struct shape){ .protocol = 17, .payload = 100 });
	for (packet = 0; packet < 3; packet++) {
		ps_layers_begin(&layers, &pkt);
		for (i = 0; i < 3 * PS_LAYERS_A_BLOCK; i++) {
			bytes.off = i;
			CHECK_INT(ps_layer_in_bytes(&layers, &pkt, &layers.packet, bytes, &ps_proto_udp, &before[i]),
				  PS_LAYER_FOUND);
			for (j = 0; j < i; j++)
				CHECK(before[j] != before[i] && before[j]->header.range.off == j);
		}
	}
	CHECK_INT(blocks, 3);
	ps_layers_begin(&layers, &pkt);
	blocks_max = blocks;
	for (i = 0; bytes.off = i % 100, ps_layer_in_bytes(&layers, &pkt, &layers.packet, bytes, &ps_proto_udp, &layer) ==
					 PS_LAYER_FOUND; i++)
		;
	CHECK_INT(i, 4 * PS_LAYERS_A_BLOCK - 1);	/* the first is the network layer's */
	CHECK(network(&ps_proto_ip, 0x0800));
	end();
}

/* A packet with a great many leaves no more than the next one's share. */
static void given_back(void)
{
	struct ps_range bytes = { 0, 8 };
	struct ps_layer *layer;
	unsigned int i;

	begin(&(struct shape){ .protocol = 17, .payload = 1400 });
	for (i = 0; i < 1000; i++) {
		bytes.off = i;
		CHECK_INT(ps_layer_in_bytes(&layers, &pkt, &layers.packet, bytes, &ps_proto_udp, &layer), PS_LAYER_FOUND);
	}
	CHECK_INT(blocks, 1000 / PS_LAYERS_A_BLOCK);
	ps_layers_begin(&layers, &pkt);
	CHECK_INT(blocks, 0);
	CHECK(network(&ps_proto_ip, 0x0800));
	end();
}

/* Only the packet's own link layer says what its network layer is. */
static void inner_link_layer(void)
{
	struct ps_layer *ip, *eth;
	struct ps_range bytes = { 28, 20 };

	begin(&(struct shape){ .protocol = 17, .payload = 20, .ethernet = true });
	ip = network(&ps_proto_ip, 0x0800);
	CHECK_INT(ps_layer_in_bytes(&layers, &pkt, ip, bytes, &ps_proto_eth, &eth), PS_LAYER_FOUND);
	CHECK(!ps_layers_let_go(&layers, eth));
	CHECK(ps_layers_let_go(&layers, link_layer()));
	end();
}

/* Reading more of a packet may move it: nothing is read where it was. */
static bool move(struct ps_packet *p, uint32_t end)
{
	uint8_t *to = malloc(p->len);

	memcpy(to, p->data, p->len);
	memset(p->data, 0xEE, p->len);
	free(p->data);
	p->data = data = to;
	p->readable = end;
	return true;
}

static void moving(void)
{
	static const uint8_t ip6[] = { 0x60, 0, 0, 0, 0, 24, 0, 64, [40] = 17, 0, 1, 4, 0, 0, 0, 0, 3, 0xE8, 0, 7, 0, 16 };
	struct ps_packet_ops ops = { .pull = move, .networks = ps_networks };
	struct ps_layer *ip, *udp;

	begin(&(struct shape){ .protocol = 17, .payload = 36 });
	CHECK_INT(pkt.len, 64);
	memset(data, 0, 64);
	memcpy(data, ip6, sizeof(ip6));
	pkt.ops = &ops;
	pkt.protocol = 0x86DD;
	pkt.readable = pkt.writable = 40;
	ip = network(&ps_proto_ip6, 0x86DD);
	pkt.readable = 40;
	udp = ip ? payload(ip, &ps_proto_udp) : NULL;
	CHECK(udp && udp->header.range.off == 48 && udp->header.range.len == 16);
	end();
}

static void too_deep(void)
{
	struct ps_layer *layer;
	struct ps_range bytes = { 0, 20 };
	unsigned int depth;

	begin(&(struct shape){ .protocol = 17, .payload = 100 });
	layer = network(&ps_proto_ip, 0x0800);
	for (depth = 0; ps_layer_in_bytes(&layers, &pkt, layer, bytes, &ps_proto_ip, &layer) == PS_LAYER_FOUND; depth++)
		CHECK(depth < 100);
	CHECK_INT(depth, PS_NESTED_MAX);
	end();
}

const struct test layer_tests[] = {
	{ "layer: what a header carries is found once", found_once },
	{ "layer: what was found by a header is gone when that says something else", let_go },
	{ "layer: what was looked for in bytes stays", chosen_stays },
	{ "layer: what is carried without a policy is found once as each protocol", asked_for_in_turn },
	{ "layer: the first header of a protocol is found once", by_name },
	{ "layer: where bytes were written, headers are read again", read_again },
	{ "layer: there are as many as memory has room for", many },
	{ "layer: memory for a great many is given back", given_back },
	{ "layer: a link layer inside says nothing of the outer network layer", inner_link_layer },
	{ "layer: packets that move are not read where they were", moving },
	{ "layer: nesting has an end", too_deep },
	{ NULL, NULL },
};
