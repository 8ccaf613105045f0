/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#include <string.h>

#include "packets.h"

static uint16_t get16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

static void put16(uint8_t *p, uint16_t v)
{
	p[0] = v >> 8;
	p[1] = v;
}

uint16_t naive_csum(const uint8_t *p, uint32_t len, uint32_t start)
{
	uint32_t sum = start;

	for (uint32_t i = 0; i < len; i++) {
		sum += i & 1 ? p[i] : p[i] << 8;
		while (sum > 0xFFFF)
			sum = (sum & 0xFFFF) + (sum >> 16);
	}
	return ~sum;
}

/* RFC 768: addresses, protocol, length. */
static uint32_t pseudo(const uint8_t *ip, uint32_t len)
{
	uint32_t sum = (uint16_t)~naive_csum(ip + 12, 8, 0);

	return sum + ip[9] + len;
}

static uint32_t transport_len(const uint8_t *ip)
{
	return get16(ip + 2) - (ip[0] & 15) * 4;
}

bool ip_csum_ok(const uint8_t *ip)
{
	return naive_csum(ip, (ip[0] & 15) * 4, 0) == 0;
}

bool transport_csum_ok(const uint8_t *ip)
{
	const uint8_t *t = ip + (ip[0] & 15) * 4;
	uint32_t len = transport_len(ip);

	if (ip[9] == 1)
		return naive_csum(t, len, 0) == 0;
	if (ip[9] == 17 && !get16(t + 6))
		return true;
	return naive_csum(t, len, pseudo(ip, len)) == 0;
}

uint8_t *make_packet(const struct shape *shape, struct ps_packet *pkt, struct layout *at)
{
	uint32_t ihl = shape->ihl ? shape->ihl : 5, link = shape->ethernet ? 14 : 0;
	uint32_t head = shape->protocol == 6 ? 20 : 8, len = head + shape->payload;
	uint32_t total = link + ihl * 4 + len + shape->padding;
	uint8_t *all = calloc(1, total), *ip = all + link, *t = ip + ihl * 4, *data;

	if (link) {
		memcpy(all, "\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02\x08\x00", 14);
		memset(all + total - shape->padding, 0xAA, shape->padding);
	}
	ip[0] = 0x40 | ihl;
	put16(ip + 2, ihl * 4 + len);
	put16(ip + 4, 0x1234);
	put16(ip + 6, shape->frag);
	ip[8] = 64;
	ip[9] = shape->protocol;
	memcpy(ip + 12, "\x0a\x00\x00\x01\x0a\x00\x00\x02", 8);
	memset(ip + 20, 1, ihl * 4 - 20);	/* options: no-operation */
	put16(ip + 10, naive_csum(ip, ihl * 4, 0));

	for (uint32_t i = 0; i < shape->payload; i++)
		t[head + i] = 'a' + i % 26;
	switch (shape->protocol) {
	case 1:
		t[0] = 8;
		put16(t + 4, 7);
		put16(t + 6, 1);
		put16(t + 2, naive_csum(t, len, 0));
		break;
	case 6:
		put16(t, 1000);
		put16(t + 2, 2000);
		put16(t + 4, 0x0102);
		t[12] = 5 << 4;
		t[13] = 0x18;
		put16(t + 14, 512);
		put16(t + 16, naive_csum(t, len, pseudo(ip, len)));
		break;
	case 17:
		put16(t, 1000);
		put16(t + 2, 2000);
		put16(t + 4, len);
		if (!shape->no_checksum)
			put16(t + 6, naive_csum(t, len, pseudo(ip, len)));
		break;
	}

	at->ip = link;
	at->transport = link + ihl * 4;
	at->len = total - shape->cut;
	data = malloc(at->len ? at->len : 1);
	memcpy(data, all, at->len);
	free(all);
	ps_buffer_init(pkt, data, at->len, link, 0x0800);
	return data;
}
