/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Packets in memory of our own: captures, tests, byte arrays, what is sent along with deferred work.
 */
#ifndef PS_BUFFER_H
#define PS_BUFFER_H

#include "packet.h"

/*
 * A packet over len bytes at data, which stay the caller's. It cannot grow, but shrink. network: where the network header
 * begins; what is before it is a link-layer header. protocol: its Ethernet type.
 */
void ps_buffer_init(struct ps_packet *pkt, void *data, uint32_t len, uint32_t network,
		    uint16_t protocol);

/* One that has room to grow. */
struct ps_buffer {
	struct ps_packet pkt;	/* first */
	uint32_t room;		/* bytes at pkt.data; 0: it keeps its length */
	uint32_t mark, priority;	/* if it has company */
};

/* The same over len bytes, with memory for room bytes at data. */
void ps_buffer_init_room(struct ps_buffer *buffer, void *data, uint32_t len, uint32_t room, uint32_t network,
			 uint16_t protocol);

/* It has a mark and a priority, 0 at first, as one has that goes its way. */
void ps_buffer_accompany(struct ps_buffer *buffer);

/* Makes a packet of ps_buffer_init() or ps_buffer_init_room() read-only, as one is that a match gets. */
void ps_buffer_protect(struct ps_packet *pkt);

/*
 * struct ps_packet_ops, resize, for bytes that are all readable and writable, in memory for room of them. PS_FIELD_LONG: there is
 * not so much.
 */
int ps_buffer_put_in(struct ps_packet *pkt, uint32_t room, uint32_t at, uint32_t cut, uint32_t add);

#endif
