/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Packets as the engine may meet them: in memory of exactly their size, whole, or as a socket
 * buffer has them: only a prefix can be read or written, each request for more moves the bytes,
 * and may fail.
 */
#ifndef PS_FUZZ_FRAME_H
#define PS_FUZZ_FRAME_H

#include "packet.h"

#define FRAME_MAX	1600	/* bytes */

enum frame_failing {
	FRAME_NEVER_FAILS,
	FRAME_FAILS_SELDOM,
	FRAME_FAILS_OFTEN,
	FRAME_FAILS,		/* a shared socket buffer */
};

/* How a packet comes to the engine. */
struct frame {
	uint8_t bytes[FRAME_MAX];
	uint32_t len;
	uint32_t prefix;	/* readable bytes after the link layer, if moving */
	uint32_t partial;	/* as in struct ps_packet */
	uint32_t seed;		/* of what fails, and of how far is made writable */
	bool link;		/* with an Ethernet header */
	bool other;		/* the network layer is said not to be IPv4 */
	bool moving;
	bool segments;		/* will be cut: its partial checksum stays so */
	uint8_t failing;	/* enum frame_failing */
};

struct frame_packet {
	struct ps_packet pkt;	/* first */
	const struct frame *frame;
	uint8_t *all;		/* bytes as they would be on the wire, but for [0, writable) */
	uint32_t random;
};

/* A number below n, of a generator that is the same everywhere. */
unsigned int frame_draw(uint32_t *random, unsigned int n);

/* Makes p a packet of the frame's bytes, which stay as they are. frame_close() ends it. */
void frame_open(struct frame_packet *p, const struct frame *frame);

/* From now on it may only be read, as by a match. */
void frame_protect(struct frame_packet *p);

/* Returns its len bytes as they are now; free them with free(). */
uint8_t *frame_close(struct frame_packet *p);

/* Fills a frame with headers in headers, lengths and checksums mostly right, from a seed. */
void frame_build(struct frame *frame, uint32_t seed);

/* Makes lengths, checksums right, as far as headers can be made out. */
void frame_repair(struct frame *frame, bool lengths, bool checksums);

/* Where the network header and, if there is one, the transport header are; 0 if not. */
uint32_t frame_network(const struct frame *frame);
/*
 * Where the destination of an IP header is, of which len bytes are there: at the end of a source route
 * that is not used up (RFC 791).
 */
const uint8_t *frame_destination(const uint8_t *ip, uint32_t len);

/* What an IPv6 header says with its extension headers: RFC 8200, 4. */
struct frame_ip6 {
	uint32_t head;		/* bytes up to the payload; 0: malformed */
	uint8_t next;
	bool later, more;	/* a fragment that is not the first, not the last */
	uint32_t final;		/* where the address stands to which a route leads that is not used up; 0: daddr */
};

/* Of a header of which len bytes are there. */
struct frame_ip6 frame_walk_ip6(const uint8_t *ip6, uint32_t len);

/* The checksum of SCTP: of its header and what it carries. */
uint32_t frame_crc32c(const uint8_t *bytes, uint32_t len);

/* The sum of the pseudo header that IP, or IPv6, makes for a message of size bytes. Not inverted. */
uint32_t frame_pseudo(const uint8_t *ip, uint32_t len, bool is_ip6, uint32_t size);
uint32_t frame_transport(const struct frame *frame);

/* The protocol number of that header. */
uint8_t frame_carried(const struct frame *frame);

/* Marks the transport's checksum as one that is completed later, and makes it such a one. */
void frame_make_partial(struct frame *frame);

#endif
