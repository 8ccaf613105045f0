/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Packets to test with, in memory of exactly their size, so that the address sanitizer sees
 * every byte too far. Free with free().
 */
#ifndef PS_TEST_PACKETS_H
#define PS_TEST_PACKETS_H

#include <stdlib.h>

#include "buffer.h"

struct shape {
	uint8_t protocol;	/* of IP: 1, 6, 17 … */
	uint8_t ihl;		/* 0: 5 */
	uint16_t payload;	/* bytes after the transport header */
	bool ethernet;		/* with a link-layer header */
	bool no_checksum;	/* UDP: 0 */
	uint16_t frag;		/* flags and offset */
	uint16_t padding;	/* bytes after the IP packet */
	uint16_t cut;		/* bytes cut from the end */
};

/* Where headers begin, from the packet's first byte. */
struct layout {
	uint32_t ip, transport, len;
};

/* Makes the packet with right checksums, 10.0.0.1:1000 to 10.0.0.2:2000, and pkt over it. */
uint8_t *make_packet(const struct shape *shape, struct ps_packet *pkt, struct layout *at);

/* An independent checksum, for comparison: folded and inverted, of bytes and a start value. */
uint16_t naive_csum(const uint8_t *p, uint32_t len, uint32_t start);

/* Whether the IPv4 header's and the transport's checksums are right, as a receiver checks. */
bool ip_csum_ok(const uint8_t *ip);
bool transport_csum_ok(const uint8_t *ip);

#endif
