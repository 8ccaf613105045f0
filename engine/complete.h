/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Packets that somebody sends: what their headers say of lengths and checksums is filled in.
 */
#ifndef PS_COMPLETE_H
#define PS_COMPLETE_H

#include "packet.h"

/* What the machine has to know of one. */
struct ps_completed {
	bool is_ip6;		/* else IPv4 */
	bool is_whole;		/* it may not be cut into fragments (IPv4's DF) */
	uint8_t protocol;	/* of the transport, as IP numbers them; 0: there is none, or it is not whole */
	uint32_t transport;	/* where it begins; 0: likewise */
	uint32_t payload;	/* and what it carries */
};

/*
 * Takes all of a packet without a link layer, which is readable and writable as far as it is looked at, as an IP packet: fills in the network header's
 * length, protocol of the packet and identification (IPv4, if that is 0: id), UDP's length, and the checksums of the network header
 * and of the transport behind it, unless the packet is a fragment. is_partial: of TCP and UDP the checksum is made a partial one, of
 * which pkt->partial says where it is; then the payload need not be readable.
 * Returns NULL, or what is wrong with it.
 */
const char *ps_complete(struct ps_packet *pkt, uint16_t id, bool is_partial, struct ps_completed *completed);

#endif
