/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "field.h"
#include "frame.h"
#include "fuzz.h"
#include "messages.h"
#include "packets.h"

unsigned int frame_draw(uint32_t *random, unsigned int n)
{
	*random = *random * 1664525 + 1013904223;
	return (*random >> 8) % n;
}

/*
 * A packet that moves.
 */
static struct frame_packet *packet_of(struct ps_packet *pkt)
{
	return (struct frame_packet *)pkt;
}

/* What was written is the packet's now; what may not be written was not. */
static void take_over(struct frame_packet *p)
{
	const struct ps_packet *pkt = &p->pkt;

	if (pkt->writable > pkt->readable || pkt->readable > pkt->len)
		fuzz_fail("writable %u, readable %u, length %u", pkt->writable, pkt->readable, pkt->len);
	if (memcmp(pkt->data + pkt->writable, p->all + pkt->writable, pkt->readable - pkt->writable))
		fuzz_fail("bytes changed that were not made writable");
	memcpy(p->all, pkt->data, pkt->writable);
}

/* Moves the bytes [0, end) to memory that ends there. */
static void move(struct frame_packet *p, uint32_t end)
{
	struct ps_packet *pkt = &p->pkt;
	uint8_t *data = malloc(end ? end : 1);

	memcpy(data, p->all, end);
	free(pkt->data);
	pkt->data = data;
	pkt->readable = end;
}

static bool fails(struct frame_packet *p)
{
	switch (p->frame->failing) {
	case FRAME_FAILS_SELDOM:
		return !frame_draw(&p->random, 8);
	case FRAME_FAILS_OFTEN:
		return frame_draw(&p->random, 2);
	case FRAME_FAILS:
		return true;
	}
	return false;
}

static uint32_t further(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static bool pull(struct ps_packet *pkt, uint32_t end)
{
	struct frame_packet *p = packet_of(pkt);
	bool failed = fails(p);

	if (end > pkt->len || end <= pkt->readable)
		fuzz_fail("pull: %u of %u bytes, %u are readable", end, pkt->len, pkt->readable);
	take_over(p);
	if (p->frame->failing == FRAME_FAILS)
		return false;
	move(p, failed ? pkt->readable : end);
	return !failed;
}

static bool make_writable(struct ps_packet *pkt, uint32_t end)
{
	struct frame_packet *p = packet_of(pkt);

	if (end > pkt->len || end <= pkt->writable)
		fuzz_fail("make_writable: %u of %u bytes, %u are", end, pkt->len, pkt->writable);
	take_over(p);
	if (p->frame->failing == FRAME_FAILS)
		return false;
	if (fails(p)) {
		move(p, pkt->readable);
		pkt->writable = 0;
		return false;
	}
	move(p, further(end, pkt->readable));
	pkt->writable = frame_draw(&p->random, 2) ? end : pkt->readable;
	return true;
}

static bool own_checksum(struct ps_packet *pkt)
{
	if (packet_of(pkt)->frame->segments)
		return false;
	pkt->partial = 0;
	return true;
}

/* The bytes anew, in memory of exactly their size. */
static void replace(uint8_t **bytes, uint32_t len, uint32_t at, uint32_t cut, uint32_t add)
{
	uint8_t *data = malloc(len - cut + add ? len - cut + add : 1);

	memcpy(data, *bytes, at);
	memset(data + at, 0xEE, add);
	memcpy(data + at + add, *bytes + at + cut, len - at - cut);
	free(*bytes);
	*bytes = data;
}

static int resize(struct ps_packet *pkt, uint32_t at, uint32_t cut, uint32_t add)
{
	struct frame_packet *p = packet_of(pkt);
	uint32_t len = pkt->len - cut + add;

	if (at < pkt->network || at > pkt->len || cut > pkt->len - at || at + cut > pkt->readable)
		fuzz_fail("resize: %u bytes at %u, of %u, %u are readable", cut, at, pkt->len, pkt->readable);
	if (p->frame->segments)
		return PS_FIELD_SEGMENTS;
	if (p->frame->moving && fails(p))
		return PS_FIELD_GONE;
	if (len > pkt->network + PS_PACKET_MAX)
		fuzz_fail("resize: to %u bytes", len);
	if (!p->frame->moving) {
		replace(&pkt->data, pkt->len, at, cut, add);
		pkt->len = pkt->readable = pkt->writable = len;
		return 0;
	}
	take_over(p);
	replace(&p->all, pkt->len, at, cut, add);
	pkt->len = len;
	move(p, pkt->readable - cut + add);
	pkt->writable = at + add + frame_draw(&p->random, pkt->readable - at - add + 1);
	return 0;
}

static const struct ps_packet_ops moving_ops = {
	.pull = pull,
	.make_writable = make_writable,
	.own_checksum = own_checksum,
	.resize = resize,
	.networks = ps_networks,
};

/* All bytes are readable and writable, so there are no more to get. */
static bool never(struct ps_packet *pkt, uint32_t end)
{
	fuzz_fail("%u of %u bytes, all of which are readable", end, pkt->len);
}

static const struct ps_packet_ops still_ops = {
	.pull = never,
	.make_writable = never,
	.own_checksum = own_checksum,
	.resize = resize,
	.networks = ps_networks,
};

/* Of one that may only be read. */
static bool refuse(struct ps_packet *pkt, uint32_t end)
{
	if (end > pkt->len)
		fuzz_fail("make_writable: %u of %u bytes", end, pkt->len);
	return false;
}

static bool refuse_checksum(struct ps_packet *pkt)
{
	(void)pkt;
	return false;
}

static int refuse_length(struct ps_packet *pkt, uint32_t at, uint32_t cut, uint32_t add)
{
	(void)pkt;
	(void)at;
	(void)cut;
	(void)add;
	return PS_FIELD_GONE;
}

static const struct ps_packet_ops read_only_ops[] = {
	{ .pull = never, .make_writable = refuse, .own_checksum = refuse_checksum, .resize = refuse_length, .networks = ps_networks,
	  .is_read_only = true },
	{ .pull = pull, .make_writable = refuse, .own_checksum = refuse_checksum, .resize = refuse_length, .networks = ps_networks,
	  .is_read_only = true },
};

void frame_protect(struct frame_packet *p)
{
	p->pkt.ops = &read_only_ops[p->frame->moving];
	p->pkt.writable = 0;
}

/* What the network layer is said to be; sometimes other than what the link layer says. */
static uint16_t said_protocol(const struct frame *frame)
{
	uint16_t type = frame_network(frame) ? frame->bytes[12] << 8 | frame->bytes[13] : 0;

	if (type && (type == 0x86DD) == frame->other)
		return type;
	return frame->other ? 0x86DD : 0x0800;
}

void frame_open(struct frame_packet *p, const struct frame *frame)
{
	uint32_t network = frame_network(frame);
	uint8_t *data = malloc(frame->len ? frame->len : 1);

	memcpy(data, frame->bytes, frame->len);
	ps_buffer_init(&p->pkt, data, frame->len, network, said_protocol(frame));
	p->pkt.partial = frame->partial;
	p->frame = frame;
	p->random = frame->seed;
	p->all = NULL;
	if (!frame->moving) {
		p->pkt.ops = &still_ops;
		return;
	}

	p->all = malloc(frame->len ? frame->len : 1);
	memcpy(p->all, frame->bytes, frame->len);
	p->pkt.ops = &moving_ops;
	move(p, frame->prefix < frame->len - network ? network + frame->prefix : frame->len);
	p->pkt.writable = frame_draw(&p->random, 2) ? 0 :
			  frame_draw(&p->random, p->pkt.readable + 1);
}

uint8_t *frame_close(struct frame_packet *p)
{
	if (!p->frame->moving)
		return p->pkt.data;
	take_over(p);
	free(p->pkt.data);
	return p->all;
}

/*
 * Bytes.
 */
static uint32_t get16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

static void put16(uint8_t *p, uint32_t v)
{
	p[0] = v >> 8;
	p[1] = v;
}

uint32_t frame_network(const struct frame *frame)
{
	return frame->link && frame->len >= 14 ? 14 : 0;
}

static uint32_t header_min(uint8_t protocol)
{
	return protocol == 6 ? 20 : protocol == 4 ? 20 : protocol == 41 ? 40 : protocol == 33 || protocol == 132 ? 12 : protocol == 47 ? 4 : 8;
}

/* The transport header of the IP header at ip, of which there are len bytes; 0 if there is none. */
static uint32_t transport_at(const uint8_t *ip, uint32_t len)
{
	struct frame_ip6 w;
	uint32_t head;

	if (len >= 40 && ip[0] >> 4 == 6) {
		w = frame_walk_ip6(ip, len);
		return w.head && !w.later && w.head + header_min(w.next) <= len ? w.head : 0;
	}
	if (len < 20 || ip[0] >> 4 != 4 || get16(ip + 6) & 0x1FFF)
		return 0;
	head = (ip[0] & 15) * 4;
	if (head < 20 || head + header_min(ip[9]) > len)
		return 0;
	return head;
}

/* Where what follows PPPoE or MPLS of that type begins, if it is one of these. */
static uint32_t behind_labels(const struct frame *frame, uint32_t at, uint32_t type)
{
	if (type == 0x8864)
		return frame->len >= at + 8 ? at + 8 : at;
	if (type != 0x8847 && type != 0x8848)
		return at;
	while (frame->len >= at + 4) {
		at += 4;
		if (frame->bytes[at - 2] & 1)
			break;
	}
	return at;
}

/* Where IP, IPv6 or something else begins, behind link layer, tags, and what is between. */
static uint32_t behind_tags(const struct frame *frame)
{
	uint32_t at = frame_network(frame), type;

	while (at && frame->len >= at + 4) {
		type = get16(frame->bytes + at - 2);
		if (type != 0x8100 && type != 0x88A8)
			return behind_labels(frame, at, type);
		at += 4;
	}
	return at;
}

/* What it says it carries. */
static uint8_t carried(const uint8_t *ip, uint32_t len)
{
	return len >= 40 && ip[0] >> 4 == 6 ? frame_walk_ip6(ip, len).next : ip[9];
}

uint8_t frame_carried(const struct frame *frame)
{
	uint32_t network = behind_tags(frame);

	return carried(frame->bytes + network, frame->len - network);
}

uint32_t frame_transport(const struct frame *frame)
{
	uint32_t network = behind_tags(frame);
	uint32_t head = transport_at(frame->bytes + network, frame->len - network);

	return head ? network + head : 0;
}

const uint8_t *frame_destination(const uint8_t *ip, uint32_t len)
{
	const uint8_t *p = ip + 20, *end = ip + (ip[0] & 15) * 4;

	if (end > ip + len)
		return ip + 16;
	while (p < end && p[0]) {
		if (p[0] == 1) {
			p++;
			continue;
		}
		if (p + 1 >= end || p[1] < 2 || p + p[1] > end)
			break;
		if (p[0] == 131 || p[0] == 137)
			return p[1] >= 7 && p[2] <= p[1] ? p + p[1] - 4 : ip + 16;
		p += p[1];
	}
	return ip + 16;
}

struct frame_ip6 frame_walk_ip6(const uint8_t *ip6, uint32_t len)
{
	struct frame_ip6 w = { .head = 40, .next = ip6[6] };
	bool routed = false;
	int n = 0;

	while (!w.later && (w.next == 0 || w.next == 43 || w.next == 44 || w.next == 51 || w.next == 60)) {
		const uint8_t *e = ip6 + w.head;
		uint32_t size;

		if (++n > 16 || len < w.head + 8)
			return (struct frame_ip6){ 0 };
		size = w.next == 44 ? 8 : w.next == 51 ? 4 * (e[1] + 2) : 8 * (e[1] + 1);
		if (w.next == 44) {
			w.later = (e[2] << 8 | e[3]) >> 3;
			w.more = e[3] & 1;
		}
		if (w.next == 43 && !routed) {
			routed = true;
			if (e[3] && size >= 24 && (e[2] == 0 || e[2] == 2))
				w.final = w.head + 8 + ((size - 8) / 16 - 1) * 16;
			else if (e[3] && size >= 24 && e[2] == 4)
				w.final = w.head + 8;
		}
		w.next = e[0];
		w.head += size;
	}
	if (w.head > len)
		w.final = 0;
	return w;
}

/* RFC 768: addresses, protocol, length; RFC 8200, 8.1. */
uint32_t frame_pseudo(const uint8_t *ip, uint32_t len, bool is_ip6, uint32_t size)
{
	struct frame_ip6 w;

	if (is_ip6) {
		w = frame_walk_ip6(ip, len);
		return (uint16_t)~naive_csum(ip + 8, 16, 0) +
		       (uint16_t)~naive_csum(ip + (w.final ? w.final : 24), 16, 0) + w.next + size;
	}
	return (uint16_t)~naive_csum(ip + 12, 4, 0) +
	       (uint16_t)~naive_csum(frame_destination(ip, len), 4, 0) + ip[9] + size;
}

/* Where in the transport header the checksum is, or 0. */
static uint32_t checksum_at(uint8_t protocol)
{
	return protocol == 6 ? 16 : protocol == 17 || protocol == 136 || protocol == 33 ? 6 :
	       protocol == 1 || protocol == 58 ? 2 : protocol == 47 ? 4 : 0;
}

void frame_make_partial(struct frame *frame)
{
	uint32_t network = behind_tags(frame), t = frame_transport(frame), len = frame->len - network, size;
	const uint8_t *ip = frame->bytes + network;
	uint8_t protocol = t ? carried(ip, len) : 0;

	if (protocol != 6 && protocol != 17)
		return;
	frame->partial = t + checksum_at(protocol);
	size = ip[0] >> 4 == 6 ? get16(ip + 4) + 40 : get16(ip + 2);
	put16(frame->bytes + frame->partial,
	      (uint16_t)~naive_csum(NULL, 0, frame_pseudo(ip, len, ip[0] >> 4 == 6, size - (t - network))));
}

uint32_t frame_crc32c(const uint8_t *bytes, uint32_t len)
{
	uint32_t crc = ~0u, i;
	int bit;

	for (i = 0; i < len; i++) {
		crc ^= i >= 8 && i < 12 ? 0 : bytes[i];
		for (bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0x82F63B78 : crc >> 1;
	}
	return __builtin_bswap32(~crc);
}

/* That of SCTP. */
static void repair_crc32c(uint8_t *sctp, uint32_t len)
{
	uint32_t crc = frame_crc32c(sctp, len);

	put16(sctp + 8, crc >> 16);
	put16(sctp + 10, crc);
}

/* How much of size bytes the checksum is of: UDP-Lite, DCCP. */
static uint32_t covered(uint8_t protocol, const uint8_t *t, uint32_t size)
{
	uint32_t said = protocol == 136 ? get16(t + 4) :
			protocol == 33 && t[5] & 15 ? t[4] * 4u + ((t[5] & 15) - 1u) * 4 : 0;

	return said >= 8 && said < size ? said : size;
}

static void repair(uint8_t *ip, uint32_t len, bool lengths, bool checksums, int depth);

/* The same for IPv6. */
static void repair_ip6(uint8_t *ip, uint32_t len, bool lengths, bool checksums, int depth)
{
	struct frame_ip6 w;
	uint32_t size, told;
	uint8_t *t, *check;

	if (lengths)
		put16(ip + 4, len - 40);
	w = frame_walk_ip6(ip, len);
	told = get16(ip + 4) ? get16(ip + 4) + 40u : len;
	if (told > len)
		told = len;
	if (!w.head || w.later || w.head + header_min(w.next) > told)
		return;
	size = told - w.head;
	t = ip + w.head;
	if (depth && (w.next == 4 || w.next == 41))
		repair(t, size, lengths, checksums, depth - 1);
	else if (depth && w.next == 58 && size >= 48)
		repair(t + 8, size - 8, lengths, checksums, depth - 1);
	if (lengths && w.next == 17)
		put16(t + 4, size);
	if (checksums && w.next == 132)
		repair_crc32c(t, size);
	if (!checksums || !checksum_at(w.next) || w.next == 1 || w.next == 47 || checksum_at(w.next) + 2 > size)
		return;
	if (w.next == 17 && get16(t + 4) >= 8 && get16(t + 4) < size)
		size = get16(t + 4);
	check = t + checksum_at(w.next);
	put16(check, 0);
	put16(check, naive_csum(t, covered(w.next, t, size), frame_pseudo(ip, len, true, size)));
	if (!get16(check))
		put16(check, 0xFFFF);
}

/* Innermost headers first, since outer checksums are of them too. */
static void repair(uint8_t *ip, uint32_t len, bool lengths, bool checksums, int depth)
{
	uint32_t t, size;

	if (len >= 40 && ip[0] >> 4 == 6) {
		repair_ip6(ip, len, lengths, checksums, depth);
		return;
	}
	if (len < 20 || ip[0] >> 4 == 6)
		return;
	if (lengths) {
		if ((ip[0] & 15) < 5 || (ip[0] & 15) * 4u > len)
			ip[0] = 0x45;
		put16(ip + 2, len);
	}
	t = transport_at(ip, len);
	if (t) {
		size = get16(ip + 2) < len ? get16(ip + 2) : len;
		size = size > t + header_min(ip[9]) ? size - t : len - t;
		if (lengths && ip[9] == 17)
			put16(ip + t + 4, size);
		if (depth && (ip[9] == 4 || ip[9] == 41))
			repair(ip + t, size, lengths, checksums, depth - 1);
		else if (depth && ip[9] == 47 && size >= 28 && ip[t + 8] >> 4 == 4)
			repair(ip + t + 8, size - 8, lengths, checksums, depth - 1);
		else if (depth && ip[9] == 47 && size >= 24 && ip[t + 4] >> 4 == 4)
			repair(ip + t + 4, size - 4, lengths, checksums, depth - 1);
		else if (depth && ip[9] != 6 && size >= 28 && ip[t + 8] >> 4 == 4)
			repair(ip + t + 8, size - 8, lengths, checksums, depth - 1);
		else if (depth && ip[9] != 6 && size >= 29 && ip[t + 9] >> 4 == 4)
			repair(ip + t + 9, size - 9, lengths, checksums, depth - 1);
		if (checksums && ip[9] == 132)
			repair_crc32c(ip + t, size);
		if (checksums && checksum_at(ip[9]) && checksum_at(ip[9]) + 2 <= size &&
		    !(ip[9] == 17 && !get16(ip + t + 6)) && !(ip[9] == 47 && !(ip[t] & 0x80))) {
			uint8_t *check = ip + t + checksum_at(ip[9]);

			if (ip[9] == 17 && get16(ip + t + 4) >= 8 && get16(ip + t + 4) < size)
				size = get16(ip + t + 4);
			put16(check, 0);
			put16(check, naive_csum(ip + t, covered(ip[9], ip + t, size),
						ip[9] == 1 || ip[9] == 47 ? 0 : frame_pseudo(ip, len, false, size)));
			if (!get16(check))
				put16(check, 0xFFFF);
		}
	}
	if (checksums && (ip[0] & 15) * 4u <= len) {
		put16(ip + 10, 0);
		put16(ip + 10, naive_csum(ip, (ip[0] & 15) * 4, 0));
	}
}

void frame_repair(struct frame *frame, bool lengths, bool checksums)
{
	uint32_t network = behind_tags(frame);

	repair(frame->bytes + network, frame->len - network, lengths, checksums, 4);
}

/* Labels of MPLS, the last of which says so, as a rule; returns their length. */
static uint32_t build_labels(uint8_t *p, uint32_t *random)
{
	uint32_t n = 1 + frame_draw(random, 3), i;

	for (i = 0; i < n; i++, p += 4) {
		put16(p, frame_draw(random, 1 << 16));
		p[2] = frame_draw(random, 128) << 1 | (i + 1 == n && frame_draw(random, 8));
		p[3] = 64;
	}
	return 4 * n;
}

/* What a transport with these ports carries, of at most max bytes: a message, or any bytes. Returns its length. */
static uint32_t build_content(uint8_t *p, uint32_t max, uint8_t protocol, uint8_t *ports, uint32_t *random)
{
	uint8_t message[MESSAGE_MAX];
	uint32_t len = 0, i;

	if ((protocol == 6 || protocol == 17) && frame_draw(random, 2))
		len = messages_build(message, protocol, ports, random);
	if (len && len <= max) {
		memcpy(p, message, len);
		return len;
	}
	len = frame_draw(random, max < 64 ? max + 1 : 64);
	for (i = 0; i < len; i++)
		p[i] = frame_draw(random, 256);
	return len;
}

/* Options of TCP, whose header is at tcp; returns their length. */
static uint32_t build_options(uint8_t *tcp, uint32_t *random)
{
	uint32_t len = frame_draw(random, 2) ? messages_build_options(tcp + 20, random) : 0;

	tcp[12] = (5 + len / 4) << 4;
	return len;
}

/* An IP packet of at most max bytes, which is 60 or more; returns its length. */
static uint32_t build_ip(uint8_t *ip, uint32_t max, uint32_t *random, int depth)
{
	static const uint8_t protocols[] = { 17, 6, 136, 33, 1, 1, 4, 47, 132, 51 };
	static const uint16_t fragments[] = { 0, 0, 0, 0, 0x4000, 0, 0x2000, 0x0010 };
	uint32_t head = frame_draw(random, 3) ? 20 : 4 * (5 + frame_draw(random, 11));
	uint32_t t, len, gap;

	if (head + 60 > max)
		head = 20;
	memset(ip, 1, head);	/* options: no-operation */
	if (head >= 28 && !frame_draw(random, 3))	/* a source route */
		memcpy(ip + 20, frame_draw(random, 4) ? "\x83\7\4\xc0\0\2\1" : "\x89\7\x8\xc0\0\2\1", 7);
	ip[0] = 0x40 | head / 4;
	ip[1] = 0;
	put16(ip + 4, frame_draw(random, 65536));
	put16(ip + 6, fragments[frame_draw(random, 8)]);
	ip[8] = 64;
	ip[9] = protocols[frame_draw(random, sizeof(protocols))];
	memcpy(ip + 12, "\x0a\x00\x00\x01\x0a\x00\x00\x02", 8);
	if (depth == 0 && ip[9] == 4)
		ip[9] = 17;

	t = ip[9] == 4 ? head : head + header_min(ip[9]);
	memset(ip + head, 0, t - head);
	switch (ip[9]) {
	case 51:
		memcpy(ip + head, "\x11\4\0\0\0\0\1\0\0\0\0\1icv of 12 by", 24);
		put16(ip + head + 26, 53);
		put16(ip + head + 28, 8);
		t = head + 32;
		break;
	case 1:
		ip[head] = frame_draw(random, 2) ? frame_draw(random, 2) * 8 : 3;
		put16(ip + head + 4, 7);
		break;
	case 6:
		ip[head + 13] = 0x18;
		t += head + 60 <= max ? build_options(ip + head, random) : 0;
		/* fall through */
	case 33:
	case 136:
	case 17:
		put16(ip + head, 1000 + frame_draw(random, 100));
		put16(ip + head + 2, 53);
		if (ip[9] == 17)
			put16(ip + head + 6, frame_draw(random, 4) ? 1 : 0);
		if (ip[9] == 136 && frame_draw(random, 2))
			put16(ip + head + 4, 8 + frame_draw(random, 40));
		if (ip[9] == 33) {
			ip[head + 4] = 3;
			ip[head + 5] = frame_draw(random, 4);
		}
		break;
	case 47:
		put16(ip + head, (const uint16_t[]){ 0, 0x8000, 0x2000, 0x8000 }[frame_draw(random, 4)]);
		put16(ip + head + 2, 0x0800);
		t += ip[head] ? 4 : 0;
		memset(ip + head + 4, 0, 4);
		if (!frame_draw(random, 4)) {
			put16(ip + head + 2, 0x8847);
			t += build_labels(ip + t, random);
		}
		break;
	}
	if (ip[9] == 17 && !frame_draw(random, 8) && max - t >= 120) {
		memcpy(ip + t, "\x08\0\0\0\0\0\x64\0", 8);
		memset(ip + t + 8, 2, 12);
		put16(ip + t + 20, 0x0800);
		t += 22;
	}
	if (depth && max - t >= 80 && (ip[9] == 4 || (ip[9] != 6 && frame_draw(random, 2)))) {
		gap = ip[9] != 4 && ip[9] != 47 && !frame_draw(random, 3);	/* then it begins at an odd byte */
		ip[t] = 0;
		len = t + gap + build_ip(ip + t + gap, max - t - gap, random, depth - 1);
	} else {
		len = t + build_content(ip + t, max - t, ip[9], ip + head, random);
	}
	put16(ip + 2, len);
	if (ip[9] == 17)
		put16(ip + head + 4, len - head);
	return len;
}

/* Extension headers, of which the first is *next then; returns their length. */
static uint32_t build_extensions(uint8_t *p, uint32_t *random, uint8_t *next)
{
	static const uint8_t kinds[] = { 0, 60, 43, 43, 44, 51 };
	uint32_t n = frame_draw(random, 3) ? 0 : 1 + frame_draw(random, 3), len = 0, size, i;
	uint8_t *last = next, kind;

	for (i = 0; i < n; i++, len += size) {
		kind = kinds[frame_draw(random, 6)];
		size = kind == 51 ? 12 + 4 * frame_draw(random, 3) : kind == 43 ? 8 + 16 * frame_draw(random, 3) :
		       kind == 44 ? 8 : 8 * (1 + frame_draw(random, 2));
		memset(p + len, 0, size);
		p[len] = *last;
		*last = kind;
		last = p + len;
		last[1] = kind == 51 ? size / 4 - 2 : kind == 44 ? 0 : size / 8 - 1;
		if (kind == 43) {
			last[2] = (const uint8_t[]){ 0, 2, 4, 3 }[frame_draw(random, 4)];
			last[3] = frame_draw(random, 3);
			for (uint32_t b = 8; b < size; b++)
				last[b] = frame_draw(random, 256);
		}
		if (kind == 44)
			put16(last + 2, (const uint16_t[]){ 0, 0, 1, 8, 9 }[frame_draw(random, 5)]);
	}
	return len;
}

/* The same as build_ip(); max is 200 or more. */
static uint32_t build_ip6(uint8_t *ip, uint32_t max, uint32_t *random, int depth)
{
	static const uint8_t protocols[] = { 17, 6, 136, 33, 58, 58, 41, 4, 132 };
	uint32_t head, t, len;
	uint8_t protocol = protocols[frame_draw(random, sizeof(protocols))];

	if (!depth && (protocol == 41 || protocol == 4))
		protocol = 17;
	memset(ip, 0, 40);
	ip[0] = 0x60;
	ip[6] = protocol;
	ip[7] = 64;
	memcpy(ip + 8, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16);
	memcpy(ip + 24, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\2", 16);
	head = 40 + build_extensions(ip + 40, random, ip + 6);
	t = protocol == 4 || protocol == 41 ? head : head + header_min(protocol);
	memset(ip + head, 0, t - head);
	if (protocol == 58)
		ip[head] = frame_draw(random, 2) ? 1 + frame_draw(random, 5) : 128;
	if (protocol == 6)
		t += build_options(ip + head, random);
	if (protocol == 17 || protocol == 6)
		put16(ip + head + 2, 1000 + frame_draw(random, 100));
	if (protocol == 33) {
		ip[head + 4] = 3;
		ip[head + 5] = frame_draw(random, 4);
	}
	if (protocol == 136 && frame_draw(random, 2))
		put16(ip + head + 4, 8 + frame_draw(random, 40));
	if (depth && max - t >= 280 && (protocol == 41 || (protocol == 58 && frame_draw(random, 2)))) {
		len = t + build_ip6(ip + t, max - t, random, depth - 1);
	} else if (protocol == 4 && max - t >= 120) {
		len = t + build_ip(ip + t, max - t, random, depth - 1);
	} else {
		len = t + build_content(ip + t, max - t, protocol, ip + head, random);
	}
	put16(ip + 4, len - 40);
	if (protocol == 17)
		put16(ip + head + 4, len - head);
	return len;
}

static uint32_t build_arp(uint8_t *arp, uint32_t *random)
{
	static const uint8_t lengths[] = { 6, 6, 6, 6, 4, 8, 16, 0 };
	uint32_t i, len;

	memcpy(arp, "\0\1\x08\0\6\4\0\1", 8);
	if (!frame_draw(random, 3))
		arp[4] = lengths[frame_draw(random, 8)];
	if (!frame_draw(random, 3))
		arp[5] = lengths[frame_draw(random, 8)];
	len = 8 + 2 * (arp[4] + arp[5]);
	for (i = 8; i < len; i++)
		arp[i] = frame_draw(random, 256);
	return len;
}

/* PPPoE or MPLS, or as a rule nothing, in front of a packet of that type, which stands before p; returns its length. */
static uint32_t build_between(uint8_t *p, uint16_t type, uint32_t *random)
{
	switch (frame_draw(random, 8)) {
	case 0:
		put16(p - 2, frame_draw(random, 2) ? 0x8847 : 0x8848);
		return build_labels(p, random);
	case 1:
		put16(p - 2, 0x8864);
		p[0] = 0x11;
		p[1] = frame_draw(random, 8) ? 0 : 9;
		put16(p + 2, frame_draw(random, 1 << 16));
		put16(p + 4, frame_draw(random, 2) ? 0 : frame_draw(random, 300));
		put16(p + 6, type == 0x0800 ? 0x0021 : 0x0057);
		return 8;
	}
	return 0;
}

/* A link layer, or none, with tags, and what it carries. */
static void build_frame(struct frame *frame, uint32_t *random)
{
	static const uint16_t types[] = { 0x0800, 0x0800, 0x86DD, 0x86DD, 0x86DD, 0x0806 };
	uint16_t type = types[frame_draw(random, 6)];
	uint8_t *p = frame->bytes;
	int tags = frame_draw(random, 4) ? 0 : 1 + frame_draw(random, 2), depth = frame_draw(random, 4);

	if (!frame->link && type == 0x0806)
		type = 0x0800;
	frame->other = type == 0x86DD;
	if (frame->link) {
		memcpy(p, "\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02", 12);
		for (p += 12; tags; tags--, p += 4) {
			put16(p, frame_draw(random, 2) ? 0x8100 : 0x88A8);
			put16(p + 2, frame_draw(random, 1 << 16));
		}
		put16(p, type);
		p += 2;
		if (type != 0x0806)
			p += build_between(p, type, random);
	}
	p += type == 0x0800 ? build_ip(p, 600, random, depth) : type == 0x0806 ? build_arp(p, random) :
	     build_ip6(p, 600, random, depth);
	frame->len = p - frame->bytes;
}

void frame_build(struct frame *frame, uint32_t seed)
{
	uint32_t random = seed, network, padding;

	memset(frame, 0, sizeof(*frame));
	frame->seed = frame_draw(&random, 1 << 16);
	frame->link = frame_draw(&random, 2);
	frame->moving = frame_draw(&random, 2);
	frame->prefix = frame_draw(&random, 64);
	network = frame->link ? 14 : 0;
	build_frame(frame, &random);
	padding = frame_draw(&random, 4) ? 0 : frame_draw(&random, 20);
	frame_repair(frame, false, true);
	memset(frame->bytes + frame->len, 0xAA, padding);
	frame->len += padding;
	if (!frame_draw(&random, 6))
		frame->len -= frame_draw(&random, frame->len - network + 1);
	if (!frame_draw(&random, 5))
		frame_make_partial(frame);
}
